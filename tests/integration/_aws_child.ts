/**
 * Run as a child process by the tests beside it: what depends on the environment that a process
 * starts with (proxies, HOME, the SDK's own variables) needs a process of its own.
 *
 * Prints one line of JSON: the result of the first argument's action, or the error.
 *
 * @module
 */

import { toAppError } from "../../src/errors/mod.ts";
import { Aws } from "../../src/aws/mod.ts";

using aws = new Aws({
  connectionTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  ...(Deno.args[1] === undefined ? {} : { profile: Deno.args[1] }),
});

async function act(action: string | undefined): Promise<unknown> {
  switch (action) {
    case "credentials":
      return await aws.credentials();
    case "start": {
      const request = { target: "i-0123456789abcdef0", documentName: "x", parameters: {} };
      return await aws.sessionService().startSession(request, new AbortController().signal);
    }
    case "connect":
      return await connect(Deno.env.get("TEST_STREAM_URL") ?? "");
    default:
      throw new TypeError(`unknown action ${action}`);
  }
}

/** Opens a signed WebSocket as a session does, and gives its first message. */
async function connect(streamUrl: string): Promise<unknown> {
  const headers = await aws.signUpgrade(streamUrl);
  const client = await aws.httpClient();
  const options = client === undefined ? { headers } : { headers, client };
  const socket = new WebSocket(streamUrl, options);
  return await new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      socket.onclose = () => resolve({ data });
      socket.close();
    };
    socket.onerror = (event) =>
      reject(new Error(event instanceof ErrorEvent ? event.message : "WebSocket failed"));
  });
}

let line: unknown;
try {
  line = { result: await act(Deno.args[0]) };
} catch (error) {
  const { kind, message, why, hint } = toAppError(error);
  line = { error: { kind, message, why, hint } };
}
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(line) + "\n"));
