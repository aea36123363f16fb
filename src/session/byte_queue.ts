/**
 * Bytes that wait for a slow local reader, counted against a budget that all streams share.
 *
 * smux version 1 has no window per stream: what the agent sends must be taken, or every stream stops.
 * So each stream has its own queue, a slow reader fills only its own, and the budget is the bound.
 *
 * @module
 */

/** The bound of one session. Past it the fullest queue overflows: its reader is the one that lags. */
export class ByteBudget {
  /** Those that hold something. */
  readonly #queues = new Set<ByteQueue>();
  #used = 0;

  constructor(readonly limitBytes: number) {}

  get usedBytes(): number {
    return this.#used;
  }

  /** `queue` has taken `bytes` more in. */
  add(queue: ByteQueue, bytes: number): void {
    this.#used += bytes;
    this.#queues.add(queue);
    if (this.#used <= this.limitBytes) return;
    let fullest = queue;
    for (const other of this.#queues) if (other.bytes > fullest.bytes) fullest = other;
    fullest.overflow();
  }

  /** `queue` has given `bytes` away. */
  release(queue: ByteQueue, bytes: number): void {
    this.#used -= bytes;
    if (queue.bytes === 0) this.#queues.delete(queue);
  }
}

/** A queue of chunks. Views are kept as they are; `take` joins small ones, the only copy on the way in. */
export class ByteQueue {
  /** Called when this queue must give way: its owner clears it. */
  readonly overflow: () => void;
  readonly #budget: ByteBudget;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(budget: ByteBudget, overflow: () => void) {
    this.#budget = budget;
    this.overflow = overflow;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    this.#budget.add(this, chunk.byteLength);
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
    this.#budget.release(this, size);
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
    const bytes = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    this.#budget.release(this, bytes);
  }
}
