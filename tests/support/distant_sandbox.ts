/**
 * Program: a sandbox that listens on the address it is given, and an HTTP service that its instances
 * reach. Prints one JSON object and serves until its standard input ends.
 *
 * @module
 */
import { startSandbox } from "../../src/sandbox/mod.ts";
import { openHttp } from "../../src/sandbox/services/http_service.ts";

/** What it prints. */
export interface DistantSandbox {
  env: Record<string, string>;
  httpPort: number;
}

if (import.meta.main) {
  const http = openHttp("127.0.0.1");
  const sandbox = await startSandbox({
    hostname: Deno.args[0]!,
    agentPacing: false,
    timing: { retransmissionTickMs: 5 },
  });
  const printed: DistantSandbox = {
    env: {
      AWS_ENDPOINT_URL: sandbox.endpointUrl,
      AWS_REGION: sandbox.region,
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
    },
    httpPort: http.port,
  };
  // deno-lint-ignore no-console
  console.log(JSON.stringify(printed));
  for await (const _ of Deno.stdin.readable);
  await sandbox.stop();
  await http.stop();
}
