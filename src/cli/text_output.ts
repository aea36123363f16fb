/**
 * Standard output and standard error as one queue.
 *
 * Writing never waits: a terminal that is stopped with Ctrl-S, or a pipe that nobody reads, must not
 * stop the tunnels. One queue for both keeps the order in which things were said.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";

/** Writes some of `bytes` and tells how many, as `Deno.Writer` does. */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

type Stream = "stdout" | "stderr";

/** What may wait to be written; a reader that is further behind loses what comes after. */
const QUEUE_LIMIT_BYTES = 1024 * 1024;

export class TextOutput {
  readonly #write: Readonly<Record<Stream, WriteSome>>;
  readonly #encoder = new TextEncoder();
  readonly #queue: { stream: Stream; bytes: Uint8Array }[] = [];
  #queuedBytes = 0;
  #draining: Promise<void> | undefined;
  #raw: readonly Stream[] = [];
  readonly #broken: Record<Stream, AbortController> = {
    stdout: new AbortController(),
    stderr: new AbortController(),
  };

  constructor(write: Readonly<Record<Stream, WriteSome>>) {
    this.#write = write;
  }

  /**
   * Aborted when standard output cannot be written any more. The reason is an `AppError`, or
   * null when the reader has gone, which is no failure (`| head`).
   */
  get stdoutBroken(): AbortSignal {
    return this.#broken.stdout.signal;
  }

  /**
   * Streams whose terminal is in raw mode and makes no carriage return of a line end: it gets one here.
   */
  set raw(streams: readonly Stream[]) {
    this.#raw = streams;
  }

  /** Queues text. @returns False when it was left out because too much is waiting. */
  write(stream: Stream, text: string): boolean {
    if (this.#broken[stream].signal.aborted) return true;
    const isRaw = this.#raw.includes(stream);
    const bytes = this.#encoder.encode(isRaw ? text.replaceAll("\n", "\r\n") : text);
    if (this.#queuedBytes + bytes.byteLength > QUEUE_LIMIT_BYTES) return false;
    this.#queuedBytes += bytes.byteLength;
    this.#queue.push({ stream, bytes });
    this.#draining ??= this.#drain();
    return true;
  }

  /** Waits until all is written, or `timeoutMs` for a reader that does not read. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#draining === undefined) return;
    const expired = Promise.withResolvers<void>();
    const timer = setTimeout(expired.resolve, timeoutMs);
    await Promise.race([this.#draining, expired.promise]);
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#writeAll(next.stream, next.bytes);
      this.#queuedBytes -= next.bytes.byteLength;
    }
    // In the same turn as the last look at the queue: a write between the two would wait for ever.
    this.#draining = undefined;
  }

  async #writeAll(stream: Stream, bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.byteLength > 0 && !this.#broken[stream].signal.aborted) {
      try {
        rest = rest.subarray(await this.#write[stream](rest));
      } catch (error) {
        this.#broken[stream].abort(writeError(error));
      }
    }
  }
}

/** `null` stands for the reader that has gone: `abort(undefined)` would invent a reason. */
function writeError(error: unknown): AppError | null {
  if (error instanceof Deno.errors.BrokenPipe) return null;
  const found = messageOf(error).replace(/ \(os error .*$/s, "");
  return new AppError("resource", `Cannot write to standard output: ${found}`, {
    hint: "Free some space, or send the output elsewhere",
    cause: error,
  });
}
