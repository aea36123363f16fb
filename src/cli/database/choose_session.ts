/**
 * SESSION in the history: a session id, the beginning of one, or a local port.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { type Database, listSessions, stateNow, type StoredSession } from "../../storage/mod.ts";

/** Candidates that are named in an error; more would hide the rest of it. */
const NAMED_LIMIT = 10;

/**
 * The one session that is meant. An id of before a restart means the session that came of it. A whole
 * id beats a port, and a port a prefix.
 *
 * @throws {AppError} `usage` when there is none, or more than one.
 */
export function chooseStoredSession(
  database: Database,
  text: string,
  nowMs: number,
): StoredSession {
  const matches = matching(database, text);
  if (matches.length === 1) return matches[0]!;
  if (matches.length === 0) {
    throw new AppError("usage", `Cannot find session "${text}" in the history: none fits`, {
      hint: "Run ec2-connect database sessions for those there are",
    });
  }
  const named = matches.slice(0, NAMED_LIMIT).map((session) => {
    const started = new Date(session.startedAtMs).toISOString();
    return `${session.sessionId} (${session.instanceName ?? session.instanceId}, ${
      stateNow(session, nowMs)
    }, ${started})`;
  });
  const more = matches.length - named.length;
  throw new AppError("usage", `Cannot choose a session: "${text}" fits ${matches.length}`, {
    why: named.join(", ") + (more > 0 ? ` and ${more} more` : ""),
    hint: "Give the whole session id, or more of it",
  });
}

function matching(database: Database, text: string): StoredSession[] {
  const withPrefix = listSessions(database, { sessionIdPrefix: text });
  const exact = withPrefix.filter(({ sessionId, previousSessionIds }) =>
    sessionId === text || previousSessionIds.includes(text)
  );
  if (exact.length > 0) return exact;
  if (/^\d{1,5}$/.test(text)) {
    const withPort = listSessions(database, { localPort: Number(text) });
    if (withPort.length > 0) return withPort;
  }
  return withPrefix;
}
