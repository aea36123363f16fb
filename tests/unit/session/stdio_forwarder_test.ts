import assert from "node:assert/strict";
import { FLAG, PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import { DataChannel } from "../../../src/session/data_channel.ts";
import { performPortHandshake } from "../../../src/session/handshake.ts";
import { ANSWER_GRACE_MS, StdioForwarder, STUCK_MS } from "../../../src/session/stdio_forwarder.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeNetwork, GRANT } from "../../support/fake_transport.ts";
import { concat, ForwarderLog, pattern } from "../../support/forwarding.ts";
import { LocalStreams } from "../../support/local_streams.ts";
import { type AgentScript, ScriptedAgent } from "../../support/scripted_agent.ts";

const MEGABYTE = 1024 * 1024;
const live = () => new AbortController().signal;
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Lets everything that is under way on the event loop happen. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

function takenBytes(agent: ScriptedAgent): number {
  return agent.taken.filter(({ payloadType }) => payloadType === PAYLOAD_TYPE.output)
    .reduce((sum, { payload }) => sum + payload.byteLength, 0);
}

/** A forwarder between the streams of a program and a scripted agent, which echoes. */
async function stdio(script: AgentScript = {}) {
  const agent = new ScriptedAgent({ properties: { portNumber: "22" }, ...script });
  const clock = new FakeClock();
  const network = new FakeNetwork(agent);
  const channel = new DataChannel({
    clock,
    openTransport: network.openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  await channel.connect(GRANT, live());
  await performPortHandshake(channel, live());
  const log = new ForwarderLog();
  const streams = new LocalStreams();
  const forwarder = new StdioForwarder(channel, streams, { clock, events: log.events });
  return {
    agent,
    channel,
    clock,
    forwarder,
    log,
    network,
    streams,
    /** The program's bytes, as the agent took them. */
    get taken(): Uint8Array {
      return concat(
        agent.taken.filter(({ payloadType }) => payloadType === PAYLOAD_TYPE.output)
          .map(({ payload }) => payload),
      );
    },
    /** The connection is lost and another one comes. */
    async reconnect() {
      network.current.lose();
      await channel.connect(GRANT, live());
    },
    [Symbol.dispose]() {
      forwarder.stop();
      channel.close();
      streams.endInput();
      assert.equal(forwarder.openConnections, 0);
      assert.deepEqual(clock.delays, [], "timers are left");
    },
  };
}

Deno.test("StdioForwarder carries bytes both ways in messages of 1,024 bytes at most", async () => {
  using test = await stdio();
  const sent = pattern(500_000);
  test.streams.type(sent);
  await test.streams.when(() => test.streams.writtenBytes === sent.byteLength);
  assert.deepEqual(test.streams.outputBytes, sent);
  const sizes = test.agent.taken.slice(1).map(({ payload }) => payload.byteLength);
  assert.equal(Math.max(...sizes), 1_024);
  assert.deepEqual([test.log.up, test.log.down], [sent.byteLength, sent.byteLength]);
  assert.equal(test.forwarder.openConnections, 1);
});

Deno.test("StdioForwarder changes no byte, a lone line feed neither", async () => {
  using test = await stdio();
  const sent: number[] = [];
  for (const byte of [0x0a, 0x0d, 0x00, 0xff, 0x04, 0x03, 0x7e]) {
    sent.push(byte);
    test.streams.type(Uint8Array.of(byte));
    await test.streams.when(() => test.streams.writtenBytes === sent.length);
  }
  // A message of one byte at the end of a full one.
  const burst = pattern(1_025);
  burst[1_024] = 0x0a;
  test.streams.type(burst);
  await test.streams.when(() => test.streams.writtenBytes === sent.length + burst.byteLength);
  assert.deepEqual(test.streams.outputBytes, concat([Uint8Array.from(sent), burst]));
});

Deno.test("StdioForwarder keeps a greeting that came before it", async () => {
  using test = await stdio({
    onStart: (agent) => {
      agent.requestHandshake();
      // Right behind the end of the handshake.
      agent.when(() => agent.taken.length === 1)
        .then(() => agent.sendBytes(utf8("SSH-2.0-OpenSSH\r\n")));
    },
    onBytes: () => {},
  });
  await test.streams.when(() => test.streams.writtenBytes === 17);
  assert.deepEqual(test.streams.outputBytes, utf8("SSH-2.0-OpenSSH\r\n"));
});

Deno.test("StdioForwarder writes Output and nothing else", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.agent.sendFlag(FLAG.connectToPortError);
  test.agent.send(PAYLOAD_TYPE.output, utf8("data"));
  await test.streams.when(() => test.streams.writtenBytes > 0);
  assert.deepEqual(test.streams.outputBytes, utf8("data"));
});

Deno.test("StdioForwarder stops reading its input when nothing is acknowledged", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.agent.acknowledges = false;
  const sent = pattern(2_000_000);
  test.streams.type(sent);
  await test.agent.when(() => test.agent.taken.length === 1 + 64);
  await turns(20);
  assert.ok(test.streams.readBytes <= 2 * 64 * 1024, `${test.streams.readBytes} bytes were read`);
  test.agent.acknowledges = true;
  test.clock.advance(300);
  await test.agent.when(() => takenBytes(test.agent) === sent.byteLength);
  assert.deepEqual(test.taken, sent);
});

Deno.test("StdioForwarder lets the peer wait for an output that is not read", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.streams.stopReading(true);
  const sent = pattern(24 * MEGABYTE);
  const half = sent.byteLength / 2;
  test.agent.sendBytes(sent.subarray(0, half));
  await test.log.when(() => test.log.down === half);
  assert.ok(!test.network.current.isHeld, "ssh may be suspended with full windows");
  test.agent.sendBytes(sent.subarray(half));
  await test.log.when(() => test.log.down > 16 * MEGABYTE);
  assert.ok(test.network.current.isHeld && test.channel.isHeld);
  // A new connection waits as well.
  await test.reconnect();
  assert.ok(test.network.current.isHeld);
  test.streams.stopReading(false);
  await test.streams.when(() => test.streams.writtenBytes === sent.byteLength);
  assert.ok(!test.network.current.isHeld && !test.channel.isHeld);
  assert.deepEqual(test.streams.outputBytes, sent);
  assert.deepEqual(test.log.broken, []);
});

