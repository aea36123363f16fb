import assert from "node:assert/strict";
import { AgentChannel, type Verdict } from "../../../src/sandbox/agent/channel.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { utf8 } from "../../support/hex.ts";
import { naiveDecode, naiveEncode } from "../../support/naive_envelope.ts";

const OUTPUT = 1;

/** A channel whose wire, plugin and clock are the test's. */
class Bench {
  readonly clock = new FakeClock();
  readonly sent: ReturnType<typeof naiveDecode>[] = [];
  readonly frames: Uint8Array[] = [];
  readonly processed: string[] = [];
  verdict: Verdict = "processed";
  rooms = 0;
  readonly channel: AgentChannel;

  constructor(options: { outgoingLimit?: number } = {}) {
    this.channel = new AgentChannel({
      transmit: (frame) => {
        this.frames.push(frame);
        this.sent.push(naiveDecode(frame));
      },
      process: (_type, payload) => {
        if (this.verdict === "processed") this.processed.push(new TextDecoder().decode(payload));
        return this.verdict;
      },
      onRoom: () => this.rooms++,
    }, { outgoingLimit: options.outgoingLimit ?? 100, clock: this.clock });
  }

  /** The client sends data; what the agent acknowledges because of it. */
  receive(sequenceNumber: number, text = `#${sequenceNumber}`): number[] {
    const from = this.sent.length;
    this.channel.receive(clientMessage("input_stream_data", { sequenceNumber, payload: text }));
    return this.sent.slice(from)
      .filter((message) => message.messageType === "acknowledge")
      .map((message) =>
        JSON.parse(new TextDecoder().decode(message.payload)).AcknowledgedMessageSequenceNumber
      );
  }

  acknowledge(sequenceNumber: number): void {
    this.channel.receive(clientMessage("acknowledge", {
      payload: JSON.stringify({
        AcknowledgedMessageType: "output_stream_data",
        AcknowledgedMessageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
        AcknowledgedMessageSequenceNumber: sequenceNumber,
        IsSequentialMessage: true,
      }),
    }));
  }

  publication(type: "pause_publication" | "start_publication"): void {
    this.channel.receive(clientMessage(type, { payload: "{}" }));
  }

  /** Ticks every 100 ms; numbers of the data messages that went out. */
  tick(times: number): number[] {
    const from = this.sent.length;
    for (let i = 0; i < times; i++) {
      this.clock.advance(100);
      this.channel.tick();
    }
    return this.sent.slice(from).map((message) => message.sequenceNumber);
  }
}

function clientMessage(
  messageType: string,
  fields: { sequenceNumber?: number; payload: string },
): Uint8Array {
  return naiveEncode({
    messageType,
    schemaVersion: 1,
    createdDateMs: 1_503_434_274_948,
    sequenceNumber: fields.sequenceNumber ?? 0,
    flags: messageType === "acknowledge" ? 3 : 0,
    messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
    payloadType: messageType === "input_stream_data" ? OUTPUT : 0,
    payload: utf8(fields.payload),
  });
}

Deno.test("in order: processed, then acknowledged", () => {
  const bench = new Bench();
  assert.deepEqual(bench.receive(0), [0]);
  assert.deepEqual(bench.receive(1), [1]);
  assert.deepEqual(bench.processed, ["#0", "#1"]);
});

Deno.test("ahead: acknowledged and stored, processed when its turn comes", () => {
  const bench = new Bench();
  assert.deepEqual(bench.receive(2), [2]);
  assert.deepEqual(bench.receive(1), [1]);
  assert.deepEqual(bench.processed, []);
  assert.deepEqual(bench.receive(0), [0]);
  assert.deepEqual(bench.processed, ["#0", "#1", "#2"]);
});

Deno.test("behind, or stored already: acknowledged again and dropped", () => {
  const bench = new Bench();
  bench.receive(0);
  assert.deepEqual(bench.receive(0), [0]);
  bench.receive(2);
  assert.deepEqual(bench.receive(2), [2]);
  assert.deepEqual(bench.processed, ["#0"]);
  assert.equal(bench.channel.duplicates, 2);
});

Deno.test("not ready: silence, and the same message is taken later", () => {
  const bench = new Bench();
  bench.verdict = "not_ready";
  assert.deepEqual(bench.receive(0), []);
  assert.deepEqual(bench.receive(0), []);
  assert.equal(bench.channel.notReady, 2);
  bench.verdict = "processed";
  assert.deepEqual(bench.receive(0), [0]);
  assert.deepEqual(bench.processed, ["#0"]);
});

Deno.test("drain() goes on with what was acknowledged while the plugin was not ready", () => {
  const bench = new Bench();
  bench.receive(1);
  bench.verdict = "not_ready";
  bench.receive(0);
  bench.verdict = "processed";
  bench.channel.drain();
  // Number 0 was never acknowledged: only the client's repetition brings it.
  assert.deepEqual(bench.processed, []);
  assert.deepEqual(bench.receive(0), [0]);
  assert.deepEqual(bench.processed, ["#0", "#1"]);
});

