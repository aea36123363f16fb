import assert from "node:assert/strict";
import { endpointProbe } from "../../../src/session/endpoint_probe.ts";
import { LocalServer } from "../../support/local_server.ts";

const live = () => new AbortController().signal;
const probe = (env: Record<string, string> = {}) =>
  endpointProbe({ env: (name) => env[name], httpClient: () => Promise.resolve(undefined) });

async function closedPort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return await Promise.resolve(listener.addr.port);
}

Deno.test("endpointProbe() is content with a TCP connection, and leaves none open", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await probe()(`ws://127.0.0.1:${listener.addr.port}/v1/data-channel/me-0`, live());
  using conn = await accepted;
  assert.equal(await conn.read(new Uint8Array(1)), null, "nothing was sent");
  listener.close();
});

Deno.test("endpointProbe() fails where nobody listens, and when it is given up", async () => {
  const url = `ws://127.0.0.1:${await closedPort()}/`;
  await assert.rejects(probe()(url, live()), Deno.errors.ConnectionRefused);
  await assert.rejects(probe()(url, AbortSignal.abort(new Error("given up"))));
});

Deno.test("endpointProbe() asks through the proxy that there is: any answer will do", async () => {
  const asked: string[] = [];
  await using server = new LocalServer(async (peer) => {
    asked.push((await peer.readRequest()).target);
    await peer.write(new TextEncoder().encode(
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ));
  });
  // The proxy of the environment would be asked by fetch itself; here it is told of, and not there.
  const viaProxy = probe({ HTTP_PROXY: "http://proxy.example:3128" });
  await viaProxy(`ws://${server.host}/v1/data-channel/me-0`, live());
  assert.deepEqual(asked, ["/"]);
  await assert.rejects(viaProxy(`ws://127.0.0.1:${await closedPort()}/`, live()));
});
