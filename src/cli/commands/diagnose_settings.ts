/**
 * `diagnose settings`: argument lists to options. What they do is in `../diagnose/settings.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import type { SettingsOptions } from "../diagnose/settings.ts";
import { examples } from "../help.ts";
import { withResultOptions } from "../options.ts";
import type { FoundCommand, Program } from "../program.ts";
import { integerReader, readResultFormat, wordReader } from "../values.ts";

const run: FoundCommand["run"] = async (options, context) => {
  const { runSettings } = await import("../diagnose/settings.ts");
  return await runSettings(options as SettingsOptions, context);
};

/** A command that sets one thing. */
interface Setter {
  argument: string;
  /** Lower case, no period. */
  about: string;
  /** Of the argument. */
  example: string;
}

/** The commands of the group below `diagnose`. */
export function defineSettings(parent: Program, found: (result: FoundCommand) => void): void {
  const group = parent.command("settings")
    .summary("show or change what the diagnosis does by default")
    .description(
      "Shows or changes the section `diagnostics` of the configuration file; the rest of the file " +
        "stays as it is.",
    )
    .usage("COMMAND [options]")
    .addHelpText(
      "after",
      examples([
        ["What counts now", "ec2-connect diagnose settings show"],
        [
          "Never mind the local tools",
          "ec2-connect diagnose settings disable local_prerequisites",
        ],
      ]),
    );
  const capitalized = (about: string) => `${about[0]!.toUpperCase()}${about.slice(1)}`;
  const setter = (name: string, { argument, about, example }: Setter) =>
    group.command(name).summary(about).description(`${capitalized(about)}.`)
      .usage(argument).argument(`<${argument}>`, about)
      .addHelpText(
        "after",
        examples([[capitalized(about), `ec2-connect diagnose settings ${name} ${example}`]]),
      );
  const change = (options: () => SettingsOptions) => found({ format: undefined, options, run });

  withResultOptions(
    group.command("show")
      .summary("show what counts, and where each setting was made")
      .description("Shows what counts, and where each setting was made.")
      .usage("[options]"),
  )
    .addHelpText("after", examples([["What counts now", "ec2-connect diagnose settings show"]]))
    .action(({ format, output }) =>
      found({ format, options: (): SettingsOptions => ({ command: "show", output }), run })
    );
  for (const name of ["enable", "disable"] as const) {
    setter(name, { argument: "CHECK", about: `${name} a check`, example: "iam_permissions" })
      .action((check) => change(() => ({ command: name, check })));
  }
  group.command("auto-fix")
    .summary("choose whether fix applies safe fixes unasked")
    .description("Chooses whether fix applies safe fixes unasked, and whether only those.")
    .usage("[options]")
    .addOption(new Option("--enable", "apply safe fixes unasked"))
    .addOption(new Option("--disable", "ask for every fix"))
    .addOption(new Option("--safe-only", "leave out what is not safe"))
    .addOption(new Option("--no-safe-only", "offer what is not safe too"))
    .addHelpText(
      "after",
      examples([
        [
          "Apply what is safe, and only that",
          "ec2-connect diagnose settings auto-fix --enable --safe-only",
        ],
      ]),
    )
    .action((options) =>
      change(() => {
        const { enable, disable, safeOnly } = options;
        if (enable && disable) {
          throw new AppError("usage", "Cannot combine --enable with --disable");
        }
        if (!enable && !disable && safeOnly === undefined) {
          throw new AppError("usage", "Cannot change auto-fix: found no option", {
            hint: "Add --enable, --disable, --safe-only or --no-safe-only",
          });
        }
        const isEnabled = enable ? true : disable ? false : undefined;
        return { command: "auto-fix", isEnabled, safeOnly };
      })
    );
  setter("parallel", {
    argument: "true|false",
    about: "choose whether checks run side by side",
    example: "false",
  })
    .action((text) =>
      change(() => ({
        command: "parallel",
        isParallel: wordReader(["true", "false"])(text, "parallel") === "true",
      }))
    );
  setter("timeout", {
    argument: "SECONDS",
    about: "choose how long each check may take, 1 to 600",
    example: "120",
  })
    .action((text) =>
      change(() => ({
        command: "timeout",
        seconds: integerReader({ min: 1, max: 600 })(text, "timeout"),
      }))
    );
  setter("format", {
    argument: "text|json|yaml",
    about: "choose the format of reports",
    example: "json",
  })
    .action((text) =>
      change(() => ({ command: "format", format: readResultFormat(text, "format") }))
    );
  group.command("reset")
    .summary("remove the section, for the defaults")
    .description("Removes the section from the file, and keeps the file before it as .bak.")
    .usage("[options]")
    .addHelpText("after", examples([["As if never set", "ec2-connect diagnose settings reset"]]))
    .action(() => change(() => ({ command: "reset" })));
}
