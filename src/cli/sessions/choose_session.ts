/**
 * SESSION among those that are open; hosts and the history tell whether one was there and has ended.
 *
 * @module
 */
import { matchingSessions, type SelectableSession, selectSession } from "../../session/host/mod.ts";
import type { SessionsParts } from "./parts.ts";

/**
 * @param known.ended Ids that hosts know to have ended; the history has them a moment later.
 * @throws {AppError} `usage` when none is meant, or several are, or it has ended.
 */
export async function chooseSession<Session extends SelectableSession>(
  sessions: readonly Session[],
  text: string,
  known: Pick<SessionsParts, "past"> & { ended: readonly string[] },
): Promise<Session> {
  if (matchingSessions(sessions, text).length > 0) return selectSession(sessions, text);
  const atHost = known.ended.filter((id) => text !== "" && id.startsWith(text));
  const ended = atHost.length === 1 ? atHost[0] : await endedSession(text, known);
  return selectSession(sessions, text, ended);
}

async function endedSession(
  text: string,
  { past }: Pick<SessionsParts, "past">,
): Promise<string | undefined> {
  try {
    const withId = await past({ sessionIdPrefix: text });
    // Of several with a prefix nobody can say which was meant; on a port it was the last.
    if (withId.length === 1) return withId[0]!.sessionId;
    const isPort = withId.length === 0 && /^\d{1,5}$/.test(text);
    return isPort ? (await past({ localPort: Number(text), limit: 1 }))[0]?.sessionId : undefined;
  } catch {
    // Without a history the answer is that nobody knows it.
    return undefined;
  }
}