Deno.test("StdioForwarder gives up an output that is not read by a peer that does not wait", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.network.current.hold = () => {};
  test.streams.stopReading(true);
  for (let i = 0; i <= 65; i++) test.agent.send(PAYLOAD_TYPE.output, new Uint8Array(MEGABYTE));
  await test.log.when(() => test.log.broken.length > 0);
  assert.match(
    test.log.broken.join(),
    /^standard output could not be written: it is not read: \d+ MiB were waiting$/,
  );
  test.streams.stopReading(false);
});

Deno.test("StdioForwarder goes on over another connection, every byte once", async () => {
  using test = await stdio();
  const sent = pattern(300_000);
  test.streams.type(sent.subarray(0, 100_000));
  await test.streams.when(() => test.streams.writtenBytes > 20_000);
  test.network.current.lose();
  test.streams.type(sent.subarray(100_000));
  await turns(5);
  await test.channel.connect(GRANT, live());
  await test.streams.when(() => test.streams.writtenBytes === sent.byteLength);
  assert.deepEqual(test.streams.outputBytes, sent);
  assert.deepEqual(test.taken, sent);
});

Deno.test("StdioForwarder ends after its input, when all is taken and the peer is silent", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.agent.acknowledges = false;
  test.streams.type(utf8("last words"));
  test.streams.endInput();
  await test.clock.scheduled(STUCK_MS);
  assert.equal(test.log.finished, 0);
  test.agent.acknowledges = true;
  test.clock.advance(300);
  await test.clock.scheduled(ANSWER_GRACE_MS);
  // An answer restarts the wait.
  test.clock.advance(ANSWER_GRACE_MS - 1);
  test.agent.sendBytes(utf8("answer"));
  await test.streams.when(() => test.streams.writtenBytes === 6);
  test.clock.advance(ANSWER_GRACE_MS - 1);
  assert.equal(test.log.finished, 0);
  test.clock.advance(1);
  assert.equal(test.log.finished, 1);
});

Deno.test("StdioForwarder waits with its last input for a connection that is lost", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.agent.hears = false;
  test.streams.type(utf8("last words"));
  await test.log.when(() => test.log.up > 0);
  test.network.current.lose();
  test.streams.endInput();
  for (let i = 0; i < 20; i++) {
    await test.clock.scheduled(STUCK_MS);
    test.clock.advance(STUCK_MS);
    await turns(1);
  }
  assert.equal(test.log.finished, 0);
  test.agent.hears = true;
  await test.channel.connect(GRANT, live());
  await test.clock.scheduled(ANSWER_GRACE_MS);
  assert.deepEqual(test.taken, utf8("last words"));
  test.clock.advance(ANSWER_GRACE_MS);
  assert.equal(test.log.finished, 1);
});

Deno.test("StdioForwarder does not wait for ever for a peer that takes nothing", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.agent.acknowledges = false;
  test.streams.type(utf8("last words"));
  test.streams.endInput();
  // Once to see how much is left, once to see that it is as much.
  for (let i = 0; i < 2; i++) {
    await test.clock.scheduled(STUCK_MS);
    test.clock.advance(STUCK_MS);
  }
  await test.clock.scheduled(ANSWER_GRACE_MS);
  test.clock.advance(ANSWER_GRACE_MS);
  assert.equal(test.log.finished, 1);
});

Deno.test("StdioForwarder ends when the reader of its output has gone", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.streams.failure = new Deno.errors.BrokenPipe("gone");
  test.agent.sendBytes(utf8("to nobody"));
  await test.log.when(() => test.log.finished > 0);
  test.agent.sendBytes(utf8("to nobody"));
  await test.forwarder.flushed();
  assert.deepEqual([test.log.finished, test.log.broken], [1, []]);
});

Deno.test("StdioForwarder says why a stream failed", async () => {
  {
    using test = await stdio({ onBytes: () => {} });
    test.streams.failure = new Error("no space left");
    test.agent.sendBytes(utf8("data"));
    await test.log.when(() => test.log.broken.length > 0);
    assert.deepEqual(test.log.broken, ["standard output could not be written: no space left"]);
  }
  using test = await stdio();
  test.streams.endInput(new Error("it is a directory"));
  await test.log.when(() => test.log.broken.length > 0);
  assert.deepEqual(test.log.broken, ["standard input could not be read: it is a directory"]);
});

Deno.test("StdioForwarder writes what has arrived after the session's end as well", async () => {
  using test = await stdio({ onBytes: () => {} });
  test.streams.stopReading(true);
  const sent = pattern(200_000);
  test.agent.sendBytes(sent);
  await test.log.when(() => test.log.down === sent.byteLength);
  test.forwarder.stop();
  const flushed = test.forwarder.flushed();
  test.streams.stopReading(false);
  await flushed;
  assert.deepEqual(test.streams.outputBytes, sent);
});
