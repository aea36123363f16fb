/**
 * `up`: the argument list to options. What they do is in `../presets/up_run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import { examples } from "../help.ts";
import type { AwsOptions } from "../invocation.ts";
import { readAwsOptions, withAwsOptions, withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readText } from "../values.ts";

/** What `up` was asked. */
export interface UpOptions {
  /** Of presets and groups, as they were written; at least one. */
  names: string[];
  /** Find out why, when one fails. */
  diagnose: boolean;
  /** Come before what presets say. */
  aws: AwsOptions;
  output: string | undefined;
}

export const upCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(withAwsOptions(
      program.command("up")
        .description(
          "Opens presets of the configuration in the background, all at the same time, and returns " +
            "when every forward is ready. What is up already is left as it is. Where one fails, the " +
            "others stay up, and the exit code is that of the first failure. Ctrl-C while it waits " +
            "closes what it has opened.\n\n" +
            "NAME is a preset, or a group of them.",
        )
        .usage("NAME... [options]")
        .argument("[NAME...]", "presets and groups")
        .optionsGroup("Diagnosis:")
        .addOption(new Option("--no-diagnose", "do not look for the cause of a failure")),
    ))
      .addHelpText(
        "after",
        examples([
          ["The group day", "ec2-connect up day"],
          ["Two presets, for a script", "ec2-connect up web db --format json"],
        ]),
      )
      .action((names, options) => {
        found({
          format: options.format,
          options: (): UpOptions => ({
            names: requireNames(names),
            diagnose: options.diagnose,
            aws: readAwsOptions(options),
            output: options.output,
          }),
          run: async (options, context) => {
            const { runUp } = await import("../presets/up_run.ts");
            return await runUp(options as UpOptions, context);
          },
        });
      });
  },
};

function requireNames(names: string[]): string[] {
  if (names.length > 0) return names.map((name) => readText(name, "NAME"));
  throw new AppError("usage", "Cannot bring up a preset: none was named", {
    hint: "Give presets or groups of the configuration",
  });
}
