/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock } from "../../src/platform/mod.ts";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 0;
  #nextId = 1;
  readonly #startedEpochMs: number;
  // Insertion order is the order of setting, which decides between timers of the same moment.
  readonly #timers = new Map<number, Timer>();

  /** @param startedEpochMs What `epochMs` says at the start. */
  constructor(startedEpochMs = Date.UTC(2024, 0, 1)) {
    this.#startedEpochMs = startedEpochMs;
  }

  /** Milliseconds moved so far. */
  nowMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#startedEpochMs + this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): number {
    const id = this.#nextId++;
    this.#timers.set(id, { dueMs: this.#nowMs + Math.max(0, delayMs), callback });
    return id;
  }

  clearTimeout(id: number): void {
    this.#timers.delete(id);
  }

  /** Timers that are set and have not fired. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms`; every timer due on the way fires at its own moment, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    while (this.#fireNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** Like `advance`, and lets promises settle before, between and after the timers. */
  async elapse(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    do await settlePromises(); while (this.#fireNext(untilMs));
    this.#nowMs = untilMs;
  }

  /**
   * Moves time from timer to timer until `isDone`.
   *
   * @returns Whether it was done before no timer was left or `limitMs` had passed.
   */
  runUntil(isDone: () => boolean, limitMs: number): boolean {
    const untilMs = this.#nowMs + limitMs;
    while (!isDone()) if (!this.#fireNext(untilMs)) return false;
    return true;
  }

  #fireNext(untilMs: number): boolean {
    let next: [number, Timer] | undefined;
    for (const entry of this.#timers) {
      if (next === undefined || entry[1].dueMs < next[1].dueMs) next = entry;
    }
    if (next === undefined || next[1].dueMs > untilMs) return false;
    this.#timers.delete(next[0]);
    this.#nowMs = next[1].dueMs;
    next[1].callback();
    return true;
  }
}

/** Lets everything that only waits for other promises go on. */
async function settlePromises(): Promise<void> {
  // A chain of awaits advances one link a turn; twenty is longer than any chain of ours.
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
