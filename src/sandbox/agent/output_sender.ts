/**
 * Sends the output of a shell or a command: a payload at a time, at the agent's pace, no faster than
 * the session takes it.
 *
 * Source: agent shell.go writePump.
 *
 * @module
 */
import { Pace } from "./pace.ts";
import { PAYLOAD_BYTES, type PluginHost } from "./plugin.ts";
import { Utf8Pieces } from "./utf8_pieces.ts";

const NOTHING = new Uint8Array(0);

export interface OutputSource {
  /** Asks for the next bytes, which come through `take`, or the end through `end`. */
  read(): void;
  /** All was sent. */
  onSent(): void;
}

export class OutputSender {
  readonly #host: PluginHost;
  readonly #payloadType: number;
  readonly #source: OutputSource;
  readonly #prefix: Uint8Array;
  readonly #pieces = new Utf8Pieces();
  readonly #pace = new Pace();
  #unsent: Uint8Array = NOTHING;
  #needsPrefix = true;
  #hasStarted = false;
  #hasEnded = false;
  #isClosed = false;

  /** @param options.prefix Set in front of the first piece, and of each that follows a line's end. */
  constructor(
    host: PluginHost,
    options: { payloadType: number; prefix?: string; source: OutputSource },
  ) {
    this.#host = host;
    this.#payloadType = options.payloadType;
    this.#prefix = new TextEncoder().encode(options.prefix ?? "");
    this.#source = options.source;
  }

  /** From now on output is read and sent. */
  start(): void {
    this.#hasStarted = true;
    this.pump();
  }

  take(bytes: Uint8Array): void {
    this.#unsent = bytes;
    this.pump();
  }

  /** There is no more behind what `take` was given. */
  end(): void {
    this.#hasEnded = true;
    this.pump();
  }

  close(): void {
    this.#isClosed = true;
    this.#pace.cancel();
  }

  /** Sends what may be sent; called again whenever there may be room. */
  pump(): void {
    while (this.#hasStarted && !this.#isClosed && !this.#pace.isSleeping) {
      if (this.#unsent.byteLength === 0 && this.#hasEnded) {
        this.close();
        return this.#source.onSent();
      }
      if (!this.#host.canSend()) return;
      if (this.#unsent.byteLength === 0) return this.#source.read();
      this.#sendPiece();
      if (this.#host.isPaced) this.#pace.sleep(() => this.pump());
    }
  }

  /** Sends what was taken, whether there is room or not. */
  flush(): void {
    while (this.#unsent.byteLength > 0) this.#sendPiece();
  }

  #sendPiece(): void {
    const size = PAYLOAD_BYTES - this.#prefix.byteLength;
    const read = this.#unsent.subarray(0, size);
    this.#unsent = this.#unsent.subarray(size);
    const piece = this.#pieces.take(this.#needsPrefix ? joined(this.#prefix, read) : read);
    this.#needsPrefix = read.at(-1) === NEWLINE;
    if (piece.byteLength > 0) this.#host.send(this.#payloadType, piece);
  }
}

const NEWLINE = 0x0a;

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.byteLength === 0) return second;
  const all = new Uint8Array(first.byteLength + second.byteLength);
  all.set(first);
  all.set(second, first.byteLength);
  return all;
}
