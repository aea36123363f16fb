/**
 * The agent's handshake from its request to its end.
 *
 * Source: agent datachannel.go PerformHandshake, finalizeKMSEncryption, sendEncryptionChallenge;
 * protocol text §5.5, §10.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { randomBytes, timingSafeEqual } from "node:crypto";
import { messageOf } from "../../errors/mod.ts";
import { systemClock } from "../../platform/mod.ts";
import type { Verdict } from "./channel.ts";
import {
  challengeRequest,
  HANDSHAKE_PAYLOAD,
  handshakeComplete,
  type HandshakeQuestion,
  handshakeRequest,
  type OfferedKey,
  readChallengeResponse,
  readHandshakeResponse,
} from "./handshake.ts";
import { SessionCipher } from "./session_cipher.ts";

/** How a session is encrypted. */
export interface SessionEncryption {
  kmsKeyId: string;
  /** Whether the agent asks for a challenge in the encryption context: newer ones do. */
  hasChallenge: boolean;
  /** Clients that do not put it there are refused. */
  requiresChallenge: boolean;
  /** The first parts of the encryption context. */
  sessionId: string;
  targetId: string;
  /** KMS Decrypt with the agent's own permissions. @throws {Error} As KMS words it. */
  decrypt(ciphertext: Uint8Array, context: ReadonlyMap<string, string>): Uint8Array;
}

export interface HandshakeOptions extends Omit<HandshakeQuestion, "encryption"> {
  encryption: SessionEncryption | undefined;
  /** For each of the client's answers. */
  timeoutMs: number;
  send(payloadType: number, payload: Uint8Array): void;
  /** Faults: whether a part of it is left out. */
  isSilent(stage: "request" | "complete"): boolean;
  onComplete(result: { clientVersion: string; cipher: SessionCipher | undefined }): void;
  onFailure(reason: string): void;
}

type State =
  | { phase: "asked" }
  | { phase: "challenged"; expected: Uint8Array; cipher: SessionCipher; clientVersion: string }
  | { phase: "ended" };

const CHALLENGE_BYTES = { context: 16, connection: 64 };

export class AgentHandshake {
  readonly #options: HandshakeOptions;
  readonly #challenge = randomBytes(CHALLENGE_BYTES.context).toString("base64");
  readonly #startedMs = systemClock.nowMs();
  #state: State = { phase: "asked" };
  #timer: number | undefined;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  start(): void {
    const { encryption, send, isSilent } = this.#options;
    if (isSilent("request")) return;
    this.#limit(
      "Handshake timed out. " +
        "Please ensure that you have the latest version of the session manager plugin.",
    );
    const asked = encryption === undefined ? undefined : {
      kmsKeyId: encryption.kmsKeyId,
      challenge: encryption.hasChallenge ? this.#challenge : undefined,
    };
    send(HANDSHAKE_PAYLOAD.request, handshakeRequest({ ...this.#options, encryption: asked }));
  }

  /** `undefined` for what is not part of the handshake. */
  take(payloadType: number, payload: Uint8Array): Verdict | undefined {
    if (payloadType === HANDSHAKE_PAYLOAD.response) return this.#takeResponse(payload);
    if (payloadType === HANDSHAKE_PAYLOAD.challengeResponse) return this.#takeChallenge(payload);
    return undefined;
  }

  stop(): void {
    this.#state = { phase: "ended" };
    clearTimeout(this.#timer);
  }

  #takeResponse(payload: Uint8Array): Verdict {
    const answer = readHandshakeResponse(payload);
    if (answer.kind === "malformed") return "not_ready";
    // Later in this turn, so that the acknowledgement of the response goes out first.
    queueMicrotask(() => {
      if (this.#state.phase !== "asked") return;
      if (answer.kind === "refused") return this.#fail(answer.reason);
      const { clientVersion, key } = answer;
      if (this.#options.encryption === undefined) return this.#complete(clientVersion, undefined);
      this.#useKey(this.#options.encryption, key, clientVersion);
    });
    return "processed";
  }

  #useKey(
    encryption: SessionEncryption,
    key: OfferedKey | undefined,
    clientVersion: string,
  ): void {
    const hasAcknowledged = encryption.hasChallenge && key?.hasAcknowledged === true;
    if (encryption.requiresChallenge && !hasAcknowledged) {
      return this.#fail("The client does not support the KMS challenge that this agent requires");
    }
    const context = new Map([
      ["aws:ssm:SessionId", encryption.sessionId],
      ["aws:ssm:TargetId", encryption.targetId],
    ]);
    if (hasAcknowledged) context.set("aws:ssm:RandomChallenge", this.#challenge);
    let cipher: SessionCipher;
    try {
      cipher = new SessionCipher(
        encryption.decrypt(key?.ciphertext ?? new Uint8Array(0), context),
      );
    } catch (error) {
      return this.#fail(
        "Fetching data key failed: Unable to retrieve data key, " +
          `Error when decrypting data key ${messageOf(error)}`,
      );
    }
    const expected = randomBytes(CHALLENGE_BYTES.connection);
    this.#state = { phase: "challenged", expected, cipher, clientVersion };
    this.#limit("Timed out waiting for encryption challenge.");
    const sealed = cipher.encrypt(expected);
    this.#options.send(HANDSHAKE_PAYLOAD.challengeRequest, challengeRequest(sealed));
  }

  /** A wrong answer is not acknowledged; the time limit is what ends the session then. */
  #takeChallenge(payload: Uint8Array): Verdict {
    const state = this.#state;
    if (state.phase !== "challenged") return "processed";
    const sealed = readChallengeResponse(payload);
    const answer = sealed === undefined ? undefined : state.cipher.decrypt(sealed);
    if (
      answer === undefined || answer.byteLength !== state.expected.byteLength ||
      !timingSafeEqual(Buffer.from(answer), state.expected)
    ) {
      return "not_ready";
    }
    queueMicrotask(() => {
      if (this.#state === state) this.#complete(state.clientVersion, state.cipher);
    });
    return "processed";
  }

  #complete(clientVersion: string, cipher: SessionCipher | undefined): void {
    const { send, isSilent, onComplete } = this.#options;
    clearTimeout(this.#timer);
    if (isSilent("complete")) return;
    this.stop();
    const message = cipher === undefined ? "" : "This session is encrypted using AWS KMS.";
    send(
      HANDSHAKE_PAYLOAD.complete,
      handshakeComplete(systemClock.nowMs() - this.#startedMs, message),
    );
    onComplete({ clientVersion, cipher });
  }

  #fail(reason: string): void {
    this.stop();
    this.#options.onFailure(reason);
  }

  #limit(reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = Number(setTimeout(() => this.#fail(reason), this.#options.timeoutMs));
  }
}
