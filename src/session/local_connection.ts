/**
 * One accepted local TCP connection, copied both ways to a remote stream.
 *
 * Up: a buffer is read, handed to the stream and read again only when the stream has taken it, so a
 * full window stops the reading and the local program feels it. Down: what arrives is queued and
 * written as fast as the local program reads.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import { type ByteBudget, ByteQueue } from "./byte_queue.ts";

/** The remote end of a connection: a smux stream, or the whole session of an old agent. */
export interface RemoteStream {
  /** Queues bytes; the buffer is not to be reused before `onDrain`. */
  write(bytes: Uint8Array): void;
  readonly pendingBytes: number;
  /** Sends the end; receiving goes on. */
  end(): void;
  /** Drops everything and tells the peer that it is over. */
  discard(): void;
  onData: (bytes: Uint8Array) => void;
  onEnd: () => void;
  onDrain: () => void;
}

/** How a connection came to its end. */
export type ConnectionEnd =
  | { how: "closed" }
  | { how: "reset"; reason: string };

export interface LocalConnectionOptions {
  clock: Clock;
  budget: ByteBudget;
  /** Whether memory is to be spared rather than calls. Default: never. */
  isFrugal?: (() => boolean) | undefined;
  /** Bytes from the local program. */
  onBytesUp(count: number): void;
  /** Bytes to the local program. */
  onBytesDown(count: number): void;
}

const FIRST_READ_BYTES = 4 * 1024;
const LARGEST_READ_BYTES = 64 * 1024;
const LARGEST_WRITE_BYTES = 64 * 1024;
/**
 * Silence, both ways, after which a local end of input is passed on. The agent knows no half-close: it
 * closes the whole target connection when it sees the end, and an answer still to come is lost.
 */
export const HALF_CLOSE_GRACE_MS = 10_000;
const HURRIED_GRACE_MS = 500;
/** How long the local program may go on sending after the remote end has closed. */
const LINGER_MS = 2_000;

/** Copies until both ends are done; then the connection is closed and `done` resolves. */
export class LocalConnection {
  readonly #conn: Deno.TcpConn;
  readonly #stream: RemoteStream;
  readonly #options: LocalConnectionOptions;
  readonly #queue: ByteQueue;
  readonly #done = Promise.withResolvers<ConnectionEnd>();
  /** Resolves with how it ended; never rejects. */
  readonly done: Promise<ConnectionEnd> = this.#done.promise;
  #graceMs = HALF_CLOSE_GRACE_MS;
  #isDone = false;
  #hasLocalEnded = false;
  #hasRemoteEnded = false;
  #isWriting = false;
  #timer: number | undefined;
  #onDrain: (() => void) | undefined;

  constructor(conn: Deno.TcpConn, stream: RemoteStream, options: LocalConnectionOptions) {
    this.#conn = conn;
    this.#stream = stream;
    this.#options = options;
    this.#queue = new ByteQueue(options.budget, () => this.#onOverflow());
    stream.onData = (bytes) => this.#onRemoteData(bytes);
    stream.onEnd = () => this.#onRemoteEnd();
    stream.onDrain = () => this.#onDrain?.();
    this.#copyUp();
  }

  /** Breaks the connection off at once. */
  reset(reason: string): void {
    this.#finish({ how: "reset", reason });
  }

