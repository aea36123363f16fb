/**
 * The handshake that starts a session: what the agent asks and what the client answers.
 *
 * Source: plugin src/message/handshakemessage.go; agent session/contracts/model.go and
 * session/datachannel/datachannel.go.
 *
 * @module
 */
import { toBase64 } from "./base64.ts";
import { isJsonObject, type JsonObject, parseJsonObject, stringMember } from "./json.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The numbers of ActionStatus. */
export const ACTION_STATUS = { success: 1, failed: 2, unsupported: 3 } as const;

/** One thing the agent asks of the client before the session starts. */
export interface RequestedAction {
  actionType: string;
  parameters: JsonObject;
}

export interface HandshakeRequest {
  agentVersion: string;
  actions: RequestedAction[];
}

/** The answer to one action, in the order asked. */
export interface ProcessedAction {
  actionType: string;
  actionStatus: number;
  actionResult?: unknown;
  /** What went wrong, without the words that the response puts before it. */
  error?: string;
}

/** What the agent's document says of a port session. All values arrive as strings. */
export interface PortProperties {
  /** `LocalPortForwarding`, or empty for a single byte stream (SSH). */
  type: string;
  portNumber: string;
  host: string;
}

/** Session types that name a terminal or command session. */
const SHELL_TYPES: readonly string[] = [
  "Standard_Stream",
  "InteractiveCommands",
  "NonInteractiveCommands",
];

// An agent asks two actions; the rest is what a broken peer may make us keep.
const MAX_ACTIONS = 16;

/** @throws {ProtocolError} `payload_malformed`, or `limit_exceeded` beyond 16 actions. */
export function parseHandshakeRequest(payload: Uint8Array): HandshakeRequest {
  const json = parseJsonObject(payload, "handshake request");
  const requested = json["RequestedClientActions"] ?? [];
  if (!Array.isArray(requested)) {
    throw new ProtocolError("payload_malformed", "handshake request: no list of actions");
  }
  if (requested.length > MAX_ACTIONS) {
    throw new ProtocolError("limit_exceeded", `handshake request: ${requested.length} actions`);
  }
  const actions = requested.map((action: unknown): RequestedAction => {
    if (!isJsonObject(action)) {
      throw new ProtocolError("payload_malformed", "handshake request: action is not an object");
    }
    const parameters = action["ActionParameters"];
    return {
      actionType: stringMember(action, "ActionType"),
      parameters: isJsonObject(parameters) ? parameters : {},
    };
  });
  return { agentVersion: stringMember(json, "AgentVersion"), actions };
}

/** What the agent wants of KMS. */
export interface EncryptionRequest {
  /** Id or ARN of the key. */
  keyId: string;
  /** Base64 text that the data key is to be bound to; empty from older agents. */
  challenge: string;
}

/** The encryption that a request asks for; undefined when the session is to be plain. */
export function encryptionRequest({ actions }: HandshakeRequest): EncryptionRequest | undefined {
  const action = actions.find(({ actionType }) => actionType === KMS_ACTION);
  if (action === undefined) return undefined;
  return {
    keyId: stringMember(action.parameters, "KMSKeyId"),
    challenge: stringMember(action.parameters, "Challenge"),
  };
}

/** What came of asking KMS. */
export type EncryptionAnswer =
  /** `challenge`: as it was asked for, when the data key is bound to it. */
  | { encryptedKey: Uint8Array; challenge: string }
  | { error: string };

const KMS_ACTION = "KMSEncryption";

/** The answers of a client of this kind, and what it learned about the session. */
export interface HandshakeAnswer {
  processed: ProcessedAction[];
  /** The accepted session type, or `undefined` when none was. */
  sessionType: string | undefined;
  /** Properties of a `Port` session. */
  port: PortProperties | undefined;
}

/**
 * Answers every requested action. Unknown ones are `unsupported`, unknown session types `failed`.
 *
 * @param encryption Left out: encryption is unsupported, as it is for ports.
 */
