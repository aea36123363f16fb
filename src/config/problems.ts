/**
 * What is wrong with settings, for a person and for a program.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { placeOf } from "./source.ts";

/** One thing that is wrong. */
export interface Problem {
  /**
   * `error`: no command goes on with it. `unknown`: a setting or a variable that there is not; commands
   * tell it and leave it out. `advice`: it works, and may not be what was meant.
   */
  severity: "error" | "unknown" | "advice";
  /** The setting by its dotted path; undefined where the whole file is meant. */
  setting: string | undefined;
  /** The file it was made in, and the line counted from 1 where that is known. */
  file: string | undefined;
  line: number | undefined;
  /** The environment variable it was made by. */
  variable: string | undefined;
  /** What is wrong, in a sentence without the place. */
  what: string;
  /** The value in few words. */
  found: string | undefined;
  wanted: string | undefined;
  /** The way out: the nearest known name and its like. */
  hint: string | undefined;
}

/** The error of a command that cannot go on. @param count Of all errors. */
export function problemError(problem: Problem, count: number): AppError {
  const { file, line, variable, what, wanted, hint } = problem;
  const place = variable !== undefined
    ? `environment variable ${variable}`
    : `configuration file ${placeOf(file ?? "", line)}`;
  const rest = count > 1 ? "Run ec2-connect config validate for all that is wrong" : undefined;
  const hints = [hint, rest].filter((part) => part !== undefined).join(". ");
  return new AppError("config", `Invalid ${place}: ${what}`, {
    ...(wanted === undefined ? {} : { why: `Wanted ${wanted}` }),
    ...(hints === "" ? {} : { hint: hints }),
  });
}

/** What a command says that goes on without the setting. */
export function problemWarning(
  { setting, file, line, variable, hint }: Problem,
): { message: string; hint: string | undefined } {
  const message = variable !== undefined
    ? `Environment variable ${variable} is not a setting`
    : `Unknown setting ${setting} in ${placeOf(file ?? "the configuration", line)}`;
  return { message, hint };
}

export function didYouMean(nearest: string | undefined): string | undefined {
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`;
}
