import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import {
  type ChannelClosed,
  CLIENT_VERSION,
  decodeMessage,
  MESSAGE_TYPE,
  parseAcknowledge,
  PAYLOAD_TYPE,
} from "../../../src/protocol/mod.ts";
import type { TransportClose, TransportEvents } from "../../../src/session/contracts.ts";
import { DataChannel } from "../../../src/session/data_channel.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeNetwork, FakeTransport, GRANT } from "../../support/fake_transport.ts";
import { ScriptedAgent } from "../../support/scripted_agent.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const live = () => new AbortController().signal;

/** A channel over a fake network, with an agent that only listens. */
function setUp(agent = new ScriptedAgent({ onStart: () => {}, onBytes: () => {} })) {
  const clock = new FakeClock();
  const network = new FakeNetwork(agent);
  const losses: TransportClose[] = [];
  const ends: ChannelClosed[] = [];
  const lines: string[] = [];
  const channel = new DataChannel({
    clock,
    openTransport: network.openTransport,
    events: { onLost: (close) => losses.push(close), onClosed: (closed) => ends.push(closed) },
    trace: (line) => lines.push(line),
  });
  return { agent, channel, clock, ends, lines, losses, network };
}

/** Lets everything that is under way happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}

/** Numbers of the data messages in `frames`. */
function sequence(frames: Uint8Array[]): number[] {
  return frames.map((frame) => decodeMessage(frame))
    .filter((message) => message.messageType === MESSAGE_TYPE.inputStreamData)
    .map((message) => message.sequenceNumber);
}

/** Timers that are cleared fall due all the same. */
class LateClock extends FakeClock {
  override clearTimeout(): void {}
}

// --- Connecting ---

Deno.test("DataChannel.connect() sends the token in a text message before anything else", async () => {
  const order: string[] = [];
  const channel = new DataChannel({
    clock: new FakeClock(),
    events: { onLost: () => {}, onClosed: () => {} },
    openTransport: (url) => {
      order.push(url);
      return Promise.resolve({
        bufferedBytes: 0,
        send: () => void order.push("binary"),
        sendText: (json: string) => {
          const request = JSON.parse(json);
          assert.deepEqual(Object.keys(request), [
            "MessageSchemaVersion",
            "RequestId",
            "TokenValue",
            "ClientId",
            "ClientVersion",
          ]);
          assert.equal(request.MessageSchemaVersion, "1.0");
          assert.equal(request.TokenValue, GRANT.tokenValue);
          assert.equal(request.ClientVersion, CLIENT_VERSION);
          const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
          assert.match(request.RequestId, uuid);
          assert.match(request.ClientId, uuid);
          order.push("text");
        },
        close: () => {},
      });
    },
  });
  channel.send(PAYLOAD_TYPE.output, utf8("queued before"));
  await channel.connect(GRANT, live());
  assert.deepEqual(order, [GRANT.streamUrl, "text", "binary"]);
  channel.close();
});

Deno.test("DataChannel.connect() keeps its client id and takes new request ids and tokens", async () => {
  const { channel, network } = setUp();
  await channel.connect(GRANT, live());
  network.current.lose();
  await channel.connect({ ...GRANT, tokenValue: "token-2" }, live());
  const [first, second] = network.opened.map(({ texts }) => JSON.parse(texts[0]!));
  assert.equal(first.ClientId, second.ClientId);
  assert.notEqual(first.RequestId, second.RequestId);
  assert.equal(second.TokenValue, "token-2");
  assert.deepEqual(network.opened.map(({ texts }) => texts.length), [1, 1]);
  channel.close();
});

Deno.test("DataChannel.connect() that fails can be tried again", async () => {
  const { channel, clock, losses, network } = setUp();
  const failure = new AppError("network", "no way");
  network.failures.push(failure);
  channel.send(PAYLOAD_TYPE.output, utf8("kept"));
  await assert.rejects(channel.connect(GRANT, live()), (error) => error === failure);
  assert.equal(channel.isConnected, false);
  assert.deepEqual(clock.delays, []);
  await channel.connect(GRANT, live());
  assert.deepEqual(sequence(network.current.sent), [0]);
  assert.deepEqual(losses, []);
  channel.close();
});

