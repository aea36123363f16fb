/**
 * How a shell or a command begins: with a handshake, or with its first output and no word before.
 *
 * A plain shell has no handshake. One that is encrypted has, and so has every command.
 *
 * @module
 */
import { AppError, toAppError } from "../errors/mod.ts";
import {
  ACTION_STATUS,
  answerHandshake,
  CLIENT_VERSION,
  DATA_KEY_BYTES,
  encodeHandshakeResponse,
  type EncryptionAnswer,
  encryptionContext,
  encryptionRequest,
  type HandshakeRequest,
  NONCE_BYTES,
  parseHandshakeComplete,
  parseHandshakeRequest,
  PAYLOAD_TYPE,
  ProtocolError,
  SessionCipher,
} from "../protocol/mod.ts";
import type { NewDataKey } from "./contracts.ts";
import type { DataChannel } from "./data_channel.ts";
import type { AgreedHandshake } from "./handshake.ts";
import type { StartedSession } from "./local_side.ts";

/** What both sides agreed on. */
export interface ShellHandshake extends AgreedHandshake {
  /** Undefined: the session is not encrypted. */
  cipher: SessionCipher | undefined;
  /** The payload that showed that there is no handshake: it belongs to the output. */
  firstOutput: Uint8Array | undefined;
}

interface Payload {
  type: number;
  bytes: Uint8Array;
}

/**
 * Waits for the agent's first word, and answers until output may come. Payloads that follow wait in the
 * channel.
 *
 * @throws {AppError} `protocol` when the session is none of a shell or the agent breaks the protocol;
 * what `newDataKey` throws; whatever `signal` was aborted with.
 */
export async function performShellHandshake(
  { channel, sessionId, instanceId }: StartedSession,
  newDataKey: NewDataKey,
  signal: AbortSignal,
): Promise<ShellHandshake> {
  let agentVersion = "";
  let cipher: SessionCipher | undefined;
  let hasAnswered = false;
  try {
    for (;;) {
      const { type, bytes } = await nextPayload(channel, signal);
      switch (type) {
        case PAYLOAD_TYPE.handshakeRequest: {
          const request = parseHandshakeRequest(bytes);
          agentVersion = request.agentVersion;
          const about = { sessionId, targetId: instanceId };
          cipher = await answerRequest(request, { channel, about, newDataKey, signal });
          hasAnswered = true;
          break;
        }
        case PAYLOAD_TYPE.encChallengeRequest:
          if (cipher === undefined) throw malformed("challenged without a key");
          channel.send(PAYLOAD_TYPE.encChallengeResponse, cipher.answerChallenge(bytes));
          break;
        case PAYLOAD_TYPE.handshakeComplete: {
          if (!hasAnswered) throw malformed("completed before it was requested");
          const { customerMessage } = parseHandshakeComplete(bytes);
          return { agentVersion, customerMessage, cipher, firstOutput: undefined };
        }
        case PAYLOAD_TYPE.output:
          if (hasAnswered) throw malformed("output before it was complete");
          return { agentVersion, customerMessage: "", cipher, firstOutput: bytes };
        default:
          // Not a part of any handshake: acknowledged, nothing to do.
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new AppError("protocol", `Handshake with the agent: ${error.message}`, { cause: error });
  }
}

/** The next one alone; those behind it wait. */
function nextPayload(channel: DataChannel, signal: AbortSignal): Promise<Payload> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      channel.handlePayloads(undefined);
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      stop();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    channel.handlePayloads((type, bytes) => {
      stop();
      resolve({ type, bytes });
    });
  });
}

/**
 * Answers everything that the agent asks before the session.
 *
 * @returns The cipher, where the session is to be encrypted.
 */
async function answerRequest(
  request: HandshakeRequest,
  { channel, about, newDataKey, signal }: {
    channel: DataChannel;
    about: { sessionId: string; targetId: string };
    newDataKey: NewDataKey;
    signal: AbortSignal;
  },
): Promise<SessionCipher | undefined> {
  const wanted = encryptionRequest(request);
  let encryption: EncryptionAnswer | undefined;
  let cipher: SessionCipher | undefined;
  let failure: AppError | undefined;
  if (wanted !== undefined) {
    const { keyId, challenge } = wanted;
    try {
      const key = await newDataKey({
        keyId,
        bytes: DATA_KEY_BYTES,
        encryptionContext: encryptionContext({ ...about, challenge }),
      }, signal);
      cipher = new SessionCipher(key.plaintext, randomNonce);
      encryption = { encryptedKey: key.encrypted, challenge };
    } catch (error) {
      signal.throwIfAborted();
      failure = toAppError(error);
      // Told all the same, so that the agent ends now and not when its patience does.
      encryption = { error: failure.message };
    }
  }
  const answer = answerHandshake(request, encryption);
  channel.send(
    PAYLOAD_TYPE.handshakeResponse,
    encodeHandshakeResponse(CLIENT_VERSION, answer.processed),
  );
  if (failure !== undefined) throw failure;
  const refused = answer.processed.find((a) => a.actionStatus !== ACTION_STATUS.success);
  if (refused === undefined && answer.port === undefined) return cipher;
  throw new AppError("protocol", "Handshake with the agent: the session is none of a shell", {
    why: refused?.error ?? "The document's session type is Port",
    hint: "Use a document whose session type is Standard_Stream, InteractiveCommands or " +
      "NonInteractiveCommands",
  });
}

function randomNonce(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("payload_malformed", message);
}
