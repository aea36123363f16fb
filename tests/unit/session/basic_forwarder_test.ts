import assert from "node:assert/strict";
import { FLAG, parseFlag, PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import { BasicForwarder } from "../../../src/session/basic_forwarder.ts";
import { HALF_CLOSE_GRACE_MS } from "../../../src/session/local_connection.ts";
import { GRANT } from "../../support/fake_transport.ts";
import { forwarding, pattern, readAll, readExactly, writeAll } from "../../support/forwarding.ts";
import { type AgentScript, BASIC_AGENT, ScriptedAgent } from "../../support/scripted_agent.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const live = () => new AbortController().signal;

function basic(script: AgentScript = {}, listener?: Deno.TcpListener) {
  return forwarding(
    { agentVersion: BASIC_AGENT, ...script },
    (channel, options) => new BasicForwarder(channel, options),
    listener,
  );
}

/** Lets everything that is under way on the event loop happen. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** What the agent took after the handshake: bytes as text, flags as their number. */
function taken(agent: ScriptedAgent): (string | number)[] {
  return agent.taken.slice(1).map(({ payloadType, payload }) =>
    payloadType === PAYLOAD_TYPE.flag ? parseFlag(payload) : new TextDecoder().decode(payload)
  );
}

Deno.test("BasicForwarder carries bytes both ways in messages of 1,024 bytes at most", async () => {
  await using test = await basic();
  const program = await test.connect();
  const sent = pattern(500_000);
  const writing = writeAll(program, sent);
  assert.deepEqual(await readExactly(program, sent.byteLength), sent);
  await writing;
  const sizes = test.agent.taken.slice(1).map(({ payload }) => payload.byteLength);
  assert.equal(Math.max(...sizes), 1_024);
  assert.deepEqual([test.log.up, test.log.down], [sent.byteLength, sent.byteLength]);
  assert.equal(test.forwarder.openConnections, 1);
});

Deno.test("BasicForwarder stops reading when nothing is acknowledged", async () => {
  await using test = await basic({ onBytes: () => {} });
  test.agent.acknowledges = false;
  const program = await test.connect();
  const writing = writeAll(program, pattern(4_000_000)).catch(() => {});
  await test.agent.when(() => test.agent.taken.length === 1 + 64);
  await turns(20);
  assert.ok(test.log.up <= 2 * 64 * 1024, `${test.log.up} bytes were read`);
  test.agent.acknowledges = true;
  test.clock.advance(300);
  await test.log.when(() => test.log.up === 4_000_000);
  await writing;
});

Deno.test("BasicForwarder keeps a greeting for the first connection", async () => {
  await using test = await basic({ onBytes: () => {} });
  test.agent.sendBytes(utf8("SSH-2.0-"));
  test.agent.sendBytes(utf8("OpenSSH\r\n"));
  await test.agent.when(() => test.agent.unacknowledged === 0);
  const program = await test.connect();
  assert.deepEqual(await readExactly(program, 17), utf8("SSH-2.0-OpenSSH\r\n"));
});

Deno.test("BasicForwarder ends a session whose target says too much to nobody", async () => {
  await using test = await basic({ onBytes: () => {} });
  const chunk = new Uint8Array(1024 * 1024);
  for (let i = 0; i <= 64; i++) test.agent.send(PAYLOAD_TYPE.output, chunk);
  await test.log.when(() => test.log.broken.length > 0);
  assert.deepEqual(test.log.broken, ["the target said too much before a local program connected"]);
});

Deno.test("BasicForwarder writes Output to the program and nothing else", async () => {
  await using test = await basic({ onBytes: () => {} });
  const program = await test.connect();
  await test.log.when(() => test.log.count("opened") === 1);
  test.agent.sendFlag(FLAG.connectToPortError);
  test.agent.send(PAYLOAD_TYPE.stdErr, utf8("noise"));
  test.agent.sendBytes(utf8("data"));
  assert.deepEqual(await readExactly(program, 4), utf8("data"));
});

// --- One after the other ---

Deno.test("BasicForwarder serves one connection at a time and hurries a half-closed one", async () => {
  await using test = await basic();
  const { agent, clock, log } = test;
  const first = await test.connect();
  await writeAll(first, utf8("one"));
  assert.deepEqual(await readExactly(first, 3), utf8("one"));
  const second = await test.connect();
  await writeAll(second, utf8("two"));
  await turns(5);
  assert.deepEqual(taken(agent), ["one"]);
  assert.deepEqual(log.of(2), []);
  await first.closeWrite();
  // The one that waits shortens the wait for an answer to the first one's end.
  await clock.scheduled(500);
  clock.advance(500);
  assert.deepEqual(await readExactly(second, 3), utf8("two"));
  assert.deepEqual(taken(agent), ["one", FLAG.disconnectToPort, "two"]);
  assert.deepEqual(await readAll(first), utf8(""));
  assert.deepEqual(log.of(1), ["opened", "closed"]);
});

Deno.test("BasicForwarder waits ten seconds for an answer to a local end when nobody waits", async () => {
  await using test = await basic({ onBytes: () => {} });
  const { agent, clock, log } = test;
  const program = await test.connect();
  await writeAll(program, utf8("question"));
  await program.closeWrite();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  agent.sendBytes(utf8("answer"));
  assert.deepEqual(await readExactly(program, 6), utf8("answer"));
  clock.advance(HALF_CLOSE_GRACE_MS);
  await log.when(() => log.count("closed") === 1);
  assert.deepEqual(taken(agent), ["question", FLAG.disconnectToPort]);
});

Deno.test("BasicForwarder serves the next connection only after the flag is acknowledged", async () => {
  await using test = await basic();
  const { agent, clock, log } = test;
  const first = await test.connect();
  await writeAll(first, utf8("one"));
  await readExactly(first, 3);
  agent.hears = false;
  await first.closeWrite();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  clock.advance(HALF_CLOSE_GRACE_MS);
  const second = await test.connect();
  await writeAll(second, utf8("two"));
  await turns(5);
  // However long it takes: bytes of the first could otherwise reach the second.
  clock.advance(60_000);
  await turns(5);
  assert.deepEqual(log.of(2), []);
  agent.hears = true;
  clock.advance(1_100);
  assert.deepEqual(await readExactly(second, 3), utf8("two"));
  assert.deepEqual(taken(agent), ["one", FLAG.disconnectToPort, "two"]);
});

Deno.test("BasicForwarder keeps the wait for the flag over a reconnect", async () => {
  await using test = await basic();
  const { agent, channel, clock, log, network } = test;
  const first = await test.connect();
  await writeAll(first, utf8("one"));
  await readExactly(first, 3);
  await first.closeWrite();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  network.current.lose();
  clock.advance(HALF_CLOSE_GRACE_MS);
  const second = await test.connect();
  await writeAll(second, utf8("two"));
  await turns(5);
  clock.advance(60_000);
  await turns(5);
  assert.deepEqual(log.of(2), []);
  await channel.connect(GRANT, live());
  assert.deepEqual(await readExactly(second, 3), utf8("two"));
  assert.deepEqual(taken(agent), ["one", FLAG.disconnectToPort, "two"]);
});

Deno.test("BasicForwarder gives a connection no bytes of the one before it", async () => {
  await using test = await basic();
  const { agent, clock, log } = test;
  const first = await test.connect();
  await writeAll(first, utf8("one"));
  await readExactly(first, 3);
  await first.closeWrite();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  clock.advance(HALF_CLOSE_GRACE_MS);
  await log.when(() => log.count("closed") === 1);
  const second = await test.connect();
  await log.when(() => log.count("opened") === 2);
  // The agent connects anew with the second one's first byte: before, this can only be the first's.
  agent.sendBytes(utf8("the tail of the first answer"));
  await agent.when(() => agent.unacknowledged === 0);
  await writeAll(second, utf8("two"));
  assert.deepEqual(await readExactly(second, 3), utf8("two"));
});

Deno.test("BasicForwarder tells the agent of a program that broke off", async () => {
  await using test = await basic({ onBytes: () => {} });
  const { agent, clock, log } = test;
  const program = await test.connect();
  await log.when(() => log.count("opened") === 1);
  program.close();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  while (log.count("reset") === 0) {
    agent.sendBytes(new Uint8Array(50_000));
    await turns(1);
  }
  assert.deepEqual(taken(agent), [FLAG.disconnectToPort]);
});

// --- The end ---

Deno.test("BasicForwarder.stop() ends the open connection and the one that waits", async () => {
  await using test = await basic();
  const { forwarder, log } = test;
  const open = await test.connect();
  await log.when(() => log.count("opened") === 1);
  const waiting = await test.connect();
  await turns(5);
  forwarder.stop("the session ended");
  await readAll(open).catch(() => {});
  await readAll(waiting).catch(() => {});
  assert.deepEqual(log.connections, [
    { connection: 1, status: "opened" },
    { connection: 1, status: "reset", reason: "the session ended" },
  ]);
});

Deno.test("BasicForwarder.stop() ends a connection that waits for the flag's acknowledgement", async () => {
  await using test = await basic();
  const { agent, channel, clock, forwarder, log } = test;
  const first = await test.connect();
  await log.when(() => log.count("opened") === 1);
  agent.hears = false;
  await first.closeWrite();
  await clock.scheduled(HALF_CLOSE_GRACE_MS);
  clock.advance(HALF_CLOSE_GRACE_MS);
  const waiting = await test.connect();
  await turns(5);
  forwarder.stop("the session ended");
  channel.close();
  await readAll(waiting).catch(() => {});
  assert.deepEqual(log.of(2), []);
});

Deno.test("BasicForwarder outlives a connection that is gone when its turn comes", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accept = listener.accept.bind(listener);
  let isFirst = true;
  listener.accept = async () => {
    const conn = await accept();
    if (isFirst) {
      conn.setNoDelay = () => {
        throw new Deno.errors.BadResource("gone");
      };
    }
    isFirst = false;
    return conn;
  };
  await using test = await basic({}, listener);
  const gone = await test.connect();
  await test.log.when(() => test.log.count("refused") === 1);
  assert.deepEqual(await readAll(gone), utf8(""));
  const next = await test.connect();
  await writeAll(next, utf8("fine"));
  assert.deepEqual(await readExactly(next, 4), utf8("fine"));
});
