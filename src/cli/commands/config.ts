/**
 * `config`: the argument lists of the group to options. What they do is in `../config/`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { type ConfigFormat, formatOfFile } from "../../config/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { examples } from "../help.ts";
import type { AwsOptions } from "../invocation.ts";
import { readAwsOptions, valueOption, withAwsOptions, withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readText, wordReader } from "../values.ts";

/** Of the commands that only show something. */
export interface ConfigResultOptions {
  output: string | undefined;
}

export interface ConfigShowOptions extends ConfigResultOptions {
  aws: Pick<AwsOptions, "profile" | "region">;
  /** `--origin`. */
  showsOrigin: boolean;
}

export interface ConfigTestOptions extends ConfigResultOptions {
  aws: AwsOptions;
}

export interface ConfigGenerateOptions {
  /** Undefined: standard output. */
  output: string | undefined;
  format: ConfigFormat;
  mayReplace: boolean;
}

const FORMATS = ["json", "toml", "yaml"] as const;

export const configCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    const group = program.command("config")
      .description(
        "Shows, checks and writes settings. None is needed: everything has a default. What counts is " +
          "the option, then the environment variable, then the file, then the default.",
      )
      .usage("COMMAND [options]")
      .addHelpText(
        "after",
        examples([
          ["A file to begin with", "ec2-connect config generate --output config.toml"],
          ["Is the file right?", "ec2-connect config validate"],
          ["What counts, and who says so", "ec2-connect config show --origin"],
        ]),
      );

    withResultOptions(
      group.command("validate")
        .summary("tell everything that is wrong with the settings")
        .description(
          "Checks the configuration file and the environment variables, and tells everything that is " +
            "wrong with them: line, setting, what was found and what was wanted. Unknown settings " +
            "count as wrong here. Exit code 2 when the file or a value is wrong.",
        )
        .usage("[options]"),
    )
      .addHelpText(
        "after",
        examples([
          ["The file that counts", "ec2-connect config validate"],
          ["A file before it is put in place", "ec2-connect config validate -c new.toml"],
        ]),
      )
      .action(({ format, output }) =>
        found({
          format,
          options: (): ConfigResultOptions => ({ output }),
          run: async (options, context) => {
            const { runValidate } = await import("../config/validate_run.ts");
            return await runValidate(options as ConfigResultOptions, context);
          },
        })
      );

    const show = group.command("show")
      .summary("show every setting that counts")
      .description("Shows every setting as it counts for this command line.")
      .usage("[options]")
      .addOption(
        new Option("--origin", "where each was made: option, environment, file or default"),
      )
      .optionsGroup("AWS:")
      .addOption(valueOption("--profile <NAME>", "as it would be for another command", readText))
      .addOption(valueOption("--region <NAME>", "as it would be for another command", readText));
    withResultOptions(show)
      .addHelpText(
        "after",
        examples([
          ["What counts, and who says so", "ec2-connect config show --origin"],
          ["For a script", "ec2-connect config show --format json"],
        ]),
      )
      .action(({ format, output, origin, profile, region }) =>
        found({
          format,
          options: (): ConfigShowOptions => ({
            output,
            showsOrigin: origin ?? false,
            aws: { profile, region },
          }),
          run: async (options, context) => {
            const { runShow } = await import("../config/show_run.ts");
            return await runShow(options as ConfigShowOptions, context);
          },
        })
      );

    group.command("generate")
      .summary("write a file with every setting at its default")
      .description(
        "Writes a configuration file to begin with: every setting at its default. TOML and YAML say " +
          "in comments what each of them is.",
      )
      .usage("[options]")
      .optionsGroup("Output:")
      .addOption(
        valueOption("--output <FILE>", "the file to write, in place of standard output", readText),
      )
      .addOption(
        valueOption(
          "--format <FORMAT>",
          "json, toml or yaml (default: what FILE ends in, else json)",
          wordReader(FORMATS),
        ),
      )
      .addOption(
        new Option("--force", "replace the file when it exists, and keep the one before"),
      )
      .addHelpText(
        "after",
        examples([
          ["Look at it", "ec2-connect config generate --format toml"],
          [
            "Put it where it is looked for",
            "ec2-connect config generate --output ~/.config/ec2-connect/config.toml",
          ],
        ]),
      )
      .action(({ format, output, force }) =>
        found({
          format: format === "json" ? format : undefined,
          options: (): ConfigGenerateOptions => ({
            output,
            format: readTemplateFormat(format, output),
            mayReplace: force ?? false,
          }),
          run: async (options, context) => {
            const { runGenerate } = await import("../config/generate_run.ts");
            return await runGenerate(options as ConfigGenerateOptions, context);
          },
        })
      );

    withResultOptions(
      group.command("env-help")
        .summary("list the environment variables")
        .description(
          "Lists the environment variables: which setting each makes, and what it takes.",
        )
        .usage("[options]"),
    )
      .addHelpText("after", examples([["All of them", "ec2-connect config env-help"]]))
      .action(({ format, output }) =>
        found({
          format,
          options: (): ConfigResultOptions => ({ output }),
          run: async (options, context) => {
            const { runEnvHelp } = await import("../config/env_help_run.ts");
            return await runEnvHelp(options as ConfigResultOptions, context);
          },
        })
      );

    withResultOptions(withAwsOptions(
      group.command("test")
        .summary("try whether the settings work")
        .description(
          "Tries what the settings lead to: files and folders, region, profiles, credentials, and " +
            "whether AWS takes them. Changes nothing. The exit code is that of the first that fails.",
        )
        .usage("[options]"),
    ))
      .addHelpText(
        "after",
        examples([
          ["Would a tunnel have what it needs?", "ec2-connect config test"],
          ["With another profile", "ec2-connect config test --profile work"],
        ]),
      )
      .action(({ format, output, ...options }) =>
        found({
          format,
          options: (): ConfigTestOptions => ({ output, aws: readAwsOptions(options) }),
          run: async (options, context) => {
            const { runTest } = await import("../config/test_run.ts");
            return await runTest(options as ConfigTestOptions, context);
          },
        })
      );

    withResultOptions(
      group.command("schema")
        .summary("show the JSON Schema of the file")
        .description(
          "Shows the JSON Schema (draft 2020-12) of a configuration file, for editors that complete " +
            "and check while you write.",
        )
        .usage("[options]"),
    )
      .addHelpText(
        "after",
        examples([["For an editor", "ec2-connect config schema --output ec2-connect.schema.json"]]),
      )
      .action(({ format, output }) =>
        found({
          format,
          options: (): ConfigResultOptions => ({ output }),
          run: async (options, context) => {
            const { runSchema } = await import("../config/schema_run.ts");
            return await runSchema(options as ConfigResultOptions, context);
          },
        })
      );
  },
};

/** @throws {AppError} `usage` when option and name of the file contradict each other, or tell none. */
function readTemplateFormat(
  format: ConfigFormat | undefined,
  output: string | undefined,
): ConfigFormat {
  const ofFile = output === undefined ? undefined : formatOfFile(output);
  if (format !== undefined && ofFile !== undefined && format !== ofFile) {
    throw new AppError(
      "usage",
      `Cannot write ${format} to ${output}: its name is that of ${ofFile}`,
      {
        hint: "Leave out --format, or give the file another name",
      },
    );
  }
  if (format === undefined && ofFile === undefined && output !== undefined) {
    throw new AppError("usage", `Cannot choose a format for ${output}: its name tells none`, {
      why: "Wanted a name that ends in .json, .toml, .yaml or .yml",
      hint: "Give it such a name, or add --format",
    });
  }
  return format ?? ofFile ?? "json";
}
