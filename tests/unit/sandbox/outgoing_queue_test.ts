import assert from "node:assert/strict";
import { OutgoingQueue } from "../../../src/sandbox/agent/outgoing_queue.ts";

const FRAME = Uint8Array.of(1);

Deno.test("the timeout follows the check values of the protocol text", () => {
  const queue = new OutgoingQueue();
  const timeouts = [50, 50, 50, 400, 20].map((sampleMs, i) => {
    queue.store(i, FRAME, 0);
    assert.equal(queue.acknowledge(i, sampleMs), true);
    return Number(queue.rtoMs.toFixed(4));
  });
  assert.deepEqual(timeouts, [143.75, 169.5313, 182.7148, 513.9771, 506.4243]);
});

Deno.test("the timeout starts at 200 ms and never passes one second", () => {
  const queue = new OutgoingQueue();
  assert.equal(queue.rtoMs, 200);
  queue.store(0, FRAME, 0);
  queue.acknowledge(0, 60_000);
  assert.equal(queue.rtoMs, 1000);
});

Deno.test("only the oldest message is repeated, each time a timeout after its last sending", () => {
  const queue = new OutgoingQueue();
  const frames = [Uint8Array.of(0), Uint8Array.of(1)];
  frames.forEach((frame, i) => queue.store(i, frame, 0));
  assert.equal(queue.takeOverdue(200), undefined);
  assert.equal(queue.takeOverdue(201), frames[0]);
  assert.equal(queue.takeOverdue(401), undefined);
  assert.equal(queue.takeOverdue(402), frames[0]);
  queue.acknowledge(0, 410);
  // Still counted from its own first sending, long overdue.
  assert.equal(queue.takeOverdue(1_500), frames[1]);
});

Deno.test("a sample counts from the last sending, also after a retransmission", () => {
  const queue = new OutgoingQueue();
  queue.store(0, FRAME, 0);
  assert.equal(queue.takeOverdue(300), FRAME);
  queue.acknowledge(0, 350);
  assert.equal(queue.rtoMs, 143.75);
});

Deno.test("acknowledge() knows what was not waited for", () => {
  const queue = new OutgoingQueue();
  queue.store(0, FRAME, 0);
  assert.equal(queue.acknowledge(1, 10), false);
  assert.equal(queue.acknowledge(0, 10), true);
  assert.equal(queue.acknowledge(0, 10), false);
  assert.equal(queue.size, 0);
});
