/**
 * Payloads of type Flag: 4 bytes, big-endian.
 *
 * @module
 */
import { ProtocolError } from "./protocol_error.ts";

/** Length of every flag. */
export const FLAG_BYTES = 4;

/** The bytes of a flag. */
export function encodeFlag(value: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(FLAG_BYTES);
  new DataView(payload.buffer).setUint32(0, value);
  return payload;
}

/** @throws {ProtocolError} `payload_malformed` unless there are exactly 4 bytes. */
export function parseFlag(payload: Uint8Array): number {
  if (payload.byteLength !== FLAG_BYTES) {
    throw new ProtocolError(
      "payload_malformed",
      `flag of ${payload.byteLength} bytes, wanted ${FLAG_BYTES}`,
    );
  }
  return new DataView(payload.buffer, payload.byteOffset, FLAG_BYTES).getUint32(0);
}
