/**
 * What the gateway has to know of a message: its type, by the first bytes of that field.
 *
 * @module
 */

const TYPE_OFFSET = 4;
const encoder = new TextEncoder();
const ACKNOWLEDGE = encoder.encode("acknowledge");
const INPUT = encoder.encode("input_stream_data");

export function isAcknowledge(frame: Uint8Array): boolean {
  return hasType(frame, ACKNOWLEDGE);
}

/** Data and acknowledgements go to the agent; whatever else a client sends is consumed. */
export function isForAgent(frame: Uint8Array): boolean {
  return hasType(frame, INPUT) || hasType(frame, ACKNOWLEDGE);
}

function hasType(frame: Uint8Array, type: Uint8Array): boolean {
  for (let i = 0; i < type.byteLength; i++) if (frame[TYPE_OFFSET + i] !== type[i]) return false;
  return true;
}
