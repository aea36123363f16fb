/**
 * The result of a command, in the format that was asked for, on standard output or in a file.
 *
 * @module
 */

import { writeWholeFile } from "../platform/mod.ts";
import type { Context } from "./context.ts";
import type { OutputFormat } from "./errors.ts";

/** A result, for programs and for people. */
export interface Result {
  /** Name of the schema: `sessions` becomes `ec2-connect/sessions/v1`. None where `value` names it. */
  schema: string | undefined;
  /** Everything beside `schema`, in the words of the contract: snake_case, units in names. */
  value: Record<string, unknown>;
  /** What a person reads, line by line. */
  text(): readonly string[];
}

/**
 * Writes a result.
 *
 * @param output A file in place of standard output; a note then tells where it went.
 * @throws {AppError} When the file cannot be written.
 */
export async function writeResult(
  result: Result,
  { reporter }: Pick<Context, "reporter">,
  output?: string | undefined,
): Promise<void> {
  const lines = await renderResult(result, reporter.format);
  if (output === undefined) {
    for (const line of lines) reporter.result(line);
    return;
  }
  await writeWholeFile(output, lines.join("\n") + "\n");
  reporter.note(`Written to ${output}`);
}

/** One of many results of the same command, for `--watch`: JSON takes one line, YAML one document. */
export async function writeResultEvent(
  result: Result,
  { reporter }: Pick<Context, "reporter">,
): Promise<void> {
  if (reporter.format === "json") {
    reporter.jsonResult(withSchema(result));
    return;
  }
  if (reporter.format === "yaml") reporter.result("---");
  for (const line of await renderResult(result, reporter.format)) reporter.result(line);
}

/** The lines of a result, without line ends. */
export async function renderResult(
  result: Result,
  format: OutputFormat,
): Promise<readonly string[]> {
  switch (format) {
    case "text":
      return result.text();
    case "json":
      return JSON.stringify(withSchema(result), null, 2).split("\n");
    case "yaml":
      return (await toYaml(withSchema(result))).trimEnd().split("\n");
    default:
      return format satisfies never;
  }
}

/**
 * YAML with every text in quotes: readers of version 1.1 and 1.2 take different words for booleans and
 * numbers (`yes`, `0o7`, an account id that begins with 0).
 */
export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, {
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

function withSchema({ schema, value }: Result): Record<string, unknown> {
  return schema === undefined ? value : { schema: `ec2-connect/${schema}/v1`, ...value };
}
