/**
 * Writing and reading the history of sessions.
 *
 * @module
 */
import { safeText } from "../aws/mod.ts";
import type { RoundTripCounts } from "../protocol/mod.ts";
import type { Database } from "./database.ts";
import type {
  Sample,
  SessionEnding,
  SessionHolder,
  SessionRecord,
  StoredSample,
  StoredSession,
  StoredStateChange,
} from "./rows.ts";

/**
 * Silence after which a session that never ended is lost: its host was killed. A host writes of its
 * sessions every minute at least.
 */
export const LOST_AFTER_MS = 3 * 60_000;

/** The state of a session as it is known now: `lost` when its host writes no more. */
export function stateNow(session: StoredSession, nowMs: number): string {
  if (session.end !== undefined) return session.state;
  return nowMs - session.updatedAtMs > LOST_AFTER_MS ? "lost" : session.state;
}

// --- Writing ---

/** What may change while a session lives, in the order of {@link changingValues}. */
const CHANGING = [
  "session_id",
  "instance_id",
  "instance_name",
  "keep_alive",
  "agent_version",
  "mode",
  "state",
  "updated_at_ms",
  "active_ms",
  "reconnects",
  "restarts",
  "bytes_in",
  "bytes_out",
  "retransmissions",
] as const;

function changingValues(session: SessionRecord, nowMs: number) {
  return [
    session.sessionId,
    session.instanceId,
    session.instanceName ?? null,
    session.keepAlive,
    session.agentVersion,
    session.mode,
    session.state,
    nowMs,
    session.activeMs,
    session.reconnects,
    session.restarts,
    session.bytesIn,
    session.bytesOut,
    session.retransmissions,
  ];
}

const FIXED = [
  "kind",
  "selector",
  "preset",
  "region",
  "bind",
  "local_port",
  "remote_host",
  "remote_port",
  "priority",
  "host_pid",
  "is_background",
  "started_at_ms",
  "connect_ms",
] as const;

const COLUMNS = [...CHANGING, ...FIXED];
const INSERT_SESSION = `INSERT INTO session (${COLUMNS.join(", ")})
  VALUES (${COLUMNS.map(() => "?").join(", ")})`;
const UPDATE_SESSION = `UPDATE session SET ${CHANGING.map((name) => `${name} = ?`).join(", ")}
  WHERE id = ?`;

/** @returns The session's `id` for everything that follows. */
export function addSession(
  database: Database,
  session: SessionRecord,
  { hostPid, isBackground, nowMs }: SessionHolder & { nowMs: number },
): number {
  const { lastId } = database.run(
    INSERT_SESSION,
    ...changingValues(session, nowMs),
    session.kind,
    session.selector,
    session.preset ?? null,
    session.region,
    session.bind,
    session.localPort,
    session.remoteHost ?? null,
    session.remotePort,
    session.priority,
    hostPid,
    isBackground ? 1 : 0,
    session.startedAtMs,
    session.connectMs,
  );
  keepPreviousIds(database, lastId, session);
  return lastId;
}

/** Brings a session's row up to date. @returns False when it is not there any more. */
export function updateSession(
  database: Database,
  id: number,
  { session, nowMs }: { session: SessionRecord; nowMs: number },
): boolean {
  const { changes } = database.run(UPDATE_SESSION, ...changingValues(session, nowMs), id);
  if (changes === 0) return false;
  keepPreviousIds(database, id, session);
  return true;
}

function keepPreviousIds(database: Database, id: number, session: SessionRecord): void {
  for (const previous of session.previousSessionIds) {
    database.run("INSERT OR IGNORE INTO previous_session_id VALUES (?, ?)", id, previous);
  }
}

export function endSession(database: Database, id: number, end: SessionEnding): void {
  database.run(
    "UPDATE session SET ended_at_ms = ?, ended_by = ?, end_reason = ? WHERE id = ?",
    end.atMs,
    end.by,
    safeText(end.reason),
    id,
  );
}

/**
 * Closes the rows of a session whose host was killed and could not do so itself.
 *
 * @param sessionId AWS's id, the newest.
 */
export function closeLostSession(
  database: Database,
  sessionId: string,
  end: SessionEnding,
): void {
  database.run(
    `UPDATE session SET state = 'closed', ended_at_ms = ?, ended_by = ?, end_reason = ?
      WHERE ended_at_ms IS NULL AND session_id = ?`,
    end.atMs,
    end.by,
    safeText(end.reason),
    sessionId,
  );
}

export function addStateChange(
  database: Database,
  id: number,
  change: { atMs: number; from: string; to: string; reason?: string | undefined },
): void {
  database.run(
    `INSERT INTO state_change (session, at_ms, from_state, to_state, reason)
      VALUES (?, ?, ?, ?, ?)`,
    id,
    change.atMs,
    change.from,
    change.to,
    change.reason === undefined ? null : safeText(change.reason),
  );
}

