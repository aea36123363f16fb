/**
 * Simulated time: events in order of their moment, as fast as the machine goes.
 *
 * @module
 */

interface Event {
  readonly atMs: number;
  readonly run: () => void;
}

export class VirtualTime {
  nowMs = 0;
  /** Latest first, so that the next one is cheap to take; of equal moments the older is the nearer. */
  readonly #events: Event[] = [];

  /** Calls `run` in `delayMs` from now. */
  after(delayMs: number, run: () => void): void {
    const atMs = this.nowMs + delayMs;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.atMs > atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { atMs, run });
  }

  /**
   * Runs events until `isDone`.
   *
   * @returns Whether it was done by `limitMs`, or with the last event.
   */
  run(isDone: () => boolean, limitMs: number): boolean {
    while (!isDone()) {
      const next = this.#events.pop();
      if (next === undefined || next.atMs > limitMs) return false;
      this.nowMs = next.atMs;
      next.run();
    }
    return true;
  }
}
