import assert from "node:assert/strict";
import {
  BODY_LIMIT_BYTES,
  type ControlCall,
  ControlRefusal,
  serveControl,
} from "../../../../src/session/host/control_server.ts";
import { createToken, isSameSecret } from "../../../../src/session/host/token.ts";

/** Serves `answer`, and sends it requests byte by byte as they are written. */
async function served(
  answer: (call: ControlCall) => unknown,
  test: (endpoint: {
    port: number;
    token: string;
    log: string[];
    send(head: string[], body?: string): Promise<{ status: number; text: string; body: string }>;
  }) => Promise<void>,
): Promise<void> {
  const token = createToken();
  const log: string[] = [];
  const server = serveControl({ token, answer, log: (line) => log.push(line) });
  const { port } = server;
  const send = async (head: string[], body = "") => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const lines = [...head, `content-length: ${body.length}`, "connection: close"];
    // The server may answer and close before it has read a body that is too large.
    const sending = writeAll(conn, `${lines.join("\r\n")}\r\n\r\n${body}`).catch(() => {});
    const text = await readAll(conn);
    await sending;
    return {
      text,
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]),
      body: text.slice(text.indexOf("\r\n\r\n") + 4),
    };
  };
  try {
    await test({ port, token, log, send });
  } finally {
    await server.shutdown();
  }
}

async function writeAll(conn: Deno.Conn, text: string): Promise<void> {
  for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
    rest = rest.subarray(await conn.write(rest));
  }
}

async function readAll(conn: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let text = "";
  for (;;) {
    // A reset after the answer is the end as well.
    const count = await conn.read(buffer).catch(() => null);
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

const FORBIDDEN = (call: ControlCall) => {
  throw new Error(`a route was reached: ${call.method} ${call.path}`);
};

Deno.test("without the token there is 401 and nothing else, whatever is asked", async () => {
  await served(FORBIDDEN, async ({ port, token, send, log }) => {
    const host = `host: 127.0.0.1:${port}`;
    const wrong = [
      [],
      ["authorization: "],
      ["authorization: Bearer"],
      ["authorization: Bearer "],
      [`authorization: Basic ${token}`],
      [`authorization: ${token}`],
      [`authorization: Bearer ${token.slice(1)}`],
      [`authorization: Bearer ${token}0`],
      [`authorization: Bearer ${token.replace(/.$/, (last) => last === "0" ? "1" : "0")}`],
      [`authorization: Bearer ${createToken()}`],
      [`cookie: token=${token}`],
    ];
    const targets = ["GET /v1/sessions", "GET /", "POST /v1/stop", `GET /?token=${token}`];
    for (const headers of wrong) {
      for (const target of targets) {
        const { status, text, body } = await send([`${target} HTTP/1.1`, host, ...headers]);
        assert.equal(status, 401, `${target} ${headers}`);
        assert.deepEqual(JSON.parse(body), { error: { message: "unauthorized" } });
        assert.ok(!text.includes(token));
      }
    }
    // The rest may be wrong as well: it is not looked at.
    const garbage = await send(["POST /v1/connect HTTP/1.1", "host: evil.example"], "{{{");
    assert.equal(garbage.status, 401);
    const large = await send(
      ["POST /v1/connect HTTP/1.1", host],
      "x".repeat(BODY_LIMIT_BYTES + 1),
    );
    assert.equal(large.status, 401);
    assert.deepEqual(log, []);
  });
});

Deno.test("a Host header that is not loopback with the port is refused", async () => {
  await served(() => ({ ok: true }), async ({ port, token, send }) => {
    const ask = async (host: string[]) =>
      (await send(["GET /v1/sessions HTTP/1.1", ...host, `authorization: Bearer ${token}`])).status;
    for (const name of ["127.0.0.1", "localhost", "[::1]"]) {
      assert.equal(await ask([`host: ${name}:${port}`]), 200, name);
    }
    const wrong = [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost.evil.example:${port}`,
    ];
    for (const host of wrong) assert.equal(await ask([`host: ${host}`]), 403, host);
    assert.notEqual(await ask([]), 200);
  });
});

Deno.test("bodies: JSON up to the limit; more is 413, garbage 400", async () => {
  const bodies: unknown[] = [];
  await served((call) => {
    bodies.push(call.body);
    return {};
  }, async ({ port, token, send }) => {
    const post = async (body: string) =>
      (await send([
        "POST /v1/x HTTP/1.1",
        `host: 127.0.0.1:${port}`,
        `authorization: Bearer ${token}`,
      ], body)).status;
    const largest = JSON.stringify("x".repeat(BODY_LIMIT_BYTES - 2));
    assert.equal(await post('{"a":1}'), 200);
    assert.equal(await post(""), 200);
    assert.equal(await post(largest), 200);
    assert.deepEqual(bodies, [{ a: 1 }, undefined, JSON.parse(largest)]);
    assert.equal(await post(largest + " "), 413);
    for (const garbage of ["{", "nul", "\xff\xfe", "{'a':1}", "\0"]) {
      assert.equal(await post(garbage), 400, garbage);
    }
    assert.equal(bodies.length, 3);
  });
});

Deno.test("a failure inside shows to the log and not to the caller; unknown paths are 404", async () => {
  await served((call) => {
    if (call.path === "/busy") throw new ControlRefusal(503, "ending");
    if (call.path === "/fails") throw new Error("a secret of ours");
    return undefined;
  }, async ({ port, token, send, log }) => {
    const get = (path: string) =>
      send([
        `GET ${path} HTTP/1.1`,
        `host: 127.0.0.1:${port}`,
        `authorization: Bearer ${token}`,
      ]);
    assert.equal((await get("/v2/anything")).status, 404);
    const busy = await get("/busy");
    assert.deepEqual([busy.status, JSON.parse(busy.body)], [503, { error: { message: "ending" } }]);
    const failed = await get("/fails");
    assert.equal(failed.status, 500);
    assert.ok(!/secret|\.ts|at /.test(failed.body), failed.body);
    assert.deepEqual(log, ["control endpoint: a secret of ours"]);
  });
});

Deno.test("tokens have 256 bits, differ, and are compared whole", () => {
  const token = createToken();
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.notEqual(createToken(), token);
  assert.ok(isSameSecret(token, token));
  for (const other of ["", token.slice(0, -1), token + "0", token.toUpperCase() + "x"]) {
    assert.ok(!isSameSecret(other, token), other);
  }
});
