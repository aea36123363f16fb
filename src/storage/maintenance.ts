/**
 * Keeping the database small and telling what is in it.
 *
 * @module
 */
import type { Database } from "./database.ts";
import { isBusy } from "./errors.ts";
import { addSample, listSamples, LOST_AFTER_MS } from "./history.ts";
import { planThinning, THINNING } from "./thinning.ts";

/** Sessions thinned in one go: bounds the time that the file is locked. */
const SESSIONS_A_GO = 50;

/**
 * Joins samples that have grown old.
 *
 * @returns How many samples fewer there are.
 */
export function thinSamples(database: Database, nowMs: number): number {
  const isDue = THINNING.map(() => "(span_ms < ? AND at_ms < ?)").join(" OR ");
  const limits = THINNING.flatMap(({ fromAgeMs, spanMs }) => [
    spanMs,
    nowMs - fromAgeMs - spanMs,
  ]);
  const sessions = database.all<{ session: number }>(
    `SELECT DISTINCT session FROM sample WHERE ${isDue} LIMIT ${SESSIONS_A_GO}`,
    ...limits,
  );
  return sessions.reduce((fewer, { session }) => fewer + thinSession(database, session, nowMs), 0);
}

function thinSession(database: Database, session: number, nowMs: number): number {
  return database.transaction(() => {
    let fewer = 0;
    for (const { from, into } of planThinning(listSamples(database, session), nowMs)) {
      for (const { id } of from) database.run("DELETE FROM sample WHERE id = ?", id);
      addSample(database, session, into);
      fewer += from.length - 1;
    }
    return fewer;
  });
}

/** Rows by table. */
export interface RowCounts {
  sessions: number;
  stateChanges: number;
  samples: number;
}

export function countRows(database: Database): RowCounts {
  const count = (table: string) =>
    database.one<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).n;
  return {
    sessions: count("session"),
    stateChanges: count("state_change"),
    samples: count("sample"),
  };
}

/**
 * Removes sessions that ended before `beforeMs`, with all that belongs to them. One that never ended
 * counts from when it was last heard of, and not at all while it may still live.
 *
 * @param isDryRun Nothing is removed.
 * @returns What was, or would be, removed.
 */
export function removeSessions(
  database: Database,
  { beforeMs, nowMs, isDryRun }: { beforeMs: number; nowMs: number; isDryRun: boolean },
): RowCounts {
  const isOld = "(ended_at_ms < ? OR (ended_at_ms IS NULL AND updated_at_ms < ?))";
  const limits = [beforeMs, Math.min(beforeMs, nowMs - LOST_AFTER_MS)];
  const count = (from: string) =>
    database.one<{ n: number }>(`SELECT count(*) AS n FROM ${from}`, ...limits).n;
  const belonging = `session IN (SELECT id FROM session WHERE ${isOld})`;
  return database.transaction(() => {
    const removed = {
      sessions: count(`session WHERE ${isOld}`),
      stateChanges: count(`state_change WHERE ${belonging}`),
      samples: count(`sample WHERE ${belonging}`),
    };
    if (!isDryRun) database.run(`DELETE FROM session WHERE ${isOld}`, ...limits);
    return removed;
  });
}

/** Gives the room of removed rows back to the disk, unless another process is using the file. */
export function shrinkFile(database: Database): void {
  try {
    database.all("PRAGMA incremental_vacuum");
    database.one("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    // The room is used for new rows then, and given back another time.
    if (!isBusy(error)) throw error;
  }
}
