/**
 * The sandbox's gateway: who is let in, and how WebSockets begin and end there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { utf8 } from "../support/hex.ts";
import { openSandbox, type SessionGrant, type TestSandbox } from "../support/sandbox.ts";
import { Refused, ScriptedClient } from "../support/scripted_client.ts";

const HANDSHAKE_REQUEST = 5;

/** A test with a sandbox and a started session. */
function test(
  name: string,
  fn: (fixture: { test: TestSandbox; grant: SessionGrant }) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox gateway: ${name}`, async () => {
    await using test = await openSandbox(options);
    await fn({ test, grant: await test.startSession() });
  });
}

async function status(grant: SessionGrant, headers?: Record<string, string>): Promise<number> {
  try {
    await using _client = await ScriptedClient.open(grant, { ...(headers && { headers }) });
    return 101;
  } catch (error) {
    if (error instanceof Refused) return error.status;
    throw error;
  }
}

test("a stream URL holds raw + / =, and works verbatim", async ({ grant }) => {
  const cell = /\?role=publish_subscribe&cell-number=(\S+)$/.exec(grant.StreamUrl)?.[1] ?? "";
  for (const char of ["+", "/", "="]) assert.ok(cell.includes(char), `${cell} lacks ${char}`);
  await using client = await ScriptedClient.open(grant);
  const request = await client.data(HANDSHAKE_REQUEST);
  assert.deepEqual([request.sequenceNumber, request.flags], [0, 1]);
});

test("the session is connecting, then connected, also after a resume", async ({ test, grant }) => {
  assert.equal(test.session().status, "Connecting");
  {
    await using client = await ScriptedClient.open(grant);
    await client.data(HANDSHAKE_REQUEST);
    assert.equal(test.session().status, "Connected");
  }
  const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
  await using again = await ScriptedClient.open(json);
  await again.settled();
  assert.equal(test.session().status, "Connected");
  assert.equal(test.session().connections, 2);
  assert.equal(test.session().clientIds, 1);
});

test("a token is good once", async ({ test, grant }) => {
  await using first = await ScriptedClient.open(grant);
  await first.data(HANDSHAKE_REQUEST);
  await using second = await ScriptedClient.open(grant);
  assert.equal((await second.closed()).code, 1008);
  assert.ok((await first.settled()).every(({ kind }) => kind !== "close"));
  assert.equal(test.session().connections, 1);
});

test("an unknown token, another session's and an expired one are refused", async (fixture) => {
  const { test, grant } = fixture;
  const other = await test.startSession();
  for (const token of ["made up", other.TokenValue]) {
    await using client = await ScriptedClient.open({ ...grant, TokenValue: token });
    const { code, reason } = await client.closed();
    assert.equal(code, 1008);
    assert.match(reason, /token/);
  }
  // The services' clock moves on by more than a token lives.
  test.sandbox.faults.apply({ fault: "clock_skew", ms: 61_000 });
  await using client = await ScriptedClient.open(grant);
  assert.deepEqual(await client.closed(), { kind: "close", code: 1008, reason: "token expired" });
});

test("a ping may come before the text, and the version may be missing", async (fixture) => {
  const { test, grant } = fixture;
  await using client = await ScriptedClient.open(grant, { sendToken: false });
  await client.sendFrame(9, utf8("keepalive"));
  await client.until("pong", (heard) => heard.kind === "pong" && heard.text === "keepalive");
  await client.sendToken(grant.TokenValue, { clientVersion: undefined });
  await client.data(HANDSHAKE_REQUEST);
  assert.equal(test.session().clientVersion, "");
});

for (
  const [what, send] of [
    ["binary", (client) => client.sendBinary(utf8("{}"))],
    ["no JSON", (client) => client.sendText("token")],
    ["no object", (client) => client.sendText("null")],
    [
      "without a token",
      (client) => client.sendText('{"MessageSchemaVersion":"1.0","RequestId":"r","ClientId":"c"}'),
    ],
    ["of another schema", (client) =>
      client.sendText(
        '{"MessageSchemaVersion":"2.0","RequestId":"r","ClientId":"c","TokenValue":"t"}',
      )],
  ] as [string, (client: ScriptedClient) => Promise<void>][]
) {
  test(`a first message ${what} is refused`, async ({ grant }) => {
    await using client = await ScriptedClient.open(grant, { sendToken: false });
    await send(client);
    assert.equal((await client.closed()).code, 1008);
  });
}

test("a client that says nothing is sent away", async ({ grant }) => {
  await using client = await ScriptedClient.open(grant, { sendToken: false });
  assert.equal((await client.closed()).code, 1008);
}, { timing: { openTimeoutMs: 50 } });

test("text after the first message is refused", async ({ grant }) => {
  await using client = await ScriptedClient.open(grant);
  await client.data(HANDSHAKE_REQUEST);
  await client.sendText("hello");
  assert.equal((await client.closed()).code, 1003);
});

test("a message in fragments reaches the agent whole", async ({ grant }) => {
  await using client = await ScriptedClient.open(grant, { sendToken: false });
  const token = utf8(JSON.stringify({
    MessageSchemaVersion: "1.0",
    RequestId: crypto.randomUUID(),
    TokenValue: grant.TokenValue,
    ClientId: crypto.randomUUID(),
  }));
  await client.sendFrame(1, token.subarray(0, 10), false);
  await client.sendFrame(9, utf8("between"));
  await client.sendFrame(0, token.subarray(10));
  await client.data(HANDSHAKE_REQUEST);
});

test("a newer connection replaces the older one", async ({ test, grant }) => {
  await using older = await ScriptedClient.open(grant);
  await older.data(HANDSHAKE_REQUEST);
  const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
  await using newer = await ScriptedClient.open(json);
  const { code, reason } = await older.closed();
  assert.equal(code, 1000);
  assert.match(reason, /newer/);
  await newer.settled();
  assert.equal(test.session().isConnected, true);
});

test("while the client is away the agent pauses, then repeats its oldest message", async (fixture) => {
  const { test, grant } = fixture;
  {
    await using client = await ScriptedClient.open(grant, { acknowledges: false });
    await client.data(HANDSHAKE_REQUEST);
  }
  const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
  const before = test.session().counters.retransmissions;
  await using client = await ScriptedClient.open(json);
  const request = await client.data(HANDSHAKE_REQUEST);
  assert.equal(request.sequenceNumber, 0);
  assert.ok(test.session().counters.retransmissions > before);
});

test("what is no WebSocket, no session or no such role gets an HTTP error", async ({ grant }) => {
  const base = grant.StreamUrl.replace(/^ws:/, "http:");
  const plain = await fetch(base);
  assert.equal(plain.status, 400);
  await plain.body?.cancel();
  assert.equal(
    await status({ ...grant, StreamUrl: grant.StreamUrl.replace(/-0\w+\?/, "-1?") }),
    404,
  );
  const wrongRole = grant.StreamUrl.replace("publish_subscribe", "subscribe");
  assert.equal(await status({ ...grant, StreamUrl: wrongRole }), 400);
});

/** Headers of a signed upgrade; `query` as the signer should see it. */
async function signedHeaders(
  test: TestSandbox,
  grant: SessionGrant,
  changes: { service?: string; secretAccessKey?: string; keepsPlus?: boolean } = {},
): Promise<Record<string, string>> {
  const url = new URL(grant.StreamUrl);
  const cell = /cell-number=(.*)$/.exec(url.search)![1]!;
  const signer = new SignatureV4({
    service: changes.service ?? "ssmmessages",
    region: test.sandbox.region,
    credentials: { ...test.sandbox.credentials, ...changes },
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign({
    method: "GET",
    protocol: "ws:",
    hostname: url.hostname,
    path: url.pathname,
    query: {
      role: "publish_subscribe",
      "cell-number": changes.keepsPlus ? cell : cell.replaceAll("+", " "),
    },
    headers: { host: url.host },
  });
  const { host: _host, ...headers } = signed.headers;
  return headers;
}

test("a signed upgrade is checked", async ({ test, grant }) => {
  assert.equal(await status(grant, await signedHeaders(test, grant)), 101);
  for (const change of [{ service: "ssm" }, { secretAccessKey: "wrong" }, { keepsPlus: true }]) {
    const headers = await signedHeaders(test, grant, change);
    assert.equal(await status(grant, headers), 403, JSON.stringify(change));
  }
});

test("stopping the sandbox ends open connections", async ({ test, grant }) => {
  await using client = await ScriptedClient.open(grant);
  await client.data(HANDSHAKE_REQUEST);
  await test.sandbox.stop();
  assert.equal((await client.closed()).code, 1006);
});
