/**
 * Payloads of type Flag: 4 bytes, big-endian.
 *
 * @module
 */
import { ProtocolError } from "./protocol_error.ts";

/** The 4 bytes of a flag. */
export function encodeFlag(value: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, value);
  return payload;
}

/** @throws {ProtocolError} `payload_malformed` unless there are exactly 4 bytes. */
export function parseFlag(payload: Uint8Array): number {
  if (payload.byteLength !== 4) {
    throw new ProtocolError("payload_malformed", `flag of ${payload.byteLength} bytes, wanted 4`);
  }
  return new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
}
