/**
 * One step with a deadline.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";

export interface DeadlineOptions {
  clock: Clock;
  timeoutMs: number;
  /** The error of a step that took too long. */
  timeoutError(): Error;
  /** Ends the step early, with its reason. */
  signal: AbortSignal;
}

/**
 * Runs `step` and rejects with `timeoutError` when it takes too long, even if it ignores its signal.
 *
 * @throws What `step` throws, the signal's reason, or the timeout error.
 */
export async function withDeadline<T>(
  step: (signal: AbortSignal) => Promise<T>,
  { clock, timeoutMs, timeoutError, signal }: DeadlineOptions,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const aborted = Promise.withResolvers<never>();
  controller.signal.addEventListener("abort", () => aborted.reject(controller.signal.reason));
  // Nobody may be waiting for it any more when it fires.
  aborted.promise.catch(() => {});
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = clock.setTimeout(() => controller.abort(timeoutError()), timeoutMs);
  try {
    const work = step(controller.signal);
    work.catch(() => {});
    return await Promise.race([work, aborted.promise]);
  } finally {
    clock.clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** Waits, or rejects with the signal's reason. */
export function wait(
  delayMs: number,
  options: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { clock, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = clock.setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
