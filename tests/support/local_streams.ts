/**
 * Standard input and output of a program that exists only in the test.
 *
 * @module
 */
import type { StandardStreams } from "../../src/session/stdio_forwarder.ts";
import { concat } from "./forwarding.ts";
import { Watched } from "./watched.ts";

export class LocalStreams extends Watched implements StandardStreams {
  /** What was written so far, in pieces. */
  readonly written: Uint8Array[] = [];
  writtenBytes = 0;
  /** Bytes that were read from the input. */
  readBytes = 0;
  /** Thrown by the next write. */
  failure: unknown;
  readonly #input: Uint8Array[] = [];
  #inputEnd: { error?: unknown } | undefined;
  #wake = Promise.withResolvers<void>();
  #isStopped = false;
  #goOn = Promise.withResolvers<void>();

  readonly input = {
    read: async (buffer: Uint8Array): Promise<number | null> => {
      for (;;) {
        const next = this.#input[0];
        if (next !== undefined) {
          const count = Math.min(buffer.byteLength, next.byteLength);
          buffer.set(next.subarray(0, count));
          if (count === next.byteLength) this.#input.shift();
          else this.#input[0] = next.subarray(count);
          this.readBytes += count;
          this.changed();
          return count;
        }
        if (this.#inputEnd !== undefined) {
          if (this.#inputEnd.error !== undefined) throw this.#inputEnd.error;
          return null;
        }
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    },
  };

  readonly output = {
    write: async (bytes: Uint8Array): Promise<number> => {
      while (this.#isStopped) await this.#goOn.promise;
      if (this.failure !== undefined) throw this.failure;
      // A pipe takes what it has room for.
      const taken = bytes.slice(0, 50_000);
      this.written.push(taken);
      this.writtenBytes += taken.byteLength;
      this.changed();
      return taken.byteLength;
    },
  };

  /** Everything written, as one. */
  get outputBytes(): Uint8Array {
    return concat(this.written);
  }

  /** Bytes of the program. */
  type(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#wake.resolve();
  }

  /** The program closes its output, or that breaks. */
  endInput(error?: unknown): void {
    this.#inputEnd = error === undefined ? {} : { error };
    this.#wake.resolve();
  }

  /** The program stops reading, or goes on. */
  stopReading(isStopped: boolean): void {
    this.#isStopped = isStopped;
    if (isStopped) return;
    this.#goOn.resolve();
    this.#goOn = Promise.withResolvers();
  }
}