Deno.test("DataChannel.connect() closes a transport that opens after it was given up", async () => {
  const opened = Promise.withResolvers<FakeTransport>();
  let transport: FakeTransport | undefined;
  const channel = new DataChannel({
    clock: new FakeClock(),
    events: { onLost: () => assert.fail("lost"), onClosed: () => {} },
    openTransport: (_url, events) => {
      transport = new FakeTransport(events, undefined);
      return opened.promise;
    },
  });
  const controller = new AbortController();
  const connecting = channel.connect(GRANT, controller.signal);
  const reason = new Error("too late");
  controller.abort(reason);
  opened.resolve(transport!);
  await assert.rejects(connecting, (error) => error === reason);
  assert.ok(transport!.isClosed);
  assert.deepEqual(transport!.texts, []);
  assert.equal(channel.isConnected, false);
});

Deno.test("DataChannel takes and acknowledges what comes before connect() returns", async () => {
  const agent = new ScriptedAgent({ onStart: () => {} });
  const source = new FakeNetwork(agent);
  const losses: TransportClose[] = [];
  let transport: FakeTransport | undefined;
  const channel = new DataChannel({
    clock: new FakeClock(),
    events: { onLost: (close) => losses.push(close), onClosed: () => {} },
    openTransport: async (url, events: TransportEvents, signal) => {
      transport = await source.openTransport(url, events, signal) as FakeTransport;
      // A gateway so quick that its messages and its end come with the opening.
      agent.connect((frame) => events.onMessage(frame));
      agent.send(PAYLOAD_TYPE.output, utf8("early"));
      events.onClose({ code: 1000, reason: "Bye" });
      return transport;
    },
  });
  const payloads: string[] = [];
  channel.handlePayloads((_type, payload) => payloads.push(text(payload)));
  await channel.connect(GRANT, live());
  assert.deepEqual(payloads, ["early"]);
  assert.equal(agent.unacknowledged, 0);
  assert.deepEqual(losses, [{ code: 1000, reason: "Bye" }]);
  assert.equal(channel.isConnected, false);
});

Deno.test("DataChannel listens to its newest transport alone", async () => {
  const agent = new ScriptedAgent({ onStart: () => {} });
  const { channel, ends, losses, network } = setUp(agent);
  await channel.connect(GRANT, live());
  const old = network.current;
  await channel.connect(GRANT, live());
  assert.ok(old.isClosed);
  const payloads: string[] = [];
  channel.handlePayloads((_type, payload) => payloads.push(text(payload)));
  agent.connect((frame) => old.events.onMessage(frame));
  agent.send(PAYLOAD_TYPE.output, utf8("stale"));
  agent.closeChannel("stale");
  old.events.onClose({ code: 1006, reason: "" });
  assert.deepEqual([payloads, ends, losses], [[], [], []]);
  assert.ok(channel.isConnected);
  channel.close();
});

// --- Losing ---

Deno.test("DataChannel tells a loss once, and not its own close", async () => {
  const { channel, losses, network } = setUp();
  await channel.connect(GRANT, live());
  network.current.lose({ code: 1000, reason: "Bye" });
  assert.deepEqual(losses, [{ code: 1000, reason: "Bye" }]);
  await channel.connect(GRANT, live());
  channel.close();
  channel.close();
  assert.equal(losses.length, 1);
  assert.equal(channel.isConnected, false);
});

Deno.test("DataChannel sends again over the next transport what was not acknowledged", async () => {
  const { agent, channel, clock, network } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  channel.send(PAYLOAD_TYPE.output, utf8("acknowledged"));
  await settled();
  agent.acknowledges = false;
  channel.send(PAYLOAD_TYPE.output, utf8("one"));
  await settled();
  const first = network.current;
  first.lose();
  assert.equal(channel.hasRoom, false);
  channel.send(PAYLOAD_TYPE.output, utf8("two"));
  assert.deepEqual(clock.delays, []);
  agent.acknowledges = true;
  await channel.connect(GRANT, live());
  assert.deepEqual(sequence(network.current.sent), [1, 2]);
  assert.deepEqual(network.current.sent[0], first.sent.at(-1));
  await settled();
  assert.deepEqual(agent.taken.map(({ payload }) => text(payload)), ["acknowledged", "one", "two"]);
  assert.equal(agent.duplicates, 1);
  assert.deepEqual(clock.delays, []);
  channel.close();
});

