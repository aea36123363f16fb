/**
 * Where the configuration file is, and in which language.
 *
 * @module
 */

import { join } from "node:path";
import { AppError } from "../errors/mod.ts";
import { configFolder, type PathFacts } from "../platform/mod.ts";

/** The languages a configuration file may be written in. */
export type ConfigFormat = "json" | "toml" | "yaml";

/** The format that a file's name tells, undefined for another ending. */
export function formatOfFile(path: string): ConfigFormat | undefined {
  const ending = /\.(json|toml|ya?ml)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === "yml" ? "yaml" : ending as ConfigFormat | undefined;
}

/** A file that the command line or the environment names. */
export interface NamedFile {
  path: string;
  /** Which of the two. */
  by: "--config" | "EC2_CONNECT_CONFIG";
}

/** The file that is named, by `--config` before `EC2_CONNECT_CONFIG`; undefined when none is. */
export function namedFile(
  option: string | undefined,
  env: PathFacts["env"],
): NamedFile | undefined {
  if (option !== undefined) return { path: option, by: "--config" };
  const variable = env["EC2_CONNECT_CONFIG"];
  return variable ? { path: variable, by: "EC2_CONNECT_CONFIG" } : undefined;
}

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
 * @returns `undefined` when there is none.
 * @throws {AppError} `config` when a named file does not exist.
 */
export async function findConfigFile(
  named: NamedFile | undefined,
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

/**
 * The file to write settings to when there is none yet: the one that is named, else `config.json`.
 *
 * @throws {AppError} `config` where no folder is known to put it in.
 */
export function newConfigFile(named: NamedFile | undefined, facts: PathFacts): string {
  if (named !== undefined) return named.path;
  const folder = configFolder(facts);
  if (folder !== undefined) return join(folder, FILE_NAMES[0]);
  throw new AppError("config", "Cannot keep settings: the environment names no home folder", {
    hint: "Name a file with --config",
  });
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
