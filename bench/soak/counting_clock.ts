/**
 * This machine's time, with the timers counted that nobody has released yet.
 *
 * @module
 */
import { type Clock, systemClock } from "../../src/platform/mod.ts";

export class CountingClock implements Clock {
  readonly #open = new Set<number>();

  /** Timers that are set. */
  get timers(): number {
    return this.#open.size;
  }

  nowMs(): number {
    return systemClock.nowMs();
  }

  epochMs(): number {
    return systemClock.epochMs();
  }

  setTimeout(callback: () => void, delayMs: number): number {
    const id = systemClock.setTimeout(() => {
      this.#open.delete(id);
      callback();
    }, delayMs);
    this.#open.add(id);
    return id;
  }

  clearTimeout(id: number): void {
    this.#open.delete(id);
    systemClock.clearTimeout(id);
  }
}
