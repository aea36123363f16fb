/**
 * The server's end of one WebSocket, over a bare TCP connection.
 *
 * @module
 */
import { CLOSE_CODE, FrameError, FrameReader, OPCODE } from "./frame_reader.ts";
import { OutputBatch } from "./output_batch.ts";

export interface ServerSocketEvents {
  onMessage(message: { isText: boolean; payload: Uint8Array }): void;
  /** Once, whichever end it came from; `code` is 1006 when the connection just ended. */
  onClose(code: number, reason: string): void;
  /** What was queued has gone below the mark again. */
  onDrained(): void;
  /** Whether reading should stop for now; `resumeReading` goes on. */
  shouldStopReading(): boolean;
}

const ABNORMAL_CLOSURE = 1006;
/** More queued than this: the sender should wait. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A client that never reads may not make us keep more than this. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
/** How long a client may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 1_000;

type State =
  | { phase: "open" }
  /** A close frame is queued; then the connection ends. */
  | { phase: "closing"; code: number; reason: string }
  | { phase: "closed" };

export class ServerSocket {
  readonly #conn: Deno.Conn;
  readonly #events: ServerSocketEvents;
  readonly #reader: FrameReader;
  #filling = new OutputBatch();
  #writing = new OutputBatch();
  #isWriting = false;
  #isBackedUp = false;
  #isFrozen = false;
  #shouldEndWhenWritten = false;
  #state: State = { phase: "open" };
  #wake: (() => void) | undefined;
  #closeTimer: number | undefined;

  constructor(conn: Deno.Conn, events: ServerSocketEvents) {
    this.#conn = conn;
    this.#events = events;
    this.#reader = new FrameReader({
      onMessage: (message) => {
        if (this.#state.phase === "open") events.onMessage(message);
      },
      onPing: (payload) => this.#queue(OPCODE.pong, payload),
      onClose: (code, reason) => this.#onPeerClose(code, reason),
    });
  }

  /** More is queued than the client takes; `onDrained` tells when that is over. */
  get isBackedUp(): boolean {
    return this.#isBackedUp;
  }

  send(payload: Uint8Array): void {
    this.#queue(OPCODE.binary, payload);
  }

  /** Closes properly, behind what is queued. */
  close(code: number, reason: string): void {
    if (this.#state.phase !== "open") return;
    const text = new TextEncoder().encode(reason).subarray(0, 123);
    const payload = new Uint8Array(2 + text.byteLength);
    payload[0] = code >>> 8;
    payload[1] = code & 0xff;
    payload.set(text, 2);
    this.#queue(OPCODE.close, payload);
    this.#state = { phase: "closing", code, reason };
    this.#closeTimer = Number(setTimeout(() => this.#end(), CLOSE_TIMEOUT_MS));
  }

  /** Ends the TCP connection without a close frame. */
  cut(): void {
    this.#end();
  }

  /** Stops everything in both directions, or lets it go on where it stopped. */
  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    if (isFrozen) return;
    this.resumeReading();
    this.#startWriting();
  }

  /** `shouldStopReading` may have changed its mind. */
  resumeReading(): void {
    this.#wake?.();
  }

  /** Reads until the connection ends. @param first Bytes that came behind the upgrade. */
  async run(first: Uint8Array): Promise<void> {
    try {
      this.#reader.room.set(first);
      let count: number | null = first.byteLength;
      while (count !== null && this.#state.phase !== "closed") {
        this.#reader.filled(count, () => this.#mustWait());
        while (this.#mustWait()) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          this.#wake = undefined;
          this.#reader.filled(0, () => this.#mustWait());
        }
        if (this.#isClosed()) break;
        count = await this.#conn.read(this.#reader.room);
      }
    } catch (error) {
      // A reset, or our own closing of the connection: in both cases it has ended.
      if (error instanceof FrameError && this.#state.phase === "open") {
        this.close(error.code, error.message);
        await this.#discardUntilEnd();
      }
    }
    this.#end();
  }

  #isClosed(): boolean {
    return this.#state.phase === "closed";
  }

  #mustWait(): boolean {
    return this.#state.phase === "open" && (this.#isFrozen || this.#events.shouldStopReading());
  }

  /** After a protocol error: nothing more is understood, but the close frame should arrive. */
  async #discardUntilEnd(): Promise<void> {
    const scratch = new Uint8Array(4096);
    try {
      while (!this.#isClosed() && await this.#conn.read(scratch) !== null);
    } catch {
      // The connection has ended.
    }
  }

  #onPeerClose(code: number, reason: string): void {
    const hasSentClose = this.#state.phase === "closing";
    if (!hasSentClose) {
      this.close(code === CLOSE_CODE.none ? CLOSE_CODE.normal : code, "");
      this.#state = { phase: "closing", code, reason };
    }
    this.#endWhenWritten();
  }

  #endWhenWritten(): void {
    if (!this.#isWriting && this.#filling.bytes === 0) this.#end();
    else this.#shouldEndWhenWritten = true;
  }

  #queue(opcode: number, payload: Uint8Array): void {
    if (this.#state.phase !== "open") return;
    this.#filling.addFrame(opcode, payload);
    if (this.#filling.bytes > MAX_QUEUED_BYTES) return this.#end();
    if (this.#filling.bytes > HIGH_WATER_BYTES) this.#isBackedUp = true;
    this.#startWriting();
  }

  #startWriting(): void {
    if (this.#isWriting || this.#filling.bytes === 0) return;
    this.#isWriting = true;
    // Not at once: what is sent in the same turn goes out in the same write.
    queueMicrotask(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#filling.bytes > 0 && !this.#isFrozen && !this.#isClosed()) {
        [this.#filling, this.#writing] = [this.#writing, this.#filling];
        this.#noteDrained();
        const bytes = this.#writing.view;
        for (let at = 0; at < bytes.byteLength;) at += await this.#conn.write(bytes.subarray(at));
        this.#writing.clear();
      }
    } catch {
      this.#end();
    }
    this.#isWriting = false;
    if (this.#shouldEndWhenWritten) this.#end();
  }

  #noteDrained(): void {
    if (!this.#isBackedUp) return;
    this.#isBackedUp = false;
    this.#events.onDrained();
  }

  #end(): void {
    const state = this.#state;
    if (state.phase === "closed") return;
    this.#state = { phase: "closed" };
    clearTimeout(this.#closeTimer);
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
    this.#wake?.();
    if (state.phase === "closing") this.#events.onClose(state.code, state.reason);
    else this.#events.onClose(ABNORMAL_CLOSURE, "");
  }
}
