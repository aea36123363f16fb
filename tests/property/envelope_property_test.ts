import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AgentMessage,
  decodeMessage,
  encodeMessage,
  ProtocolError,
} from "../../src/protocol/mod.ts";
import { naiveDecode, naiveEncode } from "../support/naive_envelope.ts";

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const uint53 = fc.maxSafeNat();

const anyMessage: fc.Arbitrary<AgentMessage> = fc.record({
  // Padding is stripped, so a type neither begins nor ends with white space or zeros.
  messageType: fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/),
  schemaVersion: uint32,
  createdDateMs: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  sequenceNumber: uint53,
  flags: uint53,
  messageId: fc.uuid(),
  payloadType: uint32,
  payload: fc.uint8Array({ minLength: 1, maxLength: 2_000, size: "max" }),
}, { noNullPrototype: true });

Deno.test("encodeMessage() writes what the slow codec writes, and decodeMessage() reads it back", () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const frame = encodeMessage(message);
      assert.deepEqual(frame, naiveEncode(message));
      assert.deepEqual(decodeMessage(frame), message);
      assert.deepEqual(naiveDecode(frame), message);
    }),
    { numRuns: 500 },
  );
});

Deno.test("decodeMessage() refuses every frame of which one payload bit is wrong or the end is missing", () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.nat({ max: 7 }), (message, at, bit) => {
      const frame = encodeMessage(message);
      const { byteLength } = message.payload;
      assert.throws(() => decodeMessage(frame.subarray(0, frame.byteLength - 1)), ProtocolError);
      frame[120 + at % byteLength]! ^= 1 << bit;
      assert.throws(() => decodeMessage(frame), ProtocolError);
    }),
  );
});

Deno.test("decodeMessage() reads any bytes or throws a ProtocolError", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400, size: "max" }),
      fc.nat({ max: 300 }),
      (bytes, headerLength) => {
        // A likely HeaderLength lets half of the cases reach the fields behind it.
        if (bytes.byteLength >= 4) {
          new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, headerLength);
        }
        try {
          const message = decodeMessage(bytes);
          assert.ok(message.payload.byteLength <= bytes.byteLength - 120);
        } catch (error) {
          assert.ok(error instanceof ProtocolError, `${error}`);
        }
      },
    ),
    { numRuns: 500 },
  );
});
