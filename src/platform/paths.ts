/**
 * Where files of this program live: the XDG folders, or `%APPDATA%` on Windows.
 *
 * @module
 */

/** What the answer depends on. */
export interface PathFacts {
  os: typeof Deno.build.os;
  env: Readonly<Record<string, string | undefined>>;
}

// Not node:path: the first module of node: costs each start 5 ms, `--version` too.
const join = (os: PathFacts["os"], ...parts: string[]) => parts.join(os === "windows" ? "\\" : "/");

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
    return env["APPDATA"] ? join(os, env["APPDATA"], PROGRAM_FOLDER) : undefined;
  }
  const xdg = env["XDG_CONFIG_HOME"];
  if (xdg?.startsWith("/")) return join(os, xdg, PROGRAM_FOLDER);
  return env["HOME"] ? join(os, env["HOME"], ".config", PROGRAM_FOLDER) : undefined;
}
