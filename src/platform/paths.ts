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
  return folder(facts, { windows: "APPDATA", xdg: "XDG_CONFIG_HOME", inHome: [".config"] });
}

/** The folder of the database. May not exist yet. @returns As {@link configFolder}. */
export function dataFolder(facts: PathFacts): string | undefined {
  return folder(facts, {
    windows: "LOCALAPPDATA",
    xdg: "XDG_DATA_HOME",
    inHome: [".local", "share"],
  });
}

/**
 * The folder of what running processes leave for each other, and of logs: worth keeping over a
 * restart, and no loss when it is gone. May not exist yet.
 *
 * @returns As {@link configFolder}.
 */
export function stateFolder(facts: PathFacts): string | undefined {
  const place = folder(facts, {
    windows: "LOCALAPPDATA",
    xdg: "XDG_STATE_HOME",
    inHome: [".local", "state"],
  });
  // Windows has one place for both, so they are kept apart inside.
  if (facts.os !== "windows" || place === undefined) return place;
  return join(facts.os, place, "state");
}

/** The folder of what can be had again, at a price. May not exist yet. @returns As {@link configFolder}. */
export function cacheFolder(facts: PathFacts): string | undefined {
  return folder(facts, { windows: "LOCALAPPDATA", xdg: "XDG_CACHE_HOME", inHome: [".cache"] });
}

function folder(
  { os, env }: PathFacts,
  place: { windows: string; xdg: string; inHome: string[] },
): string | undefined {
  if (os === "windows") {
    const base = env[place.windows];
    return base ? join(os, base, PROGRAM_FOLDER) : undefined;
  }
  const xdg = env[place.xdg];
  if (xdg?.startsWith("/")) return join(os, xdg, PROGRAM_FOLDER);
  return env["HOME"] ? join(os, env["HOME"], ...place.inHome, PROGRAM_FOLDER) : undefined;
}
