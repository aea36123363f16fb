/**
 * The envelope as the agent reads and writes it.
 *
 * Deliberately not the project's own codec: a mistake that both ends shared would go unnoticed. Source:
 * protocol text §3; agent session/contracts/agentmessage.go Serialize, Deserialize, Validate. The real
 * agent does not check the digest, and neither does this one.
 *
 * @module
 */
import { hash, randomFillSync } from "node:crypto";

/** What the agent needs of a received message. */
export interface ReceivedMessage {
  type: string;
  sequenceNumber: number;
  payloadType: number;
  /** A view into the frame. */
  payload: Uint8Array;
  /** The whole frame; the message id is read from it only when an acknowledgement needs it. */
  frame: Uint8Array;
}

/** A frame that is not a message. It is dropped and never acknowledged. */
export class EnvelopeError extends Error {}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const FIELDS_END = 120;

/** @throws {EnvelopeError} By the agent's own three checks, and for frames cut short. */
export function readEnvelope(frame: Uint8Array): ReceivedMessage {
  if (frame.byteLength < FIELDS_END) throw new EnvelopeError(`${frame.byteLength} bytes`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const headerLength = view.getUint32(0);
  if (headerLength === 0) throw new EnvelopeError("HeaderLength is 0");
  const payloadStart = headerLength + 4;
  if (payloadStart > frame.byteLength) throw new EnvelopeError(`HeaderLength ${headerLength}`);
  const type = readType(frame);
  if (type === "") throw new EnvelopeError("MessageType is empty");
  if (view.getUint32(40) === 0 && view.getUint32(44) === 0) {
    throw new EnvelopeError("CreatedDate is 0");
  }
  return {
    type,
    sequenceNumber: view.getInt32(48) * 4_294_967_296 + view.getUint32(52),
    payloadType: view.getUint32(112),
    payload: frame.subarray(payloadStart),
    frame,
  };
}

/** `[i]nput_stream_data` and `[a]cknowledge` are nearly all that comes; the rest is decoded. */
function readType(frame: Uint8Array): string {
  for (const { text, bytes } of KNOWN_TYPES) {
    let i = 0;
    while (i < 32 && frame[4 + i] === bytes[i]) i++;
    if (i === 32) return text;
  }
  return decoder.decode(frame.subarray(4, 36)).replace(/^\0+|\0+$/g, "").trim();
}

function padType(text: string): Uint8Array {
  return encoder.encode(text.padEnd(32, " "));
}

const KNOWN_TYPES = ["input_stream_data", "acknowledge"].map((text) => ({
  text,
  bytes: padType(text),
}));

/** The message id as text: the second eight bytes are the first half of the UUID. */
export function messageIdText(frame: Uint8Array): string {
  let hex = "";
  for (let i = 72; i < 80; i++) hex += HEX[frame[i]!]!;
  for (let i = 64; i < 72; i++) hex += HEX[frame[i]!]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-` +
    hex.slice(20);
}

const HEX = Array.from({ length: 256 }, (_, byte) => (256 + byte).toString(16).slice(1));

export interface SentMessage {
  type: string;
  sequenceNumber: number;
  flags: number;
  payloadType: number;
  /** Not empty: neither reference program can write an empty payload. */
  payload: Uint8Array;
  createdMs: number;
  /** Text of a UUID; a new random one when left out. */
  messageId?: string;
}

/** Writes a message; the payload is copied. */
export function writeEnvelope(message: SentMessage): Uint8Array {
  const { payload } = message;
  const frame = new Uint8Array(FIELDS_END + payload.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, 116);
  frame.set(sentType(message.type), 4);
  view.setUint32(36, 1);
  view.setBigUint64(40, BigInt(message.createdMs));
  view.setUint32(48, Math.floor(message.sequenceNumber / 4_294_967_296));
  view.setUint32(52, message.sequenceNumber % 4_294_967_296);
  view.setUint32(60, message.flags);
  if (message.messageId === undefined) writeNewId(frame);
  else writeId(frame, message.messageId);
  frame.set(hash("sha256", payload, "buffer"), 80);
  view.setUint32(112, message.payloadType);
  view.setUint32(116, payload.byteLength);
  frame.set(payload, FIELDS_END);
  return frame;
}

const sentTypes = new Map<string, Uint8Array>();

function sentType(text: string): Uint8Array {
  let bytes = sentTypes.get(text);
  if (bytes === undefined) sentTypes.set(text, bytes = padType(text));
  return bytes;
}

const randomPool = new Uint8Array(4096);
let randomUsed = randomPool.byteLength;

/** A version 4 UUID straight into the frame, halves swapped. */
function writeNewId(frame: Uint8Array): void {
  if (randomUsed === randomPool.byteLength) {
    randomFillSync(randomPool);
    randomUsed = 0;
  }
  frame.set(randomPool.subarray(randomUsed, randomUsed + 16), 64);
  randomUsed += 16;
  frame[64] = (frame[64]! & 0x3f) | 0x80; // text byte 8: the variant
  frame[78] = (frame[78]! & 0x0f) | 0x40; // text byte 6: the version
}

function writeId(frame: Uint8Array, text: string): void {
  const hex = text.replaceAll("-", "");
  for (let i = 0; i < 16; i++) {
    const byte = parseInt(hex.slice(i * 2, i * 2 + 2), 16);
    frame[i < 8 ? 72 + i : 56 + i] = byte;
  }
}

/** An acknowledgement of `received`. Source: agent datachannel.go, JSON of AcknowledgeContent. */
export function writeAcknowledge(received: ReceivedMessage, createdMs: number): Uint8Array {
  return writeEnvelope({
    type: "acknowledge",
    sequenceNumber: 0,
    flags: 3,
    payloadType: 0,
    payload: encoder.encode(
      `{"AcknowledgedMessageType":"${received.type}",` +
        `"AcknowledgedMessageId":"${messageIdText(received.frame)}",` +
        `"AcknowledgedMessageSequenceNumber":${received.sequenceNumber},` +
        `"IsSequentialMessage":true}`,
    ),
    createdMs,
  });
}

/** The sequence number that an acknowledgement settles; `undefined` when it says none. */
export function readAcknowledgedNumber(payload: Uint8Array): number | undefined {
  try {
    const number = JSON.parse(decoder.decode(payload)).AcknowledgedMessageSequenceNumber;
    return Number.isSafeInteger(number) ? number : undefined;
  } catch {
    return undefined;
  }
}
