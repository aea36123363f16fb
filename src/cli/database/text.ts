/**
 * What the commands of `database` show a person.
 *
 * @module
 */
import type { sessionFields, stateChangeFields } from "../../storage/mod.ts";
import { formatBytes } from "../connect/status_line.ts";
import { formatDuration, formatTime } from "../duration.ts";
import { tableLines } from "../table.ts";
import { printable } from "../text.ts";

type Session = ReturnType<typeof sessionFields>;

export function infoLines(info: {
  path: string;
  size_bytes: number;
  schema_version: number;
  journal_mode: string;
  rows: { sessions: number; state_changes: number; samples: number };
  integrity: string;
}): string[] {
  const { sessions, state_changes, samples } = info.rows;
  return pairs({
    "Path": info.path,
    "Size": formatBytes(info.size_bytes),
    "Schema version": String(info.schema_version),
    "Journal": info.journal_mode,
    "Rows": `${sessions} sessions, ${state_changes} changes of state, ${samples} samples`,
    "Integrity": info.integrity,
  });
}

/** A table of sessions, the newest first. */
export function sessionLines(sessions: readonly Session[], width: number | undefined): string[] {
  return tableLines(
    [
      { title: "STARTED" },
      { title: "SESSION", cutTo: 12 },
      { title: "INSTANCE", cutTo: 10 },
      { title: "FORWARD", cutTo: 12 },
      { title: "STATE" },
      { title: "LASTED" },
      { title: "IN" },
      { title: "OUT" },
      { title: "RECONNECTS" },
    ],
    sessions.map((session) => [
      formatTime(session.started_at),
      session.session_id,
      session.instance_name ?? session.instance_id,
      forward(session),
      session.state,
      formatDuration(session.duration_s),
      formatBytes(session.bytes_in),
      formatBytes(session.bytes_out),
      String(session.reconnects),
    ]),
    width,
  );
}

interface RoundTrips {
  round_trips: number;
  round_trip_p50_ms: number | null;
  round_trip_p95_ms: number | null;
  round_trip_p99_ms: number | null;
}

export function statsLines(
  stats: RoundTrips & {
    sessions: number;
    ended_by: { user: number; remote: number; lost: number; open: number };
    first_started_at: string | null;
    last_started_at: string | null;
    bytes_in: number;
    bytes_out: number;
    reconnects: number;
    restarts: number;
    retransmissions: number;
    availability: number | null;
    connect_p50_ms: number | null;
    connect_p95_ms: number | null;
  },
): string[] {
  const { user, remote, lost, open } = stats.ended_by;
  const [first, last] = [stats.first_started_at, stats.last_started_at];
  return pairs({
    "Sessions": String(stats.sessions),
    "Ended": `${user} as asked, ${remote} by AWS or the agent, ${lost} lost; ${open} have not`,
    "Started": first === null || last === null
      ? "-"
      : `${formatTime(first)} to ${formatTime(last)}`,
    "Traffic": `in ${formatBytes(stats.bytes_in)}, out ${formatBytes(stats.bytes_out)}`,
    "Opening": `p50 ${ms(stats.connect_p50_ms)}, p95 ${ms(stats.connect_p95_ms)}`,
    "Round trip": roundTrip(stats),
    "Reconnects": `${stats.reconnects}, of these ${stats.restarts} restarts`,
    "Retransmissions": String(stats.retransmissions),
    "Availability": share(stats.availability),
  });
}

export function storedSessionLines(
  { session, state_changes, samples, ...roundTrips }: RoundTrips & {
    session: Session;
    samples: number;
    state_changes: readonly ReturnType<typeof stateChangeFields>[];
  },
): string[] {
  const ended = session.ended_at === null
    ? "-"
    : `${formatTime(session.ended_at)}, ${session.ended_by}` +
      (session.end_reason === null ? "" : `: ${session.end_reason}`);
  const lines = pairs({
    "Session": session.session_id,
    "Before restarts": session.previous_session_ids.join(", ") || "-",
    "Instance": session.instance_name === null
      ? session.instance_id
      : `${session.instance_id} (${session.instance_name})`,
    "Forward": forward(session),
    "State": session.state,
    "Started": formatTime(session.started_at),
    "Ended": ended,
    "Lasted": formatDuration(session.duration_s),
    "Opening": ms(session.connect_ms),
    "Traffic": `in ${formatBytes(session.bytes_in)}, out ${formatBytes(session.bytes_out)}`,
    "Round trip": roundTrip(roundTrips),
    "Reconnects": `${session.reconnects}, of these ${session.restarts} restarts`,
    "Retransmissions": String(session.retransmissions),
    "Availability": share(session.availability),
    "Samples": String(samples),
  });
  const changes = state_changes.map(({ at, from, to, reason }) => {
    const why = reason === null ? "" : `: ${reason}`;
    return printable(`  ${formatTime(at)}  ${from} -> ${to}${why}`);
  });
  return changes.length === 0 ? lines : [...lines, "", "Changes of state", ...changes];
}

function pairs(values: Readonly<Record<string, string>>): string[] {
  const width = Math.max(...Object.keys(values).map((name) => name.length)) + 2;
  return Object.entries(values).map(([name, value]) => name.padEnd(width) + printable(value));
}

/** `127.0.0.1:8080 -> 80`, or what stands for it without a local port, or without any. */
function forward(session: Session): string {
  if (session.remote_port === null) return session.kind;
  const from = session.local_port === null ? session.kind : `${session.bind}:${session.local_port}`;
  const host = session.remote_host === null ? "" : `${session.remote_host}:`;
  return `${from} -> ${host}${session.remote_port}`;
}

function roundTrip(figures: RoundTrips): string {
  if (figures.round_trips === 0) return "-";
  const { round_trip_p50_ms, round_trip_p95_ms, round_trip_p99_ms } = figures;
  return `p50 ${ms(round_trip_p50_ms)}, p95 ${ms(round_trip_p95_ms)}, p99 ${ms(round_trip_p99_ms)}`;
}

function ms(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(1)} ms`;
}

function share(value: number | null): string {
  return value === null ? "-" : `${(value * 100).toFixed(2)} %`;
}
