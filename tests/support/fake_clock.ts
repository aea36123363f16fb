/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock } from "../../src/platform/mod.ts";

interface Timer {
  dueMs: number;
  delayMs: number;
  callback(): void;
}

const START_EPOCH_MS = Date.UTC(2024, 0, 1);

export class FakeClock implements Clock {
  #nowMs = 0;
  #nextId = 1;
  /** By how much the calendar is ahead of the time that timers know. */
  #sleptMs = 0;
  readonly #timers = new Map<number, Timer>();
  readonly #waiters = new Set<() => void>();

  /** Delays of the timers that are set, in the order they were set. Empty: nothing leaked. */
  get delays(): number[] {
    return [...this.#timers.values()].map((timer) => timer.delayMs);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return START_EPOCH_MS + this.#nowMs + this.#sleptMs;
  }

  /** The computer sleeps: the calendar goes on, timers and the monotonic clock stand still. */
  sleep(forMs: number): void {
    this.#sleptMs += forMs;
  }

  setTimeout(callback: () => void, delayMs: number): number {
    const id = this.#nextId++;
    this.#timers.set(id, { dueMs: this.#nowMs + delayMs, delayMs, callback });
    for (const check of [...this.#waiters]) check();
    return id;
  }

  clearTimeout(id: number): void {
    this.#timers.delete(id);
  }

  /** Moves the time on and runs what falls due, in order, each at its own moment. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.dueMs <= endMs)
        .sort(([, a], [, b]) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.callback();
    }
    this.#nowMs = endMs;
  }

  /** Resolves as soon as a timer of this delay is set: the code under test has come that far. */
  scheduled(delayMs: number): Promise<void> {
    return this.#when(() => this.delays.includes(delayMs));
  }

  /** As {@link scheduled}, but timers that are set already do not count. */
  scheduledAnew(delayMs: number): Promise<void> {
    const next = this.#nextId;
    return this.#when(() =>
      [...this.#timers].some(([id, timer]) => id >= next && timer.delayMs === delayMs)
    );
  }

  /** Resolves as soon as any timer is set. */
  waitedFor(): Promise<void> {
    return this.#when(() => this.#timers.size > 0);
  }

  #when(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isTrue()) return;
        this.#waiters.delete(check);
        resolve();
      };
      this.#waiters.add(check);
      check();
    });
  }
}
