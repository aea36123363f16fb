/**
 * `config generate`: a configuration file to begin with.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import {
  configFolder,
  explainWriteError,
  rewriteFile,
  writeWholeFile,
} from "../../platform/mod.ts";
import type { ConfigGenerateOptions } from "../commands/config.ts";
import type { Context } from "../context.ts";

/** @returns 0 */
export async function runGenerate(
  { output, format, mayReplace }: ConfigGenerateOptions,
  { io, reporter }: Context,
): Promise<number> {
  const { configTemplate } = await import("../../config/template.ts");
  const text = await configTemplate(format);
  if (output === undefined) {
    for (const line of text.trimEnd().split("\n")) reporter.result(line);
    return 0;
  }
  if (mayReplace && await isFile(output)) {
    const backup = await freeBackup(output);
    await rewriteFile(output, text, { backup });
    reporter.note(`Written to ${output}; the file before is kept as ${backup}`);
    return 0;
  }
  await createConfigFolder(output, io);
  await writeWholeFile(output, text, { mayReplace: false });
  reporter.note(`Written to ${output}`);
  return 0;
}

/**
 * The file before may be all of somebody's work: its name is one that nothing else is kept under, now
 * or later. `.bak` alone is what saving a single setting writes over.
 */
async function freeBackup(path: string): Promise<string> {
  for (let count = 1;; count++) {
    const backup = `${path}.${count}.bak`;
    if (!await isThere(backup)) return backup;
  }
}

/** Who follows the example of the help has no folder for settings yet. */
async function createConfigFolder(output: string, io: Context["io"]): Promise<void> {
  const folder = configFolder(io);
  if (folder === undefined || resolve(dirname(output)) !== resolve(folder)) return;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explainWriteError(error, output);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
