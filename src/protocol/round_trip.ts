/**
 * Round-trip time and retransmission timeout, as both reference programs compute them.
 *
 * Source: CalculateRetransmissionTimeout and config.go of the plugin and of the agent.
 *
 * @module
 */
import {
  INITIAL_RTO_MS,
  INITIAL_RTT_MS,
  INITIAL_RTT_VARIANCE_MS,
  MAX_RTO_MS,
  RTO_GRANULARITY_MS,
} from "./constants.ts";

export class RoundTripEstimator {
  #smoothedMs = INITIAL_RTT_MS;
  #varianceMs = INITIAL_RTT_VARIANCE_MS;
  #timeoutMs = INITIAL_RTO_MS;
  #measuredMs: number | undefined;

  /**
   * Smoothed round-trip time in ms, or `undefined` before the first sample. Unlike the mean behind the
   * timeout it starts with what was measured: on a quick path that one is wrong for its first dozens.
   */
  get roundTripMs(): number | undefined {
    return this.#measuredMs;
  }

  /** Retransmission timeout in ms, at most `MAX_RTO_MS`. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Takes the time in ms between sending a message and its acknowledgement. */
  sample(elapsedMs: number): void {
    this.#measuredMs = this.#measuredMs === undefined
      ? elapsedMs
      : 0.875 * this.#measuredMs + 0.125 * elapsedMs;
    // The order matters: the variance is taken against the old mean.
    this.#varianceMs = 0.75 * this.#varianceMs + 0.25 * Math.abs(this.#smoothedMs - elapsedMs);
    this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * elapsedMs;
    this.#timeoutMs = Math.min(
      this.#smoothedMs + Math.max(RTO_GRANULARITY_MS, 4 * this.#varianceMs),
      MAX_RTO_MS,
    );
  }
}
