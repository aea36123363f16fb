/**
 * The sandbox's agent without the multiplexer: old agents, old clients, SSH.
 *
 * @module
 */
import assert from "node:assert/strict";
import { utf8 } from "../support/hex.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import type { ScriptedClient } from "../support/scripted_client.ts";
import {
  acknowledgedNumbers,
  closingText,
  eventually,
  flag,
  openPortClient,
  PAYLOAD,
  type PortClientOptions,
  readBytes,
  readText,
  Target,
} from "../support/port_client.ts";

interface Fixture {
  test: TestSandbox;
  client: ScriptedClient;
  target: Target;
}

function test(
  name: string,
  choose: (test: TestSandbox) => PortClientOptions,
  fn: (fixture: Fixture) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox agent, basic: ${name}`, async () => {
    await using test = await openSandbox(options);
    using target = new Target();
    const { client } = await openPortClient(test, {
      parameters: { portNumber: [String(target.port)] },
      ...choose(test),
    });
    await using _client = client;
    await fn({ test, client, target });
  });
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const oldAgent = (test: TestSandbox) => ({ target: test.instance("old-agent").instanceId });
const ssh = () => ({ document: "AWS-StartSSHSession" });

test("an old agent dials before any data and carries raw bytes", oldAgent, async (fixture) => {
  const { test, client, target } = fixture;
  const conn = await target.accept();
  assert.equal(test.session().mode, "basic");
  assert.equal(test.session().agentVersion, "2.3.722.0");
  await client.sendData(PAYLOAD.output, utf8("ping"));
  assert.equal(await readText(conn, 4), "ping");
  await conn.write(utf8("pong"));
  assert.equal(text((await client.data(PAYLOAD.output)).payload), "pong");
});

test("a client older than the multiplexer gets basic mode from a new agent", () => ({
  handshakeVersion: "1.1.69.0",
}), async ({ test, client, target }) => {
  const conn = await target.accept();
  assert.equal(test.session().mode, "basic");
  await client.sendData(PAYLOAD.output, utf8("x"));
  assert.equal(await readText(conn, 1), "x");
});

test("DisconnectToPort closes; the next output dials again", oldAgent, async (fixture) => {
  const { client, target } = fixture;
  const first = await target.accept();
  await client.sendData(PAYLOAD.flag, flag(1));
  assert.equal(await first.read(new Uint8Array(1)), null);
  await client.sendData(PAYLOAD.output, utf8("again"));
  assert.equal(await readText(await target.accept(), 5), "again");
});

test("the target's end is not told; the next output dials again", oldAgent, async (fixture) => {
  const { test, client, target } = fixture;
  const first = await target.accept();
  await first.write(utf8("bye"));
  assert.equal(text((await client.data(PAYLOAD.output)).payload), "bye");
  first.close();
  // The agent closes its end as well once it has seen the target's; then it waits.
  while (test.session().targetConnections > 0) await client.settled();
  assert.equal(test.session().status, "Connected");
  await client.sendData(PAYLOAD.output, utf8("more"));
  assert.equal(await readText(await target.accept(), 4), "more");
});

test("a refused second dial ends the session with its reason", oldAgent, async (fixture) => {
  const { test, client, target } = fixture;
  await target.accept();
  target.stopListening();
  await client.sendData(PAYLOAD.flag, flag(1));
  await client.sendData(PAYLOAD.output, utf8("x"));
  assert.match(
    await closingText(client),
    /^Unable to connect to specified port: dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/,
  );
  assert.equal(test.session().status, "Failed");
});

test("an agent of 2.3.722.0 does not know the TerminateSession flag", oldAgent, async (fixture) => {
  const { test, client, target } = fixture;
  const conn = await target.accept();
  await client.sendData(PAYLOAD.flag, flag(2));
  await client.sendData(PAYLOAD.output, utf8("on"));
  assert.equal(await readText(conn, 2), "on");
  assert.equal(test.session().status, "Connected");
});

Deno.test("sandbox agent, basic: output before the first dial is not acknowledged", async () => {
  await using test = await openSandbox();
  using target = new Target();
  test.sandbox.faults.apply({ fault: "slow_dial", ms: 600_000 });
  const { client } = await openPortClient(test, {
    ...oldAgent(test),
    parameters: { portNumber: [String(target.port)] },
  });
  await using _client = client;
  await client.sendData(PAYLOAD.output, utf8("early"), 1);
  assert.deepEqual(acknowledgedNumbers(await client.settled()), []);
  assert.equal(test.session().counters.notReady, 1);
});

Deno.test("sandbox agent, basic: a refused first dial ends the session", async () => {
  await using test = await openSandbox();
  const target = new Target();
  target.stopListening();
  const { client } = await openPortClient(test, {
    ...oldAgent(test),
    parameters: { portNumber: [String(target.port)] },
  });
  await using _client = client;
  assert.match(await closingText(client), /^Unable to connect to specified port: /);
});

test("SSH: bytes both ways, and the target's end is the session's", ssh, async (fixture) => {
  const { test, client, target } = fixture;
  const conn = await target.accept();
  assert.equal(test.session().mode, "stdio");
  await client.sendData(PAYLOAD.output, utf8("SSH-2.0-x\r\n"));
  assert.equal(await readText(conn, 11), "SSH-2.0-x\r\n");
  await conn.write(utf8("SSH-2.0-y\r\n"));
  conn.close();
  assert.equal(text((await client.data(PAYLOAD.output)).payload), "SSH-2.0-y\r\n");
  assert.equal(await closingText(client), "");
  assert.equal(test.session().status, "Terminated");
});

test("SSH: DisconnectToPort means nothing, TerminateSession ends", ssh, async (fixture) => {
  const { client, target } = fixture;
  const conn = await target.accept();
  await client.sendData(PAYLOAD.flag, flag(1));
  await client.sendData(PAYLOAD.output, utf8("x"));
  assert.equal(await readText(conn, 1), "x");
  await client.sendData(PAYLOAD.flag, flag(2));
  assert.equal(await closingText(client), "");
});

for (const agentPacing of [true, false]) {
  const pace = agentPacing ? "paced" : "unpaced";
  test(`${pace}: a long answer comes whole in messages of at most 1,024 bytes`, ssh, async (f) => {
    const { client, target } = f;
    const data = new Uint8Array(50_000).map((_, i) => i * 3);
    const conn = await target.accept();
    for (let at = 0; at < data.byteLength;) at += await conn.write(data.subarray(at));
    conn.close();
    await closingText(client);
    assert.deepEqual([...client.output], [...data]);
    const sizes = client.heard.flatMap((heard) =>
      heard.kind === "message" && heard.message.payloadType === PAYLOAD.output
        ? [heard.message.payload.byteLength]
        : []
    );
    assert.equal(Math.max(...sizes), 1024);
  }, { agentPacing });
}

test("a slow target: the agent takes nothing until it reads", ssh, async (fixture) => {
  const { test, client, target } = fixture;
  const conn = await target.accept();
  const chunk = new Uint8Array(32_000);
  const count = 2_000;
  const sending = (async () => {
    for (let i = 0; i < count; i++) await client.sendData(PAYLOAD.output, chunk);
  })();
  await eventually("the agent to be blocked", () => test.session().isBlocked);
  assert.ok(test.session().counters.bytesFromClient < count * chunk.byteLength);
  await readBytes(conn, count * chunk.byteLength);
  await sending;
  await client.settled();
  assert.equal(acknowledgedNumbers(client.heard).length, count + 1);
});
