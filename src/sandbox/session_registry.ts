/**
 * The sessions of the service: their tokens, their state, their history.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Instance } from "./cloud/instance.ts";
import type { SessionWork, ShellSettings } from "./session_work.ts";

/** As DescribeSessions names them. */
export type SessionStatus = "Connecting" | "Connected" | "Disconnected" | "Terminated" | "Failed";

export interface SessionRecord {
  readonly sessionId: string;
  readonly instance: Instance;
  readonly region: string;
  readonly documentName: string;
  readonly work: SessionWork;
  /** The account's, as they were when it started. */
  readonly settings: ShellSettings;
  readonly reason: string | undefined;
  /** ARN of who started it. */
  readonly owner: string;
  readonly startedAtMs: number;
  status: SessionStatus;
  /** Set once it has ended. */
  endedAtMs: number | undefined;
  endReason: string;
}

/** Whether a session has ended for good. */
export function hasEnded(record: SessionRecord): boolean {
  return record.endedAtMs !== undefined;
}

/** Ended sessions are remembered up to this many. */
const MAX_HISTORY = 10_000;

export class SessionRegistry {
  readonly #records = new Map<string, SessionRecord>();
  readonly #tokens = new Map<string, { sessionId: string; expiresMs: number }>();
  readonly #tokenLifeMs: number;

  constructor(options: { tokenLifeMs: number }) {
    this.#tokenLifeMs = options.tokenLifeMs;
  }

  /** Every session, oldest first. */
  get all(): SessionRecord[] {
    return [...this.#records.values()];
  }

  find(sessionId: string): SessionRecord | undefined {
    return this.#records.get(sessionId);
  }

  create(
    fields: Omit<SessionRecord, "sessionId" | "status" | "endedAtMs" | "endReason"> & {
      /** First part of the id: who started it. */
      sessionName: string;
    },
  ): SessionRecord {
    const { sessionName, ...rest } = fields;
    const record: SessionRecord = {
      ...rest,
      // The reference plugin hashes the id to 32 bits for a socket name: keep ids far apart.
      sessionId: `${sessionName}-0${randomBytes(8).toString("hex")}`,
      status: "Connecting",
      endedAtMs: undefined,
      endReason: "",
    };
    this.#records.set(record.sessionId, record);
    this.#forgetOldest();
    return record;
  }

  /** A new token, good for one connection. */
  issueToken(sessionId: string, nowMs: number): string {
    for (const [old, { expiresMs }] of this.#tokens) {
      if (expiresMs > nowMs) break;
      this.#tokens.delete(old);
    }
    const token = randomBytes(96).toString("base64");
    this.#tokens.set(token, { sessionId, expiresMs: nowMs + this.#tokenLifeMs });
    return token;
  }

  /** Uses a token up. `undefined` when it was good; else what is wrong with it. */
  redeemToken(token: string, sessionId: string, nowMs: number): string | undefined {
    const issued = this.#tokens.get(token);
    if (issued === undefined) return "token unknown or used before";
    this.#tokens.delete(token);
    if (issued.sessionId !== sessionId) return "token of another session";
    if (issued.expiresMs <= nowMs) return "token expired";
    return undefined;
  }

  #forgetOldest(): void {
    for (const record of this.#records.values()) {
      if (this.#records.size <= MAX_HISTORY) return;
      if (hasEnded(record)) this.#records.delete(record.sessionId);
    }
  }
}
