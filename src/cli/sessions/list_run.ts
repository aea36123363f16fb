/**
 * `list`: who holds what on this machine, and what else AWS holds active.
 *
 * @module
 */
import type { ActiveSession } from "../../aws/mod.ts";
import { entryOf, type SessionEntry, type SurveyedHost } from "../../session/host/mod.ts";
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
  const [hosts, active] = await Promise.all([
    parts.survey(),
    options.remote ? parts.activeOnAws(stop.signal) : undefined,
  ]);
  const sessions = listed(hosts, { active, nowMs: io.clock.epochMs() });
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
  { active, nowMs }: { active: readonly ActiveSession[] | undefined; nowMs: number },
): SessionEntry[] {
  const here = hosts.flatMap(({ sessions }) => sessions)
    .toSorted((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at));
  const known = new Set(here.map(({ session_id }) => session_id));
  const elsewhere = (active ?? []).filter(({ sessionId }) => !known.has(sessionId));
  return [...here.map(entryOf), ...elsewhere.map((session) => remoteEntry(session, nowMs))];
}

function remoteEntry(session: ActiveSession, nowMs: number): SessionEntry {
  return {
    session_id: session.sessionId,
    instance_id: session.target,
    instance_name: null,
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
