/**
 * Building the Go programs beside this file: the stand-in for session-manager-plugin and the smux peer.
 *
 * They are built as Debian builds Go programs, from the source packages below /usr/share/gocode, so
 * nothing is downloaded. The results are kept in the user's cache, by a hash of the sources.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DEBIAN_PACKAGES =
  "golang-go golang-github-xtaci-smux-dev golang-github-gorilla-websocket-dev";
const GOPATH = "/usr/share/gocode";
const LIBRARIES = ["github.com/xtaci/smux", "github.com/gorilla/websocket"];
const SOURCES = dirname(fileURLToPath(import.meta.url));

/** The programs, by the folder of their sources below this one. */
const PROGRAMS = {
  "session-manager-plugin": ".",
  "smuxpeer": "./smuxpeer",
} as const;

export type ProgramName = keyof typeof PROGRAMS;

/** A built program, or what is missing to build it. */
export type BuiltProgram = { path: string } | { path: undefined; reason: string };

/** What has to be installed before the programs can be built, in words; `undefined`: nothing. */
export function missingGoTools(): string | undefined {
  const missing = LIBRARIES.filter((name) => !exists(join(GOPATH, "src", name)));
  if (findOnPath("go") === undefined) missing.unshift("go");
  if (missing.length === 0) return undefined;
  return `${missing.join(", ")} not installed: apt-get install ${DEBIAN_PACKAGES}`;
}

/**
 * Builds a program, unless this version of its sources was built before.
 *
 * @throws {Error} If the compiler refuses; its output is in the message.
 */
export async function buildProgram(name: ProgramName): Promise<BuiltProgram> {
  const reason = missingGoTools();
  if (reason !== undefined) return { path: undefined, reason };
  const sources = join(SOURCES, PROGRAMS[name]);
  const cache = cacheFolder();
  const folder = join(cache, `${name}-${await hashSources(sources)}`);
  const path = join(folder, name);
  if (exists(path)) return { path };
  await Deno.mkdir(folder, { recursive: true });
  // Built beside and then renamed: test files run side by side, and each may be the first.
  const fresh = await Deno.makeTempFile({ dir: folder });
  await runGo(["build", "-trimpath", "-o", fresh, "."], { cwd: sources, cache });
  await Deno.rename(fresh, path);
  return { path };
}

async function runGo(args: string[], options: { cwd: string; cache: string }): Promise<void> {
  const output = await new Deno.Command("go", {
    args,
    cwd: options.cwd,
    env: {
      GO111MODULE: "off",
      GOPATH,
      GOFLAGS: "",
      GOTOOLCHAIN: "local",
      GOCACHE: join(options.cache, "go-build"),
    },
    stdin: "null",
  }).output();
  if (output.success) return;
  throw new Error(`go ${args[0]}: ${new TextDecoder().decode(output.stderr)}`);
}

/** A hash of every Go source in a folder and of the compiler's version. */
async function hashSources(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const version = await new Deno.Command("go", { args: ["version"], stdin: "null" }).output();
  hash.update(version.stdout);
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  for (const name of names.filter((name) => name.endsWith(".go")).sort()) {
    hash.update(`${name}\n`).update(Deno.readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

function cacheFolder(): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") ??
    (home === undefined ? Deno.env.get("TMPDIR") ?? "/tmp" : join(home, ".cache"));
  return join(cache, "ec2-connect-plugin-twin");
}

/** The first program of that name on PATH. */
export function findOnPath(name: string): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.filter((folder) => folder !== "").map((folder) => join(folder, name)).find(exists);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
