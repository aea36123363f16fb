/**
 * Writing settings into the user's configuration file.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { AppError, toAppError } from "../errors/mod.ts";
import {
  explainWriteError,
  followLinks,
  lockFile,
  type PathFacts,
  rewriteFile,
  stateFolder,
  writeWholeFile,
} from "../platform/mod.ts";
import { editConfigText, type SettingEdit } from "./edit.ts";
import { findConfigFile, namedFile, newConfigFile } from "./find.ts";
import { requireValidText } from "./read.ts";
import { readSource, requireFormat } from "./source.ts";

/** What was written. */
export interface SavedSettings {
  file: string;
  /** Whether the file says something else than before. */
  isChanged: boolean;
  /** Where the file before is kept; undefined for a new file and where nothing changed. */
  backup: string | undefined;
}

/**
 * Changes settings in the file that counts, in whatever format that is; without one it is created.
 *
 * Comments, order and every setting that the edits do not name stay as they are, and so do links to
 * the file and its permissions. The file before is kept beside it as `.bak`. Nothing is written when
 * the file would not be valid.
 *
 * @param options.path `--config`.
 * @throws {AppError} `config` when the file is wrong already, would be after the edits, or cannot be
 * edited; `usage` and `resource` when it cannot be written.
 */
export async function saveSetting(
  { facts, path, edits }: {
    facts: PathFacts;
    path: string | undefined;
    edits: readonly SettingEdit[];
  },
): Promise<SavedSettings> {
  using _lock = await lockSettings(facts);
  const named = namedFile(path, facts.env);
  const file = named?.path ?? (await findConfigFile(undefined, facts))?.path ??
    newConfigFile(named, facts);
  const before = await readIfThere(file);
  const format = requireFormat(file);
  if (before !== undefined) await requireValidText(before, file);
  const after = await editConfigText(before ?? "", { file, format, edits });
  if (after === before) return { file, isChanged: false, backup: undefined };
  await requireWouldBeValid(after, file);
  if (before === undefined) {
    // A link that leads nowhere is told, and not replaced by a file.
    await followLinks(file);
    await createFolder(dirname(file));
    await writeWholeFile(file, after, { mayReplace: false });
    return { file, isChanged: true, backup: undefined };
  }
  const backup = `${file}.bak`;
  await rewriteFile(file, after, { backup });
  return { file, isChanged: true, backup };
}

/** Two commands that save at once take turns; without a folder for the lock there is none. */
async function lockSettings(facts: PathFacts): Promise<Disposable> {
  const folder = stateFolder(facts);
  try {
    if (folder !== undefined) {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      return await lockFile(join(folder, "config.lock"));
    }
  } catch {
    // A folder that cannot be written must not keep the file from being written.
  }
  return { [Symbol.dispose]: () => {} };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readSource(file)).text;
  } catch (error) {
    if (error instanceof AppError && error.cause instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function createFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explainWriteError(error, path);
  }
}

async function requireWouldBeValid(text: string, file: string): Promise<void> {
  try {
    await requireValidText(text, file);
  } catch (error) {
    const { message, why } = toAppError(error);
    throw new AppError("config", `Cannot write ${file}: it would not be valid`, {
      why: why === undefined ? message : `${message}: ${why}`,
      cause: error,
    });
  }
}
