/**
 * What can be wrong with bytes from the peer.
 *
 * @module
 */

/** Why a message was refused. Each is one rule of the envelope, the multiplexer, the handshake
 * or the encryption. */
export type ProtocolErrorCode =
  | "frame_too_short"
  | "header_length_out_of_range"
  | "message_type_empty"
  | "created_date_zero"
  | "number_out_of_range"
  | "digest_mismatch"
  | "payload_malformed"
  | "smux_version"
  | "smux_command"
  | "decryption_failed"
  | "limit_exceeded";

/** Bytes from the peer that break the protocol. The frame is dropped; the session may go on. */
export class ProtocolError extends Error {
  constructor(readonly code: ProtocolErrorCode, message: string) {
    super(message);
    this.name = "ProtocolError";
  }
}
