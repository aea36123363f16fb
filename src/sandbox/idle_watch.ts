/**
 * Notices that nothing has happened for a while.
 *
 * @module
 */

export class IdleWatch {
  readonly #timeoutMs: number;
  readonly #onIdle: () => void;
  #lastActiveMs = performance.now();
  #timer: number;

  constructor(timeoutMs: number, onIdle: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onIdle = onIdle;
    this.#timer = this.#wait(timeoutMs);
  }

  /** Something happened. Cheap: the timer finds out when it fires. */
  touch(): void {
    this.#lastActiveMs = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(delayMs: number): number {
    return Number(setTimeout(() => {
      const leftMs = this.#lastActiveMs + this.#timeoutMs - performance.now();
      if (leftMs > 0) this.#timer = this.#wait(leftMs);
      else this.#onIdle();
    }, delayMs));
  }
}
