/**
 * The history as people's programs read it: trees for JSON and YAML, rows for CSV. Names are public
 * (docs/DATA_MODELS.md): snake_case, units in names, times in RFC 3339.
 *
 * @module
 */
import { countRoundTrips, type RoundTripCounts, roundTripPercentile } from "../protocol/mod.ts";
import type { Database } from "./database.ts";
import { listSamples, listSessions, listStateChanges, stateNow } from "./history.ts";
import type { StoredSample, StoredSession, StoredStateChange } from "./rows.ts";
import { availabilityOf, lastedMs } from "./statistics.ts";

type Cell = string | number | boolean | null;
type Fields = Record<string, Cell>;

/** One session of the history. */
export function sessionFields(session: StoredSession, nowMs: number) {
  const { end } = session;
  return {
    session_id: session.sessionId,
    previous_session_ids: session.previousSessionIds,
    kind: session.kind,
    instance_id: session.instanceId,
    instance_name: session.instanceName ?? null,
    selector: session.selector,
    preset: session.preset ?? null,
    region: session.region,
    bind: session.kind === "port" ? session.bind : null,
    local_port: session.kind === "port" ? session.localPort : null,
    remote_host: session.remoteHost ?? null,
    remote_port: session.remotePort || null,
    priority: session.priority,
    keep_alive: session.keepAlive,
    host_pid: session.hostPid,
    background: session.isBackground,
    agent_version: session.agentVersion,
    mode: session.mode,
    state: stateNow(session, nowMs),
    started_at: time(session.startedAtMs),
    ended_at: end === undefined ? null : time(end.atMs),
    ended_by: end?.by ?? null,
    end_reason: end?.reason || null,
    duration_s: Math.floor(lastedMs(session) / 1000),
    connect_ms: rounded(session.connectMs, 1),
    reconnects: session.reconnects,
    restarts: session.restarts,
    bytes_in: session.bytesIn,
    bytes_out: session.bytesOut,
    retransmissions: session.retransmissions,
    availability: optional(availabilityOf(session), 4),
  };
}

export function stateChangeFields(change: StoredStateChange) {
  return {
    at: time(change.atMs),
    from: change.from,
    to: change.to,
    reason: change.reason ?? null,
  };
}

export function sampleFields(sample: StoredSample) {
  return {
    at: time(sample.atMs),
    span_s: sample.spanMs / 1000,
    ...roundTripFields(sample.roundTrips),
    bytes_in: sample.bytesIn,
    bytes_out: sample.bytesOut,
    retransmissions: sample.retransmissions,
    active_s: rounded(sample.activeMs / 1000, 1),
    open_connections: sample.openConnections,
  };
}

/** Percentiles of round trips; null where there were none. */
export function roundTripFields(counts: RoundTripCounts) {
  return {
    round_trips: countRoundTrips(counts),
    round_trip_p50_ms: optional(roundTripPercentile(counts, 0.5), 2),
    round_trip_p95_ms: optional(roundTripPercentile(counts, 0.95), 2),
    round_trip_p99_ms: optional(roundTripPercentile(counts, 0.99), 2),
  };
}

/** Everything, as one tree. */
export function exportTree(database: Database, nowMs: number) {
  return {
    exported_at: time(nowMs),
    schema_version: database.version,
    sessions: database.atOneMoment(() =>
      listSessions(database).map((session) => ({
        ...sessionFields(session, nowMs),
        state_changes: listStateChanges(database, session.id).map(stateChangeFields),
        samples: listSamples(database, session.id).map(sampleFields),
      }))
    ),
  };
}

/**
 * Everything, as one table: the column `record` says what a row is, and cells that such a row does not
 * have are empty. Source of the form: RFC 4180.
 */
export function exportCsv(database: Database, nowMs: number): string {
  const rows: Fields[] = [];
  for (const session of exportTree(database, nowMs).sessions) {
    const { state_changes, samples, previous_session_ids, ...facts } = session;
    const { session_id } = facts;
    const previous = previous_session_ids.join(" ");
    rows.push({ record: "session", ...facts, previous_session_ids: previous });
    rows.push(
      ...state_changes.map((change) => ({ record: "state_change", session_id, ...change })),
    );
    rows.push(...samples.map((sample) => ({ record: "sample", session_id, ...sample })));
  }
  const columns = new Set(["record", "session_id", ...rows.flatMap((row) => Object.keys(row))]);
  const lines = rows.map((row) => [...columns].map((column) => csvCell(row[column])).join(","));
  return [[...columns].join(","), ...lines].map((line) => `${line}\r\n`).join("");
}

function csvCell(value: Cell | undefined): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function time(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function optional(value: number | undefined, digits: number): number | null {
  return value === undefined ? null : rounded(value, digits);
}
