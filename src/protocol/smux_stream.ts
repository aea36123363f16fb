/**
 * One stream of the multiplexer.
 *
 * @module
 */

/** What a stream needs of its session. */
export interface SmuxStreamOwner {
  /** The stream has something to send. */
  onStreamOutput(stream: SmuxStream): void;
  /** Both ends are done, or the stream was discarded: forget it. */
  onStreamDone(stream: SmuxStream): void;
}

const noop = () => {};

/**
 * A stream: bytes each way and an end each way.
 *
 * The handlers are set right after the stream appears, before anything else can arrive. Sending FIN
 * does not stop receiving; the stream is forgotten when both ends have sent theirs.
 */
export class SmuxStream {
  readonly id: number;
  /** Bytes arrived: a view into the received message, to be kept or copied by the handler. */
  onData: (bytes: Uint8Array) => void = noop;
  /** The peer sent FIN. Nothing more arrives. */
  onEnd: () => void = noop;
  /** Everything written has been taken by the session. */
  onDrain: () => void = noop;

  readonly #owner: SmuxStreamOwner;
  #pending: Uint8Array[] = [];
  /** Read position: chunks of `#pending` that are taken whole, and bytes of the next one. */
  #taken = 0;
  #offset = 0;
  #pendingBytes = 0;
  #receivedBytes = 0;
  #mustSendSyn: boolean;
  #isEnding = false;
  #hasSentFin = false;
  #hasPeerEnded = false;
  #isDiscarded = false;

  constructor(id: number, owner: SmuxStreamOwner, options: { mustSendSyn: boolean }) {
    this.id = id;
    this.#owner = owner;
    this.#mustSendSyn = options.mustSendSyn;
  }

  /** Bytes written and not yet taken by the session. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Bytes the peer has sent on this stream. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Whether the peer has sent FIN. */
  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** Whether `end` or `discard` was called. */
  get hasEnded(): boolean {
    return this.#isEnding;
  }

  /**
   * Queues bytes. The view is kept until it is sent, so the caller must not reuse its buffer.
   * Writing nothing sends nothing; after `end` or `discard` bytes are dropped.
   */
  write(bytes: Uint8Array): void {
    if (this.#isEnding || bytes.byteLength === 0) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.byteLength;
    this.#owner.onStreamOutput(this);
  }

  /** Sends FIN behind what is pending. Receiving goes on until the peer's FIN. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#owner.onStreamOutput(this);
  }

  /** Drops what is pending, sends FIN and ignores whatever still arrives. */
  discard(): void {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    this.#pending = [];
    this.#pendingBytes = this.#taken = this.#offset = 0;
    this.#isEnding = true;
    this.onData = this.onEnd = this.onDrain = noop;
    if (this.#hasSentFin) this.#owner.onStreamDone(this);
    else this.#owner.onStreamOutput(this);
  }

  // --- For the session only. ---

  /** @internal */
  receiveData(bytes: Uint8Array): void {
    if (this.#hasPeerEnded) return;
    this.#receivedBytes += bytes.byteLength;
    this.onData(bytes);
  }

  /** @internal */
  receiveFin(): void {
    if (this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.onEnd();
    if (this.#hasSentFin) this.#owner.onStreamDone(this);
  }

  /** @internal What the session must send next for this stream. */
  get nextOutput(): "syn" | "data" | "fin" | undefined {
    if (this.#mustSendSyn) return "syn";
    if (this.#pendingBytes > 0) return "data";
    if (this.#isEnding && !this.#hasSentFin) return "fin";
    return undefined;
  }

  /** @internal */
  markSynSent(): void {
    this.#mustSendSyn = false;
  }

  /** @internal */
  markFinSent(): void {
    this.#hasSentFin = true;
    if (this.#hasPeerEnded || this.#isDiscarded) this.#owner.onStreamDone(this);
  }

  /** @internal Moves exactly `count` pending bytes into `target`. */
  takeInto(target: Uint8Array, offset: number, count: number): void {
    this.#pendingBytes -= count;
    while (count > 0) {
      const chunk = this.#pending[this.#taken]!;
      const part = Math.min(chunk.byteLength - this.#offset, count);
      const isWhole = part === chunk.byteLength;
      target.set(isWhole ? chunk : chunk.subarray(this.#offset, this.#offset + part), offset);
      offset += part;
      count -= part;
      this.#offset += part;
      if (this.#offset === chunk.byteLength) this.#dropChunk();
    }
    if (this.#pendingBytes === 0) this.onDrain();
  }

  /** Moves on to the next chunk; what lies behind is let go in batches, as `shift` is slow for many. */
  #dropChunk(): void {
    this.#offset = 0;
    this.#taken++;
    if (this.#taken < 64 && this.#taken < this.#pending.length) return;
    this.#pending.splice(0, this.#taken);
    this.#taken = 0;
  }
}
