/**
 * Encryption of shell and command sessions: what is asked of KMS, and what the key does to payloads.
 *
 * KMS gives 64 bytes. The first half encrypts what the agent sends, the second what the client sends.
 * A payload becomes nonce, ciphertext and tag: 28 bytes more.
 *
 * Source: plugin src/encryption/encrypter.go and kmsservice.go; agent session/crypto/blockcipher.go.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { fromBase64, toBase64 } from "./base64.ts";
import { PAYLOAD_TYPE } from "./constants.ts";
import { parseJsonObject, stringMember } from "./json.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Bytes of the data key: two keys of AES-256. */
export const DATA_KEY_BYTES = 64;
/** Bytes that a nonce must have. */
export const NONCE_BYTES = 12;

const TAG_BYTES = 16;
const HALF_BYTES = DATA_KEY_BYTES / 2;
const ALGORITHM = "aes-256-gcm";
/** Everything else is sent as it is: the handshake, sizes, flags. */
const ENCRYPTED_TYPES: readonly number[] = [
  PAYLOAD_TYPE.output,
  PAYLOAD_TYPE.stdErr,
  PAYLOAD_TYPE.exitCode,
];

/** What the key of a session is bound to: KMS gives it to the agent for the same words alone. */
export function encryptionContext(
  about: { sessionId: string; targetId: string; challenge: string },
): Record<string, string> {
  return {
    "aws:ssm:SessionId": about.sessionId,
    "aws:ssm:TargetId": about.targetId,
    // Newer agents send it. They bind the key to it when the answer says that we did.
    ...(about.challenge === "" ? {} : { "aws:ssm:RandomChallenge": about.challenge }),
  };
}

/** Encrypts and decrypts the payloads of one session. */
export class SessionCipher {
  readonly #fromAgent: Uint8Array;
  readonly #toAgent: Uint8Array;
  readonly #newNonce: () => Uint8Array;

  /**
   * @param dataKey 64 bytes, copied.
   * @param newNonce 12 bytes that were never given before.
   */
  constructor(dataKey: Uint8Array, newNonce: () => Uint8Array) {
    if (dataKey.byteLength !== DATA_KEY_BYTES) {
      throw new RangeError(`a data key of ${dataKey.byteLength} bytes, wanted ${DATA_KEY_BYTES}`);
    }
    this.#fromAgent = dataKey.slice(0, HALF_BYTES);
    this.#toAgent = dataKey.slice(HALF_BYTES);
    this.#newNonce = newNonce;
  }

  /** One payload for the agent. */
  encrypt(plaintext: Uint8Array): Uint8Array {
    const nonce = this.#newNonce();
    const cipher = createCipheriv(ALGORITHM, this.#toAgent, nonce);
    return joined([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws {ProtocolError} `decryption_failed` when the agent did not make it with this key. */
  decrypt(sealed: Uint8Array): Uint8Array {
    const end = sealed.byteLength - TAG_BYTES;
    if (end < NONCE_BYTES) {
      throw new ProtocolError(
        "decryption_failed",
        `an encrypted payload of ${sealed.byteLength} bytes, too short for nonce and tag`,
      );
    }
    const decipher = createDecipheriv(ALGORITHM, this.#fromAgent, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(end));
    try {
      return joined([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
    } catch {
      throw new ProtocolError(
        "decryption_failed",
        "a payload that was not encrypted with the session's key, or changed on the way",
      );
    }
  }

  /**
   * The agent's question whether we hold the same key: its random bytes, encrypted back.
   *
   * @param payload Of an EncChallengeRequest.
   * @returns That of an EncChallengeResponse.
   * @throws {ProtocolError} `payload_malformed` or `decryption_failed`.
   */
  answerChallenge(payload: Uint8Array): Uint8Array {
    const challenge = stringMember(parseJsonObject(payload, "encryption challenge"), "Challenge");
    const answer = this.encrypt(this.decrypt(fromBase64(challenge)));
    return new TextEncoder().encode(JSON.stringify({ Challenge: toBase64(answer) }));
  }

  /** A payload from the agent as it was meant. @throws {ProtocolError} `decryption_failed`. */
  open(payloadType: number, payload: Uint8Array): Uint8Array {
    return ENCRYPTED_TYPES.includes(payloadType) ? this.decrypt(payload) : payload;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
