/**
 * A command without a terminal and without input, alone in a process group of its own.
 *
 * @module
 */
import { join } from "node:path";
import type { CommandPlan } from "./terminal.ts";

/** A control key's signal that a command without a terminal can get. */
export type CommandSignal = "SIGINT" | "SIGQUIT";

/**
 * The command takes the shell's place. What is left behind in its group waits for the end of our pipe,
 * which comes with `close` or with our own end, and then kills the group: the command, if it still
 * runs, and all that it started.
 */
const GROUP = 'exec 3<&0 </dev/null; { read -r _ <&3; kill -s KILL -- "-$$"; } >/dev/null 2>&1 & ';
const APART = `${GROUP} exec "$@" 3<&-`;
const IN_ONE_FILE = `${GROUP} file=$1; shift; exec "$@" >"$file" 2>&1 3<&-`;

export class PlainProcess {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /**
   * Starts a command.
   *
   * @param output Path of the file that takes both streams; `undefined`: `stdout` and `stderr` do.
   * @throws {Error} When there is no such program, in the words of the agent's language.
   */
  static async start(plan: CommandPlan, output: string | undefined): Promise<PlainProcess> {
    if (Deno.build.os === "windows") {
      throw new Error("commands of the sandbox need a POSIX system; this one is Windows");
    }
    const { command, folder, environment } = plan;
    await requireProgram(command[0]!, { folder, path: environment["PATH"] ?? "" });
    const isApart = output === undefined;
    return new PlainProcess(
      new Deno.Command("/bin/sh", {
        args: ["-c", isApart ? APART : IN_ONE_FILE, "sh", ...(isApart ? [] : [output]), ...command],
        cwd: folder,
        env: { ...environment },
        clearEnv: true,
        // A session and so a group of its own, which `kill` above names by the command's process id.
        detached: true,
        stdin: "piped",
        stdout: isApart ? "piped" : "null",
        stderr: isApart ? "piped" : "null",
      }).spawn(),
    );
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Only where output was asked for apart. */
  get stdout(): ReadableStream<Uint8Array> {
    return this.#child.stdout;
  }

  get stderr(): ReadableStream<Uint8Array> {
    return this.#child.stderr;
  }

  /** Exit status; -1 when a signal ended it, as the agent counts. */
  async status(): Promise<number> {
    const { code, signal } = await this.#child.status;
    return signal === null ? code : -1;
  }

  signal(name: CommandSignal): void {
    try {
      this.#child.kill(name);
    } catch {
      // It has ended.
    }
  }

  /** Ends the command and all that it started. Resolves when the command is gone. */
  async close(): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
    await this.#child.status;
  }
}

/** @throws {Error} As Go's os/exec words it. */
async function requireProgram(
  name: string,
  { folder, path }: { folder: string; path: string },
): Promise<void> {
  if (name.includes("/")) {
    const problem = await problemOf(join(folder, name), name);
    if (problem !== undefined) throw new Error(`fork/exec ${name}: ${problem}`);
    return;
  }
  for (const each of path.split(":")) {
    if (await problemOf(join(each || folder, name), name) === undefined) return;
  }
  throw new Error(`exec: "${name}": executable file not found in $PATH`);
}

async function problemOf(relative: string, name: string): Promise<string | undefined> {
  const file = name.startsWith("/") ? name : relative;
  try {
    const { isFile, mode } = await Deno.stat(file);
    return isFile && ((mode ?? 0) & 0o111) !== 0 ? undefined : "permission denied";
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? "no such file or directory"
      : "permission denied";
  }
}
