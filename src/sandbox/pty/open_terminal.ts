/**
 * Opens a pseudo-terminal with what this machine has for that.
 *
 * @module
 */
import { PythonTerminal } from "./python_terminal.ts";
import { ScriptTerminal } from "./script_terminal.ts";
import { programEnvironment } from "./environment.ts";
import type { CommandPlan, Terminal, TerminalEvents } from "./terminal.ts";

export type TerminalProgram = "python3" | "script";

/**
 * Runs a command on a new pseudo-terminal.
 *
 * @param program Which one holds it. Default: the first of both that this machine has.
 * @throws {Error} With a text that says what is missing.
 */
export async function openTerminal(
  plan: CommandPlan,
  events: TerminalEvents,
  program?: TerminalProgram,
): Promise<Terminal> {
  if (Deno.build.os === "windows") {
    throw new Error("shells of the sandbox need a POSIX system; this one is Windows");
  }
  switch (program ?? await (found ??= findProgram())) {
    case "python3":
      return await PythonTerminal.open(plan, events);
    case "script":
      return await ScriptTerminal.open(plan, events);
    case undefined:
      throw new Error(
        "a pseudo-terminal needs python3, or script of util-linux; this machine has neither",
      );
  }
}

/** Looked for once: it costs a process. */
let found: Promise<TerminalProgram | undefined> | undefined;

const LOOK = `
python3 -ISc 'import fcntl, pty, termios' && echo python3 && exit
script --version | grep -q util-linux && echo script`;

async function findProgram(): Promise<TerminalProgram | undefined> {
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", LOOK],
    env: programEnvironment(),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  const name = new TextDecoder().decode(stdout).trim();
  return name === "python3" || name === "script" ? name : undefined;
}
