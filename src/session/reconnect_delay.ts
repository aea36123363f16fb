/**
 * How long to wait before another attempt.
 *
 * @module
 */

/** When to try again. */
export interface ReconnectPolicy {
  /** Attempts in a row; 0: without end. */
  maxAttempts: number;
  baseDelayMs: number;
  maxDelayMs: number;
}

/**
 * The delay before attempt `attempt` (0 is the first, made at once): full jitter below an exponential
 * bound, so that many clients do not come back together.
 *
 * @param random A number in [0, 1).
 */
export function reconnectDelayMs(
  attempt: number,
  policy: ReconnectPolicy,
  random: () => number,
): number {
  if (attempt === 0) return 0;
  // Past this the bound is reached by any policy, and the power would grow to infinity.
  const doublings = Math.min(attempt - 1, 30);
  return random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** doublings);
}
