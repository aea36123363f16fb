/**
 * What fixes were about to do, and what came of it: one file a run, one JSON object a line.
 *
 * Each line is on the disk before the program goes on, so that a crash in the middle of a change leaves
 * the call and the way back.
 *
 * @module
 */

import { explainWriteError } from "../../platform/mod.ts";
import type { FixCall } from "./contracts.ts";

/** One line. Keys of a public format: docs/DATA_MODELS.md. */
export interface JournalEntry {
  /** RFC 3339, UTC. */
  at: string;
  run_id: string;
  fix_id: string;
  /** `intent` before a call, `result` after it; the same for the call that takes it back. */
  event: "intent" | "result" | "rollback_intent" | "rollback_result";
  call: FixCall;
  /** The call that undoes it; null: nothing does. Before the answer it has placeholders. */
  rollback: FixCall | null;
  /** Of a result: AWS's request id. */
  request_id: string | null;
  /** Of a result: what went wrong; null when nothing did. */
  error: string | null;
}

export interface Journal {
  write(entry: JournalEntry): Promise<void>;
}

/**
 * A journal in a file, which is made with the first line.
 *
 * @throws {AppError} From `write`, when the line cannot be kept: then nothing may be changed.
 */
export function fileJournal(folder: string, runId: string): Journal & { path: string } {
  const path = `${folder}/${runId}.jsonl`;
  return {
    path,
    async write(entry) {
      try {
        await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
        using file = await Deno.open(path, { append: true, create: true, mode: 0o600 });
        let rest = new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
        while (rest.byteLength > 0) rest = rest.subarray(await file.write(rest));
        await file.sync();
      } catch (error) {
        throw explainWriteError(error, path);
      }
    },
  };
}

/**
 * The lines of a run's journal, in their order.
 *
 * @returns undefined when there is none. A last line that a crash cut short is left out.
 */
export async function readJournal(
  folder: string,
  runId: string,
): Promise<JournalEntry[] | undefined> {
  // The id becomes part of a path.
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(runId)) return undefined;
  let text: string;
  try {
    text = await Deno.readTextFile(`${folder}/${runId}.jsonl`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as JournalEntry);
}
