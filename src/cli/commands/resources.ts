/**
 * `resources`: the argument list to options. What they do is in `../watching/resources_run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import { examples } from "../help.ts";
import { withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";

/** What `resources` was asked. */
export interface ResourcesOptions {
  watch: boolean;
  output: string | undefined;
}

export const resourcesCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(
      program.command("resources")
        .description(
          "Shows what each process that holds sessions takes of this machine: CPU, memory (the floor of " +
            "an idle process, what sessions add, the total), descriptors, against the limits in " +
            "`resources` of the configuration; what low-power mode changes, and what is done where a " +
            "limit is passed.",
        )
        .usage("[options]")
        .addOption(new Option("--watch", "again every two seconds, until Ctrl-C")),
    )
      .addHelpText(
        "after",
        examples([
          ["Now", "ec2-connect resources"],
          [
            "For a script: one JSON object at a time",
            "ec2-connect resources --watch --format json",
          ],
        ]),
      )
      .action(({ watch = false, format, output }) => {
        found({
          format,
          options: (): ResourcesOptions => {
            if (!watch || output === undefined) return { watch, output };
            throw new AppError(
              "usage",
              "Cannot combine --watch with --output: there is no last result",
              { hint: "Redirect standard output instead" },
            );
          },
          run: async (options, context) => {
            const { runResources } = await import("../watching/resources_run.ts");
            return await runResources(options as ResourcesOptions, context);
          },
        });
      });
  },
};
