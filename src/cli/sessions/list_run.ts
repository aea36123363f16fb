/**
 * `list`: who holds what on this machine, and what else AWS holds active.
 *
 * @module
 */
import type { ActiveSession } from "../../aws/mod.ts";
import type { Priority, SessionState } from "../../session/mod.ts";
import { entryOf, type SessionEntry, type SurveyedHost } from "../../session/host/mod.ts";
import type { StoredSession } from "../../storage/mod.ts";
import type { ListOptions } from "../commands/list.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { listLines } from "./list_text.ts";
import { type CreateSessionsParts, createSessionsParts } from "./parts.ts";

/** @returns 0 */
export async function runList(
  options: ListOptions,
  context: Context,
  createParts: CreateSessionsParts = createSessionsParts,
): Promise<number> {
  const { io, reporter, stop } = context;
  using parts = await createParts(options.aws, context);
  const [hosts, active, past] = await Promise.all([
    parts.survey(),
    options.remote ? parts.activeOnAws(stop.signal) : [],
    options.all ? parts.past() : [],
  ]);
  const sessions = listed(hosts, { active, past, nowMs: io.clock.epochMs() });
  if (sessions.length === 0 && reporter.format === "text") reporter.note("No session is open");
  const width = io.terminal.stdout && options.output === undefined ? io.columns() : undefined;
  await writeResult(
    { schema: "list", value: { sessions }, text: () => listLines(sessions, width) },
    context,
    options.output,
  );
  return 0;
}

/** Oldest first; those that only AWS knows come last. */
function listed(
  hosts: readonly SurveyedHost[],
  { active, past, nowMs }: {
    active: readonly ActiveSession[];
    past: readonly StoredSession[];
    nowMs: number;
  },
): SessionEntry[] {
  const held = hosts.flatMap(({ sessions }) => sessions);
  const known = new Set(held.map(({ session_id }) => session_id));
  // The history may know a session by the id that it had before a restart a moment ago.
  const everHeld = new Set(held.flatMap((each) => [each.session_id, ...each.previous_session_ids]));
  const before = past.filter(({ sessionId }) => !everHeld.has(sessionId)).map(pastEntry);
  const here = [...before, ...held.map(entryOf)]
    .toSorted((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at));
  // One that AWS holds active is that, whatever the history believes.
  const elsewhere = active.filter(({ sessionId }) => !known.has(sessionId));
  const isElsewhere = new Set(elsewhere.map(({ sessionId }) => sessionId));
  return [
    ...here.filter(({ session_id }) => !isElsewhere.has(session_id)),
    ...elsewhere.map((session) => remoteEntry(session, nowMs)),
  ];

  function pastEntry(session: StoredSession): SessionEntry {
    const endedAtMs = session.end?.atMs ?? session.updatedAtMs;
    return {
      session_id: session.sessionId,
      instance_id: session.instanceId,
      instance_name: session.instanceName ?? null,
      preset: session.preset ?? null,
      kind: session.kind as SessionEntry["kind"],
      // No host holds it. One that nobody has closed was lost with its host.
      state: session.end === undefined ? "lost" : session.state as SessionState,
      priority: session.priority as Priority,
      bind: session.kind === "port" ? session.bind : null,
      local_port: session.kind === "port" ? session.localPort : null,
      remote_host: session.remoteHost ?? null,
      remote_port: session.remotePort || null,
      host_pid: null,
      background: session.isBackground,
      started_at: new Date(session.startedAtMs).toISOString(),
      uptime_s: Math.max(0, Math.floor((endedAtMs - session.startedAtMs) / 1000)),
      reconnects: session.reconnects,
      bytes_in: session.bytesIn,
      bytes_out: session.bytesOut,
      round_trip_ms: null,
      open_connections: 0,
    };
  }
}

function remoteEntry(session: ActiveSession, nowMs: number): SessionEntry {
  return {
    session_id: session.sessionId,
    instance_id: session.target,
    instance_name: null,
    preset: null,
    kind: null,
    state: "remote",
    priority: null,
    bind: null,
    local_port: null,
    remote_host: null,
    remote_port: null,
    host_pid: null,
    background: null,
    started_at: new Date(session.startedAtMs).toISOString(),
    uptime_s: Math.max(0, Math.floor((nowMs - session.startedAtMs) / 1000)),
    reconnects: null,
    bytes_in: null,
    bytes_out: null,
    round_trip_ms: null,
    open_connections: null,
  };
}
