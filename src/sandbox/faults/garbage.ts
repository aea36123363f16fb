/**
 * Messages that are not messages, for the client to survive.
 *
 * @module
 */
import { writeEnvelope } from "../agent/envelope.ts";
import type { GarbageKind } from "./fault.ts";
import { seededRandom } from "./random.ts";

/** A sequence number that no session reaches: garbage must not pass for the data it imitates. */
const FAR_SEQUENCE = 0x7fff_ffff;

/** One WebSocket message of garbage. @param round Makes the random ones differ. */
export function garbage(kind: GarbageKind, round: number): Uint8Array {
  switch (kind) {
    case "random_bytes":
      return randomBytes(200, round);
    case "short":
      return dataMessage().subarray(0, 40);
    case "truncated":
      return dataMessage().subarray(0, 125);
    case "wrong_digest": {
      const message = dataMessage();
      message[80]! ^= 0xff;
      return message;
    }
    case "oversized_header_length": {
      const message = dataMessage();
      new DataView(message.buffer).setUint32(0, 0x7fff_ffff);
      return message;
    }
    case "unknown_message_type":
      return dataMessage("sandbox_nonsense");
    case "empty":
      return new Uint8Array(0);
    default:
      return kind satisfies never;
  }
}

function dataMessage(type = "output_stream_data"): Uint8Array {
  return writeEnvelope({
    type,
    sequenceNumber: FAR_SEQUENCE,
    flags: 0,
    payloadType: 1,
    payload: new TextEncoder().encode("not a message of this session"),
    createdMs: Date.now(),
  });
}

function randomBytes(count: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}
