import assert from "node:assert/strict";
import { EndpointError, type EndpointFault } from "../../../src/aws/endpoint_error.ts";
import { type FetchLimits, fetchWithin, readCaBundle } from "../../../src/aws/http.ts";
import { envOf, FakeService } from "./_support.ts";
import { AUTHORITY_PEM, SERVER_KEY_PEM, SERVER_PEM } from "./_certificates.ts";

const LIMITS: FetchLimits = {
  client: undefined,
  connectionTimeoutMs: 5_000,
  requestTimeoutMs: 5_000,
};

/** A TCP server that does one thing with each connection, after its first bytes. */
function tcpServer(serve: (connection: Deno.Conn) => Promise<void>): AsyncDisposable & {
  origin: string;
} {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      void connection.read(new Uint8Array(4096)).then(() => serve(connection)).catch(() => {});
    }
  })();
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of open) close(connection);
    },
  };
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // The server under test had closed it.
  }
}

async function say(connection: Deno.Conn, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

async function faultOf(url: string, limits: FetchLimits = LIMITS): Promise<EndpointError> {
  const error = await fetchWithin(limits)(new Request(url, { method: "POST", body: "{}" }))
    .then(() => assert.fail("the request succeeded"), (error) => error);
  assert.ok(error instanceof EndpointError, String(error));
  return error;
}

async function assertFault(url: string, fault: EndpointFault): Promise<void> {
  const error = await faultOf(url);
  assert.equal(error.fault, fault, error.message);
  assert.equal(error.origin, new URL(url).origin);
}

Deno.test("a refused connection is told, and the SDK may try it again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const error = await faultOf(`http://127.0.0.1:${port}/`);
  assert.equal(error.fault, "refused");
  assert.equal(error.code, "ECONNREFUSED");
});

Deno.test("a host that does not exist is told, and not tried again", async () => {
  const error = await faultOf("https://tls-certificate.ssm.us-esat-1.invalid/");
  assert.equal(error.fault, "dns");
  assert.equal(error.code, undefined);
});

Deno.test("a connection closed before any answer is a reset", async () => {
  await using server = tcpServer((connection) => Promise.resolve(connection.close()));
  const error = await faultOf(server.origin);
  assert.equal(error.fault, "reset");
  assert.equal(error.code, "ECONNRESET");
});

Deno.test("an answer cut in the middle is a reset", async () => {
  await using server = tcpServer(async (connection) => {
    await say(connection, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    connection.close();
  });
  await assertFault(server.origin, "reset");
});

Deno.test("another protocol is no HTTP", async () => {
  await using server = tcpServer(async (connection) => {
    await say(connection, "SSH-2.0-OpenSSH_9.6\r\n");
    connection.close();
  });
  await assertFault(server.origin, "not_http");
});

Deno.test("TLS towards a server that speaks none is a TLS fault", async () => {
  await using server = tcpServer(async (connection) => {
    await say(connection, "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    connection.close();
  });
  await assertFault(server.origin.replace("http:", "https:"), "tls");
});

Deno.test("a certificate of an unknown authority is a TLS fault", async () => {
  await using server = tlsServer();
  await assertFault(server.origin, "tls");
});

Deno.test("a server that accepts and never answers ends at the connection deadline", async () => {
  await using server = tcpServer(() => Promise.resolve());
  const error = await faultOf(server.origin, { ...LIMITS, connectionTimeoutMs: 30 });
  assert.equal(error.fault, "timeout");
  assert.equal(error.message, "no answer within 0.03 s");
  assert.equal(error.code, undefined, "the SDK must not wait three times");
});

Deno.test("an answer that stops in its body ends at the request deadline", async () => {
  await using server = tcpServer((connection) =>
    say(connection, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
  );
  const error = await faultOf(server.origin, { ...LIMITS, requestTimeoutMs: 200 });
  assert.equal(error.fault, "timeout");
  assert.equal(error.message, "no complete answer within 0.2 s");
});

Deno.test("a host that has answered has only the request deadline", async () => {
  const limits = { ...LIMITS };
  await using service = new FakeService(async (_request, count) => {
    // Longer than the deadline that must not count any more.
    if (count === 2) await new Promise((resolve) => setTimeout(resolve, 20));
    return new Response("ok");
  });
  const limited = fetchWithin(limits);
  await limited(new Request(service.url));
  limits.connectionTimeoutMs = 0;
  const second = limited(new Request(service.url));
  assert.equal(await (await second).text(), "ok");
});

Deno.test("the caller's abort ends the request with the caller's reason", async () => {
  await using server = tcpServer(() => Promise.resolve());
  const abort = new AbortController();
  const request = fetchWithin(LIMITS)(new Request(server.origin, { signal: abort.signal }));
  const reason = new Error("enough");
  abort.abort(reason);
  await assert.rejects(request, (error) => error === reason);
});

Deno.test("a redirect is not followed: it would carry the token elsewhere", async () => {
  await using service = new FakeService(() =>
    new Response(null, { status: 302, headers: { location: "http://127.0.0.1:1/" } })
  );
  const response = await fetchWithin(LIMITS)(new Request(service.url));
  assert.equal(response.status, 302);
  assert.equal(service.received.length, 1);
});

Deno.test("an answer without a body keeps its status", async () => {
  await using service = new FakeService(() => new Response(null, { status: 204 }));
  const response = await fetchWithin(LIMITS)(new Request(service.url));
  assert.equal(response.status, 204);
});

Deno.test("onFailure hears of every fault", async () => {
  await using server = tcpServer((connection) => Promise.resolve(connection.close()));
  const heard: EndpointError[] = [];
  const error = await faultOf(server.origin, { ...LIMITS, onFailure: (each) => heard.push(each) });
  assert.deepEqual(heard, [error]);
});

Deno.test("AWS_CA_BUNDLE unset or empty gives no client", async () => {
  assert.equal(await readCaBundle(envOf({})), undefined);
  assert.equal(await readCaBundle(envOf({ AWS_CA_BUNDLE: "" })), undefined);
});

Deno.test("AWS_CA_BUNDLE makes fetch trust its authority", async () => {
  await using server = tlsServer();
  await withFile(AUTHORITY_PEM, async (path) => {
    const bundle = await readCaBundle(envOf({ AWS_CA_BUNDLE: path }));
    try {
      const response = await fetchWithin({ ...LIMITS, client: bundle?.client })(
        new Request(server.origin),
      );
      assert.equal(await response.text(), "trusted");
    } finally {
      bundle?.client.close();
    }
  });
});

Deno.test("an AWS_CA_BUNDLE that cannot be used is an error of configuration", async () => {
  const refused = (path: string, message: RegExp) =>
    assert.rejects(readCaBundle(envOf({ AWS_CA_BUNDLE: path })), {
      kind: "config",
      message,
      hint: /AWS_CA_BUNDLE/,
    });
  await refused("/nonexistent/bundle.pem", /bundle\.pem": no such file$/);
  await withFile("just text", (path) => refused(path, /it holds no PEM certificate$/));
  const damaged = AUTHORITY_PEM.replace(/\n[^\n]{10}/, "\nAAAAAAAAAA");
  await withFile(damaged, (path) => refused(path, /a certificate in it is damaged/));
});

async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

function tlsServer(): AsyncDisposable & { origin: string } {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: SERVER_PEM,
    key: SERVER_KEY_PEM,
    onListen: () => {},
  }, () => new Response("trusted"));
  return {
    origin: `https://localhost:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
