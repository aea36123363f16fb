import assert from "node:assert/strict";
import {
  type AgentMessage,
  countRoundTrips,
  decodeMessage,
  encodeMessage,
  PAYLOAD_TYPE,
  ReliableChannel,
  RETRANSMISSION_TICK_MS,
  roundTripPercentile,
  SendWindow,
} from "../../../src/protocol/mod.ts";
import { randomBytes, randomInt, seeded } from "../../support/seeded.ts";
import { utf8 } from "../../support/hex.ts";
import { naiveDecode } from "../../support/naive_envelope.ts";
import { ENVELOPE_VECTORS } from "../../testdata/envelope_vectors.ts";

const EPOCH_MS = 1_700_000_000_000;
const AGENT_ID = "11112222-3333-4444-8555-666677778888";

/** A connected channel whose every effect is written down in one list, in order. */
class Fixture {
  readonly log: string[] = [];
  readonly transmitted: Uint8Array[] = [];
  readonly channel: ReliableChannel;
  nowMs = 0;
  #ids = 0;

  constructor(options: { window?: SendWindow } = {}) {
    this.channel = new ReliableChannel({
      transmit: (frame) => {
        this.transmitted.push(frame);
        this.log.push(describe(naiveDecode(frame)));
      },
      onData: (type, payload) => this.log.push(`data ${type} ${new TextDecoder().decode(payload)}`),
      onClosed: ({ output }) => this.log.push(`closed "${output}"`),
      onRoom: () => this.log.push("room"),
      onIgnored: (reason) => this.log.push(`ignored: ${reason}`),
    }, {
      newMessageId: () => `00000000-0000-4000-8000-${String(this.#ids++).padStart(12, "0")}`,
      epochMs: () => EPOCH_MS + this.nowMs,
      ...options,
    });
    this.channel.connected(0);
    this.takeLog();
  }

  /** What happened since the last call. */
  takeLog(): string[] {
    return this.log.splice(0);
  }

  send(text: string, payloadType: number = PAYLOAD_TYPE.output): void {
    this.channel.send(payloadType, utf8(text), this.nowMs);
  }

  /** A message from the agent's side. */
  receive(fields: Partial<AgentMessage>): void {
    this.channel.receive(agentFrame(fields), this.nowMs);
  }

  receiveData(sequenceNumber: number, text: string, payloadType: number = PAYLOAD_TYPE.output) {
    this.receive({ sequenceNumber, payloadType, payload: utf8(text) });
  }

  receiveAcknowledge(sequenceNumber: number): void {
    this.receive({
      messageType: "acknowledge",
      flags: 3,
      payload: utf8(
        `{"AcknowledgedMessageType":"input_stream_data","AcknowledgedMessageId":"${AGENT_ID}",` +
          `"AcknowledgedMessageSequenceNumber":${sequenceNumber},"IsSequentialMessage":true}`,
      ),
    });
  }

  /** Lets time pass, with the ticks that an owner gives. */
  pass(ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs;) {
      this.nowMs += RETRANSMISSION_TICK_MS;
      if (this.channel.needsTicks) this.channel.tick(this.nowMs);
    }
  }
}

function agentFrame(fields: Partial<AgentMessage>): Uint8Array<ArrayBuffer> {
  return encodeMessage({
    messageType: "output_stream_data",
    schemaVersion: 1,
    createdDateMs: EPOCH_MS,
    sequenceNumber: 0,
    flags: 0,
    messageId: AGENT_ID,
    payloadType: PAYLOAD_TYPE.none,
    payload: utf8("{}"),
    ...fields,
  });
}

/** `input 3 hello`, or `ack 3`. */
function describe(message: AgentMessage): string {
  const text = new TextDecoder().decode(message.payload);
  if (message.messageType === "acknowledge") {
    return `ack ${JSON.parse(text).AcknowledgedMessageSequenceNumber}`;
  }
  assert.equal(message.messageType, "input_stream_data");
  return `input ${message.sequenceNumber} ${text}`;
}

