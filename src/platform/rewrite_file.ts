/**
 * New content for a file that belongs to the user.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { explainWriteError, writeWholeFile } from "./whole_file.ts";

/**
 * The path of the file itself where `path` is a link to it, so that the link stays one.
 *
 * @throws {AppError} `usage` for a link that leads nowhere.
 */
export async function followLinks(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw explainWriteError(error, path);
    const link = await Deno.readLink(path).catch(() => undefined);
    if (link === undefined) return path;
    throw new AppError(
      "usage",
      `Cannot write ${path}: it is a link to ${link}, which is not there`,
      {
        hint: "Create that file, or remove the link",
      },
    );
  }
}

/**
 * Replaces the content of a file that is there: whole or not at all, with its permissions, and where
 * the path is a link, in the place that it leads to.
 *
 * @param options.backup Where the content before goes first.
 * @throws {AppError} As {@link writeWholeFile}.
 */
export async function rewriteFile(
  path: string,
  content: string | Uint8Array,
  options: { backup: string },
): Promise<void> {
  const file = await followLinks(path);
  let before: Uint8Array;
  let mode: number | null;
  try {
    before = await Deno.readFile(file);
    mode = (await Deno.stat(file)).mode;
  } catch (error) {
    throw explainWriteError(error, path);
  }
  const kept = mode === null ? {} : { mode: mode & 0o777 };
  await writeWholeFile(options.backup, before, kept);
  await writeWholeFile(file, content, kept);
}
