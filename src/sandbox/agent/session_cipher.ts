/**
 * Encryption of a session's payloads, on the agent's side.
 *
 * Deliberately not the project's own: a mistake that both ends shared would go unnoticed. Source: agent
 * crypto/blockcipher.go, crypto/nonce.go; protocol text §10.3.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** The two halves of the data key. Source: agent crypto KMSKeySizeInBytes. */
export const DATA_KEY_BYTES = 64;
const HALF_BYTES = DATA_KEY_BYTES / 2;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class SessionCipher {
  readonly #outgoingKey: Uint8Array;
  readonly #incomingKey: Uint8Array;
  /** The next nonce. */
  readonly #nonce: Uint8Array;

  /**
   * @param dataKey 64 bytes: the agent's half, then the client's.
   * @param firstNonce 12 bytes; random when left out.
   * @throws {Error} For a data key of another length.
   */
  constructor(dataKey: Uint8Array, firstNonce: Uint8Array = randomBytes(NONCE_BYTES)) {
    if (dataKey.byteLength !== DATA_KEY_BYTES) {
      throw new Error(`the data key has ${dataKey.byteLength} bytes instead of ${DATA_KEY_BYTES}`);
    }
    this.#outgoingKey = dataKey.slice(0, HALF_BYTES);
    this.#incomingKey = dataKey.slice(HALF_BYTES);
    this.#nonce = firstNonce.slice();
  }

  /** Nonce, ciphertext, tag: 28 bytes more than the plaintext. */
  encrypt(plaintext: Uint8Array): Uint8Array {
    const nonce = this.#takeNonce();
    const cipher = createCipheriv("aes-256-gcm", this.#outgoingKey, nonce);
    const sealed = cipher.update(plaintext);
    cipher.final();
    const message = new Uint8Array(NONCE_BYTES + sealed.byteLength + TAG_BYTES);
    message.set(nonce);
    message.set(sealed, NONCE_BYTES);
    message.set(cipher.getAuthTag(), NONCE_BYTES + sealed.byteLength);
    return message;
  }

  /** `undefined` for what the client's half did not encrypt. */
  decrypt(message: Uint8Array): Uint8Array | undefined {
    if (message.byteLength < NONCE_BYTES + TAG_BYTES) return undefined;
    const nonce = message.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.#incomingKey, nonce);
    decipher.setAuthTag(message.subarray(message.byteLength - TAG_BYTES));
    const plaintext = decipher.update(message.subarray(NONCE_BYTES, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plaintext;
  }

  /** Counts up, its lowest byte first: no nonce comes twice under one key. */
  #takeNonce(): Uint8Array {
    const nonce = this.#nonce.slice();
    for (let i = 0; i < NONCE_BYTES; i++) {
      this.#nonce[i] = (this.#nonce[i]! + 1) & 0xff;
      if (this.#nonce[i] !== 0) break;
    }
    return nonce;
  }
}
