/**
 * The payload of an `acknowledge` message.
 *
 * Source: plugin src/message/clientmessage.go AcknowledgeContent; matched by the sequence number alone
 * in both reference programs (ProcessAcknowledgedMessage).
 *
 * @module
 */
import { ENVELOPE_FLAGS, MESSAGE_TYPE, PAYLOAD_TYPE, SCHEMA_VERSION } from "./constants.ts";
import { type AgentMessage, encodeMessage } from "./message.ts";
import { parseJsonObject } from "./json.ts";
import { ProtocolError } from "./protocol_error.ts";

const encoder = new TextEncoder();

/** The whole `acknowledge` frame for a received message. */
export function encodeAcknowledge(
  received: Pick<AgentMessage, "messageType" | "messageId" | "sequenceNumber">,
  own: { messageId: string; createdDateMs: number },
): Uint8Array<ArrayBuffer> {
  // Type and id come from the decoder and need no escaping: a known word and a UUID.
  const json = `{"AcknowledgedMessageType":"${received.messageType}",` +
    `"AcknowledgedMessageId":"${received.messageId}",` +
    `"AcknowledgedMessageSequenceNumber":${received.sequenceNumber},"IsSequentialMessage":true}`;
  return encodeMessage({
    messageType: MESSAGE_TYPE.acknowledge,
    schemaVersion: SCHEMA_VERSION,
    createdDateMs: own.createdDateMs,
    sequenceNumber: 0,
    flags: ENVELOPE_FLAGS.synFin,
    messageId: own.messageId,
    payloadType: PAYLOAD_TYPE.none,
    payload: encoder.encode(json),
  });
}

/**
 * The sequence number that an `acknowledge` payload settles.
 *
 * @throws {ProtocolError} `payload_malformed`.
 */
export function parseAcknowledge(payload: Uint8Array): number {
  const number = parseJsonObject(payload, "acknowledge")["AcknowledgedMessageSequenceNumber"];
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) {
    throw new ProtocolError("payload_malformed", "acknowledge without a sequence number");
  }
  return number;
}
