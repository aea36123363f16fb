/**
 * `metrics` for a person.
 *
 * @module
 */
import type { PerformanceFields } from "../../monitor/mod.ts";
import { formatBytes } from "../connect/status_line.ts";
import { formatDuration, formatTime } from "../duration.ts";
import { printable } from "../text.ts";

/** The sessions, one block each, with a line between them. */
export function metricsLines(sessions: readonly PerformanceFields[]): string[] {
  return sessions.flatMap((session, index) => [...(index === 0 ? [] : [""]), ...lines(session)]);
}

/** `8080 -> web:80`; the instance alone for a shell or a command. */
function route({ local_port, remote_host, remote_port }: PerformanceFields, name: string): string {
  if (remote_port === null) return name;
  const host = remote_host === null ? "" : `${remote_host}:`;
  return `${local_port ?? "ssh"} -> ${name}:${host}${remote_port}`;
}

function lines(session: PerformanceFields): string[] {
  const name = session.instance_name ?? session.instance_id;
  const period = (Date.parse(session.to) - Date.parse(session.from)) / 1000;
  const facts: [label: string, text: string][] = [
    ["session", `${route(session, name)}, ${session.state}`],
    ["period", `${formatDuration(period)} from ${formatTime(session.from)}`],
    ["opening", `${session.connect_ms} ms`],
    ["round trip", roundTrip(session)],
    ["in", traffic(session.bytes_in, session.in_bytes_per_s, session.peak_in_bytes_per_s)],
    ["out", traffic(session.bytes_out, session.out_bytes_per_s, session.peak_out_bytes_per_s)],
    ["sent again", `${session.retransmissions} messages`],
    ["reconnects", String(session.reconnects)],
    ["availability", `${(session.availability * 100).toFixed(2)} %`],
    ...session.suggestions.map((text): [string, string] => ["suggestion", text]),
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  return [session.session_id, ...facts.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`)]
    .map(printable);
}

function roundTrip(session: PerformanceFields): string {
  const { round_trips, round_trip_p50_ms, round_trip_p95_ms, round_trip_p99_ms } = session;
  if (round_trips === 0) return "no acknowledgement in this period";
  return `p50 ${round_trip_p50_ms} ms, p95 ${round_trip_p95_ms} ms, p99 ${round_trip_p99_ms} ms ` +
    `(${round_trips} acknowledgements)`;
}

function traffic(bytes: number, rate: number, peak: number): string {
  return `${formatBytes(bytes)}, ${formatBytes(rate)}/s, at most ${formatBytes(peak)}/s`;
}
