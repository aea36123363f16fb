/**
 * Who may try first when many sessions of one process are lost at once.
 *
 * @module
 */
import { PRIORITIES, type Priority } from "./hosted.ts";

/** Attempts at a time: enough for most, few enough that those that matter come first. */
const ATTEMPTS_AT_A_TIME = 4;

interface Waiting {
  rank: number;
  admit(): void;
}

/** One for each process: hands out turns, the higher priority first, then who came first. */
export class ReconnectGate {
  readonly #limit: number;
  #inside = 0;
  #waiting: Waiting[] = [];

  constructor(limit = ATTEMPTS_AT_A_TIME) {
    this.#limit = limit;
  }

  /**
   * Waits for a turn.
   *
   * @returns The turn; dispose of it to give it back.
   * @throws The signal's reason.
   */
  async enter(priority: Priority, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#inside >= this.#limit) await this.#turn(priority, signal);
    else this.#inside++;
    return this.#ticket();
  }

  #turn(priority: Priority, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        rank: PRIORITIES.indexOf(priority),
        admit: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const behind = this.#waiting.findIndex(({ rank }) => rank < waiting.rank);
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, waiting);
    });
  }

  #ticket(): Disposable {
    let isGiven = false;
    return {
      [Symbol.dispose]: () => {
        if (isGiven) return;
        isGiven = true;
        // The turn goes on to the next one; nobody can slip in between.
        const next = this.#waiting.shift();
        if (next === undefined) this.#inside--;
        else next.admit();
      },
    };
  }
}
