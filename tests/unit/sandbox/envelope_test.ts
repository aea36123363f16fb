import assert from "node:assert/strict";
import {
  EnvelopeError,
  messageIdText,
  readAcknowledgedNumber,
  readEnvelope,
  writeAcknowledge,
  writeEnvelope,
} from "../../../src/sandbox/agent/envelope.ts";
import { naiveDecode } from "../../support/naive_envelope.ts";
import { ENVELOPE_VECTORS } from "../../testdata/envelope_vectors.ts";

for (const { name, message, frame } of ENVELOPE_VECTORS) {
  Deno.test(`readEnvelope() reads vector ${name}`, () => {
    const read = readEnvelope(frame);
    assert.equal(read.type, message.messageType);
    assert.equal(read.sequenceNumber, message.sequenceNumber);
    assert.equal(read.payloadType, message.payloadType);
    assert.deepEqual([...read.payload], [...message.payload]);
    assert.equal(messageIdText(frame), message.messageId);
  });

  Deno.test(`writeEnvelope() writes vector ${name}`, () => {
    const written = writeEnvelope({
      type: message.messageType,
      sequenceNumber: message.sequenceNumber,
      flags: message.flags,
      payloadType: message.payloadType,
      payload: message.payload,
      createdMs: message.createdDateMs,
      messageId: message.messageId,
    });
    assert.deepEqual([...written], [...frame]);
  });
}

const VECTOR_A = ENVELOPE_VECTORS[0]!.frame;

function changed(change: (frame: Uint8Array, view: DataView) => void): Uint8Array {
  const frame = VECTOR_A.slice();
  change(frame, new DataView(frame.buffer));
  return frame;
}

Deno.test("readEnvelope() does not check the digest, as the real agent does not", () => {
  const frame = changed((bytes) => bytes[bytes.length - 1]! ^= 0xff);
  assert.equal(readEnvelope(frame).payload.byteLength, 7);
});

Deno.test("readEnvelope() takes a type padded with zeros, and payload up to the frame's end", () => {
  const padded = changed((bytes) => bytes.fill(0, 4 + "input_stream_data".length, 36));
  assert.equal(readEnvelope(padded).type, "input_stream_data");
  const longer = new Uint8Array([...VECTOR_A, 0x21]);
  assert.equal(readEnvelope(longer).payload.byteLength, 8);
});

for (
  const [what, frame] of [
    ["a short frame", VECTOR_A.slice(0, 119)],
    ["HeaderLength 0", changed((_, view) => view.setUint32(0, 0))],
    ["a HeaderLength beyond the frame", changed((_, view) => view.setUint32(0, 0xffff_fff0))],
    ["an empty MessageType", changed((bytes) => bytes.fill(0x20, 4, 36))],
    ["CreatedDate 0", changed((bytes) => bytes.fill(0, 40, 48))],
  ] as const
) {
  Deno.test(`readEnvelope() refuses ${what}`, () => {
    assert.throws(() => readEnvelope(frame), EnvelopeError);
  });
}

Deno.test("writeEnvelope() makes a new version 4 id for each message", () => {
  const fields = {
    type: "output_stream_data",
    sequenceNumber: 2 ** 32 + 5,
    flags: 0,
    payloadType: 1,
    payload: Uint8Array.of(1),
    createdMs: 1_700_000_000_000,
  };
  const ids = new Set<string>();
  for (let i = 0; i < 600; i++) {
    const { messageId, sequenceNumber } = naiveDecode(writeEnvelope(fields));
    assert.match(
      messageId,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(sequenceNumber, fields.sequenceNumber);
    ids.add(messageId);
  }
  assert.equal(ids.size, 600);
});

Deno.test("writeAcknowledge() names type, id and number of the message", () => {
  const acknowledge = naiveDecode(writeAcknowledge(readEnvelope(VECTOR_A), 1_503_434_275_948));
  assert.equal(acknowledge.messageType, "acknowledge");
  assert.deepEqual(
    [acknowledge.sequenceNumber, acknowledge.flags, acknowledge.payloadType],
    [0, 3, 0],
  );
  assert.deepEqual(JSON.parse(new TextDecoder().decode(acknowledge.payload)), {
    AcknowledgedMessageType: "input_stream_data",
    AcknowledgedMessageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
    AcknowledgedMessageSequenceNumber: 1,
    IsSequentialMessage: true,
  });
});

Deno.test("readAcknowledgedNumber() reads vector B and nothing from nonsense", () => {
  assert.equal(readAcknowledgedNumber(readEnvelope(ENVELOPE_VECTORS[1]!.frame).payload), 5);
  for (const text of ["", "null", "{}", '{"AcknowledgedMessageSequenceNumber":"5"}']) {
    assert.equal(readAcknowledgedNumber(new TextEncoder().encode(text)), undefined, text);
  }
});
