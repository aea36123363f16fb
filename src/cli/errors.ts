/**
 * How a failure is shown, and the exit code it asks for: the one place for both.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";
import { paint, printable } from "./text.ts";

/** How results are written. Errors are JSON with `json` and text otherwise. */
export type OutputFormat = "text" | "json" | "yaml";

/**
 * A failure for standard error: at most three lines of text (what, why, the way out), or one JSON
 * object on a line. No line end.
 */
export function renderError(
  error: AppError,
  options: { format: OutputFormat; colour: boolean; showStack: boolean },
): string {
  if (options.format === "json") return JSON.stringify({ error: errorFields(error) });
  const cause = error.why ?? causeOf(error);
  const lines = [`${paint("error:", "red", options.colour)} ${printable(error.message)}`];
  if (cause !== undefined) lines.push(`  cause: ${printable(cause)}`);
  if (error.hint !== undefined) lines.push(`  hint: ${printable(error.hint)}`);
  if (options.showStack) lines.push(...stackOf(error));
  return lines.join("\n");
}

/** A failure for programs, in the words of the contract. */
export function errorFields(error: AppError) {
  return {
    kind: error.kind,
    exit_code: error.exitCode,
    message: error.message,
    cause: error.why ?? causeOf(error) ?? null,
    hint: error.hint ?? null,
  };
}

/** The cause's own words, where they add something to the message. */
function causeOf(error: AppError): string | undefined {
  if (!(error.cause instanceof Error)) return undefined;
  const text = messageOf(error.cause);
  return error.message.includes(text) ? undefined : text;
}

/** Where an unforeseen error came from; the others explain themselves. */
function stackOf(error: AppError): string[] {
  if (error.kind !== "bug" || !(error.cause instanceof Error)) return [];
  return (error.cause.stack ?? "").split("\n").map(printable);
}
