/**
 * Running the user's own command as a child that shares the terminal.
 *
 * @module
 */

import type { StopSignal } from "./signals.ts";

/** A child process that has been started. */
export interface RunningChild {
  /** Its exit status once it has ended; 128 and the signal's number when a signal ended it. */
  readonly status: Promise<number>;
  /** Hands a signal on. Nothing happens when the child has already ended. */
  signal(name: StopSignal): void;
}

/**
 * Starts `command` with this process' standard input, output and error.
 *
 * It is run by the shell, because the shell is the one program that the executable's permissions
 * always name; `exec` puts the command in the shell's place, so that signals and the exit status are
 * the command's own. The shell reports what cannot be run: 127 not found, 126 not executable.
 *
 * @param command Program and arguments, passed on unchanged.
 */
export function startChild(
  command: readonly string[],
  options: { env: Record<string, string> },
): RunningChild {
  const child = shellCommand(command, options.env).spawn();
  return {
    // Deno makes 128 and the signal's number of a signal.
    status: child.status.then(({ code }) => code),
    signal(name) {
      try {
        child.kill(name);
      } catch {
        // Already gone; `status` tells the rest.
      }
    },
  };
}

function shellCommand(command: readonly string[], env: Record<string, string>): Deno.Command {
  const stdio = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  if (Deno.build.os === "windows") {
    // `/s` takes off exactly the outer pair of quotes, whatever is between them.
    const line = `"${command.map(quoteForWindows).join(" ")}"`;
    const args = ["/d", "/s", "/c", line];
    return new Deno.Command("cmd.exe", { args, env, windowsRawArguments: true, ...stdio });
  }
  return new Deno.Command("/bin/sh", {
    args: ["-c", 'exec "$@"', "sh", ...command],
    env,
    ...stdio,
  });
}

/**
 * One argument as a Windows program parses it back from its command line.
 *
 * Source: Microsoft, "Parsing C++ command-line arguments": backslashes double before a quote only.
 */
export function quoteForWindows(argument: string): string {
  if (/^[\w.:\\/=-]+$/.test(argument)) return argument;
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

/** One word of a command line as a POSIX shell reads it back. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
