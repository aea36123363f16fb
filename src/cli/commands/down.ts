/**
 * `down`: the argument list to options. What they do is in `../presets/down_run.ts`.
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

/** What `down` was asked. */
export interface DownOptions {
  /** Of presets and groups, as they were written; empty with `all`. */
  names: string[];
  all: boolean;
  /** For sessions whose process is gone. */
  aws: AwsOptions;
  output: string | undefined;
}

export const downCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(withAwsOptions(
      program.command("down")
        .description(
          "Ends the sessions of presets, whichever process of yours holds them, and no others. A " +
            "preset that is not up is no failure.\n\n" +
            "NAME is a preset, or a group of them.",
        )
        .usage("NAME... [options]")
        .argument("[NAME...]", "presets and groups")
        .addOption(new Option("--all", "every preset that is up")),
    ))
      .addHelpText(
        "after",
        examples([
          ["The group day", "ec2-connect down day"],
          ["Every preset that is up", "ec2-connect down --all"],
        ]),
      )
      .action((names, options) => {
        found({
          format: options.format,
          options: (): DownOptions => ({
            ...chooseNames(names, options.all ?? false),
            aws: readAwsOptions(options),
            output: options.output,
          }),
          run: async (options, context) => {
            const { runDown } = await import("../presets/down_run.ts");
            return await runDown(options as DownOptions, context);
          },
        });
      });
  },
};

function chooseNames(names: string[], all: boolean): Pick<DownOptions, "names" | "all"> {
  if (all && names.length > 0) {
    throw new AppError("usage", "Cannot combine --all with NAME: --all is every preset", {
      hint: "Give one of them",
    });
  }
  if (!all && names.length === 0) {
    throw new AppError("usage", "Cannot end a preset: none was named", {
      hint: "Give presets or groups of the configuration, or --all",
    });
  }
  return { names: names.map((name) => readText(name, "NAME")), all };
}