Deno.test("beyond 8 MiB that wait: dropped without acknowledgement", () => {
  const bench = new Bench();
  const large = "x".repeat(1024 * 1024);
  for (let number = 1; number <= 8; number++) {
    assert.deepEqual(bench.receive(number, large), [number]);
  }
  assert.deepEqual(bench.receive(9, large), []);
  bench.receive(0);
  assert.deepEqual(bench.receive(9, large), [9]);
  assert.equal(bench.processed.length, 10);
});

Deno.test("what is no message is dropped", () => {
  const bench = new Bench();
  bench.channel.receive(new Uint8Array(50));
  bench.channel.receive(clientMessage("sandbox_nonsense", { payload: "x" }));
  assert.deepEqual(bench.sent, []);
});

Deno.test("data is numbered from 0, with SYN on the first message alone", () => {
  const bench = new Bench();
  bench.channel.send(5, utf8("{}"));
  bench.channel.send(OUTPUT, utf8("a"));
  assert.deepEqual(
    bench.sent.map((
      { sequenceNumber, flags, payloadType },
    ) => [sequenceNumber, flags, payloadType]),
    [[0, 1, 5], [1, 0, 1]],
  );
});

Deno.test("only the head is repeated, byte for byte, when older than the timeout", () => {
  const bench = new Bench();
  for (const text of ["a", "b", "c"]) bench.channel.send(OUTPUT, utf8(text));
  // 200 ms is not older than 200 ms; the tick at 300 ms repeats, and the next is due at 600 ms.
  assert.deepEqual(bench.tick(2), []);
  assert.deepEqual(bench.tick(1), [0]);
  assert.deepEqual(bench.tick(2), []);
  assert.deepEqual(bench.tick(1), [0]);
  assert.deepEqual(bench.frames[3], bench.frames[0]);
  assert.equal(bench.channel.retransmissions, 2);
  bench.acknowledge(0);
  // Number 1 has waited since the start.
  assert.deepEqual(bench.tick(1), [1]);
});

Deno.test("an acknowledgement out of order takes just that message away", () => {
  const bench = new Bench();
  for (const text of ["a", "b"]) bench.channel.send(OUTPUT, utf8(text));
  bench.acknowledge(1);
  assert.equal(bench.channel.unacknowledged, 1);
  assert.deepEqual(bench.tick(6).filter((number) => number !== 0), []);
});

Deno.test("while paused data is kept and not sent, nothing is repeated, targets are not read", () => {
  const bench = new Bench();
  bench.channel.send(OUTPUT, utf8("a"));
  bench.publication("pause_publication");
  bench.channel.send(OUTPUT, utf8("b"));
  assert.equal(bench.sent.length, 1);
  assert.equal(bench.channel.hasRoom, false);
  assert.deepEqual(bench.tick(10), []);
  bench.publication("start_publication");
  assert.equal(bench.channel.hasRoom, true);
  assert.equal(bench.rooms, 1);
  assert.deepEqual(bench.tick(1), [0]);
});

for (const cause of ["data", "an acknowledgement"] as const) {
  Deno.test(`a pause ends with ${cause} from the client`, () => {
    const bench = new Bench();
    bench.publication("pause_publication");
    if (cause === "data") bench.receive(0);
    else bench.acknowledge(99);
    assert.equal(bench.channel.hasRoom, true);
  });
}

Deno.test("a full outgoing buffer stops the reading of targets until an acknowledgement", () => {
  const bench = new Bench({ outgoingLimit: 2 });
  bench.channel.send(OUTPUT, utf8("a"));
  assert.equal(bench.channel.hasRoom, true);
  bench.channel.send(OUTPUT, utf8("b"));
  assert.equal(bench.channel.hasRoom, false);
  bench.acknowledge(0);
  assert.equal(bench.channel.hasRoom, true);
  assert.equal(bench.rooms, 1);
});

Deno.test("quiet: nothing goes out until new data comes, not even for a repeated message", () => {
  const bench = new Bench();
  bench.receive(0);
  bench.channel.beginQuiet(100);
  bench.channel.send(OUTPUT, utf8("held"));
  assert.deepEqual(bench.receive(0), []);
  bench.channel.tick();
  assert.equal(bench.sent.length, 1);
  assert.deepEqual(bench.receive(1), [0, 1]);
  assert.deepEqual(bench.clock.delays, []);
});

Deno.test("quiet ends by itself", () => {
  const bench = new Bench();
  bench.channel.beginQuiet(100);
  bench.channel.send(OUTPUT, utf8("held"));
  bench.clock.advance(99);
  assert.equal(bench.sent.length, 0);
  bench.clock.advance(1);
  assert.equal(bench.sent.length, 1);
  assert.equal(bench.channel.isQuiet, false);
});
