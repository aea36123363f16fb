/**
 * `list` for a person.
 *
 * @module
 */
import { bracketed } from "../../platform/mod.ts";
import type { SessionEntry } from "../../session/host/mod.ts";
import { formatDuration } from "../duration.ts";
import { type Column, tableLines } from "../table.ts";

/** Only where a session has one: it would take width from the others for nothing. */
const PRESET: Column = { title: "PRESET", cutTo: 4 };
const SESSION: Column = { title: "SESSION" };
/** Beside a preset's name, which is as good: the beginning is enough to name it by. */
const SHORT_SESSION: Column = { title: "SESSION", cutTo: 16, cutFirst: true };
const COLUMNS: readonly Column[] = [
  { title: "INSTANCE", cutTo: 8 },
  { title: "STATE" },
  { title: "LOCAL" },
  { title: "REMOTE", cutTo: 6 },
  { title: "UP" },
];

/** Nothing when there are none. */
export function listLines(sessions: readonly SessionEntry[], width: number | undefined): string[] {
  if (sessions.length === 0) return [];
  const hasPresets = sessions.some(({ preset }) => preset !== null);
  return tableLines(
    hasPresets ? [SHORT_SESSION, PRESET, ...COLUMNS] : [SESSION, ...COLUMNS],
    sessions.map((session) => [
      session.session_id,
      ...(hasPresets ? [session.preset ?? "-"] : []),
      session.instance_name ?? session.instance_id,
      session.state,
      localEnd(session),
      remoteEnd(session),
      formatDuration(session.uptime_s),
    ]),
    width,
  );
}

/** `127.0.0.1:8080`; `-` for a session without a local port. */
export function localEnd({ bind, local_port }: SessionEntry): string {
  return bind === null || local_port === null ? "-" : `${bracketed(bind)}:${local_port}`;
}

/** `80`, or `db.internal:5432` behind the instance; `shell` or `exec` where there is no port. */
export function remoteEnd({ kind, remote_host, remote_port }: SessionEntry): string {
  if (remote_port === null) return kind ?? "-";
  return remote_host === null ? `${remote_port}` : `${bracketed(remote_host)}:${remote_port}`;
}
