/**
 * Which of the account's limits has ended a session.
 *
 * @module
 */
import type { SessionPolicy } from "./hosted.ts";

const MINUTE_MS = 60_000;
/** The service counts for itself, and need not be exact. */
const SLACK_MS = 30_000;

/** The limit in words; undefined when none was reached. Times are epoch ms. */
export function limitReached(
  { idleTimeoutMin, maxDurationMin }: SessionPolicy,
  since: { lastActivityAtMs: number; sessionStartedAtMs: number },
  nowMs: number,
): string | undefined {
  const hasPassed = (minutes: number | undefined, sinceMs: number) =>
    minutes !== undefined && nowMs - sinceMs >= minutes * MINUTE_MS - SLACK_MS;
  if (hasPassed(maxDurationMin, since.sessionStartedAtMs)) {
    return `the account's maximum session duration of ${maxDurationMin} min is over`;
  }
  if (hasPassed(idleTimeoutMin, since.lastActivityAtMs)) {
    return `the account's idle timeout of ${idleTimeoutMin} min has ended it`;
  }
  return undefined;
}
