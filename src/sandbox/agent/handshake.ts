/**
 * The agent's side of the handshake: what it asks, and what it makes of the answer.
 *
 * Source: agent datachannel.go buildHandshakeRequestPayload, handleHandshakeResponse; protocol text §5.
 *
 * @module
 */
import type { PortProperties } from "../aws/ssm_documents.ts";

export const HANDSHAKE_PAYLOAD = { request: 5, response: 6, complete: 7 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function handshakeRequest(agentVersion: string, properties: PortProperties): Uint8Array {
  return encoder.encode(JSON.stringify({
    AgentVersion: agentVersion,
    RequestedClientActions: [{
      ActionType: "SessionType",
      ActionParameters: { SessionType: "Port", Properties: properties },
    }],
  }));
}

/** @param tookMs How long the handshake took. */
export function handshakeComplete(tookMs: number): Uint8Array {
  return encoder.encode(JSON.stringify({
    HandshakeTimeToComplete: Math.round(tookMs * 1e6),
    CustomerMessage: "",
  }));
}

export type HandshakeAnswer =
  | { kind: "accepted"; clientVersion: string }
  | { kind: "refused"; reason: string }
  /** Not an answer at all: left unacknowledged. */
  | { kind: "malformed" };

const SUCCESS = 1;

export function readHandshakeResponse(payload: Uint8Array): HandshakeAnswer {
  let json: Record<string, unknown> | null;
  try {
    json = JSON.parse(decoder.decode(payload));
  } catch {
    return { kind: "malformed" };
  }
  if (typeof json !== "object" || json === null) return { kind: "malformed" };
  const actions = json["ProcessedClientActions"] ?? [];
  if (!Array.isArray(actions)) return { kind: "malformed" };
  for (const action of actions as unknown[]) {
    if (typeof action !== "object" || action === null) return { kind: "malformed" };
    const { ActionType, ActionStatus, Error } = action as Record<string, unknown>;
    if (ActionStatus !== SUCCESS) {
      return {
        kind: "refused",
        reason: `The client answered ${ActionType} with status ${ActionStatus}, error: ${Error}`,
      };
    }
  }
  const clientVersion = json["ClientVersion"];
  return {
    kind: "accepted",
    clientVersion: typeof clientVersion === "string" ? clientVersion : "",
  };
}
