/**
 * The payload of `channel_closed`: the end of a session.
 *
 * Source: plugin src/message/clientmessage.go ChannelClosed. The agent's copy has no `Output`.
 *
 * @module
 */
import { parseJsonObject, stringMember } from "./json.ts";

export interface ChannelClosed {
  sessionId: string;
  /** Why it ended: the agent's failure text, or empty after an ordinary end. */
  output: string;
}

// Two forms reach the client: plain text, or text below this line (agent iohandler.go).
const ERROR_LINE = /^\s*-+ERROR-+\s*/;

/**
 * Reads the payload; the agent's heading line is taken off.
 *
 * @throws {ProtocolError} `payload_malformed`.
 */
export function parseChannelClosed(payload: Uint8Array): ChannelClosed {
  const json = parseJsonObject(payload, "channel_closed");
  return {
    sessionId: stringMember(json, "SessionId"),
    output: stringMember(json, "Output").replace(ERROR_LINE, "").trim(),
  };
}
