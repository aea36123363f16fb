/**
 * `list`: the argument list to options. What they do is in `../sessions/list_run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { examples } from "../help.ts";
import type { AwsOptions } from "../invocation.ts";
import { readAwsOptions, withAwsOptions, withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";

/** What `list` was asked. */
export interface ListOptions {
  /** Those that have ended as well. */
  all: boolean;
  /** Those that are active on AWS and held by no process of this machine as well. */
  remote: boolean;
  aws: AwsOptions;
  output: string | undefined;
}

export const listCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(withAwsOptions(
      program.command("list")
        .description(
          "Shows the sessions of every process of yours on this machine: tunnels in any terminal, in " +
            "the background, and ssh connections. A session whose process was killed is shown as " +
            "lost until terminate ends it on AWS's side.",
        )
        .usage("[options]")
        .addOption(new Option("--all", "also sessions that have ended"))
        .addOption(new Option("--remote", "also sessions of yours that only AWS knows")),
    ))
      .addHelpText(
        "after",
        examples([
          ["What is open", "ec2-connect list"],
          ["For a script", "ec2-connect list --format json"],
          ["What was, too", "ec2-connect list --all"],
        ]),
      )
      .action((options) => {
        found({
          format: options.format,
          options: (): ListOptions => ({
            all: options.all ?? false,
            remote: options.remote ?? false,
            aws: readAwsOptions(options),
            output: options.output,
          }),
          run: async (options, context) => {
            const { runList } = await import("../sessions/list_run.ts");
            return await runList(options as ListOptions, context);
          },
        });
      });
  },
};
