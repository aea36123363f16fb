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
  const setter = (name: string, argument: string, about: string) =>
    group.command(name).summary(about).description(`${about[0]!.toUpperCase()}${about.slice(1)}.`)
      .usage(argument).argument(`<${argument}>`, about);
  const change = (options: () => SettingsOptions) => found({ format: undefined, options, run });

  withResultOptions(
    group.command("show")
      .summary("show what counts, and where each setting was made")
      .description("Shows what counts, and where each setting was made.")
      .usage("[options]"),
  )
    .action(({ format, output }) =>
      found({ format, options: (): SettingsOptions => ({ command: "show", output }), run })
    );
  for (const name of ["enable", "disable"] as const) {
    setter(name, "CHECK", `${name} a check`)
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
  setter("parallel", "true|false", "choose whether checks run side by side")
    .action((text) =>
      change(() => ({
        command: "parallel",
        isParallel: wordReader(["true", "false"])(text, "parallel") === "true",
      }))
    );
  setter("timeout", "SECONDS", "choose how long each check may take, 1 to 600")
    .action((text) =>
      change(() => ({
        command: "timeout",
        seconds: integerReader({ min: 1, max: 600 })(text, "timeout"),
      }))
    );
  setter("format", "text|json|yaml", "choose the format of reports")
    .action((text) =>
      change(() => ({ command: "format", format: readResultFormat(text, "format") }))
    );
  group.command("reset")
    .summary("remove the section, for the defaults")
    .description("Removes the section from the file, and keeps the file before it as .bak.")
    .usage("[options]")
    .action(() => change(() => ({ command: "reset" })));
}
