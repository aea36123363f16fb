/**
 * The sessions that processes of this machine hold: for the limit on them, and for a port that is taken.
 *
 * @module
 */
import { AppError, messageOf } from "../../errors/mod.ts";
import { stateFolder } from "../../platform/mod.ts";
import { type SessionElsewhere, type SessionState, withDeadline } from "../../session/mod.ts";
import type { HostFile, SessionDetails } from "../../session/host/mod.ts";
import type { Context } from "../context.ts";

type SurveyContext = Pick<Context, "io" | "reporter" | "stop">;

/** Hosts that take longer are stuck, and a tunnel does not wait for them. */
const SURVEY_TIMEOUT_MS = 1_000;

const ENDING: readonly string[] = ["closing", "closed", "failed"] satisfies SessionState[];

/** A session, and the file of the process that holds it. */
export interface HeldSession {
  readonly file: HostFile;
  readonly session: SessionDetails;
}

/** Never rejects: a limit that cannot be checked is no reason to have no tunnel. */
export async function sessionsElsewhere(context: SurveyContext): Promise<SessionElsewhere[]> {
  return (await heldSessions(context)).map(({ file, session }) => ({
    sessionId: session.session_id,
    instanceId: session.instance_id,
    priority: session.priority ?? "normal",
    startedAtMs: Date.parse(session.started_at),
    openConnections: session.open_connections ?? 0,
    async end() {
      const { ControlClient } = await import("../../session/host/mod.ts");
      using client = new ControlClient(file, { clock: context.io.clock });
      await client.terminate(session.session_id);
    },
  }));
}

/** Those that are open. Never rejects: what cannot be found out within a second is left out. */
export async function heldSessions(
  { io, reporter, stop }: SurveyContext,
): Promise<HeldSession[]> {
  const folder = stateFolder(io);
  if (folder === undefined) return [];
  try {
    return await withDeadline(() => survey(folder, io), {
      clock: io.clock,
      timeoutMs: SURVEY_TIMEOUT_MS,
      timeoutError: () => new AppError("resource", "a process that holds some does not answer"),
      signal: stop.signal,
    });
  } catch (error) {
    reporter.log("debug", `sessions of other processes are not known: ${messageOf(error)}`);
    return [];
  }
}

async function survey(folder: string, io: Context["io"]): Promise<HeldSession[]> {
  const { surveyHosts } = await import("../../session/host/mod.ts");
  const hosts = await surveyHosts({
    stateFolder: folder,
    clock: io.clock,
    // What this process holds is known to it; only the background host runs commands of others too.
    exceptPid: io.job === undefined ? Deno.pid : undefined,
  });
  return hosts.filter(({ status }) => status === "live").flatMap(({ file, sessions }) =>
    sessions.filter(({ state }) => !ENDING.includes(state)).map((session) => ({ file, session }))
  );
}
