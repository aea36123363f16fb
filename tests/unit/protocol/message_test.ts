import assert from "node:assert/strict";
import {
  type AgentMessage,
  dataMessage,
  decodeMessage,
  encodeMessage,
  ProtocolError,
  type ProtocolErrorCode,
} from "../../../src/protocol/mod.ts";
import { randomBytes, randomInt, seeded } from "../../support/seeded.ts";
import { utf8 } from "../../support/hex.ts";
import { ENVELOPE_VECTORS } from "../../testdata/envelope_vectors.ts";

for (const { name, message, frame } of ENVELOPE_VECTORS) {
  Deno.test(`encodeMessage() and decodeMessage() agree with the vector ${name}`, () => {
    assert.deepEqual(encodeMessage(message), frame);
    assert.deepEqual(decodeMessage(frame), message);
  });
}

/** A copy of vector A after `change`. */
function changed(change: (frame: Uint8Array<ArrayBuffer>, view: DataView) => void) {
  const frame = ENVELOPE_VECTORS[0]!.frame.slice();
  change(frame, new DataView(frame.buffer));
  return frame;
}

function assertRefused(frame: Uint8Array, code: ProtocolErrorCode, name: string): void {
  assert.throws(() => decodeMessage(frame), (error) => {
    assert.ok(error instanceof ProtocolError, name);
    assert.equal(error.code, code, name);
    return true;
  });
}

Deno.test("decodeMessage() refuses what breaks a rule of the envelope", () => {
  const vector = ENVELOPE_VECTORS[0]!.frame;
  const longer = new Uint8Array(vector.byteLength + 1);
  longer.set(vector);
  const cases: [string, Uint8Array, ProtocolErrorCode][] = [
    ["last byte flipped", changed((f) => f[126]! ^= 0xff), "digest_mismatch"],
    ["one byte appended", longer, "digest_mismatch"],
    ["one byte cut off", vector.subarray(0, 126), "digest_mismatch"],
    ["digest flipped", changed((f) => f[111]! ^= 1), "digest_mismatch"],
    ["nothing", vector.subarray(0, 0), "frame_too_short"],
    ["4 bytes", vector.subarray(0, 4), "frame_too_short"],
    ["119 bytes", vector.subarray(0, 119), "frame_too_short"],
    ["HeaderLength 0", changed((_, v) => v.setUint32(0, 0)), "header_length_out_of_range"],
    ["HeaderLength 115", changed((_, v) => v.setUint32(0, 115)), "header_length_out_of_range"],
    ["beyond the frame", changed((_, v) => v.setUint32(0, 124)), "header_length_out_of_range"],
    ["far beyond", changed((_, v) => v.setUint32(0, 0xffff_ffff)), "header_length_out_of_range"],
    ["type of spaces", changed((f) => f.fill(0x20, 4, 36)), "message_type_empty"],
    ["type of zeros", changed((f) => f.fill(0, 4, 36)), "message_type_empty"],
    ["CreatedDate 0", changed((f) => f.fill(0, 40, 48)), "created_date_zero"],
    ["CreatedDate 2^53", changed((_, v) => v.setUint32(40, 0x20_0000)), "number_out_of_range"],
    ["negative sequence", changed((_, v) => v.setInt32(48, -1)), "number_out_of_range"],
    ["Flags 2^63", changed((_, v) => v.setUint32(56, 0x8000_0000)), "number_out_of_range"],
  ];
  for (const [name, frame, code] of cases) assertRefused(frame, code, name);
});

Deno.test("decodeMessage() takes types padded with spaces, zeros or both", () => {
  const typeEnd = 4 + "input_stream_data".length;
  const cases: [string, Uint8Array][] = [
    ["zeros behind", changed((f) => f.fill(0, typeEnd, 36))],
    ["spaces, then zeros", changed((f) => f.fill(0, typeEnd + 3, 36))],
    [
      "zeros on both sides",
      changed((f) => {
        f.fill(0, 4, 36);
        f.set(utf8("input_stream_data"), 8);
      }),
    ],
  ];
  for (const [name, frame] of cases) {
    assert.deepEqual(decodeMessage(frame), ENVELOPE_VECTORS[0]!.message, name);
  }
});

Deno.test("decodeMessage() finds the payload 4 bytes behind a longer header", () => {
  const { frame, message } = ENVELOPE_VECTORS[0]!;
  const longer = new Uint8Array(frame.byteLength + 8);
  longer.set(frame.subarray(0, 116));
  longer.set(frame.subarray(116), 124);
  new DataView(longer.buffer).setUint32(0, 124);
  assert.deepEqual(decodeMessage(longer), message);
});

Deno.test("decodeMessage() does not slice by PayloadLength, and checks no digest when it is 0", () => {
  const { message } = ENVELOPE_VECTORS[0]!;
  assert.deepEqual(decodeMessage(changed((_, v) => v.setUint32(116, 3))), message);
  const noDigest = changed((f, v) => {
    v.setUint32(116, 0);
    f.fill(0, 80, 112);
  });
  assert.deepEqual(decodeMessage(noDigest), message);
});

