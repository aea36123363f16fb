/**
 * How long the background host stays when it has nothing to do.
 *
 * @module
 */
import type { Clock } from "../../platform/mod.ts";

/** Resolves `over` when nothing has held it for a time. Begins to count at once. */
export class Linger implements Disposable {
  readonly over: Promise<void>;
  readonly #over = Promise.withResolvers<void>();
  readonly #clock: Clock;
  readonly #lingerMs: number;
  #holders = 0;
  #timer: number | undefined;

  constructor(options: { clock: Clock; lingerMs: number }) {
    this.#clock = options.clock;
    this.#lingerMs = options.lingerMs;
    this.over = this.#over.promise;
    this.#count();
  }

  /** Something to stay for, until it is disposed. */
  hold(): Disposable {
    this.#holders++;
    this.#stopCounting();
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#holders === 0) this.#count();
      },
    };
  }

  /** Counts no more. */
  [Symbol.dispose](): void {
    this.#holders = Infinity;
    this.#stopCounting();
  }

  #count(): void {
    this.#timer = this.#clock.setTimeout(() => this.#over.resolve(), this.#lingerMs);
  }

  #stopCounting(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