/** A channel whose window never moves. */
function fixedWindow(messages: number): { window: SendWindow } {
  return {
    window: new SendWindow({
      initialMessages: messages,
      minMessages: messages,
      maxMessages: messages,
    }),
  };
}

// --- Receiving ---

Deno.test("ReliableChannel delivers in order, each message acknowledged once it was taken", () => {
  const f = new Fixture();
  f.receiveData(0, "a");
  f.receiveData(1, "b", PAYLOAD_TYPE.flag);
  assert.deepEqual(f.takeLog(), ["data 1 a", "ack 0", "data 10 b", "ack 1"]);
});

Deno.test("ReliableChannel acknowledges with the reference's message", () => {
  const f = new Fixture();
  f.nowMs = 250;
  f.receiveData(0, "a");
  assert.deepEqual(naiveDecode(f.transmitted[0]!), {
    messageType: "acknowledge",
    schemaVersion: 1,
    createdDateMs: EPOCH_MS + 250,
    sequenceNumber: 0,
    flags: 3,
    messageId: "00000000-0000-4000-8000-000000000000",
    payloadType: 0,
    payload: utf8(
      `{"AcknowledgedMessageType":"output_stream_data","AcknowledgedMessageId":"${AGENT_ID}",` +
        '"AcknowledgedMessageSequenceNumber":0,"IsSequentialMessage":true}',
    ),
  });
});

Deno.test("ReliableChannel acknowledges handshake payloads before they are acted on", () => {
  const f = new Fixture();
  f.receiveData(0, "request", PAYLOAD_TYPE.handshakeRequest);
  f.receiveData(1, "challenge", PAYLOAD_TYPE.encChallengeRequest);
  f.receiveData(2, "complete", PAYLOAD_TYPE.handshakeComplete);
  assert.deepEqual(f.takeLog(), [
    "ack 0",
    "data 5 request",
    "ack 1",
    "data 8 challenge",
    "ack 2",
    "data 7 complete",
  ]);
});

Deno.test("ReliableChannel acknowledges what is ahead, and delivers it like in order", () => {
  const f = new Fixture();
  f.receiveData(2, "c");
  f.receiveData(1, "complete", PAYLOAD_TYPE.handshakeComplete);
  f.receiveData(2, "c");
  assert.deepEqual(f.takeLog(), ["ack 2", "ack 1", "ack 2"]);
  f.receiveData(0, "a");
  assert.deepEqual(f.takeLog(), ["data 1 a", "data 7 complete", "data 1 c", "ack 0"]);
});

Deno.test("ReliableChannel acknowledges old messages again, and delivers nothing twice", () => {
  const f = new Fixture();
  f.receiveData(0, "a");
  f.receiveData(1, "request", PAYLOAD_TYPE.handshakeRequest);
  f.takeLog();
  for (const sequenceNumber of [0, 1, 0]) f.receiveData(sequenceNumber, "a");
  assert.deepEqual(f.takeLog(), ["ack 0", "ack 1", "ack 0"]);
  assert.equal(f.channel.statistics.duplicates, 3);
});

Deno.test("ReliableChannel does not acknowledge what it has no room to keep", () => {
  const f = new Fixture();
  for (let i = 1; i <= 10_000; i++) f.receiveData(i, "x");
  f.takeLog();
  f.receiveData(10_001, "too far");
  f.receiveData(10_000, "x");
  assert.deepEqual(f.takeLog(), [
    "ignored: no room for message 10001, ahead of its turn",
    "ack 10000",
  ]);
  f.receiveData(0, "first");
  assert.equal(f.takeLog().filter((entry) => entry.startsWith("data")).length, 10_001);
  f.receiveData(10_001, "now");
  assert.deepEqual(f.takeLog(), ["data 1 now", "ack 10001"]);
});

