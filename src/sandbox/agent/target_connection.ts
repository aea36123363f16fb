/**
 * One TCP connection of the agent to a target: reads when asked, writes in the background.
 *
 * @module
 */

export interface TargetEvents {
  /** Bytes of the target: a view that is good until the next `read`. */
  onData(bytes: Uint8Array): void;
  /** The target ended or failed; nothing more is read. Not called after `close`. */
  onEnd(error: unknown): void;
  /** Bytes handed to the system, or dropped because the connection is gone. */
  onWritten(byteCount: number): void;
}

/** Go's io.Copy, which the agent uses for multiplexed streams, reads so much at a time. */
export const COPY_BYTES = 32 * 1024;

export class TargetConnection {
  readonly #conn: Deno.TcpConn;
  readonly #events: TargetEvents;
  readonly #buffer: Uint8Array;
  #queue: Uint8Array[] = [];
  /** Bytes taken by `write` and not yet counted by `onWritten`. */
  #unwrittenBytes = 0;
  #isWriting = false;
  #isReading = false;
  #mustCloseWhenWritten = false;
  #isClosed = false;

  constructor(
    conn: Deno.TcpConn,
    events: TargetEvents,
    options: { readBytes: number } = { readBytes: COPY_BYTES },
  ) {
    this.#conn = conn;
    this.#events = events;
    this.#buffer = new Uint8Array(options.readBytes);
  }

  /** Asks for the next bytes; does nothing while a read is under way. */
  read(): void {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    this.#conn.read(this.#buffer).then(
      (count) => {
        this.#isReading = false;
        if (this.#isClosed) return;
        if (count === null) this.#events.onEnd(undefined);
        else this.#events.onData(this.#buffer.subarray(0, count));
      },
      (error) => {
        this.#isReading = false;
        if (!this.#isClosed) this.#events.onEnd(error);
      },
    );
  }

  /** Queues bytes; the view is kept until `onWritten` counts them. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed || this.#mustCloseWhenWritten) {
      this.#events.onWritten(bytes.byteLength);
      return;
    }
    this.#queue.push(bytes);
    this.#unwrittenBytes += bytes.byteLength;
    if (!this.#isWriting) this.#writeQueue();
  }

  /** Writes what is queued, then closes the whole connection, both directions. */
  finish(): void {
    this.#mustCloseWhenWritten = true;
    if (!this.#isWriting) this.#closeAndTell();
  }

  /** Closes now; what is queued is dropped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#conn.close();
    } catch {
      // The target was quicker.
    }
    this.#queue = [];
    this.#countWritten(this.#unwrittenBytes);
  }

  async #writeQueue(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        for (const bytes of joined(batch)) {
          let at = 0;
          while (at < bytes.byteLength && !this.#isClosed) {
            at += await this.#conn.write(bytes.subarray(at));
          }
          if (!this.#isClosed) this.#countWritten(bytes.byteLength);
        }
      }
    } catch {
      // The target is gone, or `close` was quicker.
      this.#mustCloseWhenWritten = true;
    }
    this.#isWriting = false;
    if (this.#mustCloseWhenWritten) this.#closeAndTell();
  }

  #countWritten(byteCount: number): void {
    this.#unwrittenBytes -= byteCount;
    if (byteCount > 0) this.#events.onWritten(byteCount);
  }

  #closeAndTell(): void {
    if (this.#isClosed) return;
    this.close();
    this.#events.onEnd(undefined);
  }
}

const JOIN_BYTES = 64 * 1024;

/** The same bytes in fewer pieces: a system call for each payload of 1,024 bytes would dominate. */
function* joined(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let from = 0;
  while (from < pieces.length) {
    let to = from + 1;
    let bytes = pieces[from]!.byteLength;
    while (to < pieces.length && bytes + pieces[to]!.byteLength <= JOIN_BYTES) {
      bytes += pieces[to++]!.byteLength;
    }
    if (to === from + 1) {
      yield pieces[from]!;
    } else {
      const whole = new Uint8Array(bytes);
      let at = 0;
      for (let i = from; i < to; i++) {
        whole.set(pieces[i]!, at);
        at += pieces[i]!.byteLength;
      }
      yield whole;
    }
    from = to;
  }
}
