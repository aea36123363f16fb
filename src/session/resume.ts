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
  return random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
}

export interface ResumeOptions {
  channel: DataChannel;
  service: SessionService;
  sessionId: string;
  policy: ReconnectPolicy;
  /** For each attempt. */
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
  onFailedAttempt(attempt: number, error: unknown): void;
}

/**
 * Tries until the channel is connected again.
 *
 * @returns `ended` when the service says that the session is over.
 * @throws {AppError} The last attempt's error when the attempts are used up, or at once when trying
 * again cannot help (permission, credentials).
 */
export async function resume(options: ResumeOptions): Promise<"resumed" | "ended"> {
  const { channel, service, sessionId, policy, clock, signal } = options;
  for (let attempt = 0;; attempt++) {
    await wait(reconnectDelayMs(attempt, policy, Math.random), { clock, signal });
    try {
      return await withDeadline(async (stepSignal) => {
        const grant = await service.resumeSession(sessionId, stepSignal);
        if (grant === undefined) return "ended";
        await channel.connect(grant, stepSignal);
        return "resumed";
      }, {
        clock,
        signal,
        timeoutMs: options.timeoutMs,
        timeoutError: () => new AppError("network", "Resuming the session: no answer in time"),
      });
    } catch (error) {
      signal.throwIfAborted();
      const isFinal = error instanceof AppError &&
        (error.kind === "auth" || error.kind === "target");
      const isLast = policy.maxAttempts > 0 && attempt + 1 >= policy.maxAttempts;
      options.onFailedAttempt(attempt + 1, error);
      if (!isFinal && !isLast) continue;
      if (error instanceof AppError) throw error;
      throw new AppError("network", `Resuming the session: ${messageOf(error)}`, { cause: error });
    }
  }
}