Deno.test("ReliableChannel acknowledges data messages alone", () => {
  const f = new Fixture();
  f.receiveAcknowledge(0);
  f.receiveAcknowledge(99);
  f.receive({ messageType: "acknowledge", payload: utf8("garbage") });
  f.receive({ messageType: "pause_publication" });
  f.receive({ messageType: "start_publication" });
  f.receive({ messageType: "input_stream_data" });
  f.receive({ messageType: "agent_session_state" });
  assert.deepEqual(f.takeLog(), [
    "ignored: acknowledge: payload is not JSON",
    "room",
    'ignored: unknown message type "input_stream_data"',
    'ignored: unknown message type "agent_session_state"',
  ]);
  assert.equal(f.transmitted.length, 0);
});

Deno.test("ReliableChannel drops a damaged message without acknowledging it", () => {
  const f = new Fixture();
  const frame = agentFrame({ payload: utf8("hello"), payloadType: PAYLOAD_TYPE.output });
  const damaged = frame.slice();
  damaged[damaged.byteLength - 1]! ^= 1;
  f.channel.receive(damaged, 0);
  f.channel.receive(frame.subarray(0, 100), 0);
  assert.deepEqual(f.takeLog(), [
    "ignored: PayloadDigest does not match the payload",
    "ignored: message of 100 bytes, wanted at least 120",
  ]);
  f.channel.receive(frame, 0);
  assert.deepEqual(f.takeLog(), ["data 1 hello", "ack 0"]);
  assert.equal(f.channel.statistics.ignored, 2);
});

Deno.test("ReliableChannel counts a message without payload, and has nothing to deliver", () => {
  const f = new Fixture();
  const frame = agentFrame({ payload: utf8("x"), payloadType: PAYLOAD_TYPE.output });
  new DataView(frame.buffer).setUint32(116, 0);
  f.channel.receive(frame.subarray(0, 120), 0);
  f.receiveData(1, "b");
  assert.deepEqual(f.takeLog(), ["ack 0", "data 1 b", "ack 1"]);
});

Deno.test("ReliableChannel tells of the end, also when its reason cannot be read", () => {
  const f = new Fixture();
  f.channel.receive(ENVELOPE_VECTORS[4]!.frame, 0);
  f.receive({ messageType: "channel_closed", payload: utf8('{"Output":"Session timed out"}') });
  f.receive({ messageType: "channel_closed", payload: utf8("?") });
  assert.deepEqual(f.takeLog(), [
    'closed ""',
    'closed "Session timed out"',
    "ignored: channel_closed: payload is not JSON",
    'closed ""',
  ]);
  assert.equal(f.transmitted.length, 0);
});

Deno.test("ReliableChannel.receive() never throws, whatever the bytes", () => {
  const f = new Fixture();
  const random = seeded(2);
  f.send("waiting");
  for (let i = 0; i < 2_000; i++) {
    const frame = ENVELOPE_VECTORS[i % ENVELOPE_VECTORS.length]!.frame.slice();
    for (let n = randomInt(random, 0, 3); n > 0; n--) {
      frame[randomInt(random, 0, frame.byteLength - 1)] = randomInt(random, 0, 255);
    }
    f.channel.receive(i % 3 === 0 ? randomBytes(random, randomInt(random, 0, 200)) : frame, i);
  }
  assert.ok(f.channel.statistics.ignored > 500);
});

// --- Sending ---

Deno.test("ReliableChannel numbers what it sends from 0, with flags 0", () => {
  const f = new Fixture();
  f.send("first");
  f.nowMs = 20;
  f.send("{}", PAYLOAD_TYPE.size);
  const common = { messageType: "input_stream_data", schemaVersion: 1, flags: 0 };
  assert.deepEqual(f.transmitted.map(naiveDecode), [{
    ...common,
    createdDateMs: EPOCH_MS,
    sequenceNumber: 0,
    messageId: "00000000-0000-4000-8000-000000000000",
    payloadType: 1,
    payload: utf8("first"),
  }, {
    ...common,
    createdDateMs: EPOCH_MS + 20,
    sequenceNumber: 1,
    messageId: "00000000-0000-4000-8000-000000000001",
    payloadType: 3,
    payload: utf8("{}"),
  }]);
});

