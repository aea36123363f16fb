/**
 * A terminal whose keys are a list: each read takes one piece, and none before it is wanted.
 *
 * @module
 */
import type { ScreenTerminal } from "../../src/tui/mod.ts";

export class ScriptedTerminal implements ScreenTerminal {
  size = { columns: 80, rows: 24 };
  /** Everything that was written. */
  written = "";
  readonly #keys: (string | Promise<string>)[];
  readonly #ends: boolean;
  readonly #waiting = Promise.withResolvers<void>();
  readonly #resizeListeners = new Set<() => void>();
  #isRaw = false;

  /**
   * @param keys A promise is pressed when it resolves.
   * @param options.ends After the last piece there is no more, in place of waiting for ever.
   */
  constructor(keys: readonly (string | Promise<string>)[], { ends = false } = {}) {
    this.#keys = [...keys];
    this.#ends = ends;
  }

  /** Resolves when every piece has been read and another one is wanted. */
  get isWaiting(): Promise<void> {
    return this.#waiting.promise;
  }

  /** Pieces that nobody has read. */
  get unread(): number {
    return this.#keys.length;
  }

  /** The first screen is back, the cursor to be seen, keys are the terminal's, nobody listens. */
  get isRestored(): boolean {
    return this.written.endsWith("\x1b[?25h\x1b[?1049l") && !this.#isRaw &&
      this.#resizeListeners.size === 0;
  }

  async read(): Promise<Uint8Array | null> {
    const next = this.#keys.shift();
    if (next !== undefined) return new TextEncoder().encode(await next);
    if (this.#ends) return null;
    this.#waiting.resolve();
    return await new Promise(() => {});
  }

  write(text: string): void {
    this.written += text;
  }

  columns(): number {
    return this.size.columns;
  }

  rows(): number {
    return this.size.rows;
  }

  setRaw(isRaw: boolean): void {
    this.#isRaw = isRaw;
  }

  onResize(listener: () => void): Disposable {
    this.#resizeListeners.add(listener);
    return { [Symbol.dispose]: () => this.#resizeListeners.delete(listener) };
  }

  /** The size has changed. */
  resized(): void {
    for (const listener of this.#resizeListeners) listener();
  }
}
