/**
 * smux the obvious way: everything outgoing and everything incoming joined into one growing buffer,
 * frames built and cut out one by one. The baseline of the benches.
 *
 * @module
 */

const EMPTY = new Uint8Array(0);

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.byteLength + second.byteLength);
  whole.set(first);
  whole.set(second, first.byteLength);
  return whole;
}

export class NaiveMultiplexer {
  readonly #onData: (streamId: number, data: Uint8Array) => void;
  #outgoing: Uint8Array = EMPTY;
  #incoming: Uint8Array = EMPTY;

  constructor(onData: (streamId: number, data: Uint8Array) => void) {
    this.#onData = onData;
  }

  /** Frames of at most 32,768 bytes, first come, first served. */
  write(streamId: number, data: Uint8Array): void {
    for (let at = 0; at < data.byteLength; at += 32_768) {
      const part = data.slice(at, at + 32_768);
      const header = new DataView(new ArrayBuffer(8));
      header.setUint8(0, 1);
      header.setUint8(1, 2);
      header.setUint16(2, part.byteLength, true);
      header.setUint32(4, streamId, true);
      const frame = joined(new Uint8Array(header.buffer), part);
      this.#outgoing = joined(this.#outgoing, frame);
    }
  }

  pull(maxBytes: number): Uint8Array | undefined {
    if (this.#outgoing.byteLength === 0) return undefined;
    const piece = this.#outgoing.slice(0, maxBytes);
    this.#outgoing = this.#outgoing.slice(maxBytes);
    return piece;
  }

  receive(bytes: Uint8Array): void {
    this.#incoming = joined(this.#incoming, bytes);
    for (;;) {
      const { buffer, byteLength } = this.#incoming;
      if (byteLength < 8) return;
      const view = new DataView(buffer);
      const end = 8 + view.getUint16(2, true);
      if (byteLength < end) return;
      this.#onData(view.getUint32(4, true), this.#incoming.slice(8, end));
      this.#incoming = this.#incoming.slice(end);
    }
  }
}