Deno.test("ReliableChannel gives no number to what cannot be sent", () => {
  const f = new Fixture();
  assert.throws(() => f.send(""), RangeError);
  f.send("a");
  assert.deepEqual(f.takeLog(), ["input 0 a"]);
});

Deno.test("ReliableChannel sends a lone line feed unchanged", () => {
  const f = new Fixture();
  f.send("\n");
  assert.deepEqual(f.takeLog(), ["input 0 \n"]);
});

Deno.test("ReliableChannel keeps its own copy of what it sends", () => {
  const f = new Fixture();
  const buffer = utf8("before");
  f.channel.send(PAYLOAD_TYPE.output, buffer, 0);
  buffer.fill(0x21);
  f.pass(300);
  assert.deepEqual(f.takeLog(), ["input 0 before", "input 0 before"]);
});

Deno.test("ReliableChannel finds its message when the acknowledgement comes during the sending", () => {
  const acknowledged: ReliableChannel[] = [];
  const channel: ReliableChannel = new ReliableChannel({
    transmit: () => {
      acknowledged.push(channel);
      channel.receive(
        agentFrame({
          messageType: "acknowledge",
          payload: utf8('{"AcknowledgedMessageSequenceNumber":0}'),
        }),
        0,
      );
    },
    onData: () => {},
    onClosed: () => {},
    onRoom: () => {},
    onIgnored: assert.fail,
  }, { newMessageId: () => AGENT_ID, epochMs: () => EPOCH_MS });
  channel.connected(0);
  channel.send(PAYLOAD_TYPE.output, utf8("x"), 0);
  assert.equal(acknowledged.length, 1);
  assert.equal(channel.isSettled, true);
});

Deno.test("ReliableChannel has room until the window is full, and tells when it has again", () => {
  const f = new Fixture(fixedWindow(2));
  assert.equal(f.channel.hasRoom, true);
  f.send("a");
  assert.equal(f.channel.hasRoom, true);
  f.send("b");
  assert.equal(f.channel.hasRoom, false);
  // The few messages that must go out do so all the same.
  f.send("c");
  f.takeLog();
  f.receiveAcknowledge(1);
  assert.deepEqual(f.takeLog(), []);
  f.receiveAcknowledge(0);
  assert.deepEqual(f.takeLog(), ["room"]);
  f.receiveAcknowledge(0);
  f.receiveAcknowledge(2);
  assert.deepEqual(f.takeLog(), []);
  assert.equal(f.channel.isSettled, true);
});

// --- Retransmission ---

Deno.test("ReliableChannel sends overdue messages again, byte for byte, and waits longer each time", () => {
  const f = new Fixture();
  f.send("a");
  f.send("b");
  f.receiveAcknowledge(1);
  f.pass(5_000);
  // First after more than 200 ms, then 400, 800 and 1000 ms, at the next tick each.
  assert.equal(f.transmitted.length, 2 + 6);
  for (const frame of f.transmitted.slice(2)) assert.equal(frame, f.transmitted[0]);
  assert.equal(f.channel.statistics.retransmissions, 6);
  f.receiveAcknowledge(0);
  assert.equal(f.channel.needsTicks, false);
});

Deno.test("ReliableChannel sends at most 64 messages again in one tick", () => {
  const f = new Fixture();
  for (let i = 0; i < 100; i++) f.send("x");
  f.takeLog();
  f.channel.tick(201);
  assert.equal(f.takeLog().length, 64);
  f.channel.tick(202);
  assert.equal(f.takeLog().length, 36);
  f.channel.tick(203);
  assert.deepEqual(f.takeLog(), []);
});