export function addSample(database: Database, id: number, sample: Sample): void {
  database.run(
    `INSERT INTO sample (session, at_ms, span_ms, round_trips, bytes_in, bytes_out,
      retransmissions, active_ms, open_connections) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    sample.atMs,
    sample.spanMs,
    JSON.stringify(sample.roundTrips),
    sample.bytesIn,
    sample.bytesOut,
    sample.retransmissions,
    sample.activeMs,
    sample.openConnections,
  );
}

// --- Reading ---

interface SessionRow {
  id: number;
  session_id: string;
  previous_ids: string | null;
  kind: string;
  instance_id: string;
  instance_name: string | null;
  selector: string;
  preset: string | null;
  region: string;
  bind: string;
  local_port: number;
  remote_host: string | null;
  remote_port: number;
  priority: string;
  keep_alive: string;
  host_pid: number;
  is_background: number;
  agent_version: string;
  mode: string;
  state: string;
  started_at_ms: number;
  updated_at_ms: number;
  connect_ms: number;
  active_ms: number;
  reconnects: number;
  restarts: number;
  bytes_in: number;
  bytes_out: number;
  retransmissions: number;
  ended_at_ms: number | null;
  ended_by: string | null;
  end_reason: string | null;
}

/** Which sessions are wanted; all that is left out is not asked for. */
export interface SessionFilter {
  /** Instance id or Name tag. */
  instance?: string | undefined;
  /** AWS's id, present or before a restart, or the beginning of one. */
  sessionIdPrefix?: string | undefined;
  localPort?: number | undefined;
  /** Alive at this time or later, epoch ms. */
  sinceMs?: number | undefined;
  limit?: number | undefined;
}

/** Sessions, the newest first. */
export function listSessions(database: Database, filter: SessionFilter = {}): StoredSession[] {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const where = (condition: string, ...more: (string | number)[]) => {
    conditions.push(condition);
    values.push(...more);
  };
  const { instance, sessionIdPrefix: prefix, localPort, sinceMs } = filter;
  if (instance !== undefined) where("(instance_id = ? OR instance_name = ?)", instance, instance);
  if (prefix !== undefined) {
    where(
      `(substr(session_id, 1, ?) = ? OR EXISTS (SELECT 1 FROM previous_session_id AS p
        WHERE p.session = session.id AND substr(p.session_id, 1, ?) = ?))`,
      prefix.length,
      prefix,
      prefix.length,
      prefix,
    );
  }
  if (localPort !== undefined) where("local_port = ?", localPort);
  if (sinceMs !== undefined) where("coalesce(ended_at_ms, updated_at_ms) >= ?", sinceMs);
  const rows = database.all<SessionRow>(
    `SELECT *, (SELECT json_group_array(p.session_id) FROM previous_session_id AS p
        WHERE p.session = session.id) AS previous_ids
      FROM session ${conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`}
      ORDER BY started_at_ms DESC, id DESC LIMIT ?`,
    ...values,
    filter.limit ?? -1,
  );
  return rows.map(toSession);
}

function toSession(row: SessionRow): StoredSession {
  return {
    id: row.id,
    sessionId: row.session_id,
    previousSessionIds: JSON.parse(row.previous_ids ?? "[]"),
    kind: row.kind,
    instanceId: row.instance_id,
    instanceName: row.instance_name ?? undefined,
    selector: row.selector,
    preset: row.preset ?? undefined,
    region: row.region,
    bind: row.bind,
    localPort: row.local_port,
    remoteHost: row.remote_host ?? undefined,
    remotePort: row.remote_port,
    priority: row.priority,
    keepAlive: row.keep_alive,
    hostPid: row.host_pid,
    isBackground: row.is_background === 1,
    agentVersion: row.agent_version,
    mode: row.mode,
    state: row.state,
    startedAtMs: row.started_at_ms,
    updatedAtMs: row.updated_at_ms,
    connectMs: row.connect_ms,
    activeMs: row.active_ms,
    reconnects: row.reconnects,
    restarts: row.restarts,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    retransmissions: row.retransmissions,
    end: row.ended_at_ms === null ? undefined : {
      atMs: row.ended_at_ms,
      by: row.ended_by ?? "lost",
      reason: row.end_reason ?? "",
    },
  };
}

/** Changes of state of one session, the oldest first. */
export function listStateChanges(database: Database, id: number): StoredStateChange[] {
  const rows = database.all<
    { at_ms: number; from_state: string; to_state: string; reason: string | null }
  >(
    `SELECT at_ms, from_state, to_state, reason FROM state_change WHERE session = ?
      ORDER BY at_ms, id`,
    id,
  );
  return rows.map((row) => ({
    atMs: row.at_ms,
    from: row.from_state,
    to: row.to_state,
    reason: row.reason ?? undefined,
  }));
}

interface SampleRow {
  id: number;
  session: number;
  at_ms: number;
  span_ms: number;
  round_trips: string;
  bytes_in: number;
  bytes_out: number;
  retransmissions: number;
  active_ms: number;
  open_connections: number;
}

/** Samples of one session from `sinceMs` on, the oldest first. */
export function listSamples(database: Database, id: number, sinceMs = 0): StoredSample[] {
  return database.all<SampleRow>(
    "SELECT * FROM sample WHERE session = ? AND at_ms >= ? ORDER BY at_ms, id",
    id,
    sinceMs,
  ).map(toSample);
}

export function toSample(row: SampleRow): StoredSample {
  return {
    id: row.id,
    session: row.session,
    atMs: row.at_ms,
    spanMs: row.span_ms,
    roundTrips: JSON.parse(row.round_trips) as RoundTripCounts,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    retransmissions: row.retransmissions,
    activeMs: row.active_ms,
    openConnections: row.open_connections,
  };
}
