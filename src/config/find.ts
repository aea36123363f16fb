/**
 * Where the configuration file is.
 *
 * @module
 */

import { join } from "node:path";
import { AppError } from "../errors/mod.ts";
import { configFolder, type PathFacts } from "../platform/mod.ts";

/** Names looked for in the configuration folder; the first that exists counts. */
const FILE_NAMES = ["config.json", "config.toml", "config.yaml", "config.yml"] as const;

/** A file that was found. */
export interface FoundFile {
  path: string;
  /** Files of the same folder that would have counted had this one not been there. */
  ignored: string[];
}

/**
 * Finds the configuration file: the one that was named, else the one in the usual folder.
 *
 * @param named Path from `--config` or `EC2_CONNECT_CONFIG`, and which of the two.
 * @returns `undefined` when there is none.
 * @throws {AppError} `config` when a named file does not exist.
 */
export async function findConfigFile(
  named: { path: string; by: string } | undefined,
  facts: PathFacts,
): Promise<FoundFile | undefined> {
  if (named !== undefined) {
    if (await exists(named.path)) return { path: named.path, ignored: [] };
    throw new AppError("config", `Cannot read configuration file ${named.path}: no such file`, {
      why: `${named.by} names it`,
      hint: `Correct ${named.by}, or leave it out to use the defaults`,
    });
  }
  const folder = configFolder(facts);
  if (folder === undefined) return undefined;
  const paths = FILE_NAMES.map((name) => join(folder, name));
  const present = await Promise.all(paths.map(exists));
  const [path, ...ignored] = paths.filter((_, index) => present[index]);
  return path === undefined ? undefined : { path, ignored };
}

/** Whether something is at `path`; what cannot be told for lack of permission is taken as there. */
async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}
