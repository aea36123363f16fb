/**
 * Running another program for what it says.
 *
 * @module
 */
import { quoteForWindows } from "./child.ts";

export interface ProgramResult {
  /** 127 when the program is not there, as the shell says. */
  code: number;
  stdout: string;
  stderr: string;
  /** It was ended because its time was over. */
  isLate: boolean;
}

/**
 * Runs a program to its end. Its standard input is empty.
 *
 * The shell starts it, which is all that the executable's permissions name, and makes way for it.
 *
 * @param options.env All of its environment.
 * @param options.signal Ends it; the promise then rejects with the signal's reason.
 */
export async function runProgram(
  command: readonly string[],
  options: { env: Record<string, string>; timeoutMs: number; signal?: AbortSignal },
): Promise<ProgramResult> {
  const { env, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const child = shellCommand(command, env).spawn();
  const end = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
  };
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, timeoutMs);
  signal?.addEventListener("abort", end);
  try {
    const { code, stdout, stderr } = await child.output();
    signal?.throwIfAborted();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr), isLate };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

function shellCommand(command: readonly string[], env: Record<string, string>): Deno.Command {
  const common = { env, clearEnv: true, stdin: "null", stdout: "piped", stderr: "piped" } as const;
  if (Deno.build.os === "windows") {
    const args = ["/d", "/s", "/c", `"${command.map(quoteForWindows).join(" ")}"`];
    return new Deno.Command("cmd.exe", { args, windowsRawArguments: true, ...common });
  }
  return new Deno.Command("/bin/sh", { args: ["-c", 'exec "$@"', "sh", ...command], ...common });
}