Deno.test("decodeMessage() tolerates an empty payload", () => {
  const frame = changed((_, v) => v.setUint32(116, 0)).subarray(0, 120);
  assert.deepEqual(decodeMessage(frame), {
    ...ENVELOPE_VECTORS[0]!.message,
    payload: new Uint8Array(0),
  });
});

Deno.test("decodeMessage() takes publication messages whose other fields are zero", () => {
  for (const messageType of ["start_publication", "pause_publication"]) {
    const frame = new Uint8Array(120);
    frame.set(utf8(messageType.padEnd(32)), 4);
    const wanted: AgentMessage = {
      messageType,
      schemaVersion: 0,
      createdDateMs: 0,
      sequenceNumber: 0,
      flags: 0,
      messageId: "00000000-0000-0000-0000-000000000000",
      payloadType: 0,
      payload: new Uint8Array(0),
    };
    assert.deepEqual(decodeMessage(frame), wanted, `${messageType}, HeaderLength 0`);
    const view = new DataView(frame.buffer);
    view.setUint32(0, 116);
    assert.deepEqual(decodeMessage(frame), wanted, `${messageType}, HeaderLength 116`);
    view.setUint32(0, 117);
    assertRefused(frame, "header_length_out_of_range", `${messageType}, beyond the frame`);
    assertRefused(frame.subarray(0, 119), "frame_too_short", messageType);
  }
});

Deno.test("decodeMessage() gives the payload as a view into the frame", () => {
  const frame = changed(() => {});
  // The frame itself may be a view into something larger, as the WebSocket hands it on.
  const large = new Uint8Array(frame.byteLength + 20);
  large.set(frame, 13);
  const { payload } = decodeMessage(large.subarray(13, 13 + frame.byteLength));
  assert.equal(payload.buffer, large.buffer);
  assert.equal(payload.byteOffset, 13 + 120);
  assert.equal(payload.byteLength, 7);
});

Deno.test("decodeMessage() throws nothing but ProtocolError, whatever the bytes", () => {
  const random = seeded(1);
  for (let i = 0; i < 3_000; i++) {
    // Half are noise; half are vectors with a few bytes overwritten, which get further.
    const vector = ENVELOPE_VECTORS[i % ENVELOPE_VECTORS.length]!.frame;
    const frame = i % 2 === 0 ? randomBytes(random, randomInt(random, 0, 300)) : vector.slice();
    if (i % 2 === 1) {
      const until = randomInt(random, 0, 1) === 0 ? 3 : frame.byteLength - 1;
      for (let n = randomInt(random, 1, 4); n > 0; n--) {
        frame[randomInt(random, 0, until)] = randomInt(random, 0, 255);
      }
    }
    try {
      decodeMessage(frame);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, `case ${i}: ${error}`);
    }
  }
});

Deno.test("encodeMessage() copies the payload", () => {
  const payload = utf8("before");
  const frame = encodeMessage({ ...ENVELOPE_VECTORS[0]!.message, payload });
  payload.fill(0);
  assert.deepEqual(decodeMessage(frame).payload, utf8("before"));
});

Deno.test("encodeMessage() refuses what the envelope cannot hold", () => {
  const { message } = ENVELOPE_VECTORS[0]!;
  const cases: [string, Partial<AgentMessage>][] = [
    ["no payload", { payload: new Uint8Array(0) }],
    ["no type", { messageType: "" }],
    ["a type of 33 bytes", { messageType: "x".repeat(33) }],
    ["a type of 17 two-byte letters", { messageType: "é".repeat(17) }],
    ["a negative sequence number", { sequenceNumber: -1 }],
    ["half a sequence number", { sequenceNumber: 0.5 }],
    ["a date beyond 2^53", { createdDateMs: 2 ** 53 }],
    ["no number at all", { flags: NaN }],
    ["a payload type of 33 bits", { payloadType: 2 ** 32 }],
    ["a negative payload type", { payloadType: -1 }],
    ["half a schema version", { schemaVersion: 1.5 }],
    ["an id without hyphens", { messageId: "dd01e56bff48483ea508b5f073f31b16" }],
    ["an id too short", { messageId: "dd01e56b-ff48-483e-a508-b5f073f31b1" }],
    ["an id of other letters", { messageId: "gd01e56b-ff48-483e-a508-b5f073f31b16" }],
  ];
  for (const [name, fields] of cases) {
    assert.throws(() => encodeMessage({ ...message, ...fields }), RangeError, name);
  }
});

Deno.test("encodeMessage() writes a type of exactly 32 bytes", () => {
  const message = { ...ENVELOPE_VECTORS[0]!.message, messageType: "x".repeat(32) };
  assert.deepEqual(decodeMessage(encodeMessage(message)), message);
});

Deno.test("dataMessage() fills in schema version 1 and no flags", () => {
  const { messageType, schemaVersion, flags, ...fields } = ENVELOPE_VECTORS[0]!.message;
  assert.deepEqual(dataMessage(messageType, fields), {
    messageType,
    ...fields,
    schemaVersion: 1,
    flags: 0,
  });
  assert.equal(schemaVersion, 1);
  assert.equal(dataMessage(messageType, { ...fields, flags: 1 }).flags, 1);
  assert.equal(flags, 0);
});
