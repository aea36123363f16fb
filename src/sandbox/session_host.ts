/**
 * The live sessions of a sandbox, by session id.
 *
 * @module
 */
import type { SessionSnapshot } from "./contracts.ts";
import { isInScope } from "./faults/registry.ts";
import type { FaultScope } from "./faults/fault.ts";
import { LiveSession, type LiveSessionOptions } from "./live_session.ts";
import { hasEnded, type SessionRecord } from "./session_registry.ts";

/** Ended sessions kept for `snapshots`. */
const MAX_ENDED = 1_000;

export class SessionHost {
  readonly #options: Omit<LiveSessionOptions, "record">;
  readonly #sessions = new Map<string, LiveSession>();
  readonly #forgetFaults: () => void;

  constructor(options: Omit<LiveSessionOptions, "record">) {
    this.#options = options;
    this.#forgetFaults = options.faults.onChange(() => {
      for (const session of this.#sessions.values()) session.updateBlackhole();
    });
  }

  start(record: SessionRecord): void {
    this.#sessions.set(record.sessionId, new LiveSession({ ...this.#options, record }));
    this.#forgetOldest();
  }

  find(sessionId: string): LiveSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** The sessions of a scope that have not ended. */
  inScope(scope: FaultScope): LiveSession[] {
    return [...this.#sessions.values()].filter((session) =>
      !hasEnded(session.record) && isInScope(scope, session.struck)
    );
  }

  snapshots(): SessionSnapshot[] {
    return [...this.#sessions.values()].map((session) => session.snapshot());
  }

  async stop(): Promise<void> {
    this.#forgetFaults();
    await Promise.all([...this.#sessions.values()].map((session) => session.stop()));
  }

  #forgetOldest(): void {
    let excess = this.#sessions.size - MAX_ENDED;
    for (const [id, { record }] of this.#sessions) {
      if (excess <= 0) return;
      if (!hasEnded(record)) continue;
      this.#sessions.delete(id);
      excess--;
    }
  }
}
