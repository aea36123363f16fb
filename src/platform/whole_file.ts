/**
 * Files that are written whole or not at all.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";

/** Readable by its owner alone. */
const PRIVATE_MODE = 0o600;

/**
 * Replaces or creates the file at `path`, so that a reader, a full disk or the power going off meets
 * the old content or the new one, and never a part.
 *
 * @param options.mode Permissions of the file, whatever the umask; default 0600.
 * @param options.mayReplace False: a file that is already there is an error.
 * @param options.isDurable False: after the power went off the file may be empty.
 * @throws {AppError} `usage` when the path cannot be written: a folder, no folder above it, no
 * permission, or there already; `resource` for a full disk and its like. Nothing is left behind.
 */
export async function writeWholeFile(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; mayReplace?: boolean; isDurable?: boolean } = {},
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    // Renaming over a folder fails late and with another error on each system.
    const before = await statOrUndefined(path);
    if (before?.isDirectory) throw new Deno.errors.IsADirectory("it is a folder");
    if (before?.isFile && options.mayReplace === false) {
      throw new Deno.errors.AlreadyExists("it exists");
    }
    // A device or a pipe (/dev/stdout) cannot be replaced, only written.
    if (before !== undefined && !before.isFile) return await Deno.writeFile(path, bytes);
    const { mode = PRIVATE_MODE, isDurable = true } = options;
    await writeNew(temporary, bytes, { mode, isDurable });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw explainWriteError(error, path);
  }
}

async function statOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function writeNew(
  path: string,
  bytes: Uint8Array,
  { mode, isDurable }: { mode: number; isDurable: boolean },
): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode });
  for (let rest = bytes; rest.byteLength > 0;) rest = rest.subarray(await file.write(rest));
  // Asking for a mode when opening is subject to the umask.
  if (mode !== PRIVATE_MODE && Deno.build.os !== "windows") await Deno.chmod(path, mode);
  if (isDurable) await file.sync();
}

/** What kept a file from being written, as an error of ours. */
export function explainWriteError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const what = `Cannot write ${path}`;
  const usage = (found: string, hint: string) =>
    new AppError("usage", `${what}: ${found}`, { hint, cause: error });
  if (error instanceof Deno.errors.IsADirectory) {
    return usage("it is a folder", "Name a file in it");
  }
  if (error instanceof Deno.errors.AlreadyExists) {
    return usage("it exists already", "Choose another name, or replace it with --force");
  }
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return usage("its folder does not exist", "Create the folder, or choose another path");
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return usage("permission denied", "Choose a path that you may write");
  }
  if (/read-only file system/i.test(messageOf(error))) {
    return usage("the file system is read-only", "Choose another path");
  }
  return new AppError("resource", `${what}: ${messageOf(error).replace(/ \(os error .*$/s, "")}`, {
    hint: "Free some space, or choose another path",
    cause: error,
  });
}
