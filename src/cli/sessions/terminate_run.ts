/**
 * `terminate`: ends sessions of any host of this user, those whose host is gone, and those that only
 * AWS knows.
 *
 * @module
 */
import { AppError, toAppError } from "../../errors/mod.ts";
import {
  endedSessionIds,
  forgetLost,
  HostGoneError,
  HostSilentError,
  type LostHost,
  matchingSessions,
  nameSessions,
  type SelectableSession,
  type SessionDetails,
  type SurveyedHost,
} from "../../session/host/mod.ts";
import type { TerminateOptions } from "../commands/terminate.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { printable } from "../text.ts";
import { chooseSession } from "./choose_session.ts";
import { type CreateSessionsParts, createSessionsParts, type SessionsParts } from "./parts.ts";

/** What became of one session. */
interface Ending {
  session: Found;
  failure: AppError | undefined;
}

type Held = SessionDetails & { host: SurveyedHost };

/** Active on AWS and held by no host here, as `list --remote` shows it. */
interface Remote extends SelectableSession {
  host: undefined;
  /** That of this command. */
  region: undefined;
}

type Found = Held | Remote;

/** Whole ids of AWS's. Only those are looked up there: a port or a slip of the hand is none. */
const WHOLE_ID = /-[0-9a-z]{16,}$/;

/**
 * @returns 0 when all were ended.
 * @throws {AppError} The first failure, when every session has been tried.
 */
export async function runTerminate(
  options: TerminateOptions,
  context: Context,
  createParts: CreateSessionsParts = createSessionsParts,
): Promise<number> {
  const { reporter } = context;
  using parts = await createParts(options.aws, context);
  const hosts = await parts.survey();
  const all = hosts.flatMap((host) => host.sessions.map((session): Held => ({ ...session, host })));
  // All are looked up before the first is ended: a slip in one must not leave half of it done.
  const chosen = options.all ? all : await chosenSessions(options.sessions, all, {
    parts,
    context,
    ended: endedSessionIds(hosts),
  });
  if (chosen.length === 0 && reporter.format === "text") reporter.note("No session is open");
  const endings = await Promise.all(chosen.map((session) => end(session, parts, context)));
  await forgetEnded(endings, { hosts, parts, context });
  await writeResult(
    {
      schema: "terminate",
      value: { sessions: endings.map(describe) },
      text: () =>
        endings.filter(({ failure }) => failure === undefined)
          .map(({ session }) => printable(`Terminated ${nameSessions([session])}`)),
    },
    context,
    options.output,
  );
  const failures = endings.flatMap(({ failure }) => failure ?? []);
  for (const failure of failures.slice(1)) reporter.error(failure);
  if (failures[0] !== undefined) throw failures[0];
  return 0;
}

async function chosenSessions(
  texts: readonly string[],
  all: readonly Held[],
  { parts, context, ended }: {
    parts: SessionsParts;
    context: Context;
    ended: readonly string[];
  },
): Promise<Found[]> {
  const chosen = new Map<string, Found>();
  for (const text of texts) {
    const session = await remoteSession(text, all, { parts, context }) ??
      await chooseSession(all, text, { past: parts.past, ended });
    chosen.set(session.session_id, session);
  }
  return [...chosen.values()];
}

/** Undefined where a host here holds it, or AWS does not, or cannot be asked. */
async function remoteSession(
  text: string,
  all: readonly Held[],
  { parts, context }: { parts: SessionsParts; context: Context },
): Promise<Remote | undefined> {
  if (!WHOLE_ID.test(text) || matchingSessions(all, text).length > 0) return undefined;
  try {
    const active = await parts.activeOnAws(context.stop.signal);
    const found = active.find(({ sessionId }) => sessionId === text);
    if (found === undefined) return undefined;
    return {
      session_id: found.sessionId,
      instance_id: found.target,
      instance_name: null,
      state: "remote",
      bind: null,
      local_port: null,
      host: undefined,
      region: undefined,
    };
  } catch (error) {
    if (context.stop.signal.aborted) throw error;
    const { message } = toAppError(error);
    context.reporter.log("debug", `whether AWS knows session ${text} is not known: ${message}`);
    return undefined;
  }
}

async function end(session: Found, parts: SessionsParts, context: Context): Promise<Ending> {
  const { host } = session;
  try {
    if (host?.status === "live") {
      try {
        // One that the host does not hold any more has ended meanwhile.
        await parts.endAtHost(host, session.session_id);
        return { session, failure: undefined };
      } catch (error) {
        if (!(error instanceof HostGoneError || error instanceof HostSilentError)) throw error;
        context.reporter.log("debug", `process ${host.file.pid} does not answer: ${error.message}`);
      }
    }
    await parts.endOnAws(session, context.stop.signal);
    return { session, failure: undefined };
  } catch (error) {
    return { session, failure: toAppError(error) };
  }
}

/** Takes what was ended off the lists of hosts that cannot do so themselves. */
async function forgetEnded(
  endings: readonly Ending[],
  { hosts, parts, context }: {
    hosts: readonly SurveyedHost[];
    parts: SessionsParts;
    context: Context;
  },
): Promise<void> {
  const ended = endings.filter(({ failure }) => failure === undefined)
    .map(({ session }) => session.session_id);
  // A silent host may wake up and will see for itself.
  const gone = hosts.filter((host): host is LostHost => host.status === "gone");
  const orphaned = gone.flatMap(({ sessions }) => sessions.map(({ session_id }) => session_id))
    .filter((id) => ended.includes(id));
  if (orphaned.length === 0) return;
  try {
    for (const host of gone) await forgetLost(host, ended);
    await parts.closePast(orphaned);
  } catch (error) {
    const { message, hint } = toAppError(error);
    context.reporter.warn(`Ended sessions stay listed as lost: ${message}`, hint);
  }
}

function describe({ session, failure }: Ending): Record<string, unknown> {
  return {
    session_id: session.session_id,
    instance_id: session.instance_id,
    was: session.state,
    terminated: failure === undefined,
    error: failure?.message ?? null,
  };
}