// --- Retransmission and its timer ---

Deno.test("DataChannel has a timer exactly while something is unacknowledged", async () => {
  const { agent, channel, clock } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  assert.deepEqual(clock.delays, []);
  agent.acknowledges = false;
  channel.send(PAYLOAD_TYPE.output, utf8("x"));
  channel.send(PAYLOAD_TYPE.output, utf8("y"));
  assert.deepEqual(clock.delays, [100]);
  agent.acknowledges = true;
  clock.advance(300);
  await settled();
  assert.equal(agent.duplicates, 2);
  assert.deepEqual(clock.delays, []);
  channel.send(PAYLOAD_TYPE.output, utf8("z"));
  channel.close();
  assert.deepEqual(clock.delays, []);
});

Deno.test("DataChannel repeats overdue messages byte for byte", async () => {
  const { agent, channel, clock, network } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  agent.hears = false;
  channel.send(PAYLOAD_TYPE.output, utf8("lost"));
  clock.advance(200);
  assert.equal(network.current.sent.length, 1);
  clock.advance(100);
  assert.equal(network.current.sent.length, 2);
  assert.deepEqual(network.current.sent[1], network.current.sent[0]);
  assert.equal(channel.statistics.retransmissions, 1);
  channel.close();
});

Deno.test("DataChannel does not repeat what has not left yet", async () => {
  const { agent, channel, clock, network } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  agent.hears = false;
  channel.send(PAYLOAD_TYPE.output, utf8("waits"));
  network.current.bufferedBytes = 1024 * 1024;
  clock.advance(10_000);
  assert.equal(network.current.sent.length, 1);
  network.current.bufferedBytes = 0;
  clock.advance(100);
  assert.equal(network.current.sent.length, 2);
  channel.close();
});

// --- Settling ---

Deno.test("DataChannel.settle() waits for the acknowledgement of everything", async () => {
  const { agent, channel, clock } = setUp();
  assert.equal(await channel.settle(1_000), true);
  await channel.connect(GRANT, live());
  await settled();
  agent.acknowledges = false;
  channel.send(PAYLOAD_TYPE.output, utf8("x"));
  const waiting = channel.settle(1_000);
  agent.acknowledges = true;
  clock.advance(300);
  assert.equal(await waiting, true);
  assert.deepEqual(clock.delays, []);
  channel.close();
});

Deno.test("DataChannel.settle() waits for what was sent before it, and not for what comes after", async () => {
  const { agent, channel, clock } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  agent.acknowledges = false;
  channel.send(PAYLOAD_TYPE.output, utf8("x"));
  const waiting = channel.settle();
  clock.advance(200);
  channel.send(PAYLOAD_TYPE.output, utf8("y"));
  await settled();
  agent.acknowledges = true;
  // The first is overdue and sent again, the second is not.
  clock.advance(100);
  assert.equal(await waiting, true);
  assert.equal(channel.isSettled, false);
  channel.close();
});

Deno.test("DataChannel.settle() gives up after its time, and when the channel closes", async () => {
  const { agent, channel, clock } = setUp();
  await channel.connect(GRANT, live());
  agent.hears = false;
  channel.send(PAYLOAD_TYPE.output, utf8("x"));
  const timed = channel.settle(1_000);
  clock.advance(1_000);
  assert.equal(await timed, false);
  const endless = channel.settle();
  const long = channel.settle(60_000);
  clock.advance(30_000);
  channel.close();
  assert.deepEqual(await Promise.all([endless, long]), [false, false]);
  assert.deepEqual(clock.delays, []);
});

Deno.test("DataChannel.settle() outlives a reconnect", async () => {
  const { agent, channel, clock, network } = setUp();
  await channel.connect(GRANT, live());
  agent.hears = false;
  channel.send(PAYLOAD_TYPE.output, utf8("x"));
  const waiting = channel.settle();
  network.current.lose();
  agent.hears = true;
  await channel.connect(GRANT, live());
  assert.equal(await waiting, true);
  assert.deepEqual(clock.delays, []);
  channel.close();
});