Deno.test("ReliableChannel waits for a slow path's acknowledgements once it knows the path", () => {
  const f = new Fixture();
  for (let i = 0; i < 20; i++) {
    f.send("x");
    f.nowMs += 700;
    f.receiveAcknowledge(i);
  }
  f.send("patience");
  f.takeLog();
  f.nowMs += 750;
  f.channel.tick(f.nowMs);
  assert.deepEqual(f.takeLog(), []);
  assert.ok(Math.abs(f.channel.statistics.roundTripMs! - 700) < 50);
});

Deno.test("ReliableChannel narrows the window for a loss, not for a guess before the first round trip", () => {
  const f = new Fixture({ window: new SendWindow({ initialMessages: 64 }) });
  f.send("a");
  f.pass(300);
  assert.equal(f.channel.statistics.retransmissions, 1);
  assert.equal(f.channel.statistics.windowMessages, 64);
  f.receiveAcknowledge(0);
  f.send("b");
  f.pass(1_100);
  assert.ok(f.channel.statistics.retransmissions > 1);
  assert.ok(f.channel.statistics.windowMessages <= 32);
});

// --- Connections ---

Deno.test("ReliableChannel repeats its last acknowledgements over a new connection, within a bound", () => {
  const f = new Fixture();
  for (let number = 0; number < 2_000; number++) f.receiveData(number, "x");
  f.channel.disconnected();
  f.takeLog();
  f.channel.connected(f.nowMs);
  const repeated = f.takeLog().filter((line) => line.startsWith("ack "));
  assert.ok(repeated.length >= 256 && repeated.length < 512, `${repeated.length}`);
  const first = 2_000 - repeated.length;
  assert.deepEqual(repeated, repeated.map((_, index) => `ack ${first + index}`));
});

Deno.test("ReliableChannel stores while disconnected and replays byte for byte, oldest first", () => {
  const f = new Fixture();
  for (const text of ["a", "b", "c"]) f.send(text);
  f.receiveAcknowledge(1);
  f.channel.disconnected();
  f.takeLog();
  f.send("d");
  f.receiveData(0, "late from the old connection");
  f.pass(60_000);
  assert.deepEqual(f.takeLog(), ["data 1 late from the old connection"]);
  assert.equal(f.channel.hasRoom, false);
  const before = f.transmitted.length;
  f.channel.connected(f.nowMs);
  // What the peer said meanwhile is acknowledged now, so that it need not repeat it.
  assert.deepEqual(f.takeLog(), ["input 0 a", "input 2 c", "input 3 d", "ack 0", "room"]);
  assert.equal(f.transmitted[before], f.transmitted[0]);
  assert.equal(f.transmitted[before + 1], f.transmitted[2]);
  // The peer may repeat it all the same.
  f.receiveData(0, "late from the old connection");
  assert.deepEqual(f.takeLog(), ["ack 0"]);
});

Deno.test("ReliableChannel goes on counting after a reconnect, in both directions", () => {
  const f = new Fixture();
  f.send("a");
  f.receiveData(0, "A");
  f.receiveAcknowledge(0);
  f.channel.disconnected();
  f.channel.connected(0);
  f.takeLog();
  f.send("b");
  f.receiveData(1, "B");
  assert.deepEqual(f.takeLog(), ["input 1 b", "data 1 B", "ack 1"]);
});

Deno.test("ReliableChannel learns no round trip from a message that a reconnect delayed", () => {
  const f = new Fixture();
  f.send("a");
  f.channel.disconnected();
  f.pass(30_000);
  f.channel.connected(f.nowMs);
  f.receiveAcknowledge(0);
  assert.equal(f.channel.statistics.roundTripMs, undefined);
});

// --- Publication ---

const RESUMPTIONS: [string, (f: Fixture) => void][] = [
  ["start_publication", (f) => f.receive({ messageType: "start_publication" })],
  ["any data", (f) => f.receiveData(0, "x")],
  ["old data", (f) => {
    f.receiveData(0, "x");
    f.receive({ messageType: "pause_publication" });
    f.takeLog();
    f.receiveData(0, "x");
  }],
  ["any acknowledgement", (f) => f.receiveAcknowledge(99)],
  ["a reconnect", (f) => {
    f.channel.disconnected();
    f.channel.connected(f.nowMs);
  }],
];

