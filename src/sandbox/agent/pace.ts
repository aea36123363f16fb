/**
 * The agent's sleep after each message.
 *
 * @module
 */
import { clearImmediate, setImmediate } from "node:timers";

/** Go's `time.Sleep(time.Millisecond)` as the agent calls it, with what its timers add on Linux. */
const SLEEP_MS = 1.06;

/**
 * One sleep at a time.
 *
 * Deno's timers count whole milliseconds and give 2.1 ms for one of 1 ms, which would halve every
 * figure measured against a paced agent. So the loop is turned until the time is over; it goes on
 * serving everything else meanwhile, and stops when the transfer does.
 */
export class Pace {
  #turn: ReturnType<typeof setImmediate> | undefined;

  get isSleeping(): boolean {
    return this.#turn !== undefined;
  }

  sleep(onOver: () => void): void {
    const untilMs = performance.now() + SLEEP_MS;
    const look = () => {
      if (performance.now() < untilMs) {
        this.#turn = setImmediate(look);
        return;
      }
      this.#turn = undefined;
      onOver();
    };
    this.#turn = setImmediate(look);
  }

  cancel(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#turn = undefined;
  }
}
