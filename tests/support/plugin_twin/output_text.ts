/**
 * Reading what a child process prints while it runs.
 *
 * @module
 */

interface Waiter {
  pattern: RegExp;
  resolve(match: RegExpMatchArray): void;
  fail(): void;
}

/** What a program has not printed for so long does not come; no test is near it. */
const SILENCE_MS = 30_000;

/** Collects a stream from its start; tests wait for a pattern in it. */
export class OutputText {
  /** All that came so far, one character for each byte, so that binary output compares as well. */
  text = "";
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  #hasEnded = false;
  #waiters: Waiter[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  /**
   * The first match in the text. Rejects, with the text, when the stream ends or 30 s pass without
   * one.
   */
  async waitFor(pattern: RegExp): Promise<RegExpMatchArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
    const fail = () => reject(new Error(`no ${pattern} in the output: ${this.text}`));
    const deadline = setTimeout(fail, SILENCE_MS);
    this.#waiters.push({ pattern, resolve, fail });
    this.#check();
    try {
      return await promise;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder("latin1");
    for await (const bytes of stream) {
      this.text += decoder.decode(bytes);
      this.#check();
    }
    this.#hasEnded = true;
    this.#check();
  }

  #check(): void {
    this.#waiters = this.#waiters.filter(({ pattern, resolve, fail }) => {
      const match = this.text.match(pattern);
      if (match !== null) resolve(match);
      else if (this.#hasEnded) fail();
      else return true;
      return false;
    });
  }
}
