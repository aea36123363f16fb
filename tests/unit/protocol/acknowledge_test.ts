import assert from "node:assert/strict";
import { encodeAcknowledge, parseAcknowledge, ProtocolError } from "../../../src/protocol/mod.ts";
import { utf8 } from "../../support/hex.ts";
import { ENVELOPE_VECTORS } from "../../testdata/envelope_vectors.ts";

Deno.test("encodeAcknowledge() writes the reference's bytes: vector B", () => {
  const { frame, message } = ENVELOPE_VECTORS[1]!;
  assert.deepEqual(
    encodeAcknowledge({
      messageType: "output_stream_data",
      messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
      sequenceNumber: 5,
    }, { messageId: message.messageId, createdDateMs: message.createdDateMs }),
    frame,
  );
});

Deno.test("parseAcknowledge() needs the sequence number alone", () => {
  const cases: [string, number][] = [
    [new TextDecoder().decode(ENVELOPE_VECTORS[1]!.message.payload), 5],
    ['{"AcknowledgedMessageSequenceNumber":0}', 0],
    ['{ "AcknowledgedMessageSequenceNumber" : 9007199254740991 }', 9007199254740991],
  ];
  for (const [json, wanted] of cases) assert.equal(parseAcknowledge(utf8(json)), wanted, json);
});

Deno.test("parseAcknowledge() refuses anything else", () => {
  const cases = [
    "",
    "garbage",
    "null",
    "5",
    "[5]",
    "{}",
    '{"AcknowledgedMessageSequenceNumber":"5"}',
    '{"AcknowledgedMessageSequenceNumber":-1}',
    '{"AcknowledgedMessageSequenceNumber":1.5}',
    '{"AcknowledgedMessageSequenceNumber":9007199254740992}',
    '{"acknowledgedMessageSequenceNumber":5}',
  ].map(utf8);
  // JSON is UTF-8; other bytes are not text.
  cases.push(new Uint8Array([0x7b, 0xff, 0x7d]));
  for (const payload of cases) {
    assert.throws(() => parseAcknowledge(payload), (error) => {
      assert.ok(error instanceof ProtocolError);
      assert.equal(error.code, "payload_malformed");
      return true;
    });
  }
});
