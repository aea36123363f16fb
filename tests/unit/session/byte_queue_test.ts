import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteBudget, ByteQueue } from "../../../src/session/byte_queue.ts";

const never = () => assert.fail("it overflowed");

Deno.test("ByteQueue returns every byte in order, small chunks joined up to the size asked", () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 40 });
  fc.assert(fc.property(chunks, fc.integer({ min: 1, max: 200 }), (list, maxBytes) => {
    const budget = new ByteBudget(1_000_000);
    const queue = new ByteQueue(budget, never);
    for (const chunk of list) queue.push(chunk);
    const all = list.flatMap((chunk) => [...chunk]);
    assert.equal(queue.bytes, all.length);
    assert.equal(budget.usedBytes, all.length);
    const taken: number[] = [];
    for (let bytes; (bytes = queue.take(maxBytes)) !== undefined;) {
      // At least one chunk comes, however large it is.
      assert.ok(bytes.byteLength <= Math.max(maxBytes, 50));
      taken.push(...bytes);
    }
    assert.deepEqual(taken, all);
    assert.deepEqual([queue.bytes, budget.usedBytes], [0, 0]);
  }));
});

Deno.test("ByteQueue hands a single chunk on without a copy", () => {
  const queue = new ByteQueue(new ByteBudget(100), never);
  const chunk = new Uint8Array(10);
  queue.push(chunk);
  assert.equal(queue.take(5), chunk);
  assert.equal(queue.take(5), undefined);
});

Deno.test("ByteQueue.clear() gives its bytes back", () => {
  const budget = new ByteBudget(100);
  const [one, other] = [new ByteQueue(budget, never), new ByteQueue(budget, never)];
  one.push(new Uint8Array(60));
  other.push(new Uint8Array(40));
  one.clear();
  assert.equal(budget.usedBytes, 40);
  one.push(new Uint8Array(60));
  assert.equal(one.take(100)!.byteLength, 60);
  assert.equal(budget.usedBytes, 40);
});

Deno.test("ByteBudget lets the fullest queue overflow, whoever brings the last byte", () => {
  const budget = new ByteBudget(100);
  const overflowed: string[] = [];
  const queue = (name: string) => {
    const made: ByteQueue = new ByteQueue(budget, () => {
      overflowed.push(name);
      made.clear();
    });
    return made;
  };
  const [slow, middling, quick] = [queue("slow"), queue("middling"), queue("quick")];
  slow.push(new Uint8Array(60));
  middling.push(new Uint8Array(40));
  assert.deepEqual(overflowed, []);
  quick.push(new Uint8Array(1));
  assert.deepEqual(overflowed, ["slow"]);
  assert.deepEqual([slow.bytes, middling.bytes, quick.bytes], [0, 40, 1]);
  quick.push(new Uint8Array(200));
  assert.deepEqual(overflowed, ["slow", "quick"]);
  assert.equal(budget.usedBytes, 40);
});
