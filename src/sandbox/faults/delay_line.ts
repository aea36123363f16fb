/**
 * Messages that arrive later, in the order in which they were sent.
 *
 * @module
 */

export class DelayLine {
  readonly #deliver: (frame: Uint8Array) => void;
  #queue: { frame: Uint8Array; dueMs: number }[] = [];
  #timer: number | undefined;
  #bytes = 0;

  constructor(deliver: (frame: Uint8Array) => void) {
    this.#deliver = deliver;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Delivers `frame` after `delayMs`, and never before what was pushed earlier. */
  push(frame: Uint8Array, delayMs: number): void {
    if (delayMs === 0 && this.isEmpty) return this.#deliver(frame);
    const last = this.#queue.at(-1)?.dueMs ?? 0;
    this.#queue.push({ frame, dueMs: Math.max(performance.now() + delayMs, last) });
    this.#bytes += frame.byteLength;
    this.#schedule();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#bytes = 0;
  }

  #schedule(): void {
    const first = this.#queue[0];
    if (first === undefined || this.#timer !== undefined) return;
    const waitMs = Math.max(0, first.dueMs - performance.now());
    this.#timer = Number(setTimeout(() => this.#deliverDue(), waitMs));
  }

  #deliverDue(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    let due = this.#queue.findIndex((entry) => entry.dueMs > nowMs);
    if (due < 0) due = this.#queue.length;
    const arrived = this.#queue.splice(0, due);
    // Counted before any is delivered: a delivery may clear the line.
    for (const { frame } of arrived) this.#bytes -= frame.byteLength;
    for (const { frame } of arrived) this.#deliver(frame);
    this.#schedule();
  }
}
