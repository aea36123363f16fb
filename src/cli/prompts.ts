/**
 * Questions to a person: drawn on standard error, answered on standard input.
 *
 * @module
 */

import process from "node:process";
import { AppError } from "../errors/mod.ts";
import { canPrompt, type Context } from "./context.ts";
import { oneAtATime } from "./pick/one_at_a_time.ts";
import { Stopped } from "./stop.ts";
import { printable } from "./text.ts";

/** The code that an MFA device shows. */
export async function askMfaCode(serial: string, context: Context): Promise<string> {
  if (!canPrompt(context)) {
    throw new AppError("auth", `Cannot ask for the MFA code of ${serial}: there is no terminal`, {
      hint:
        "Run this on a terminal without --no-input, or put session credentials into the environment",
    });
  }
  const { input } = await import("@inquirer/prompts");
  return await ask(context, (terminal) =>
    input({
      message: `MFA code of ${printable(serial)}`,
      validate: (text) => /^\d{6}$/.test(text.trim()) || "Six digits",
    }, terminal));
}

/** A yes or no. No is what Enter means. */
export async function askYes(question: string, context: Context): Promise<boolean> {
  const { confirm } = await import("@inquirer/prompts");
  return await ask(
    context,
    (terminal) => confirm({ message: printable(question), default: false }, terminal),
  );
}

interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}

async function ask<T>(context: Context, prompt: (terminal: Terminal) => Promise<T>): Promise<T> {
  const { signal } = context.stop;
  try {
    return await oneAtATime(() => prompt({ input: process.stdin, output: process.stderr, signal }));
  } catch (error) {
    signal.throwIfAborted();
    // While a prompt is up the terminal sends Ctrl-C as a key, and the prompt makes an error of it.
    if (!(error instanceof Error && error.name === "ExitPromptError")) throw error;
    // Asked of the command as a whole: whoever wanted the answer may take the failure for its own.
    context.stop.request("SIGINT");
    throw new Stopped("SIGINT");
  }
}
