/**
 * `status`: everything about one session, or all.
 *
 * @module
 */
import { endedSessionIds, type SessionDetails } from "../../session/host/mod.ts";
import type { StatusOptions } from "../commands/status.ts";
import { canPick, type Context } from "../context.ts";
import { type Result, writeResult } from "../result.ts";
import { chooseSession } from "./choose_session.ts";
import { type CreateSessionsParts, createSessionsParts, type SessionsParts } from "./parts.ts";
import { statusLines } from "./status_text.ts";
import { watch } from "./watch.ts";

/** How often `--watch` looks. */
const WATCH_INTERVAL_MS = 1_000;

/** Hosts of this machine know it all. */
const NO_AWS = { profile: undefined, region: undefined, endpointUrl: undefined };

/** @returns 0 */
export async function runStatus(
  options: StatusOptions,
  context: Context,
  createParts: CreateSessionsParts = createSessionsParts,
): Promise<number> {
  const { io, reporter } = context;
  using parts = await createParts(NO_AWS, context);
  const asked = options.session ?? await askedSession(options, { parts, context });
  if (options.watch) {
    await watch(context, {
      intervalMs: WATCH_INTERVAL_MS,
      look: async () => statusResult(await chosen(asked, parts), io.clock.epochMs()),
    });
    return 0;
  }
  const sessions = await chosen(asked, parts);
  if (sessions.length === 0 && reporter.format === "text") reporter.note("No session is open");
  await writeResult(statusResult(sessions, io.clock.epochMs()), context, options.output);
  return 0;
}

/**
 * The id of a session that a person has chosen; undefined for all. Only a person who will read the
 * answer is asked, and only when there are several.
 */
async function askedSession(
  { output }: StatusOptions,
  { parts, context }: { parts: SessionsParts; context: Context },
): Promise<string | undefined> {
  const isRead = context.io.terminal.stdout && output === undefined &&
    context.reporter.format === "text";
  if (!isRead || !canPick(context)) return undefined;
  const sessions = await chosen(undefined, parts);
  if (sessions.length < 2) return undefined;
  const { pickSessions } = await import("../pick/pick_sessions.ts");
  const picked = await pickSessions(sessions, {
    question: "Status of",
    enterDoes: "shows",
    isMulti: false,
    offersAll: true,
    context,
  });
  return picked.length === 1 ? picked[0]!.session_id : undefined;
}

async function chosen(
  text: string | undefined,
  parts: SessionsParts,
): Promise<readonly SessionDetails[]> {
  const hosts = await parts.survey();
  const sessions = hosts.flatMap((host) => host.sessions)
    .toSorted((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at));
  if (text === undefined) return sessions;
  const known = { past: parts.past, ended: endedSessionIds(hosts) };
  return [await chooseSession(sessions, text, known)];
}

function statusResult(sessions: readonly SessionDetails[], nowMs: number): Result {
  return {
    schema: "status",
    // Counts of round trips are for `metrics`, which makes percentiles of them.
    value: { sessions: sessions.map(({ round_trips: _counts, ...session }) => session) },
    text: () => statusLines(sessions, nowMs),
  };
}
