/**
 * The SHA-256 of a payload, written to and compared with the bytes of a frame.
 *
 * The digest is taken as hexadecimal text: a short string costs half of what the small buffer does
 * that holds the same bytes, and every message, each way, needs one (bench/protocol/codec_bench.ts).
 *
 * @module
 */
import { hash } from "node:crypto";
import { DIGEST_BYTES } from "./constants.ts";

/** Value of the hexadecimal digit with this character code, for the digits that `hash` writes. */
function digitValue(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

function byteAt(hex: string, index: number): number {
  return digitValue(hex.charCodeAt(2 * index)) << 4 | digitValue(hex.charCodeAt(2 * index + 1));
}

/** Writes the 32 bytes of the digest of `payload` at `offset`. */
export function writeDigest(target: Uint8Array, offset: number, payload: Uint8Array): void {
  const hex = hash("sha256", payload, "hex");
  for (let i = 0; i < DIGEST_BYTES; i++) target[offset + i] = byteAt(hex, i);
}

/** Whether the 32 bytes at `offset` are the digest of `payload`. */
export function hasDigest(frame: Uint8Array, offset: number, payload: Uint8Array): boolean {
  const hex = hash("sha256", payload, "hex");
  for (let i = 0; i < DIGEST_BYTES; i++) if (frame[offset + i] !== byteAt(hex, i)) return false;
  return true;
}
