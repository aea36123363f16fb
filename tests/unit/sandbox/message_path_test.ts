import assert from "node:assert/strict";
import type { Fault, LastingFault } from "../../../src/sandbox/faults/fault.ts";
import { MessagePath } from "../../../src/sandbox/faults/message_path.ts";
import { parseFault } from "../../../src/sandbox/faults/parse.ts";
import { FaultRegistry } from "../../../src/sandbox/faults/registry.ts";
import { utf8 } from "../../support/hex.ts";
import { naiveEncode } from "../../support/naive_envelope.ts";

const INSTANCE = { instanceId: "i-0a5b0c00000000001", tags: { Name: "web-1" } };
type Direction = "to_client" | "to_agent";

function message(number: number, messageType = "output_stream_data"): Uint8Array {
  return naiveEncode({
    messageType,
    schemaVersion: 1,
    createdDateMs: 1,
    sequenceNumber: number,
    flags: 0,
    messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
    payloadType: 1,
    payload: utf8(`${number}`),
  });
}

function numberOf(frame: Uint8Array): number {
  return Number(new DataView(frame.buffer, frame.byteOffset).getBigInt64(48));
}

/** A path with faults on it, and what came out of it. */
class Lane {
  readonly faults = new FaultRegistry();
  readonly delivered: Uint8Array[] = [];
  readonly path: MessagePath;

  constructor(faults: Fault[], options: { direction?: Direction; sessionId?: string } = {}) {
    for (const fault of faults) this.faults.add(parseFault(fault) as LastingFault);
    this.path = new MessagePath({
      direction: options.direction ?? "to_client",
      faults: this.faults,
      struck: { instance: INSTANCE, sessionId: options.sessionId ?? "s-1" },
      deliver: (frame) => this.delivered.push(frame),
    });
  }

  /** Sends messages 0 to `count` - 1; the numbers that came out at once. */
  send(count: number): number[] {
    for (let i = 0; i < count; i++) this.path.send(message(i));
    return this.delivered.map(numberOf);
  }
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("without faults messages pass through, the very same bytes", () => {
  const lane = new Lane([]);
  const frame = message(0);
  lane.path.send(frame);
  assert.equal(lane.delivered[0], frame);
});

Deno.test("drop loses messages, the same ones for the same seed", () => {
  const drop = (seed: number) => new Lane([{ fault: "drop", probability: 0.3, seed }]).send(1_000);
  assert.deepEqual(drop(5), drop(5));
  assert.notDeepEqual(drop(5), drop(6));
  const kept = drop(5).length;
  assert.ok(kept > 600 && kept < 800, `${kept} of 1000 kept`);
  assert.deepEqual(new Lane([{ fault: "drop", probability: 1 }]).send(5), []);
  assert.deepEqual(new Lane([{ fault: "drop", probability: 0 }]).send(5), range(5));
});

Deno.test("the two directions of one fault choose differently", () => {
  const fault: Fault = { fault: "drop", probability: 0.5 };
  const toClient = new Lane([fault]).send(100);
  assert.notDeepEqual(toClient, new Lane([fault], { direction: "to_agent" }).send(100));
});

Deno.test("a direction, an instance and a session limit a fault", () => {
  const sent = (fault: Fault) => new Lane([fault]).send(3).length;
  const drop = { fault: "drop", probability: 1 } as const;
  assert.equal(sent({ ...drop, direction: "to_client" }), 0);
  assert.equal(sent({ ...drop, direction: "to_agent" }), 3);
  assert.equal(sent({ ...drop, session: "s-1" }), 0);
  assert.equal(sent({ ...drop, session: "s-2" }), 3);
  assert.equal(sent({ ...drop, instance: INSTANCE.instanceId }), 0);
  assert.equal(sent({ ...drop, instance: INSTANCE.tags["Name"]! }), 0);
  assert.equal(sent({ ...drop, instance: "web-2" }), 3);
});

Deno.test("a count limits a fault, and then it is gone", () => {
  const lane = new Lane([{ fault: "drop", probability: 1, count: 2 }]);
  assert.deepEqual(lane.send(5), [2, 3, 4]);
  assert.deepEqual(lane.faults.list(), []);
});

Deno.test("duplicate sends a message twice", () => {
  assert.deepEqual(
    new Lane([{ fault: "duplicate", probability: 1, count: 1 }]).send(2),
    [0, 0, 1],
  );
});

Deno.test("reorder lets the next message overtake", () => {
  assert.deepEqual(
    new Lane([{ fault: "reorder", probability: 1, count: 1 }]).send(3),
    [1, 0, 2],
  );
  const shuffled = new Lane([{ fault: "reorder", probability: 0.5 }]);
  const numbers = shuffled.send(200);
  shuffled.path.reset();
  assert.notDeepEqual(numbers, range(200));
  assert.ok(new Set(numbers).size === numbers.length && numbers.length >= 199);
});

Deno.test("a message that nothing overtakes goes on by itself", async () => {
  const arrived = Promise.withResolvers<void>();
  const lane = new Lane([{ fault: "reorder", probability: 1, count: 1 }]);
  const push = lane.delivered.push.bind(lane.delivered);
  lane.delivered.push = (...frames) => {
    arrived.resolve();
    return push(...frames);
  };
  lane.path.send(message(0));
  assert.equal(lane.delivered.length, 0);
  await arrived.promise;
  assert.deepEqual(lane.delivered.map(numberOf), [0]);
});

Deno.test("corrupt changes one payload byte on the way to the client, and only a copy", () => {
  const lane = new Lane([{ fault: "corrupt", probability: 1, count: 1 }]);
  const frame = message(0);
  const before = [...frame];
  lane.path.send(frame);
  assert.deepEqual([...frame], before);
  const changed = range(frame.byteLength).filter((i) => lane.delivered[0]![i] !== frame[i]);
  assert.deepEqual(changed, [120]);
  const toAgent = new Lane([{ fault: "corrupt", probability: 1 }], { direction: "to_agent" });
  toAgent.path.send(frame);
  assert.equal(toAgent.delivered[0], frame);
});

Deno.test("lose_acks loses acknowledgements alone", () => {
  const lane = new Lane([{ fault: "lose_acks" }]);
  lane.path.send(message(0, "acknowledge"));
  lane.path.send(message(1));
  assert.deepEqual(lane.delivered.map(numberOf), [1]);
});

Deno.test("delay keeps the order, also when it is cleared on the way", async () => {
  const lane = new Lane([{ fault: "delay", ms: 30 }]);
  const startMs = performance.now();
  assert.deepEqual(lane.send(3), []);
  assert.ok(lane.path.bytesHeld > 0);
  lane.faults.clear();
  const all = Promise.withResolvers<void>();
  const push = lane.delivered.push.bind(lane.delivered);
  lane.delivered.push = (...frames) => {
    const length = push(...frames);
    if (length === 4) all.resolve();
    return length;
  };
  lane.path.send(message(3));
  await all.promise;
  assert.deepEqual(lane.delivered.map(numberOf), range(4));
  assert.ok(performance.now() - startMs >= 29);
  assert.equal(lane.path.bytesHeld, 0);
});

Deno.test("reset forgets what is on its way", () => {
  const lane = new Lane([{ fault: "delay", ms: 60_000 }]);
  lane.send(3);
  lane.path.reset();
  assert.equal(lane.path.bytesHeld, 0);
  assert.deepEqual(lane.delivered, []);
});
