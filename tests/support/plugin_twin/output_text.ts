/**
 * Reading what a child process prints while it runs.
 *
 * @module
 */

interface Waiter {
  pattern: RegExp;
  resolve(match: RegExpMatchArray): void;
  reject(error: Error): void;
}

/** Collects a text stream from its start; tests wait for a pattern in it. */
export class OutputText {
  /** All that came so far. */
  text = "";
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  #hasEnded = false;
  #waiters: Waiter[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  /** The first match in the text. Rejects, with the text, when the stream ends without one. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ pattern, resolve, reject });
      this.#check();
    });
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.text += decoder.decode(bytes, { stream: true });
      this.#check();
    }
    this.#hasEnded = true;
    this.#check();
  }

  #check(): void {
    this.#waiters = this.#waiters.filter(({ pattern, resolve, reject }) => {
      const match = this.text.match(pattern);
      if (match !== null) resolve(match);
      else if (this.#hasEnded) reject(new Error(`no ${pattern} in the output: ${this.text}`));
      else return true;
      return false;
    });
  }
}
