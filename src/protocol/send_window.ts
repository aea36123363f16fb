/**
 * How many unacknowledged messages may be on their way: the pace of sending.
 *
 * The reference programs sleep 1 ms after each message. Here acknowledgements set the pace: the window
 * doubles each round trip until the path starts to queue or loses something, then moves gently around
 * the size that keeps the queue short, so that a bulk upload does not delay a keystroke beside it.
 *
 * @module
 */

export interface SendWindowOptions {
  initialMessages?: number;
  minMessages?: number;
  /** Well below the agent's and the plugin's 10,000-message buffers. */
  maxMessages?: number;
  /** Extra round trip, above the shortest seen, at which the path counts as queueing. */
  targetQueueMs?: number;
}

/** How long the shortest round trip is believed without being seen again: a path can change. */
const BASELINE_LIFE_MS = 10_000;

export class SendWindow {
  readonly #min: number;
  readonly #max: number;
  readonly #targetQueueMs: number;
  #size: number;
  #isSlowStart = true;
  /** The shortest round trip: that of a message which found no other of ours in its way. */
  #baselineMs = Infinity;
  #baselineSeenMs = 0;
  /**
   * While it is measured anew only the fewest messages may be on their way, since when. Without that
   * the baseline would be taken from a path that our own messages fill, and grow with every look.
   */
  #measuringSinceMs: number | undefined;
  /** Shrinking happens once a round trip: what is on its way now tells nothing new. */
  #noShrinkBeforeMs = 0;

  constructor(options: SendWindowOptions = {}) {
    this.#min = options.minMessages ?? 8;
    this.#max = options.maxMessages ?? 2048;
    this.#targetQueueMs = options.targetQueueMs ?? 60;
    this.#size = options.initialMessages ?? 64;
  }

  /** Messages that may be unacknowledged at a time. */
  get messages(): number {
    return this.#measuringSinceMs === undefined ? Math.floor(this.#size) : this.#min;
  }

  /**
   * An acknowledgement came.
   *
   * @param options.wasFull Whether the window was what limited sending: only then may it grow.
   */
  acknowledged(roundTripMs: number, nowMs: number, options: { wasFull: boolean }): void {
    this.#learnBaseline(roundTripMs, nowMs);
    if (this.#measuringSinceMs !== undefined) return;
    if (roundTripMs > this.#baselineMs * 1.25 + this.#targetQueueMs) {
      this.#isSlowStart = false;
      // The fewest messages make no queue: it is the path that has become longer.
      if (this.#size <= this.#min) this.#baselineMs = roundTripMs;
      else this.#shrink(0.85, roundTripMs, nowMs);
      return;
    }
    if (!options.wasFull) return;
    this.#size = Math.min(this.#max, this.#size + (this.#isSlowStart ? 1 : 4 / this.#size));
  }

  /** A message was overdue and went out again. */
  lost(roundTripMs: number, nowMs: number): void {
    this.#isSlowStart = false;
    this.#shrink(0.5, roundTripMs, nowMs);
  }

  #shrink(factor: number, roundTripMs: number, nowMs: number): void {
    if (nowMs < this.#noShrinkBeforeMs) return;
    this.#noShrinkBeforeMs = nowMs + roundTripMs;
    this.#size = Math.max(this.#min, this.#size * factor);
  }

  #learnBaseline(roundTripMs: number, nowMs: number): void {
    if (this.#measuringSinceMs !== undefined) {
      // Sent before: it waited behind what was on its way then.
      if (nowMs - roundTripMs <= this.#measuringSinceMs) return;
      this.#measuringSinceMs = undefined;
      this.#baselineMs = roundTripMs;
      this.#baselineSeenMs = nowMs;
    } else if (roundTripMs <= this.#baselineMs * 1.1 + 1) {
      this.#baselineMs = Math.min(this.#baselineMs, roundTripMs);
      this.#baselineSeenMs = nowMs;
    } else if (nowMs - this.#baselineSeenMs >= BASELINE_LIFE_MS) {
      this.#measuringSinceMs = nowMs;
    }
  }
}