export function answerHandshake(
  request: HandshakeRequest,
  encryption?: EncryptionAnswer,
): HandshakeAnswer {
  const answer: HandshakeAnswer = { processed: [], sessionType: undefined, port: undefined };
  for (const action of request.actions) {
    answer.processed.push(answerAction(action, { answer, encryption }));
  }
  return answer;
}

function answerAction(
  action: RequestedAction,
  { answer, encryption }: {
    answer: HandshakeAnswer;
    encryption: EncryptionAnswer | undefined;
  },
): ProcessedAction {
  const { actionType } = action;
  if (actionType === "SessionType") return answerSessionType(action, answer);
  if (actionType === KMS_ACTION && encryption !== undefined) return answerEncryption(encryption);
  return {
    actionType,
    actionStatus: ACTION_STATUS.unsupported,
    error: `Unsupported action ${actionType}`,
  };
}

function answerEncryption(encryption: EncryptionAnswer): ProcessedAction {
  const actionType = KMS_ACTION;
  if ("error" in encryption) {
    return { actionType, actionStatus: ACTION_STATUS.failed, error: encryption.error };
  }
  const { encryptedKey, challenge } = encryption;
  return {
    actionType,
    actionStatus: ACTION_STATUS.success,
    actionResult: {
      KMSCipherTextKey: toBase64(encryptedKey),
      KMSCipherTextHash: null,
      // Older agents know neither the question nor the answer.
      ...(challenge === "" ? {} : { ChallengeAcknowledgement: true }),
    },
  };
}

function answerSessionType(action: RequestedAction, answer: HandshakeAnswer): ProcessedAction {
  const sessionType = stringMember(action.parameters, "SessionType");
  if (sessionType !== "Port" && !SHELL_TYPES.includes(sessionType)) {
    return {
      actionType: action.actionType,
      actionStatus: ACTION_STATUS.failed,
      error: `Unknown session type ${sessionType}`,
    };
  }
  answer.sessionType = sessionType;
  if (sessionType === "Port") {
    const properties = action.parameters["Properties"];
    const from = isJsonObject(properties) ? properties : {};
    answer.port = {
      type: stringMember(from, "type"),
      portNumber: stringMember(from, "portNumber"),
      host: stringMember(from, "host"),
    };
  }
  return { actionType: action.actionType, actionStatus: ACTION_STATUS.success };
}

/** The payload of a HandshakeResponse. `Errors` is null when there are none, as the plugin writes it. */
export function encodeHandshakeResponse(
  clientVersion: string,
  processed: readonly ProcessedAction[],
): Uint8Array {
  const errors = processed.flatMap((action) => action.error ? [action.error] : []);
  return new TextEncoder().encode(JSON.stringify({
    ClientVersion: clientVersion,
    ProcessedClientActions: processed.map((action) => ({
      ActionType: action.actionType,
      ActionStatus: action.actionStatus,
      ActionResult: action.actionResult ?? null,
      Error: errorText(action),
    })),
    Errors: errors.length === 0 ? null : errors,
  }));
}

/** A failure names its action here and stands alone in `Errors`. */
function errorText({ actionType, actionStatus, error }: ProcessedAction): string {
  if (error === undefined) return "";
  const isFailed = actionStatus === ACTION_STATUS.failed;
  return isFailed ? `Failed to process action ${actionType}: ${error}` : error;
}

export interface HandshakeComplete {
  /** How long the agent says the handshake took. */
  timeToCompleteMs: number;
  /** Text for the person, or empty. */
  customerMessage: string;
}

/** @throws {ProtocolError} `payload_malformed`. */
export function parseHandshakeComplete(payload: Uint8Array): HandshakeComplete {
  const json = parseJsonObject(payload, "handshake complete");
  const nanoseconds = json["HandshakeTimeToComplete"];
  return {
    timeToCompleteMs: typeof nanoseconds === "number" ? nanoseconds / 1e6 : 0,
    customerMessage: stringMember(json, "CustomerMessage"),
  };
}
