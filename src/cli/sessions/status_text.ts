/**
 * `status` for a person.
 *
 * @module
 */
import type { PolicyLimits, SessionDetails } from "../../session/host/mod.ts";
import { formatBytes } from "../connect/status_line.ts";
import { formatDuration, formatTime } from "../duration.ts";
import { printable } from "../text.ts";
import { localEnd, remoteEnd } from "./list_text.ts";

/** Changes of state that are shown; JSON has them all. */
const HISTORY_LINES = 10;

/** The sessions, one block each, with a line between them. */
export function statusLines(sessions: readonly SessionDetails[], nowMs: number): string[] {
  return sessions.flatMap((session, index) => [
    ...(index === 0 ? [] : [""]),
    ...sessionLines(session, nowMs),
  ]);
}

function sessionLines(session: SessionDetails, nowMs: number): string[] {
  const name = session.instance_name === null ? "" : ` (${session.instance_name})`;
  const facts: [string, string][] = [
    ["state", session.state],
    ["instance", `${session.instance_id}${name}, ${session.region}`],
    ...(session.preset ? [["preset", session.preset] satisfies [string, string]] : []),
    ["leads", describeWay(session)],
    ["host", describeHost(session)],
    ["up", `${formatDuration(session.uptime_s)}, ready after ${session.connect_ms} ms`],
    [
      "round trip",
      session.round_trip_ms === null ? "not known yet" : `${session.round_trip_ms} ms`,
    ],
    ["traffic", describeTraffic(session)],
    ["lost", `${session.reconnects ?? 0} reconnects, ${session.restarts} of them restarts`],
    ["sent again", `${session.retransmissions} messages`],
    ["agent", describeAgent(session)],
    ["priority", session.priority ?? "-"],
    ["keep-alive", session.keep_alive],
    ["limits", describeLimits(session.policy)],
    ["credentials", describeExpiry(session.credentials_expire_at, nowMs)],
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  const history = session.history.slice(-HISTORY_LINES).map(({ at, from, to, reason }) =>
    `    ${formatTime(at)}  ${from} -> ${to}${reason === null ? "" : `: ${reason}`}`
  );
  return [
    session.session_id,
    ...facts.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`),
    ...(history.length === 0 ? [] : ["  history", ...history]),
  ].map(printable);
}

function describeHost({ host_pid, background }: SessionDetails): string {
  if (host_pid === null) return "none: the process that held it is gone or does not answer";
  return `process ${host_pid}${background ? ", in the background" : ""}`;
}

/** A shell and a command have no end here. */
function describeWay(session: SessionDetails): string {
  const end = remoteEnd(session);
  return session.remote_port === null ? end : `${localEnd(session)} -> ${end}`;
}

/** The agent of a plain shell never tells its version. */
function describeAgent({ agent_version, mode, channels }: SessionDetails): string {
  const version = agent_version === "" ? "version not told" : agent_version;
  return `${version}, ${mode}, ${channels} data channel${channels === 1 ? "" : "s"}`;
}

function describeTraffic({ bytes_in, bytes_out, open_connections }: SessionDetails): string {
  return `in ${formatBytes(bytes_in ?? 0)}, out ${formatBytes(bytes_out ?? 0)}, ` +
    `${open_connections ?? 0} open`;
}

function describeLimits(policy: PolicyLimits | null): string {
  if (policy === null) return "the account's could not be read";
  const one = (name: string, limit: number | null, left: number | null) =>
    limit === null ? `no ${name} limit` : `${name} ${limit} min, ${left} left`;
  return [
    one("idle", policy.idle_timeout_min, policy.idle_left_min),
    one("whole", policy.max_duration_min, policy.max_left_min),
  ].join("; ");
}

function describeExpiry(at: string | null, nowMs: number): string {
  if (at === null) return "do not expire";
  const leftMs = Date.parse(at) - nowMs;
  if (leftMs <= 0) return `expired ${formatDuration(-leftMs / 1000)} ago`;
  return `expire in ${formatDuration(leftMs / 1000)}`;
}
