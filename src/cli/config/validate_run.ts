/**
 * `config validate`: everything that is wrong with the settings.
 *
 * @module
 */

import { inspectSettings, type Problem } from "../../config/mod.ts";
import { CHECK_IDS } from "../../diagnostics/mod.ts";
import { AppError } from "../../errors/mod.ts";
import type { ConfigResultOptions } from "../commands/config.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";
import { printable } from "../text.ts";

/** @returns 0, or 2 when something is wrong. */
export async function runValidate(
  options: ConfigResultOptions,
  context: Context,
): Promise<number> {
  const { io, globals, reporter } = context;
  const { file, problems } = await inspectSettings({
    os: io.os,
    env: io.env,
    path: globals.configPath,
    checks: CHECK_IDS,
  });
  const errors = problems.filter(isError);
  await writeResult(
    {
      schema: "config-validate",
      value: {
        file: file ?? null,
        valid: errors.length === 0,
        problems: problems.map(problemFields),
      },
      text: () => validateLines(file, problems),
    },
    context,
    options.output,
  );
  if (errors.length === 0) return 0;
  const error = new AppError(
    "config",
    `Invalid configuration: ${errors.length} ${errors.length === 1 ? "problem" : "problems"}`,
  );
  reporter.error(error);
  return error.exitCode;
}

/** A setting of the file that there is not is most likely a slip; a variable may be another program's. */
function isError({ severity, variable }: Problem): boolean {
  return severity === "error" || (severity === "unknown" && variable === undefined);
}

function problemFields(problem: Problem): Record<string, unknown> {
  const { setting, file, line, variable, what, found, wanted, hint } = problem;
  return {
    severity: isError(problem) ? "error" : "warning",
    file: file ?? null,
    line: line ?? null,
    variable: variable ?? null,
    setting: setting ?? null,
    message: what,
    found: found ?? null,
    wanted: wanted ?? null,
    hint: hint ?? null,
  };
}

/** What a person reads: a paragraph for each problem, the place first, so that editors can follow it. */
export function validateLines(
  file: string | undefined,
  problems: readonly Problem[],
): string[] {
  const errors = problems.filter(isError).length;
  const lines = problems.flatMap((problem) => {
    const { file, line, variable, what, wanted, hint } = problem;
    const place = variable ?? (file !== undefined && line !== undefined ? `${file}:${line}` : file);
    return [
      `${isError(problem) ? "error" : "warning"}: ${
        place === undefined ? "" : `${place}: `
      }${what}`,
      ...wanted === undefined ? [] : [`  wanted: ${wanted}`],
      ...hint === undefined ? [] : [`  hint: ${hint}`],
    ].map((text) => text.startsWith("  ") ? `  ${printable(text.slice(2))}` : printable(text));
  });
  if (errors > 0) return lines;
  const verdict = file === undefined
    ? "There is no configuration file, so the defaults count"
    : `${printable(file)} is valid`;
  return [...lines, verdict];
}
