/**
 * JSON payloads from the peer, read without trust.
 *
 * @module
 */
import { ProtocolError } from "./protocol_error.ts";

/** Any JSON object. */
export type JsonObject = { [key: string]: unknown };

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Whether `value` is a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses a payload that must be a JSON object.
 *
 * @param what The payload's name, for the message.
 * @throws {ProtocolError} `payload_malformed`.
 */
export function parseJsonObject(payload: Uint8Array, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload));
  } catch {
    throw new ProtocolError("payload_malformed", `${what}: payload is not JSON`);
  }
  if (!isJsonObject(value)) {
    throw new ProtocolError("payload_malformed", `${what}: payload is not a JSON object`);
  }
  return value;
}

/** A string member, or `""`: Go leaves out or zeroes what is not set. */
export function stringMember(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}
