import assert from "node:assert/strict";
import { PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import { DataChannel } from "../../../src/session/data_channel.ts";
import { performShellHandshake } from "../../../src/session/shell_handshake.ts";
import { TerminalForwarder } from "../../../src/session/terminal_forwarder.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeNetwork, GRANT } from "../../support/fake_transport.ts";
import { concat, ForwarderLog, pattern } from "../../support/forwarding.ts";
import { utf8 } from "../../support/hex.ts";
import { LocalStreams } from "../../support/local_streams.ts";
import { type AgentScript, ScriptedAgent } from "../../support/scripted_agent.ts";
import { agentCipher, encryptedShell, FakeKms } from "../../support/shell_agent.ts";

const live = () => new AbortController().signal;

/** Lets everything that is under way on the event loop happen. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

const PROMPT: AgentScript = {
  onStart: (agent) => agent.send(PAYLOAD_TYPE.output, utf8("$ ")),
  onBytes: () => {},
};

/** A terminal joined to a scripted agent. */
async function shell(script: AgentScript = PROMPT, isInteractive = true) {
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
  const streams = new LocalStreams();
  const log = new ForwarderLog();
  let size = { cols: 80, rows: 24 };
  let onResize: (() => void) | undefined;
  const terminal = {
    ...{ input: streams.input, output: streams.output },
    isInteractive,
    size: () => size,
    onResize: (listener: () => void) => {
      onResize = listener;
      return { [Symbol.dispose]: () => onResize = undefined };
    },
  };
  const forwarder = new TerminalForwarder(channel, { terminal, handshake }, {
    clock,
    events: log.events,
  });
  const taken = (type: number) =>
    agent.taken.filter(({ payloadType }) => payloadType === type).map(({ payload }) => payload);
  return {
    agent,
    channel,
    forwarder,
    log,
    network,
    streams,
    /** Bytes for the shell, as the agent took them. */
    get keys(): Uint8Array {
      return concat(taken(PAYLOAD_TYPE.output));
    },
    get pieces(): Uint8Array[] {
      return taken(PAYLOAD_TYPE.output);
    },
    get sizes(): string[] {
      return taken(PAYLOAD_TYPE.size).map((payload) => new TextDecoder().decode(payload));
    },
    resize(cols: number, rows: number) {
      size = { cols, rows };
      onResize?.();
    },
    async reconnect() {
      await channel.connect(GRANT, live());
    },
    [Symbol.dispose]() {
      forwarder.stop();
      channel.close();
      streams.endInput();
      assert.equal(onResize, undefined, "somebody still waits for another size");
      assert.equal(forwarder.openConnections, 0);
      assert.deepEqual(clock.delays, [], "timers are left");
    },
  };
}

Deno.test("the first output is on the screen, then the size is told, once", async () => {
  using test = await shell();
  await test.streams.when(() => test.streams.writtenBytes === 2);
  await test.agent.when(() => test.sizes.length === 1);
  assert.deepEqual(test.sizes, ['{"cols":80,"rows":24}']);
  test.resize(80, 24);
  test.resize(120, 40);
  test.resize(120, 40);
  await test.agent.when(() => test.sizes.length === 2);
  await turns(3);
  assert.deepEqual(test.sizes.slice(1), ['{"cols":120,"rows":40}']);
});

Deno.test("keys arrive byte for byte, in messages of 1,024 bytes at most", async () => {
  using test = await shell();
  const paste = pattern(100_000);
  test.streams.type(utf8("\n"));
  test.streams.type(paste);
  await test.agent.when(() => test.keys.byteLength === paste.byteLength + 1);
  assert.deepEqual(test.keys, concat([utf8("\n"), paste]));
  assert.equal(Math.max(...test.pieces.map(({ byteLength }) => byteLength)), 1_024);
});

Deno.test("what is typed while the connection is lost arrives once, in order, with the last size", async () => {
  using test = await shell();
  test.streams.type(utf8("ls"));
  await test.agent.when(() => test.keys.byteLength === 2);
  test.network.current.lose();
  test.resize(100, 30);
  test.resize(120, 40);
  for (const key of " -la") test.streams.type(utf8(key));
  await turns(3);
  await test.reconnect();
  test.streams.type(utf8("\r"));
  await test.agent.when(() => test.keys.byteLength === 7);
  assert.equal(new TextDecoder().decode(test.keys), "ls -la\r");
  assert.deepEqual(test.sizes.slice(1), ['{"cols":120,"rows":40}']);
});

Deno.test("an interrupt overtakes what waits: it is dropped, as a terminal drops it", async () => {
  using test = await shell();
  await test.agent.when(() => test.sizes.length === 1);
  test.network.current.lose();
  test.streams.type(pattern(50_000));
  await turns(3);
  test.streams.type(Uint8Array.of(0x03));
  await turns(3);
  test.streams.type(utf8("exit\r"));
  await test.reconnect();
  await test.agent.when(() => test.keys.byteLength === 6);
  assert.equal(new TextDecoder().decode(test.keys), "\x03exit\r");
});

Deno.test("of a pipe nothing is dropped, and its end is Ctrl-D", async () => {
  for (const [input, end] of [["ls\n", "\x04"], ["ls", "\x04\x04"], ["", "\x04"]] as const) {
    using test = await shell(PROMPT, false);
    test.network.current.lose();
    if (input !== "") test.streams.type(utf8(input));
    test.streams.type(Uint8Array.of(0x03));
    await turns(2);
    test.streams.type(utf8(input === "" ? "\n" : input));
    test.streams.endInput();
    await turns(2);
    await test.reconnect();
    const whole = `${input}\x03${input === "" ? "\n" : input}${end}`;
    await test.agent.when(() => test.keys.byteLength === whole.length);
    assert.equal(new TextDecoder().decode(test.keys), whole);
    assert.equal(test.log.finished, 0, "the shell decides when it ends");
  }
});

Deno.test("a terminal that is gone ends the session", async () => {
  using test = await shell();
  test.streams.endInput();
  await test.log.when(() => test.log.finished === 1);
});

Deno.test("a heartbeat tells the size that the terminal has", async () => {
  using test = await shell();
  await test.agent.when(() => test.sizes.length === 1);
  test.forwarder.heartbeat();
  await test.agent.when(() => test.sizes.length === 2);
  assert.deepEqual(new Set(test.sizes), new Set(['{"cols":80,"rows":24}']));
});

Deno.test("an encrypted shell: keys and output are, sizes are not", async () => {
  const cipher = agentCipher();
  using test = await shell(encryptedShell());
  test.agent.send(PAYLOAD_TYPE.output, cipher.encrypt(utf8("secret$ ")));
  await test.streams.when(() => test.streams.writtenBytes === 8);
  assert.equal(new TextDecoder().decode(test.streams.outputBytes), "secret$ ");
  const paste = pattern(3_000);
  test.streams.type(paste);
  await test.agent.when(() => test.keys.byteLength >= paste.byteLength + 3 * 28);
  assert.deepEqual(concat(test.pieces.map((piece) => cipher.decrypt(piece))), paste);
  assert.deepEqual(test.sizes, ['{"cols":80,"rows":24}']);
});

Deno.test("output in the clear in an encrypted shell breaks it", async () => {
  using test = await shell(encryptedShell());
  test.agent.send(PAYLOAD_TYPE.output, utf8("a forged line, long enough for nonce and tag\r\n"));
  await test.log.when(() => test.log.broken.length === 1);
  assert.match(test.log.broken[0]!, /not encrypted with the session's key/);
  assert.equal(test.streams.writtenBytes, 0);
});

Deno.test("output that cannot be written ends it: quietly when the reader has gone", async () => {
  for (
    const [failure, finished] of [[new Deno.errors.BrokenPipe(), 1], [
      new Error("full"),
      0,
    ]] as const
  ) {
    using test = await shell();
    await test.streams.when(() => test.streams.writtenBytes === 2);
    test.streams.failure = failure;
    test.agent.send(PAYLOAD_TYPE.output, utf8("more"));
    await test.log.when(() => test.log.finished + test.log.broken.length === 1);
    assert.equal(test.log.finished, finished);
  }
});
