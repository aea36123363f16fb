/**
 * The envelope of every binary message on the data channel.
 *
 * Layout and rules: plugin src/message/clientmessage.go, messageparser.go SerializeClientMessage and
 * DeserializeClientMessage; agent agent/session/contracts/agentmessage.go. All integers big-endian.
 *
 * @module
 */
import {
  ENVELOPE_BYTES,
  HEADER_LENGTH,
  MESSAGE_TYPE,
  MESSAGE_TYPE_BYTES,
  OFFSET,
  SCHEMA_VERSION,
} from "./constants.ts";
import { hasDigest, writeDigest } from "./digest.ts";
import { ProtocolError } from "./protocol_error.ts";
import { readMessageId, writeMessageId } from "./message_id.ts";

/** One message: the envelope's fields and the payload. */
export interface AgentMessage {
  messageType: string;
  /** Always 1 today. */
  schemaVersion: number;
  /** Epoch milliseconds. */
  createdDateMs: number;
  /** Counts stream data messages of one direction from 0; 0 for every other type. */
  sequenceNumber: number;
  /** Bit 0 SYN, bit 1 FIN. Written, never read, by both reference programs. */
  flags: number;
  /** Lower-case hyphenated UUID. */
  messageId: string;
  payloadType: number;
  payload: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const SPACE = 0x20;

/** The padded MessageType fields seen so far: there are six of them, and one a message is written. */
const paddedTypes = new Map<string, Uint8Array>();

function paddedType(type: string): Uint8Array {
  const known = paddedTypes.get(type);
  if (known !== undefined) return known;
  const text = encoder.encode(type);
  if (text.byteLength === 0 || text.byteLength > MESSAGE_TYPE_BYTES) {
    throw new RangeError(`message type "${type}" does not fit in ${MESSAGE_TYPE_BYTES} bytes`);
  }
  const padded = new Uint8Array(MESSAGE_TYPE_BYTES).fill(SPACE);
  padded.set(text);
  if (paddedTypes.size < 32) paddedTypes.set(type, padded);
  return padded;
}

/**
 * Writes one message as it goes over the wire.
 *
 * @returns A new buffer of `ENVELOPE_BYTES` + payload; the payload is copied, so the caller may reuse its own.
 * @throws {RangeError} If the payload is empty, or a field does not fit. Both are a caller's mistake:
 * neither reference program can write an empty payload.
 */
export function encodeMessage(message: AgentMessage): Uint8Array<ArrayBuffer> {
  const { payload } = message;
  if (payload.byteLength === 0) throw new RangeError("a message must have a payload");
  const frame = new Uint8Array(ENVELOPE_BYTES + payload.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(OFFSET.headerLength, HEADER_LENGTH);
  frame.set(paddedType(message.messageType), OFFSET.messageType);
  writeUint32(view, OFFSET.schemaVersion, message.schemaVersion);
  writeUint64(view, OFFSET.createdDate, message.createdDateMs);
  writeUint64(view, OFFSET.sequenceNumber, message.sequenceNumber);
  writeUint64(view, OFFSET.flags, message.flags);
  writeMessageId(view, OFFSET.messageId, message.messageId);
  writeDigest(frame, OFFSET.payloadDigest, payload);
  writeUint32(view, OFFSET.payloadType, message.payloadType);
  view.setUint32(HEADER_LENGTH, payload.byteLength);
  frame.set(payload, ENVELOPE_BYTES);
  return frame;
}

/**
 * Reads one message.
 *
 * The payload starts 4 bytes after the offset that HeaderLength names and runs to the end of the
 * frame; PayloadLength only switches the digest check, as in the plugin (Validate).
 *
 * @param frame One whole WebSocket message.
 * @returns The fields; `payload` is a view into `frame`, not a copy.
 * @throws {ProtocolError} For a frame that is too short, a HeaderLength outside the frame, an empty
 * MessageType, a CreatedDate of 0, a number beyond 2^53, or a digest that does not match.
 */
export function decodeMessage(frame: Uint8Array): AgentMessage {
  if (frame.byteLength < ENVELOPE_BYTES) {
    throw new ProtocolError(
      "frame_too_short",
      `message of ${frame.byteLength} bytes, wanted at least ${ENVELOPE_BYTES}`,
    );
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const messageType = decodeMessageType(frame);
  // The service may send these two with zeroed fields; the plugin skips every check for them.
  const isPublication = messageType === MESSAGE_TYPE.startPublication ||
    messageType === MESSAGE_TYPE.pausePublication;
  let headerLength = view.getUint32(OFFSET.headerLength);
  if (headerLength === 0 && isPublication) headerLength = HEADER_LENGTH;
  // A header shorter than its own last field cannot be: PayloadType ends at 116.
  if (headerLength < HEADER_LENGTH || headerLength + 4 > frame.byteLength) {
    throw new ProtocolError(
      "header_length_out_of_range",
      `HeaderLength ${headerLength} in a message of ${frame.byteLength} bytes`,
    );
  }
  const payload = frame.subarray(headerLength + 4);
  const createdDateMs = readUint64(view, OFFSET.createdDate, "CreatedDate");
  if (!isPublication) {
    if (messageType === "") throw new ProtocolError("message_type_empty", "MessageType is empty");
    if (createdDateMs === 0) throw new ProtocolError("created_date_zero", "CreatedDate is 0");
    const payloadLength = view.getUint32(headerLength);
    if (payloadLength !== 0 && !hasDigest(frame, OFFSET.payloadDigest, payload)) {
      throw new ProtocolError("digest_mismatch", "PayloadDigest does not match the payload");
    }
  }
  return {
    messageType,
    schemaVersion: view.getUint32(OFFSET.schemaVersion),
    createdDateMs,
    sequenceNumber: readUint64(view, OFFSET.sequenceNumber, "SequenceNumber"),
    flags: readUint64(view, OFFSET.flags, "Flags"),
    messageId: readMessageId(view, OFFSET.messageId),
    payloadType: view.getUint32(OFFSET.payloadType),
    payload,
  };
}

function isSameBytes(frame: Uint8Array, offset: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.byteLength; i++) {
    if (frame[offset + i] !== expected[i]) return false;
  }
  return true;
}

/** Strips 0x00 at both ends, then white space: both paddings are in use (plugin getString). */
function decodeMessageType(frame: Uint8Array): string {
  // Nearly every message is one of these two; comparing bytes is cheaper than decoding text.
  if (isSameBytes(frame, OFFSET.messageType, OUTPUT_TYPE)) return MESSAGE_TYPE.outputStreamData;
  if (isSameBytes(frame, OFFSET.messageType, ACKNOWLEDGE_TYPE)) return MESSAGE_TYPE.acknowledge;
  const field = frame.subarray(OFFSET.messageType, OFFSET.messageType + MESSAGE_TYPE_BYTES);
  let start = 0;
  let end = field.byteLength;
  while (start < end && field[start] === 0) start++;
  while (end > start && field[end - 1] === 0) end--;
  return decoder.decode(field.subarray(start, end)).trim();
}

const OUTPUT_TYPE = paddedType(MESSAGE_TYPE.outputStreamData);
const ACKNOWLEDGE_TYPE = paddedType(MESSAGE_TYPE.acknowledge);

// Two 32-bit halves are several times quicker than BigInt, and no field here passes 2^53.
const TWO_POW_32 = 0x1_0000_0000;

function writeUint32(view: DataView, offset: number, value: number): void {
  if (value >>> 0 !== value) throw new RangeError(`${value} is not an unsigned 32-bit integer`);
  view.setUint32(offset, value);
}

function writeUint64(view: DataView, offset: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is not an unsigned integer below 2^53`);
  }
  view.setUint32(offset, Math.floor(value / TWO_POW_32));
  view.setUint32(offset + 4, value >>> 0);
}

function readUint64(view: DataView, offset: number, field: string): number {
  const high = view.getUint32(offset);
  // 2^53 / 2^32: above it a number would silently lose digits. A negative int64 is above it too.
  if (high >= 0x20_0000) throw new ProtocolError("number_out_of_range", `${field} is too large`);
  return high * TWO_POW_32 + view.getUint32(offset + 4);
}

/** A stream data message with the fields every sender fills alike. */
export function dataMessage(
  messageType: string,
  fields: {
    sequenceNumber: number;
    payloadType: number;
    payload: Uint8Array;
    messageId: string;
    createdDateMs: number;
    flags?: number;
  },
): AgentMessage {
  return { messageType, schemaVersion: SCHEMA_VERSION, flags: 0, ...fields };
}