  /** Another connection waits for this one's place: shortens the wait after a local end. */
  hurry(): void {
    this.#graceMs = HURRIED_GRACE_MS;
    if (this.#hasLocalEnded && !this.#hasRemoteEnded && !this.#isDone) this.#startGrace();
  }

  async #copyUp(): Promise<void> {
    let buffer = new Uint8Array(FIRST_READ_BYTES);
    while (!this.#isDone) {
      let count: number | null;
      try {
        count = await this.#conn.read(buffer);
      } catch (error) {
        return this.#finish({ how: "reset", reason: resetReason(error) });
      }
      if (count === null) return this.#onLocalEnd();
      if (this.#hasRemoteEnded) continue; // Nobody is left to take it.
      this.#options.onBytesUp(count);
      this.#stream.write(buffer.subarray(0, count));
      if (this.#stream.pendingBytes > 0) await this.#drained();
      // The remote end closed first: the stream still looks at what it did not take.
      if (this.#stream.pendingBytes > 0) buffer = new Uint8Array(FIRST_READ_BYTES);
      if (this.#options.isFrugal?.()) {
        if (buffer.byteLength > FIRST_READ_BYTES) buffer = new Uint8Array(FIRST_READ_BYTES);
      } else if (count === buffer.byteLength && count < LARGEST_READ_BYTES) {
        // A full buffer says that more is waiting: fewer, larger reads. Idle connections stay small.
        buffer = new Uint8Array(count * 4);
      }
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrain = () => {
        this.#onDrain = undefined;
        resolve();
      };
    });
  }

  #onLocalEnd(): void {
    this.#hasLocalEnded = true;
    if (this.#hasRemoteEnded) {
      if (!this.#isWriting) this.#finish({ how: "closed" });
      return;
    }
    this.#startGrace();
  }

  /** Starts the wait before the local end is passed on anew; any byte from the peer restarts it. */
  #startGrace(): void {
    this.#setTimer(this.#graceMs, () => this.#stream.end());
  }

  #onRemoteData(bytes: Uint8Array): void {
    if (this.#isDone) return;
    if (this.#hasLocalEnded) this.#startGrace();
    this.#options.onBytesDown(bytes.byteLength);
    this.#queue.push(bytes);
    if (!this.#isWriting && !this.#isDone) this.#copyDown();
  }

  #onOverflow(): void {
    const waiting = Math.round(this.#queue.bytes / 1024 / 1024);
    const reason = `the local program does not read: ${waiting} MiB were waiting for it`;
    this.#finish({ how: "reset", reason });
  }

  #onRemoteEnd(): void {
    this.#hasRemoteEnded = true;
    this.#onDrain?.();
    if (!this.#isWriting) this.#closeDown();
  }

  async #copyDown(): Promise<void> {
    this.#isWriting = true;
    try {
      for (;;) {
        let chunk = this.#queue.take(LARGEST_WRITE_BYTES);
        if (chunk === undefined) break;
        while (chunk.byteLength > 0) {
          const written: number = await this.#conn.write(chunk);
          chunk = chunk.subarray(written);
        }
      }
    } catch (error) {
      this.#isWriting = false;
      return this.#finish({ how: "reset", reason: resetReason(error) });
    }
    this.#isWriting = false;
    if (this.#hasRemoteEnded) this.#closeDown();
  }

  /** Everything was written and the remote end is done: end the local side without losing its tail. */
  async #closeDown(): Promise<void> {
    if (this.#isDone) return;
    this.#stream.end();
    if (this.#hasLocalEnded) return this.#finish({ how: "closed" });
    // Closing with unread input would reset the connection and take the last bytes from the reader.
    try {
      await this.#conn.closeWrite();
    } catch {
      return this.#finish({ how: "closed" });
    }
    if (!this.#isDone) this.#setTimer(LINGER_MS, () => this.#finish({ how: "closed" }));
  }

  #setTimer(delayMs: number, callback: () => void): void {
    const { clock } = this.#options;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(callback, delayMs);
  }

  #finish(end: ConnectionEnd): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#queue.clear();
    if (end.how === "closed") this.#stream.end();
    else this.#stream.discard();
    this.#onDrain?.();
    try {
      this.#conn.close();
    } catch {
      // Already gone.
    }
    this.#done.resolve(end);
  }
}

function resetReason(error: unknown): string {
  if (error instanceof Deno.errors.BrokenPipe) return "the local program closed the connection";
  if (error instanceof Deno.errors.ConnectionReset) return "the local program reset the connection";
  return "the local connection failed";
}
