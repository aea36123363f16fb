/**
 * The envelope: one message of 1 KiB, the size of nearly all data messages, and its acknowledgement.
 *
 * Baseline: the slow and obvious codec of the tests, with BigInt fields and a hash object.
 *
 * @module
 */
import {
  type AgentMessage,
  dataMessage,
  decodeMessage,
  encodeAcknowledge,
  encodeMessage,
  parseAcknowledge,
  PAYLOAD_TYPE,
} from "../../src/protocol/mod.ts";
import { naiveDecode, naiveEncode } from "../../tests/support/naive_envelope.ts";
import { naiveAcknowledge, naiveParseAcknowledge } from "./naive_channel.ts";

const message = dataMessage("output_stream_data", {
  sequenceNumber: 12_345,
  payloadType: PAYLOAD_TYPE.output,
  payload: new Uint8Array(1024).map((_, i) => i * 31),
  messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
  createdDateMs: 1_503_434_274_948,
});
const frame = encodeMessage(message);
const own: Pick<AgentMessage, "messageId" | "createdDateMs"> = {
  messageId: "0f0e0d0c-0b0a-4908-8706-050403020100",
  createdDateMs: 1_503_434_275_948,
};
const acknowledgement = encodeAcknowledge(message, own);

const encode = { group: "encode a message of 1 KiB" };
Deno.bench("encodeMessage", encode, () => void encodeMessage(message));
Deno.bench("baseline: encode", { ...encode, baseline: true }, () => void naiveEncode(message));

const decode = { group: "decode a message of 1 KiB" };
Deno.bench("decodeMessage", decode, () => void decodeMessage(frame));
Deno.bench("baseline: decode", { ...decode, baseline: true }, () => void naiveDecode(frame));

const write = { group: "write an acknowledgement" };
Deno.bench("encodeAcknowledge", write, () => void encodeAcknowledge(message, own));
Deno.bench("baseline: write", { ...write, baseline: true }, () => void naiveAcknowledge(message));

const read = { group: "read an acknowledgement" };
Deno.bench("parseAcknowledge", read, () => {
  parseAcknowledge(decodeMessage(acknowledgement).payload);
});
Deno.bench("baseline: read", { ...read, baseline: true }, () => {
  naiveParseAcknowledge(naiveDecode(acknowledgement).payload);
});
