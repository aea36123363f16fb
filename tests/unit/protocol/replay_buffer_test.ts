import assert from "node:assert/strict";
import { ReplayBuffer } from "../../../src/protocol/mod.ts";

/** A buffer with messages 0 to `count` - 1 of one byte, their number, stored at 0 ms. */
function bufferOf(count: number): ReplayBuffer {
  const buffer = new ReplayBuffer();
  for (let i = 0; i < count; i++) buffer.store(i, new Uint8Array([i]), 0);
  return buffer;
}

const numbers = (frames: Uint8Array[]): number[] => frames.map((frame) => frame[0]!);

Deno.test("ReplayBuffer forgets a message with its acknowledgement, whatever the order", () => {
  const buffer = bufferOf(3);
  assert.equal(buffer.size, 3);
  assert.equal(buffer.bytes, 3);
  assert.deepEqual(buffer.acknowledge(1, 5), { roundTripMs: 5 });
  assert.equal(buffer.acknowledge(1, 6), undefined);
  assert.equal(buffer.acknowledge(7, 6), undefined);
  assert.equal(buffer.size, 2);
  assert.equal(buffer.bytes, 2);
  assert.deepEqual(numbers(buffer.takeAll(10)), [0, 2]);
});

Deno.test("ReplayBuffer.takeOverdue() gives what waited longer than the timeout, oldest first", () => {
  const buffer = bufferOf(2);
  buffer.store(2, new Uint8Array([2]), 50);
  const take = (nowMs: number) => numbers(buffer.takeOverdue(nowMs, { timeoutMs: 200, limit: 64 }));
  assert.deepEqual(take(200), []);
  assert.deepEqual(take(201), [0, 1]);
  assert.deepEqual(take(202), []);
  assert.deepEqual(take(251), [2]);
});

Deno.test("ReplayBuffer.takeOverdue() doubles the timeout with every retransmission, up to 1 s", () => {
  const buffer = bufferOf(1);
  const sentMs: number[] = [];
  for (let nowMs = 0; nowMs <= 6_000; nowMs += 10) {
    if (buffer.takeOverdue(nowMs, { timeoutMs: 200, limit: 64 }).length > 0) sentMs.push(nowMs);
  }
  assert.deepEqual(sentMs, [210, 620, 1430, 2440, 3450, 4460, 5470]);
});

Deno.test("ReplayBuffer.takeOverdue() gives at most the limit at a time", () => {
  const buffer = bufferOf(5);
  const take = () => numbers(buffer.takeOverdue(500, { timeoutMs: 200, limit: 2 }));
  assert.deepEqual([take(), take(), take(), take()], [[0, 1], [2, 3], [4], []]);
});

Deno.test("ReplayBuffer measures from the first sending, also after a retransmission", () => {
  const buffer = bufferOf(1);
  buffer.takeOverdue(300, { timeoutMs: 200, limit: 1 });
  assert.deepEqual(buffer.acknowledge(0, 450), { roundTripMs: 450 });
});

Deno.test("ReplayBuffer.takeAll() gives the very same bytes, and measures nothing across it", () => {
  const buffer = new ReplayBuffer();
  const frames = [new Uint8Array([1, 2, 3]), new Uint8Array([4])];
  frames.forEach((frame, i) => buffer.store(i, frame, 0));
  buffer.takeOverdue(300, { timeoutMs: 200, limit: 64 });
  const replayed = buffer.takeAll(1_000);
  assert.equal(replayed.length, 2);
  replayed.forEach((frame, i) => assert.equal(frame, frames[i]));
  assert.deepEqual(buffer.acknowledge(0, 1_050), { roundTripMs: undefined });
  // Sent anew, so due again after the plain timeout.
  assert.deepEqual(buffer.takeOverdue(1_200, { timeoutMs: 200, limit: 64 }), []);
  assert.deepEqual(buffer.takeOverdue(1_201, { timeoutMs: 200, limit: 64 }), [frames[1]]);
});
