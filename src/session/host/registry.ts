/**
 * The sessions that this process holds.
 *
 * @module
 */
import type { HostedSession } from "../hosted.ts";

/** Ids of ended sessions that are remembered, for who asks for one right after its end. */
const ENDED_LIMIT = 100;

export class SessionRegistry {
  readonly #ended: string[] = [];
  readonly #held = new Map<HostedSession, Disposable>();
  readonly #listeners = new Set<() => void>();

  /** In the order they were added. */
  get all(): readonly HostedSession[] {
    return [...this.#held.keys()];
  }

  get size(): number {
    return this.#held.size;
  }

  /** Ids of sessions that were held and have ended, the last ones, newest last. */
  get endedIds(): readonly string[] {
    return this.#ended;
  }

  /** Holds a session until it has ended. */
  add(session: HostedSession): void {
    this.#held.set(session, session.onStateChange(() => this.#changed()));
    session.closed.then(() => {
      this.#held.get(session)?.[Symbol.dispose]();
      this.#held.delete(session);
      this.#ended.push(session.snapshot().sessionId);
      if (this.#ended.length > ENDED_LIMIT) this.#ended.shift();
      this.#changed();
    });
    this.#changed();
  }

  /** The session with exactly this id, now or before a restart. */
  find(sessionId: string): HostedSession | undefined {
    return this.all.find((session) => {
      const { sessionId: id, previousSessionIds } = session.snapshot();
      return id === sessionId || previousSessionIds.includes(sessionId);
    });
  }

  /** Calls `listener` when a session comes, goes or changes its state, until disposed. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Ends all sessions at a time. Never rejects. */
  async closeAll(): Promise<void> {
    await Promise.all(this.all.map((session) => session.close()));
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
