/**
 * Sessions of any host ended: by the host where it lives, on AWS's side where it is gone.
 *
 * @module
 */
import { type AppError, toAppError } from "../../errors/mod.ts";
import {
  forgetLost,
  HostGoneError,
  HostSilentError,
  type LostHost,
  type SelectableSession,
  type SessionDetails,
  type SurveyedHost,
} from "../../session/host/mod.ts";
import type { Context } from "../context.ts";
import type { SessionsParts } from "./parts.ts";

/** What became of one session. */
export interface Ending {
  session: FoundSession;
  failure: AppError | undefined;
}

/** Held by a host of this machine, gone or not. */
export type HeldSession = SessionDetails & { host: SurveyedHost };

/** Active on AWS and held by no host here, as `list --remote` shows it. */
export interface RemoteSession extends SelectableSession {
  host: undefined;
  /** That of this command. */
  region: undefined;
}

export type FoundSession = HeldSession | RemoteSession;

/** All sessions that hosts of this user hold. */
export function heldSessions(hosts: readonly SurveyedHost[]): HeldSession[] {
  return hosts.flatMap((host) => host.sessions.map((session) => ({ ...session, host })));
}

/**
 * Ends sessions, all at a time, and takes them off the lists of hosts that are gone.
 *
 * @returns What became of each. Never rejects.
 */
export async function endSessions(
  sessions: readonly FoundSession[],
  about: { hosts: readonly SurveyedHost[]; parts: SessionsParts; context: Context },
): Promise<Ending[]> {
  const { parts, context } = about;
  const endings = await Promise.all(sessions.map((session) => end(session, parts, context)));
  await forgetEnded(endings, about);
  return endings;
}

/** One ended session, as results show it. */
export function describeEnding({ session, failure }: Ending): Record<string, unknown> {
  return {
    session_id: session.session_id,
    instance_id: session.instance_id,
    was: session.state,
    terminated: failure === undefined,
    error: failure?.message ?? null,
  };
}

async function end(session: FoundSession, parts: SessionsParts, context: Context): Promise<Ending> {
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
