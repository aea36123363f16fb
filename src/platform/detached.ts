/**
 * Starting this program once more, apart from the terminal and from this process.
 *
 * @module
 */
import { quoteForWindows } from "./child.ts";

/** A process that was started and goes its own way. */
export interface DetachedProcess {
  /** Resolves with its first line of standard output, or undefined when it ended without one. */
  readonly firstLine: Promise<string | undefined>;
  /** Ends it. Only to be called before its first line came: later it is on its own. */
  kill(): void;
}

/**
 * Starts this program with other arguments, in a session of its own: closing the terminal, or Ctrl-C
 * in it, does not reach it.
 *
 * It is run by the shell, which is all that the executable's permissions name, and takes its place.
 *
 * @param args For this program. Shown by the system to everybody, so nothing secret may be in them.
 * @param options.env All of its environment.
 * @param options.errorFile What it writes to standard error is added to this file.
 */
export function startDetached(
  args: readonly string[],
  options: { env: Record<string, string>; errorFile: string },
): DetachedProcess {
  const child = shellCommand([...ownCommand(), ...args], options).spawn();
  child.unref();
  return {
    firstLine: readLine(child.stdout),
    kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
    },
  };
}

/** What this process was started with, without its arguments: the executable, or Deno and `main.ts`. */
export function ownCommand(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  return [Deno.execPath(), "run", "--allow-all", "--quiet", Deno.mainModule];
}

function shellCommand(
  command: readonly string[],
  { env, errorFile }: { env: Record<string, string>; errorFile: string },
): Deno.Command {
  const common = {
    env,
    clearEnv: true,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  } as const;
  if (Deno.build.os === "windows") {
    const line = `"${command.map(quoteForWindows).join(" ")} 2>>${quoteForWindows(errorFile)}"`;
    const args = ["/d", "/s", "/c", line];
    return new Deno.Command("cmd.exe", { args, windowsRawArguments: true, ...common });
  }
  // Away from the folder that it was started in, which may be on a disk to be unmounted.
  const script = 'cd / && umask 077 && log=$1 && shift && exec "$@" 2>>"$log"';
  return new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", errorFile, ...command],
    ...common,
  });
}

async function readLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += value;
      const end = text.indexOf("\n");
      if (end >= 0) return text.slice(0, end);
    }
  } finally {
    await reader.cancel();
  }
}
