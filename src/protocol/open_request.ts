/**
 * The first message of a client: one text frame that carries the token.
 *
 * Source: plugin src/service/service.go OpenDataChannelInput; src/datachannel/streaming.go
 * FinalizeDataChannelHandshake.
 *
 * @module
 */

/** The text of the first frame after the upgrade. */
export function encodeOpenRequest(fields: {
  /** New for every connection. */
  requestId: string;
  tokenValue: string;
  /** Made once per session and kept over its reconnects. */
  clientId: string;
  clientVersion: string;
}): string {
  return JSON.stringify({
    MessageSchemaVersion: "1.0",
    RequestId: fields.requestId,
    TokenValue: fields.tokenValue,
    ClientId: fields.clientId,
    ClientVersion: fields.clientVersion,
  });
}
