/**
 * The list of open sessions on the screen. Loaded when it is wanted.
 *
 * @module
 */

import type { SessionEntry } from "../../session/host/mod.ts";
import { Picker, type PickerColumn, type PickerRow, pickerRow } from "../../tui/mod.ts";
import type { ScreenTerminal } from "../../tui/mod.ts";
import type { Context } from "../context.ts";
import { formatDuration } from "../duration.ts";
import { localEnd, remoteEnd } from "../sessions/list_text.ts";
import { printable } from "../text.ts";
import { showPicker } from "./show.ts";

const COLUMNS: readonly PickerColumn[] = [
  { title: "INSTANCE" },
  { title: "LOCAL", leavesFirst: 8 },
  { title: "REMOTE", leavesFirst: 8 },
  { title: "STATE", leavesFirst: 12 },
  { title: "UP", leavesFirst: 12 },
  { title: "SESSION", leavesFirst: 12 },
];

/** No session has it: theirs are not empty. */
const ALL = "";

export interface PickSessionsOptions {
  question: string;
  /** What Enter does, as "ends". */
  enterDoes: string;
  /** Several may be marked. */
  isMulti: boolean;
  /** The first row stands for all of them. */
  offersAll: boolean;
  /** See `PickerOptions`. */
  isCareful?: boolean;
  context: Context;
  /** In place of the command's own. */
  terminal?: ScreenTerminal;
}

/**
 * Has a person choose among open sessions.
 *
 * @param sessions At least one.
 * @returns At least one.
 * @throws {Stopped} When the person leaves.
 */
export async function pickSessions<Session extends SessionEntry>(
  sessions: readonly Session[],
  { question, enterDoes, isMulti, offersAll, isCareful = false, ...rest }: PickSessionsOptions,
): Promise<readonly Session[]> {
  const picker = new Picker({ question, enterDoes, isMulti, isCareful, columns: COLUMNS });
  picker.setRows([...(offersAll ? [allOf(sessions)] : []), ...sessions.map(rowOf)]);
  const failed = new AbortController().signal;
  const ids = await showPicker(picker, { ...rest, failed, onReady: () => {} });
  if (ids.includes(ALL)) return sessions;
  return sessions.filter(({ session_id }) => ids.includes(session_id));
}

function allOf(sessions: readonly SessionEntry[]): PickerRow {
  const text = `all ${sessions.length}`;
  return pickerRow({ id: ALL, cells: [text, "", "", "", "", ""], keys: ["all"] });
}

function rowOf(session: SessionEntry): PickerRow {
  const { session_id, instance_id, instance_name, preset, local_port, state } = session;
  const keys = [session_id, instance_id, instance_name, preset, local_port]
    .flatMap((key) => key === null ? [] : [printable(String(key))]);
  return pickerRow({
    id: session_id,
    cells: [
      instance_name ?? instance_id,
      localEnd(session),
      remoteEnd(session),
      state,
      formatDuration(session.uptime_s),
      session_id,
    ].map(printable),
    keys,
    alsoFoundBy: keys,
    isDim: state === "lost",
  });
}
