/**
 * Where files of this program live: the XDG folders, or `%APPDATA%` on Windows.
 *
 * @module
 */

import { join } from "node:path";

/** What the answer depends on. */
export interface PathFacts {
  os: typeof Deno.build.os;
  env: Readonly<Record<string, string | undefined>>;
}

const PROGRAM_FOLDER = "ec2-connect";

/**
 * The folder of the configuration file, which need not exist.
 *
 * @returns `undefined` where the environment names no home at all.
 *
 * Source: XDG Base Directory Specification: a relative `XDG_CONFIG_HOME` is to be ignored.
 */
export function configFolder(facts: PathFacts): string | undefined {
  const { os, env } = facts;
  if (os === "windows") {
    return env["APPDATA"] ? join(env["APPDATA"], PROGRAM_FOLDER) : undefined;
  }
  const xdg = env["XDG_CONFIG_HOME"];
  if (xdg?.startsWith("/")) return join(xdg, PROGRAM_FOLDER);
  return env["HOME"] ? join(env["HOME"], ".config", PROGRAM_FOLDER) : undefined;
}