// --- Payloads ---

Deno.test("DataChannel keeps payloads until somebody takes them, in order", async () => {
  const { agent, channel } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  for (const word of ["a", "b", "c"]) agent.send(PAYLOAD_TYPE.output, utf8(word));
  await settled();
  assert.equal(agent.unacknowledged, 0);
  const first: string[] = [];
  const second: string[] = [];
  channel.handlePayloads((_type, payload) => {
    first.push(text(payload));
    channel.handlePayloads(undefined);
  });
  channel.handlePayloads((_type, payload) => second.push(text(payload)));
  agent.send(PAYLOAD_TYPE.output, utf8("d"));
  await settled();
  assert.deepEqual([first, second], [["a"], ["b", "c", "d"]]);
  channel.close();
});

Deno.test("DataChannel acknowledges a repeated message again and delivers it once", async () => {
  const { agent, channel, network } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  const frames: Uint8Array[] = [];
  agent.connect((frame) => {
    frames.push(frame);
    network.current.events.onMessage(frame);
  });
  const payloads: string[] = [];
  channel.handlePayloads((_type, payload) => payloads.push(text(payload)));
  agent.send(PAYLOAD_TYPE.output, utf8("once"));
  network.current.events.onMessage(frames[0]!);
  assert.deepEqual(payloads, ["once"]);
  const acknowledged = network.current.sent.map((frame) => decodeMessage(frame))
    .filter(({ messageType }) => messageType === MESSAGE_TYPE.acknowledge)
    .map(({ payload }) => parseAcknowledge(payload));
  assert.deepEqual(acknowledged, [0, 0]);
  channel.close();
});

Deno.test("DataChannel tells the end of the session with the agent's text", async () => {
  const { agent, channel, ends } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  agent.closeChannel("\n----------ERROR-------\nUnable to connect to specified port");
  await settled();
  assert.deepEqual(ends.map(({ output }) => output), ["Unable to connect to specified port"]);
  channel.close();
});

Deno.test("DataChannel remembers why it dropped a message, and goes on", async () => {
  const { agent, channel, lines, network } = setUp();
  await channel.connect(GRANT, live());
  await settled();
  assert.equal(channel.lastIgnored, undefined);
  network.current.events.onMessage(new Uint8Array(30));
  assert.equal(channel.lastIgnored, "message of 30 bytes, wanted at least 120");
  assert.equal(lines.at(-1), `dropped: ${channel.lastIgnored}`);
  const payloads: string[] = [];
  channel.handlePayloads((_type, payload) => payloads.push(text(payload)));
  agent.send(PAYLOAD_TYPE.output, utf8("still works"));
  await settled();
  assert.deepEqual(payloads, ["still works"]);
  channel.close();
});

Deno.test("DataChannel traces types and sizes, never a payload or the token", async () => {
  const { agent, channel, lines } = setUp();
  await channel.connect({ ...GRANT, tokenValue: "secret-token" }, live());
  await settled();
  channel.send(PAYLOAD_TYPE.output, utf8("secret upload"));
  agent.send(PAYLOAD_TYPE.output, utf8("secret download"));
  await settled();
  assert.deepEqual(lines.filter((line) => line.includes("stream_data")), [
    "-> input_stream_data #0 output 13 bytes",
    "<- output_stream_data #0 output 15 bytes",
  ]);
  assert.doesNotMatch(lines.join("\n"), /secret/);
  channel.close();
});

Deno.test("DataChannel: a timer that fires after it was cleared does nothing", async () => {
  const clock = new LateClock();
  const network = new FakeNetwork(new ScriptedAgent({ onStart: () => {}, onBytes: () => {} }));
  const channel = new DataChannel({
    clock,
    openTransport: network.openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  await channel.connect(GRANT, live());
  network.isBlackhole = true;
  channel.send(PAYLOAD_TYPE.output, utf8("waits for an acknowledgement"));
  assert.ok(clock.delays.length > 0);
  channel.close();
  clock.advance(1_000);
  assert.equal(channel.isConnected, false);
});
