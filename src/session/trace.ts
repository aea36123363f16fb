/**
 * One line a message for `-vv`: types, numbers and sizes, never a payload or a token.
 *
 * @module
 */
import { decodeMessage, PAYLOAD_TYPE, ProtocolError } from "../protocol/mod.ts";

const PAYLOAD_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(PAYLOAD_TYPE).map(([name, number]) => [number, name]),
);

/** Describes a frame. `arrow` is `->` for sent and `<-` for received. */
export function describeFrame(arrow: "->" | "<-", frame: Uint8Array): string {
  try {
    const message = decodeMessage(frame);
    const payloadType = PAYLOAD_NAMES.get(message.payloadType) ?? String(message.payloadType);
    return `${arrow} ${message.messageType} #${message.sequenceNumber} ${payloadType} ` +
      `${message.payload.byteLength} bytes`;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return `${arrow} malformed message of ${frame.byteLength} bytes: ${error.message}`;
  }
}
