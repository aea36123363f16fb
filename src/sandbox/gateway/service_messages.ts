/**
 * Messages that the service itself sends on a data channel.
 *
 * Source: protocol text §4.1, §4.3; the payload of the publication messages is not documented.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { writeEnvelope } from "../agent/envelope.ts";

const encoder = new TextEncoder();

/** @param output Why the session ended; empty after an ordinary end. */
export function channelClosedMessage(
  session: { sessionId: string; instanceId: string },
  output: string,
): Uint8Array {
  const messageId = randomUUID();
  const createdMs = Date.now();
  return serviceMessage("channel_closed", {
    MessageId: messageId,
    CreatedDate: String(createdMs),
    DestinationId: session.instanceId,
    SessionId: session.sessionId,
    MessageType: "channel_closed",
    SchemaVersion: 1,
    Output: output,
  }, { messageId, createdMs });
}

export function publicationMessage(
  type: "pause_publication" | "start_publication",
  sessionId: string,
): Uint8Array {
  return serviceMessage(type, { MessageType: type, SchemaVersion: 1, SessionId: sessionId }, {
    messageId: randomUUID(),
    createdMs: Date.now(),
  });
}

function serviceMessage(
  type: string,
  json: Record<string, unknown>,
  own: { messageId: string; createdMs: number },
): Uint8Array {
  return writeEnvelope({
    type,
    sequenceNumber: 0,
    flags: 0,
    payloadType: 0,
    payload: encoder.encode(JSON.stringify(json)),
    ...own,
  });
}