for (const [what, resume] of RESUMPTIONS) {
  Deno.test(`ReliableChannel resumes a paused publication on ${what}`, () => {
    const f = new Fixture();
    f.receive({ messageType: "pause_publication" });
    assert.equal(f.channel.hasRoom, false);
    f.takeLog();
    resume(f);
    assert.equal(f.channel.hasRoom, true);
    assert.equal(f.takeLog().filter((entry) => entry === "room").length, 1);
  });
}

Deno.test("ReliableChannel sends nothing again while publication is paused", () => {
  const f = new Fixture();
  f.send("a");
  f.receive({ messageType: "pause_publication" });
  f.takeLog();
  f.pass(9_000);
  assert.deepEqual(f.takeLog(), []);
  f.receive({ messageType: "start_publication" });
  f.pass(100);
  assert.deepEqual(f.takeLog(), ["room", "input 0 a"]);
});

Deno.test("ReliableChannel resumes by itself after 10 s, with or without something unacknowledged", () => {
  for (const texts of [["a"], []]) {
    const f = new Fixture();
    for (const text of texts) f.send(text);
    f.receive({ messageType: "pause_publication" });
    f.pass(5_000);
    // A pause that is repeated counts from the first one.
    f.receive({ messageType: "pause_publication" });
    f.pass(4_900);
    assert.equal(f.channel.hasRoom, false);
    f.takeLog();
    f.pass(100);
    assert.equal(f.channel.hasRoom, true);
    assert.deepEqual(f.takeLog(), ["room", ...texts.map((text, i) => `input ${i} ${text}`)]);
  }
});

Deno.test("ReliableChannel needs ticks exactly while something is unacknowledged or paused", () => {
  const f = new Fixture();
  assert.equal(f.channel.needsTicks, false);
  f.send("a");
  assert.equal(f.channel.needsTicks, true);
  f.receiveAcknowledge(0);
  assert.equal(f.channel.needsTicks, false);
  f.receive({ messageType: "pause_publication" });
  assert.equal(f.channel.needsTicks, true);
  f.receive({ messageType: "start_publication" });
  assert.equal(f.channel.needsTicks, false);
});

Deno.test("ReliableChannel.statistics counts", () => {
  const f = new Fixture(fixedWindow(5));
  f.send("a");
  f.send("b");
  f.nowMs = 100;
  f.receiveAcknowledge(0);
  f.receiveData(0, "x");
  f.receiveData(0, "x");
  f.receive({ messageType: "surprise" });
  assert.deepEqual(f.channel.statistics, {
    messagesSent: 2,
    messagesReceived: 2,
    retransmissions: 0,
    duplicates: 1,
    ignored: 1,
    unacknowledged: 1,
    roundTripMs: 100,
    windowMessages: 5,
  });
});

Deno.test("ReliableChannel counts the round trips that no reconnect lay in", () => {
  const f = new Fixture(fixedWindow(5));
  f.send("a");
  f.send("b");
  f.nowMs = 100;
  f.receiveAcknowledge(0);
  f.channel.disconnected();
  f.nowMs = 5_000;
  f.channel.connected(f.nowMs);
  f.receiveAcknowledge(1);
  const { roundTrips } = f.channel;
  assert.equal(countRoundTrips(roundTrips), 1);
  assert.ok(Math.abs(roundTripPercentile(roundTrips, 0.5)! / 100 - 1) < 0.05);
});

Deno.test("what ReliableChannel sends, decodeMessage() accepts", () => {
  const f = new Fixture();
  f.send("x");
  f.receiveData(0, "y");
  for (const frame of f.transmitted) assert.deepEqual(decodeMessage(frame), naiveDecode(frame));
});
