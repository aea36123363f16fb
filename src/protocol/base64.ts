/**
 * Bytes as the base64 text that JSON payloads carry.
 *
 * @module
 */
import { ProtocolError } from "./protocol_error.ts";

/** With padding. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** @throws {ProtocolError} `payload_malformed`. */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new ProtocolError("payload_malformed", "text that is not base64");
  }
}
