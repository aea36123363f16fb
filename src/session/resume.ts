/**
 * Brings a lost data channel back: ResumeSession for a new token, a new connection, a replay.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { SessionService } from "./contracts.ts";
import type { DataChannel } from "./data_channel.ts";
import { wait, withDeadline } from "./deadline.ts";

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

export interface ResumerOptions {
  channel: DataChannel;
  service: SessionService;
  policy: ReconnectPolicy;
  /** For each attempt. */
  timeoutMs: number;
  clock: Clock;
  /** Default: `Math.random`. */
  random?: () => number;
  onFailedAttempt(attempt: number, error: unknown): void;
}

/**
 * How long a connection must last to count as one, when nothing is heard over it. The gateway does not
 * confirm the token: one that it refuses shows as a close right after the opening.
 */
const PROVEN_AFTER_MS = 10_000;

/** Resumes one session as often as it is lost. */
export class Resumer {
  readonly #options: ResumerOptions;
  /** Attempts in a row, those too whose connection did not last. */
  #attempts = 0;
  #connectedAtMs = -Infinity;

  constructor(options: ResumerOptions) {
    this.#options = options;
  }

  /**
   * Tries until the channel is connected again.
   *
   * @returns `ended` when the service says that the session is over.
   * @throws {AppError} The last attempt's error when the attempts are used up, or at once when trying
   * again cannot help (permission, credentials); the signal's reason.
   */
  async resume(sessionId: string, signal: AbortSignal): Promise<"resumed" | "ended"> {
    const { channel, clock, policy } = this.#options;
    const lastedMs = clock.nowMs() - this.#connectedAtMs;
    if (channel.hasHeard || lastedMs >= PROVEN_AFTER_MS) this.#attempts = 0;
    else this.#fail(new Error("the gateway closed the new connection at once"));
    for (;;) {
      const random = this.#options.random ?? Math.random;
      await wait(reconnectDelayMs(this.#attempts, policy, random), { clock, signal });
      this.#attempts++;
      try {
        const outcome = await this.#attempt(sessionId, signal);
        this.#connectedAtMs = clock.nowMs();
        return outcome;
      } catch (error) {
        signal.throwIfAborted();
        this.#fail(error);
      }
    }
  }

  #attempt(sessionId: string, signal: AbortSignal): Promise<"resumed" | "ended"> {
    const { channel, clock, service, timeoutMs } = this.#options;
    return withDeadline(async (stepSignal) => {
      const grant = await service.resumeSession(sessionId, stepSignal);
      if (grant === undefined) return "ended";
      await channel.connect(grant, stepSignal);
      return "resumed";
    }, {
      clock,
      signal,
      timeoutMs,
      timeoutError: () => new AppError("network", "Resuming the session: no answer in time"),
    });
  }

  /** The last attempt brought nothing. Throws when there is no use in another. */
  #fail(error: unknown): void {
    const { policy, onFailedAttempt } = this.#options;
    onFailedAttempt(this.#attempts, error);
    const isFinal = error instanceof AppError && (error.kind === "auth" || error.kind === "target");
    const isLast = policy.maxAttempts > 0 && this.#attempts >= policy.maxAttempts;
    if (!isFinal && !isLast) return;
    if (error instanceof AppError) throw error;
    throw new AppError("network", `Resuming the session: ${messageOf(error)}`, { cause: error });
  }
}
