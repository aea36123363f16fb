/**
 * SESSION as a person writes it: a session id, a unique prefix of one, a local port, or the name of the
 * preset that opened it.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { bracketed } from "../../platform/mod.ts";

/** What a session is chosen and named by. */
export interface SelectableSession {
  session_id: string;
  previous_session_ids?: readonly string[];
  instance_id: string;
  instance_name: string | null;
  preset?: string | null;
  state: string;
  bind: string | null;
  local_port: number | null;
}

/** Candidates that are named in an error; more would hide the rest of it. */
const NAMED_LIMIT = 10;

/**
 * The one session that is meant. An id of before a restart means the session that came of it. A whole
 * id beats a port, a port a preset, and a preset a prefix.
 *
 * @param ended Id of the session that was meant where it is known to be over, for a message that says so.
 * @throws {AppError} `usage` when there is none, or more than one.
 */
export function selectSession<Session extends SelectableSession>(
  sessions: readonly Session[],
  text: string,
  ended?: string,
): Session {
  const matches = matchingSessions(sessions, text);
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1) {
    throw new AppError("usage", `Cannot choose a session: "${text}" fits ${matches.length}`, {
      why: nameSessions(matches),
      hint: matches.every(({ preset }) => preset === text)
        ? `Give a session id or a local port; ec2-connect down ${text} ends all of the preset`
        : "Give the whole session id, or more of it",
    });
  }
  if (ended !== undefined) {
    throw new AppError("usage", `Session ${ended} has already ended`, {
      hint: "Run ec2-connect list for those that are open",
    });
  }
  throw new AppError(
    "usage",
    `Cannot find session "${text}": none has this id, local port or preset`,
    {
      why: sessions.length === 0 ? "No session is open" : `Open: ${nameSessions(sessions)}`,
      hint: "Give a session id, the beginning of one, a local port, or the name of a preset",
    },
  );
}

/** All that fit. */
export function matchingSessions<Session extends SelectableSession>(
  sessions: readonly Session[],
  text: string,
): Session[] {
  const withId = sessions.filter(({ session_id, previous_session_ids = [] }) =>
    session_id === text || previous_session_ids.includes(text)
  );
  if (withId.length > 0) return withId;
  const withPort = sessions.filter(({ local_port }) =>
    local_port !== null && String(local_port) === text
  );
  if (withPort.length > 0) return withPort;
  const ofPreset = text === "" ? [] : sessions.filter(({ preset }) => preset === text);
  if (ofPreset.length > 0) return ofPreset;
  // As a list shows an id that is too long for it, and as people copy it from there.
  const start = text.replace(/…$/, "");
  return start === "" ? [] : sessions.filter(({ session_id }) => session_id.startsWith(start));
}

/** `me-0001 (web, 127.0.0.1:8080, active), me-0002 (…)` */
export function nameSessions(sessions: readonly SelectableSession[]): string {
  const names = sessions.slice(0, NAMED_LIMIT).map((session) => {
    const { session_id, instance_id, instance_name, bind, local_port, state } = session;
    const address = bind === null || local_port === null
      ? []
      : [`${bracketed(bind)}:${local_port}`];
    return `${session_id} (${[instance_name ?? instance_id, ...address, state].join(", ")})`;
  });
  const more = sessions.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
