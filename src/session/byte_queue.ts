/**
 * Bytes that wait for a slow local reader, counted against a budget that all streams share.
 *
 * smux version 1 has no window per stream: what the agent sends must be taken, or every stream stops.
 * So each stream has its own queue, a slow reader fills only its own, and the budget is the bound.
 *
 * @module
 */

/** The bound of one session. */
export class ByteBudget {
  #used = 0;

  constructor(readonly limitBytes: number) {}

  get usedBytes(): number {
    return this.#used;
  }

  get isExceeded(): boolean {
    return this.#used > this.limitBytes;
  }

  add(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}

/** A queue of chunks. Views are kept as they are; `take` joins small ones, the only copy on the way in. */
export class ByteQueue {
  readonly #budget: ByteBudget;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    this.#budget.add(chunk.byteLength);
  }

  /** The next bytes, about `maxBytes` at most and at least one chunk; `undefined` when empty. */
  take(maxBytes: number): Uint8Array | undefined {
    const first = this.#chunks[0];
    if (first === undefined) return undefined;
    let count = 1;
    let size = first.byteLength;
    while (count < this.#chunks.length && size + this.#chunks[count]!.byteLength <= maxBytes) {
      size += this.#chunks[count]!.byteLength;
      count++;
    }
    const taken = this.#chunks.splice(0, count);
    this.#bytes -= size;
    this.#budget.release(size);
    if (count === 1) return first;
    const joined = new Uint8Array(size);
    let at = 0;
    for (const chunk of taken) {
      joined.set(chunk, at);
      at += chunk.byteLength;
    }
    return joined;
  }

  clear(): void {
    this.#budget.release(this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
  }
}
