/**
 * Sessions of ours that nobody uses any more.
 *
 * @module
 */

import type { ActiveSession, PreferencesDocument } from "./facts/session.ts";

const MINUTE_MS = 60_000;
/** Source: Session Manager user guide, "Specify an idle session timeout value". */
const DEFAULT_IDLE_MIN = 20;

/** Disconnected, and started longer ago than a session may be idle. */
export function staleSessions(
  { sessions, callerArn, preferences }: {
    sessions: readonly ActiveSession[];
    /** undefined: no session can be told to be ours. */
    callerArn: string | undefined;
    preferences: PreferencesDocument | undefined;
  },
  nowMs: number,
): ActiveSession[] {
  const chosen = preferences !== undefined && "preferences" in preferences
    ? preferences.preferences.idleTimeoutMin
    : undefined;
  const idleMs = (chosen ?? DEFAULT_IDLE_MIN) * MINUTE_MS;
  return sessions.filter(({ owner, status, startedAtMs }) =>
    callerArn !== undefined && owner === callerArn && status.toLowerCase() === "disconnected" &&
    startedAtMs !== undefined && nowMs - startedAtMs > idleMs
  );
}
