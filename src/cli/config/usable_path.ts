/**
 * Whether files and folders could be written, leaving nothing behind.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { AppError } from "../../errors/mod.ts";
import { explainWriteError } from "../../platform/mod.ts";
import { requireWritable } from "../diagnose/output_file.ts";

/**
 * A file that is there and may be written, or could be created.
 *
 * @param setBy What names the path, for the way out.
 * @throws {AppError} `config`
 */
export async function requireUsableFile(path: string, setBy: string): Promise<void> {
  const info = await statOrUndefined(path);
  if (info === undefined) return await requireUsableFolder(dirname(resolve(path)), setBy);
  if (info.isDirectory) throw unusable(path, "it is a folder", setBy);
  try {
    (await Deno.open(path, { read: true, write: true })).close();
  } catch (error) {
    throw unusable(path, foundIn(error, path), setBy);
  }
}

/** A folder that may be written, or could be created. @throws {AppError} `config` */
export async function requireUsableFolder(path: string, setBy: string): Promise<void> {
  let folder = resolve(path);
  // The innermost that exists: the others would be made in it.
  while (await statOrUndefined(folder) === undefined && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  if (!(await statOrUndefined(folder))?.isDirectory) {
    throw unusable(path, `${folder} is no folder`, setBy);
  }
  const probe = resolve(folder, ".ec2-connect");
  try {
    await requireWritable(probe);
  } catch (error) {
    throw unusable(path, foundIn(error, probe), setBy);
  }
}

async function statOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (isMissing) return undefined;
    throw unusable(path, foundIn(error, path), "its folder's permissions");
  }
}

/** The words of {@link explainWriteError} without the path. */
function foundIn(error: unknown, path: string): string {
  return explainWriteError(error, path).message.replace(`Cannot write ${path}: `, "");
}

function unusable(path: string, found: string, setBy: string): AppError {
  return new AppError("config", `Cannot write ${path}: ${found}`, {
    hint: `Choose another place with ${setBy}`,
  });
}
