import assert from "node:assert/strict";
import { PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import { CommandForwarder } from "../../../src/session/command_forwarder.ts";
import { DataChannel } from "../../../src/session/data_channel.ts";
import { performShellHandshake } from "../../../src/session/shell_handshake.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeNetwork, GRANT } from "../../support/fake_transport.ts";
import { ForwarderLog, pattern } from "../../support/forwarding.ts";
import { utf8 } from "../../support/hex.ts";
import { LocalStreams } from "../../support/local_streams.ts";
import { type AgentScript, ScriptedAgent } from "../../support/scripted_agent.ts";
import { agentCipher, encryptedShell, FakeKms, requestShell } from "../../support/shell_agent.ts";

const live = () => new AbortController().signal;

const PLAIN: AgentScript = {
  properties: {},
  onStart: (agent) => requestShell(agent, { sessionType: "NonInteractiveCommands" }),
  onBytes: () => {},
};

/** A command on a scripted agent. */
async function command(script: AgentScript = PLAIN) {
  const agent = new ScriptedAgent(script);
  const clock = new FakeClock();
  const network = new FakeNetwork(agent);
  const channel = new DataChannel({
    clock,
    openTransport: network.openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  await channel.connect(GRANT, live());
  const session = { channel, sessionId: "me-0123", instanceId: "i-0123456789abcdef0" };
  const handshake = await performShellHandshake(session, new FakeKms().newDataKey, live());
  const [stdout, stderr] = [new LocalStreams(), new LocalStreams()];
  const log = new ForwarderLog();
  const streams = { stdout: stdout.output, stderr: stderr.output };
  const forwarder = new CommandForwarder(channel, { streams, handshake }, {
    clock,
    events: log.events,
  });
  return {
    agent,
    forwarder,
    log,
    network,
    stdout,
    stderr,
    [Symbol.dispose]() {
      forwarder.stop();
      channel.close();
      assert.equal(forwarder.openConnections, 0);
      assert.deepEqual(clock.delays, [], "timers are left");
    },
  };
}

const text = (streams: LocalStreams) => new TextDecoder().decode(streams.outputBytes);

Deno.test("standard output and standard error arrive apart, the status last", async () => {
  using test = await command();
  test.agent.send(PAYLOAD_TYPE.output, utf8("one\n"));
  test.agent.send(PAYLOAD_TYPE.stdErr, utf8("two\n"));
  test.agent.send(PAYLOAD_TYPE.output, utf8("three"));
  test.agent.send(PAYLOAD_TYPE.exitCode, utf8("EXIT_CODE: 7"));
  await test.agent.when(() => test.agent.unacknowledged === 0);
  await test.forwarder.flushed();
  assert.deepEqual([text(test.stdout), text(test.stderr)], ["one\nthree", "two\n"]);
  assert.equal(test.forwarder.exitCode, 7);
  assert.equal(test.log.down, 13);
});

Deno.test("the status of a command that a signal ended is negative; garbage is none", async () => {
  for (const [payload, code] of [["EXIT_CODE: -1", -1], ["EXIT_CODE: 0\n", 0], ["7", undefined]]) {
    using test = await command();
    test.agent.send(PAYLOAD_TYPE.exitCode, utf8(payload as string));
    await test.agent.when(() => test.agent.unacknowledged === 0);
    assert.equal(test.forwarder.exitCode, code);
  }
});

Deno.test("an encrypted command: everything that it says is opened", async () => {
  const cipher = agentCipher();
  using test = await command(encryptedShell());
  const bytes = pattern(1_024);
  test.agent.send(PAYLOAD_TYPE.output, cipher.encrypt(bytes));
  test.agent.send(PAYLOAD_TYPE.stdErr, cipher.encrypt(utf8("careful")));
  test.agent.send(PAYLOAD_TYPE.exitCode, cipher.encrypt(utf8("EXIT_CODE: 3")));
  await test.agent.when(() => test.agent.unacknowledged === 0);
  await test.forwarder.flushed();
  assert.deepEqual(test.stdout.outputBytes, bytes);
  assert.deepEqual([text(test.stderr), test.forwarder.exitCode], ["careful", 3]);
  test.forwarder.interrupt();
  const sent = () =>
    test.agent.taken.find(({ payloadType }) => payloadType === PAYLOAD_TYPE.output);
  await test.agent.when(() => sent() !== undefined);
  assert.deepEqual(cipher.decrypt(sent()!.payload), Uint8Array.of(0x03));
});

Deno.test("a payload that cannot be opened breaks the session", async () => {
  using test = await command(encryptedShell());
  test.agent.send(PAYLOAD_TYPE.exitCode, utf8("EXIT_CODE: 0"));
  await test.log.when(() => test.log.broken.length === 1);
  assert.equal(test.forwarder.exitCode, undefined);
});

Deno.test("the reader of either stream is waited for; the channel is held meanwhile", async () => {
  using test = await command();
  test.stdout.stopReading(true);
  test.stderr.stopReading(true);
  const many = pattern(17 * 1024 * 1024);
  for (let at = 0; at < many.byteLength; at += 1_024) {
    test.agent.send(PAYLOAD_TYPE.output, many.subarray(at, at + 1_024));
  }
  const transport = test.network.current;
  await test.log.when(() => transport.isHeld);
  test.stdout.stopReading(false);
  await test.stdout.when(() => !transport.isHeld);
  await test.stdout.when(() => test.stdout.writtenBytes === test.log.down);
});

Deno.test("without a reader the command is ended, and that is no failure", async () => {
  using test = await command();
  test.stdout.failure = new Deno.errors.BrokenPipe();
  test.agent.send(PAYLOAD_TYPE.output, utf8("y\n"));
  await test.log.when(() => test.log.finished === 1);
  assert.equal(test.forwarder.hasReader, false);
  assert.deepEqual(test.log.broken, []);
});

Deno.test("a disk that is full breaks it off, with the reason", async () => {
  using test = await command();
  test.stderr.failure = new Error("no space left");
  test.agent.send(PAYLOAD_TYPE.stdErr, utf8("y\n"));
  await test.log.when(() => test.log.broken.length === 1);
  assert.equal(test.log.broken[0], "standard error could not be written: no space left");
  assert.equal(test.forwarder.hasReader, true);
});
