/**
 * `config generate`: a configuration file to begin with.
 *
 * @module
 */

import { rewriteFile, writeWholeFile } from "../../platform/mod.ts";
import type { ConfigGenerateOptions } from "../commands/config.ts";
import type { Context } from "../context.ts";

/** @returns 0 */
export async function runGenerate(
  { output, format, mayReplace }: ConfigGenerateOptions,
  { reporter }: Context,
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
  await writeWholeFile(output, text, { mayReplace: false });
  reporter.note(`Written to ${output}`);
  return 0;
}

/** The file before may be all of somebody's work: one that is kept already is not written over. */
async function freeBackup(path: string): Promise<string> {
  for (let count = 1;; count++) {
    const backup = count === 1 ? `${path}.bak` : `${path}.${count}.bak`;
    if (!await isThere(backup)) return backup;
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
