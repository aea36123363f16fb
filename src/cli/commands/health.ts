/**
 * `health`: the argument list to options. What they do is in `../watching/health_run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { examples } from "../help.ts";
import type { AwsOptions } from "../invocation.ts";
import { readAwsOptions, withAwsOptions, withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readText } from "../values.ts";

/** What `health` was asked. */
export interface HealthOptions {
  /** As it was written; undefined: all. */
  session: string | undefined;
  isComprehensive: boolean;
  aws: AwsOptions;
  output: string | undefined;
}

export const healthCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(withAwsOptions(
      program.command("health")
        .description(
          "Tells whether sessions can carry data and their processes keep within their limits. Exit " +
            "code: 0 healthy, 3 a session is down, 5 a limit is exceeded.\n\n" +
            "--comprehensive also sends a message through each tunnel that the agent must acknowledge, " +
            "and checks the credentials (exit code 4), the clock, the database and whether AWS " +
            "answers.\n\n" +
            "SESSION is a session id, the beginning of one, or a local port. Without one, all are " +
            "checked.",
        )
        .usage("[SESSION] [options]")
        .argument("[SESSION]", "the session")
        .addOption(new Option("--comprehensive", "probe each tunnel, and what sessions need")),
    ))
      .addHelpText(
        "after",
        examples([
          ["All sessions", "ec2-connect health"],
          [
            "Everything, for a monitoring system",
            "ec2-connect health --comprehensive --format json",
          ],
        ]),
      )
      .action((session, options) => {
        found({
          format: options.format,
          options: (): HealthOptions => ({
            session: session === undefined ? undefined : readText(session, "SESSION"),
            isComprehensive: options.comprehensive ?? false,
            aws: readAwsOptions(options),
            output: options.output,
          }),
          run: async (options, context) => {
            const { runHealth } = await import("../watching/health_run.ts");
            return await runHealth(options as HealthOptions, context);
          },
        });
      });
  },
};
