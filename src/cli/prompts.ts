/**
 * Questions to a person: drawn on standard error, answered on standard input.
 *
 * @module
 */

import process from "node:process";
import type { Instance } from "../aws/mod.ts";
import { AppError } from "../errors/mod.ts";
import { canPrompt, type Context } from "./context.ts";
import { Stopped } from "./stop.ts";
import { printable } from "./text.ts";

/** A list to search in, of instances. */
export async function pickInstance(
  instances: readonly Instance[],
  { question, context }: { question: string; context: Context },
): Promise<Instance> {
  const { search } = await import("@inquirer/prompts");
  const choices = instanceRows(instances).map((name, index) => ({
    name,
    short: instances[index]!.instanceId,
    value: instances[index]!,
  }));
  return await ask(context, (terminal) =>
    search<Instance>({
      message: question,
      source: (term) => choices.filter(({ name }) => matches(name, term ?? "")),
      pageSize: 12,
    }, terminal));
}

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

/** Name, id, state, platform and private address in columns. */
export function instanceRows(instances: readonly Instance[]): string[] {
  const cells = instances.map((instance) =>
    [
      instance.name ?? "-",
      instance.instanceId,
      instance.state,
      instance.platform,
      instance.privateIp ?? "-",
    ].map(printable)
  );
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row.map((cell, column) => cell.padEnd(widths![column]!)).join("  ").trimEnd()
  );
}

/** Every word of `term`, in any order and case. */
export function matches(row: string, term: string): boolean {
  const text = row.toLowerCase();
  return term.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}

async function ask<T>(context: Context, prompt: (terminal: Terminal) => Promise<T>): Promise<T> {
  const { signal } = context.stop;
  try {
    return await prompt({ input: process.stdin, output: process.stderr, signal });
  } catch (error) {
    signal.throwIfAborted();
    // While a prompt is up the terminal sends Ctrl-C as a key, and the prompt makes an error of it.
    if (error instanceof Error && error.name === "ExitPromptError") throw new Stopped("SIGINT");
    throw error;
  }
}
