/**
 * `host`: the argument list to options. What they do is in `../background/`.
 *
 * @module
 */

import { examples } from "../help.ts";
import { withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";

/** What `host status` and `host stop` were asked. */
export interface HostCommandOptions {
  output: string | undefined;
}

export const hostCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    const group = program.command("host")
      .description(
        "The background host is the process that holds the sessions of connect --background. It is " +
          "started by the first of them, and ends a minute after the last.",
      )
      .usage("COMMAND [options]")
      .addHelpText(
        "after",
        examples([
          ["Does it run?", "ec2-connect host status"],
          ["End it and its sessions", "ec2-connect host stop"],
        ]),
      );
    withResultOptions(
      group.command("status")
        .summary("show whether it runs")
        .description(
          "Shows whether the background host runs, how many sessions it holds, and its log.",
        )
        .usage("[options]"),
    )
      .addHelpText("after", examples([["Does it run?", "ec2-connect host status"]]))
      .action((options) => {
        found({
          format: options.format,
          options: (): HostCommandOptions => ({ output: options.output }),
          run: async (options, context) => {
            const { runHostStatus } = await import("../background/host_run.ts");
            return await runHostStatus(options as HostCommandOptions, context);
          },
        });
      });
    withResultOptions(
      group.command("stop")
        .summary("end it and its sessions")
        .description("Ends the background host and all of its sessions, and waits for that.")
        .usage("[options]"),
    )
      .addHelpText("after", examples([["End it", "ec2-connect host stop"]]))
      .action((options) => {
        found({
          format: options.format,
          options: (): HostCommandOptions => ({ output: options.output }),
          run: async (options, context) => {
            const { runHostStop } = await import("../background/host_run.ts");
            return await runHostStop(options as HostCommandOptions, context);
          },
        });
      });
    // Not for people: connect --background starts it, with its output read and its terminal gone.
    group.command("serve", { hidden: true })
      .description("Is the background host.")
      .action(() => {
        found({
          format: undefined,
          options: () => undefined,
          run: async (_options, context) => {
            const { runHostServe } = await import("../background/serve_run.ts");
            return await runHostServe(context);
          },
        });
      });
  },
};
