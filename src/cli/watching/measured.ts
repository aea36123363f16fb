/**
 * Sessions with their readings, out of what hosts tell and what the history keeps.
 *
 * @module
 */
import { type MeasuredSession, withNow } from "../../monitor/mod.ts";
import type { SessionDetails, SurveyedHost } from "../../session/host/mod.ts";
import {
  type Database,
  listSamples,
  listSessions,
  listStateChanges,
  stateNow,
  type StoredSession,
} from "../../storage/mod.ts";

/** A session that a host tells of, and when. */
interface ToldSession {
  details: SessionDetails;
  atMs: number;
}

/** Those that hosts tell of: now, or at the last time that they wrote. */
export function toldSessions(hosts: readonly SurveyedHost[], nowMs: number): ToldSession[] {
  return hosts.flatMap((host) => {
    const atMs = host.status === "live" ? nowMs : Date.parse(host.file.updated_at);
    return host.sessions.map((details) => ({ details, atMs }));
  });
}

/**
 * All sessions that hosts tell of, with what the history keeps of them, and, when a period is asked
 * for, those of the history that lived in it. The oldest first.
 */
export function measuredSessions(
  told: readonly ToldSession[],
  history: Database | undefined,
  { sinceMs, nowMs }: { sinceMs: number | undefined; nowMs: number },
): MeasuredSession[] {
  const stored = history === undefined || sinceMs === undefined
    ? []
    : listSessions(history, { sinceMs });
  const isTold = ({ sessionId, previousSessionIds }: StoredSession) =>
    told.some(({ details: { session_id, previous_session_ids } }) =>
      session_id === sessionId || previous_session_ids.includes(sessionId) ||
      previousSessionIds.includes(session_id)
    );
  return [
    ...told.map((each) => fromHost(each, history)),
    ...stored.filter((session) => !isTold(session))
      .map((session) => fromHistory(session, { history: history!, nowMs })),
  ].toSorted((a, b) => a.startedAtMs - b.startedAtMs);
}

function fromHost({ details, atMs }: ToldSession, history: Database | undefined): MeasuredSession {
  const kept = history === undefined
    ? undefined
    : listSessions(history, { sessionIdPrefix: details.session_id, limit: 1 })[0];
  const readings = withNow(kept === undefined ? [] : listSamples(history!, kept.id), {
    atMs,
    roundTrips: details.round_trips,
    bytesIn: details.bytes_in ?? 0,
    bytesOut: details.bytes_out ?? 0,
    retransmissions: details.retransmissions,
    activeMs: details.active_ms,
    openConnections: details.open_connections ?? 0,
  });
  return {
    sessionId: details.session_id,
    instanceId: details.instance_id,
    instanceName: details.instance_name ?? undefined,
    localPort: details.local_port ?? undefined,
    remoteHost: details.remote_host ?? undefined,
    remotePort: details.remote_port ?? 0,
    state: details.state,
    startedAtMs: Date.parse(details.started_at),
    endedAtMs: details.state === "lost" ? atMs : undefined,
    connectMs: details.connect_ms,
    changes: kept === undefined
      ? details.history.map(({ at, from, to }) => ({ atMs: Date.parse(at), from, to }))
      : listStateChanges(history!, kept.id),
    reconnects: details.reconnects ?? 0,
    restarts: details.restarts,
    readings,
  };
}

/** A session that only the history knows. */
export function fromHistory(
  session: StoredSession,
  { history, nowMs }: { history: Database; nowMs: number },
): MeasuredSession {
  return {
    sessionId: session.sessionId,
    instanceId: session.instanceId,
    instanceName: session.instanceName,
    localPort: session.kind === "port" ? session.localPort : undefined,
    remoteHost: session.remoteHost,
    remotePort: session.remotePort,
    state: stateNow(session, nowMs),
    startedAtMs: session.startedAtMs,
    endedAtMs: session.end?.atMs ?? session.updatedAtMs,
    connectMs: session.connectMs,
    changes: listStateChanges(history, session.id),
    reconnects: session.reconnects,
    restarts: session.restarts,
    readings: listSamples(history, session.id),
  };
}
