/**
 * SESSION among those that are open; the history tells whether one was there and has ended.
 *
 * @module
 */
import { matchingSessions, type SelectableSession, selectSession } from "../../session/host/mod.ts";
import type { SessionsParts } from "./parts.ts";

/** @throws {AppError} `usage` when none is meant, or several are, or it has ended. */
export async function chooseSession<Session extends SelectableSession>(
  sessions: readonly Session[],
  text: string,
  parts: Pick<SessionsParts, "past">,
): Promise<Session> {
  const isOpen = matchingSessions(sessions, text).length > 0;
  return selectSession(sessions, text, isOpen ? undefined : await endedSession(text, parts));
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
