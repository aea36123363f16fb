/**
 * Refusing an output file before the work rather than after it.
 *
 * @module
 */

import { explainWriteError } from "../../platform/mod.ts";

/** @throws {AppError} `usage` when a file of that path could not be written. Leaves nothing behind. */
export async function requireWritable(path: string): Promise<void> {
  const probe = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    const before = await Deno.stat(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (before?.isDirectory) throw new Deno.errors.IsADirectory("it is a folder");
    if (before !== undefined && !before.isFile) return;
    (await Deno.open(probe, { write: true, createNew: true })).close();
    await Deno.remove(probe);
  } catch (error) {
    throw explainWriteError(error, path);
  }
}
