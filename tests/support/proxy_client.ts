/**
 * Opens a data channel in a process of its own, whose environment names a proxy, and prints as JSON
 * what came of it. Arguments: the address, and a file of certificates to trust.
 *
 * @module
 */
import { AppError } from "../../src/errors/mod.ts";
import { webSocketTransport } from "../../src/session/mod.ts";
import { TransportLog } from "./local_server.ts";

const [url, caFile] = Deno.args;
using client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(caFile!)] });
const lines: string[] = [];
const openTransport = webSocketTransport({
  signUpgrade: () => Promise.resolve({ "x-signed": "yes" }),
  httpClient: () => Promise.resolve(client),
  trace: (line) => lines.push(line),
});
const log = new TransportLog();
try {
  const transport = await openTransport(url!, log, new AbortController().signal);
  transport.send(new TextEncoder().encode("through the proxy"));
  const echoed = new TextDecoder().decode(await log.message());
  transport.close();
  await log.closed();
  print({ echoed, close: log.closes[0], lines });
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  const { kind, message, why, hint } = error;
  print({ kind, message, why, hint, lines });
}

function print(result: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result)));
}
