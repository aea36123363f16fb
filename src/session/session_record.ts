/**
 * What happened to one session since it began: states, counters, ids. Never a token or a credential.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import type { SessionReady, SessionState } from "./contracts.ts";
import type { StateChange } from "./hosted.ts";

/** Changes of state that are kept: weeks of hourly closes, or an evening of bad Wi-Fi. */
const LONGEST_HISTORY = 500;

export class SessionRecord {
  readonly #clock: Clock;
  readonly startedAtMs: number;
  /** Oldest first. */
  readonly history: StateChange[] = [];
  readonly previousSessionIds: string[] = [];
  state: SessionState = "connecting";
  /** Facts of the session that is, or was last. Undefined before the first. */
  ready: SessionReady | undefined;
  /** From the beginning to the first time that it was ready. */
  connectMs = 0;
  reconnects = 0;
  restarts = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Of channels that were given up. */
  retransmissionsBefore = 0;
  lastActivityAtMs: number;
  /** When the session that is, or was last, began. */
  sessionStartedAtMs: number;
  #activeMs = 0;
  #activeSinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startedAtMs = clock.epochMs();
    this.lastActivityAtMs = this.startedAtMs;
    this.sessionStartedAtMs = this.startedAtMs;
  }

  /** Time spent able to carry data. */
  get activeMs(): number {
    const sinceMs = this.#activeSinceMs;
    return this.#activeMs + (sinceMs === undefined ? 0 : this.#clock.nowMs() - sinceMs);
  }

  /** Notes something that counts for the account's idle timeout. */
  noteActivity(): void {
    this.lastActivityAtMs = this.#clock.epochMs();
  }

  /** A session takes the place of the one before. */
  begin(ready: SessionReady): void {
    if (this.ready === undefined) this.connectMs = ready.connectMs;
    else this.previousSessionIds.push(this.ready.sessionId);
    this.ready = ready;
    this.noteActivity();
    this.sessionStartedAtMs = this.lastActivityAtMs;
  }

  change(change: StateChange): void {
    const { from, to } = change;
    if (this.#activeSinceMs !== undefined) {
      this.#activeMs = this.activeMs;
      this.#activeSinceMs = undefined;
    }
    if (to === "active") {
      this.#activeSinceMs = this.#clock.nowMs();
      if (from === "resuming" || from === "restarting") this.reconnects++;
      if (from === "restarting") this.restarts++;
    }
    this.state = to;
    this.history.push(change);
    if (this.history.length > LONGEST_HISTORY) this.history.shift();
  }
}
