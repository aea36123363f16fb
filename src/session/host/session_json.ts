/**
 * A session as other processes and people's programs read it: the one place that names the fields.
 *
 * Public and stable (docs/DATA_MODELS.md): snake_case, units in names, times in RFC 3339.
 *
 * @module
 */
import type { RoundTripCounts } from "../../protocol/mod.ts";
import type { SessionState } from "../contracts.ts";
import type {
  KeepAlive,
  Priority,
  SessionFacts,
  SessionPolicy,
  SessionSnapshot,
} from "../hosted.ts";

/** `lost`: its host is gone or silent. `remote`: active on AWS and held by no host of this machine. */
export type ListedState = SessionState | "lost" | "remote";

/** One entry of `list`. Null is what is not known of a session that no host here holds. */
export interface SessionEntry {
  session_id: string;
  instance_id: string;
  instance_name: string | null;
  /** Preset of the configuration that it was opened with. */
  preset: string | null;
  kind: SessionFacts["kind"] | null;
  state: ListedState;
  priority: Priority | null;
  bind: string | null;
  local_port: number | null;
  remote_host: string | null;
  remote_port: number | null;
  host_pid: number | null;
  background: boolean | null;
  started_at: string;
  uptime_s: number;
  reconnects: number | null;
  bytes_in: number | null;
  bytes_out: number | null;
  round_trip_ms: number | null;
  open_connections: number | null;
}

/** The account's limits, and what is left of them. Null where there is none, or none is known. */
export interface PolicyLimits {
  idle_timeout_min: number | null;
  max_duration_min: number | null;
  idle_left_min: number | null;
  max_left_min: number | null;
}

/** One entry of `status`. */
export interface SessionDetails extends SessionEntry {
  kind: SessionFacts["kind"];
  selector: string;
  region: string;
  keep_alive: KeepAlive;
  /** Null when the account's preferences could not be read. */
  policy: PolicyLimits | null;
  credentials_expire_at: string | null;
  previous_session_ids: readonly string[];
  agent_version: string;
  mode: SessionSnapshot["mode"];
  /** Data channels that carry it. */
  channels: number;
  connect_ms: number;
  active_ms: number;
  restarts: number;
  retransmissions: number;
  last_heard_at: string;
  last_activity_at: string;
  /** Round trips since it began, counted by size: see `RoundTripCounts`. For `metrics`. */
  round_trips: RoundTripCounts;
  /** Newest last. */
  history: readonly { at: string; from: SessionState; to: SessionState; reason: string | null }[];
}

/** The process that holds a session. */
export interface HostFacts {
  pid: number;
  background: boolean;
}

/** Everything that is told of a session. */
export function sessionDetails(
  session: SessionSnapshot,
  host: HostFacts,
  nowMs: number,
): SessionDetails {
  const uptimeMs = Math.max(0, nowMs - session.startedAtMs);
  return {
    session_id: session.sessionId,
    instance_id: session.instanceId,
    instance_name: session.instanceName ?? null,
    preset: session.preset ?? null,
    kind: session.kind,
    state: session.state,
    priority: session.priority,
    bind: session.kind === "port" ? session.bind : null,
    local_port: session.kind === "port" ? session.localPort : null,
    remote_host: session.remoteHost ?? null,
    remote_port: session.remotePort || null,
    host_pid: host.pid,
    background: host.background,
    started_at: time(session.startedAtMs),
    uptime_s: Math.floor(uptimeMs / 1000),
    reconnects: session.reconnects,
    bytes_in: session.bytesIn,
    bytes_out: session.bytesOut,
    round_trip_ms: session.roundTripMs === undefined ? null : oneDecimal(session.roundTripMs),
    open_connections: session.openConnections,
    selector: session.selector,
    region: session.region,
    keep_alive: session.keepAlive,
    policy: session.policy === undefined ? null : policyLimits(session.policy, session, nowMs),
    credentials_expire_at: session.credentialsExpireAtMs === undefined
      ? null
      : time(session.credentialsExpireAtMs),
    previous_session_ids: session.previousSessionIds,
    agent_version: session.agentVersion,
    mode: session.mode,
    channels: CHANNELS,
    connect_ms: oneDecimal(session.connectMs),
    active_ms: Math.round(session.activeMs),
    restarts: session.restarts,
    retransmissions: session.retransmissions,
    last_heard_at: time(session.lastHeardAtMs),
    last_activity_at: time(session.lastActivityAtMs),
    round_trips: session.roundTrips,
    history: session.history.map(({ atMs, from, to, reason }) => ({
      at: time(atMs),
      from,
      to,
      reason: reason ?? null,
    })),
  };
}

/** The part of the details that `list` shows. */
export function entryOf(details: SessionEntry): SessionEntry {
  return {
    session_id: details.session_id,
    instance_id: details.instance_id,
    instance_name: details.instance_name,
    // A host of an earlier version says nothing of it.
    preset: details.preset ?? null,
    kind: details.kind,
    state: details.state,
    priority: details.priority,
    bind: details.bind,
    local_port: details.local_port,
    remote_host: details.remote_host,
    remote_port: details.remote_port,
    host_pid: details.host_pid,
    background: details.background,
    started_at: details.started_at,
    uptime_s: details.uptime_s,
    reconnects: details.reconnects,
    bytes_in: details.bytes_in,
    bytes_out: details.bytes_out,
    round_trip_ms: details.round_trip_ms,
    open_connections: details.open_connections,
  };
}

function policyLimits(
  policy: SessionPolicy,
  session: Pick<SessionSnapshot, "lastActivityAtMs" | "sessionStartedAtMs">,
  nowMs: number,
): PolicyLimits {
  const left = (limitMin: number | undefined, sinceMs: number) =>
    limitMin === undefined
      ? null
      : Math.max(0, Math.ceil(limitMin - (nowMs - sinceMs) / MS_PER_MINUTE));
  return {
    idle_timeout_min: policy.idleTimeoutMin ?? null,
    max_duration_min: policy.maxDurationMin ?? null,
    idle_left_min: left(policy.idleTimeoutMin, session.lastActivityAtMs),
    max_left_min: left(policy.maxDurationMin, session.sessionStartedAtMs),
  };
}

const MS_PER_MINUTE = 60_000;
/** AWS gives a session one; a connection is resumed in its place, never beside it. */
const CHANNELS = 1;

function time(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}
