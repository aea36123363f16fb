/**
 * The messages of the agent's side of the handshake: what it asks, and what it makes of the answers.
 *
 * Source: agent datachannel.go buildHandshakeRequestPayload, handleHandshakeResponse; protocol text §5,
 * §10.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { PortProperties, SessionType } from "../session_work.ts";

export const HANDSHAKE_PAYLOAD = {
  request: 5,
  response: 6,
  complete: 7,
  challengeRequest: 8,
  challengeResponse: 9,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface HandshakeQuestion {
  agentVersion: string;
  sessionType: SessionType;
  /** Null for all but ports. */
  properties: PortProperties | null;
  /** Set when the session is to be encrypted; `challenge` is what older agents leave out. */
  encryption: { kmsKeyId: string; challenge: string | undefined } | undefined;
}

export function handshakeRequest(question: HandshakeQuestion): Uint8Array {
  const { agentVersion, sessionType, properties, encryption } = question;
  return write({
    AgentVersion: agentVersion,
    RequestedClientActions: [
      {
        ActionType: "SessionType",
        ActionParameters: { SessionType: sessionType, Properties: properties },
      },
      ...(encryption === undefined ? [] : [{
        ActionType: "KMSEncryption",
        ActionParameters: {
          KMSKeyId: encryption.kmsKeyId,
          ...(encryption.challenge !== undefined && { Challenge: encryption.challenge }),
        },
      }]),
    ],
  });
}

/**
 * @param tookMs How long the handshake took.
 * @param customerMessage A line for the user; empty for none.
 */
export function handshakeComplete(tookMs: number, customerMessage: string): Uint8Array {
  return write({
    HandshakeTimeToComplete: Math.round(tookMs * 1e6),
    CustomerMessage: customerMessage,
  });
}

/** @param sealed Random bytes, encrypted for the client. */
export function challengeRequest(sealed: Uint8Array): Uint8Array {
  return write({ Challenge: Buffer.from(sealed).toString("base64") });
}

/** The bytes of the client's answer to a challenge; `undefined` for what is none. */
export function readChallengeResponse(payload: Uint8Array): Uint8Array | undefined {
  const challenge = read(payload)?.["Challenge"];
  return typeof challenge === "string" ? Buffer.from(challenge, "base64") : undefined;
}

/** The key that a client has had made for the session. */
export interface OfferedKey {
  ciphertext: Uint8Array;
  /** The client has put the challenge into the encryption context. */
  hasAcknowledged: boolean;
}

export type HandshakeAnswer =
  /** `key` is set when there was an answer to KMSEncryption, well or badly formed. */
  | { kind: "accepted"; clientVersion: string; key: OfferedKey | undefined }
  | { kind: "refused"; reason: string }
  /** Not an answer at all: left unacknowledged. */
  | { kind: "malformed" };

const SUCCESS = 1;

export function readHandshakeResponse(payload: Uint8Array): HandshakeAnswer {
  const json = read(payload);
  const actions = json?.["ProcessedClientActions"] ?? [];
  if (json === undefined || !Array.isArray(actions)) return { kind: "malformed" };
  let key: OfferedKey | undefined;
  for (const action of actions as unknown[]) {
    if (typeof action !== "object" || action === null) return { kind: "malformed" };
    const { ActionType, ActionStatus, ActionResult, Error } = action as Record<string, unknown>;
    if (ActionStatus !== SUCCESS) {
      return {
        kind: "refused",
        reason: `${ActionType} failed on client with status ${ActionStatus} error: ${Error}`,
      };
    }
    if (ActionType === "KMSEncryption") key = readKey(ActionResult);
  }
  const clientVersion = json["ClientVersion"];
  return {
    kind: "accepted",
    clientVersion: typeof clientVersion === "string" ? clientVersion : "",
    key,
  };
}

function readKey(result: unknown): OfferedKey {
  const { KMSCipherTextKey, ChallengeAcknowledgement } = (result ?? {}) as Record<string, unknown>;
  const text = typeof KMSCipherTextKey === "string" ? KMSCipherTextKey : "";
  return {
    ciphertext: Buffer.from(text, "base64"),
    hasAcknowledged: ChallengeAcknowledgement === true,
  };
}

function write(json: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(json));
}

/** `undefined` for what is no JSON object. */
function read(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(decoder.decode(payload));
    return typeof json === "object" && json !== null ? json as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
