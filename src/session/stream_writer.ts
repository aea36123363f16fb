/**
 * Writes what a peer sends to a local stream, as fast as that is read.
 *
 * @module
 */
import { ByteBudget, ByteQueue } from "./byte_queue.ts";

/** The way out, as `Deno.stdout` is one: writes some of the bytes and tells how many. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

export interface StreamWriterEvents {
  /** The peer should wait (true), or may go on (false). */
  onPressure(isHigh: boolean): void;
  /** Nothing can be written any more, and why. Told once. */
  onFailure(error: unknown): void;
}

/**
 * What may wait before the peer has to. Above ssh's own window of 2 MiB a channel, so that a suspended
 * ssh never stops its session from hearing anything.
 */
const HIGH_WATER_BYTES = 16 * 1024 * 1024;
const LOW_WATER_BYTES = 4 * 1024 * 1024;
/** For a peer that cannot be made to wait. */
const LIMIT_BYTES = 64 * 1024 * 1024;
const LARGEST_WRITE_BYTES = 64 * 1024;

export class StreamWriter {
  readonly #sink: ByteSink;
  readonly #events: StreamWriterEvents;
  readonly #queue: ByteQueue;
  #isPressed = false;
  #hasFailed = false;
  #writing: Promise<void> | undefined;

  constructor(sink: ByteSink, events: StreamWriterEvents) {
    this.#sink = sink;
    this.#events = events;
    this.#queue = new ByteQueue(new ByteBudget(LIMIT_BYTES), () => {
      const waiting = Math.round(this.#queue.bytes / 1024 / 1024);
      this.#fail(new Error(`it is not read: ${waiting} MiB were waiting`));
    });
  }

  /** Queues bytes; the buffer is not to be reused. */
  push(bytes: Uint8Array): void {
    if (this.#hasFailed) return;
    this.#queue.push(bytes);
    this.#press();
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything is written, or never will be. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      for (;;) {
        let chunk = this.#queue.take(LARGEST_WRITE_BYTES);
        if (chunk === undefined) break;
        this.#press();
        while (chunk.byteLength > 0) chunk = chunk.subarray(await this.#sink.write(chunk));
      }
    } catch (error) {
      this.#fail(error);
    }
    // In the same turn as the last look at the queue: a push between the two would wait for ever.
    this.#writing = undefined;
  }

  #press(): void {
    const { bytes } = this.#queue;
    const isPressed = this.#isPressed ? bytes > LOW_WATER_BYTES : bytes > HIGH_WATER_BYTES;
    if (isPressed === this.#isPressed) return;
    this.#isPressed = isPressed;
    this.#events.onPressure(isPressed);
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queue.clear();
    this.#press();
    this.#events.onFailure(error);
  }
}
