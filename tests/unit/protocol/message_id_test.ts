import assert from "node:assert/strict";
import { readMessageId, writeMessageId } from "../../../src/protocol/message_id.ts";
import { toHex } from "../../support/hex.ts";

const CASES: [string, string][] = [
  ["dd01e56b-ff48-483e-a508-b5f073f31b16", "a508b5f073f31b16dd01e56bff48483e"],
  ["00112233-4455-6677-8899-aabbccddeeff", "8899aabbccddeeff0011223344556677"],
  ["00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"],
  ["ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffffffffffffffffffffffffffff"],
];

for (const [uuid, wire] of CASES) {
  Deno.test(`a message id swaps its halves: ${uuid}`, () => {
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    writeMessageId(view, 5, uuid);
    assert.equal(toHex(bytes), "00".repeat(5) + wire + "00".repeat(3));
    assert.equal(readMessageId(view, 5), uuid);
  });
}

Deno.test("writeMessageId() takes capitals, readMessageId() gives small letters", () => {
  const view = new DataView(new ArrayBuffer(16));
  writeMessageId(view, 0, "DD01E56B-FF48-483E-A508-B5F073F31B16");
  assert.equal(readMessageId(view, 0), "dd01e56b-ff48-483e-a508-b5f073f31b16");
});
