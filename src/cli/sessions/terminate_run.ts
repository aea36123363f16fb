/**
 * `terminate`: ends sessions of any host of this user, those whose host is gone, and those that only
 * AWS knows.
 *
 * @module
 */
import { AppError, toAppError } from "../../errors/mod.ts";
import { endedSessionIds, matchingSessions, nameSessions } from "../../session/host/mod.ts";
import type { TerminateOptions } from "../commands/terminate.ts";
import { canPick, type Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { printable } from "../text.ts";
import { chooseSession } from "./choose_session.ts";
import {
  describeEnding,
  endSessions,
  type FoundSession,
  type HeldSession,
  heldSessions,
  type RemoteSession,
} from "./end_sessions.ts";
import { type CreateSessionsParts, createSessionsParts, type SessionsParts } from "./parts.ts";

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
  const isAsked = !options.all && options.sessions.length === 0;
  if (isAsked && !canPick(context)) throw noSession();
  using parts = await createParts(options.aws, context);
  const hosts = await parts.survey();
  const all = heldSessions(hosts);
  // All are looked up before the first is ended: a slip in one must not leave half of it done.
  const chosen = options.all
    ? all
    : isAsked
    ? await askedSessions(all, context)
    : await chosenSessions(options.sessions, all, {
      parts,
      context,
      ended: endedSessionIds(hosts),
    });
  if (chosen.length === 0 && reporter.format === "text") reporter.note("No session is open");
  const endings = await endSessions(chosen, { hosts, parts, context });
  await writeResult(
    {
      schema: "terminate",
      value: { sessions: endings.map(describeEnding) },
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

function noSession(): AppError {
  return new AppError("usage", "Cannot choose a session: none was given", {
    why: "There is no terminal to choose one on, or --no-input was given",
    hint: "Give a session id, the beginning of one, a local port, a preset, or --all",
  });
}

async function askedSessions(
  all: readonly HeldSession[],
  context: Context,
): Promise<readonly HeldSession[]> {
  if (all.length === 0) return [];
  const { pickSessions } = await import("../pick/pick_sessions.ts");
  return await pickSessions(all, {
    question: "Terminate",
    enterDoes: "terminates",
    isMulti: true,
    offersAll: false,
    isCareful: true,
    context,
  });
}

async function chosenSessions(
  texts: readonly string[],
  all: readonly HeldSession[],
  { parts, context, ended }: {
    parts: SessionsParts;
    context: Context;
    ended: readonly string[];
  },
): Promise<FoundSession[]> {
  const chosen = new Map<string, FoundSession>();
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
  all: readonly HeldSession[],
  { parts, context }: { parts: SessionsParts; context: Context },
): Promise<RemoteSession | undefined> {
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
