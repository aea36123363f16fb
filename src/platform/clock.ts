/**
 * Time, as something that can be handed in: the program gets the system's, tests one that they move.
 *
 * @module
 */

/** What a component needs of time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never jumps back. For durations and deadlines only. */
  nowMs(): number;
  /** Milliseconds since 1970-01-01 UTC, as the system believes. For what people and files read. */
  epochMs(): number;
  /** Calls `callback` once after `delayMs`; the id is for `clearTimeout`. */
  setTimeout(callback: () => void, delayMs: number): number;
  clearTimeout(id: number): void;
}

/**
 * Timers that have neither fired nor been cleared. A background host has been seen to fire one that was
 * cleared as it fell due, and an exception in a timer ends the process with every tunnel in it.
 */
const pending = new Set<number>();

/** The time of this machine. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  setTimeout(callback, delayMs) {
    // Deno's timers are objects since 2.7 and numbers before; either converts to its id.
    const id = Number(setTimeout(() => {
      if (pending.delete(id)) callback();
    }, delayMs));
    pending.add(id);
    return id;
  },
  clearTimeout(id) {
    pending.delete(id);
    clearTimeout(id);
  },
};
