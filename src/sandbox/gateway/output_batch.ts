/**
 * Frames that wait to be written, gathered into one buffer: a system call and a promise for each of
 * many small messages would cost more than the messages.
 *
 * @module
 */

const START_BYTES = 64 * 1024;
/** A batch that had to grow beyond this is not kept. */
const KEEP_BYTES = 1024 * 1024;

export class OutputBatch {
  #buffer = new Uint8Array(START_BYTES);
  #length = 0;

  get bytes(): number {
    return this.#length;
  }

  /** Appends one unmasked, final frame. Source: RFC 6455 section 5.2. */
  addFrame(opcode: number, payload: Uint8Array): void {
    const length = payload.byteLength;
    this.#reserve(length + 10);
    const buffer = this.#buffer;
    buffer[this.#length++] = 0x80 | opcode;
    if (length < 126) {
      buffer[this.#length++] = length;
    } else if (length < 0x1_0000) {
      buffer[this.#length++] = 126;
      buffer[this.#length++] = length >>> 8;
      buffer[this.#length++] = length & 0xff;
    } else {
      buffer[this.#length++] = 127;
      for (let i = 0; i < 4; i++) buffer[this.#length++] = 0;
      for (let shift = 24; shift >= 0; shift -= 8) buffer[this.#length++] = length >>> shift;
    }
    buffer.set(payload, this.#length);
    this.#length += length;
  }

  /** What has been gathered: a view that is good until `clear`. */
  get view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.byteLength > KEEP_BYTES) this.#buffer = new Uint8Array(START_BYTES);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.byteLength * 2));
    larger.set(this.view);
    this.#buffer = larger;
  }
}
