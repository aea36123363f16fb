/**
 * `status`: the argument list to options. What they do is in `../sessions/status_run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import { examples } from "../help.ts";
import { withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readText } from "../values.ts";

/** What `status` was asked. */
export interface StatusOptions {
  /** As it was written; undefined: all. */
  session: string | undefined;
  watch: boolean;
  output: string | undefined;
}

export const statusCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(
      program.command("status")
        .description(
          "Shows where a session stands and how it came there: its states, traffic, round trip, the " +
            "limits that the account sets, and when its credentials expire.\n\n" +
            "SESSION is a session id, the beginning of one, a local port, or the name of a preset " +
            "that opened one. Without it, all are shown; where several are open, a " +
            "terminal offers a list.",
        )
        .usage("[SESSION] [options]")
        .argument("[SESSION]", "the session")
        .addOption(new Option("--watch", "again every second, until Ctrl-C")),
    )
      .addHelpText(
        "after",
        examples([
          ["The tunnel on port 8080 of this machine", "ec2-connect status 8080"],
          ["Watch it", "ec2-connect status 8080 --watch"],
          ["For a script: one JSON object a second", "ec2-connect status --watch --format json"],
        ]),
      )
      .action((session, options) => {
        found({
          format: options.format,
          options: (): StatusOptions => {
            const watch = options.watch ?? false;
            if (watch && options.output !== undefined) throw watchIntoFile();
            return {
              session: session === undefined ? undefined : readText(session, "SESSION"),
              watch,
              output: options.output,
            };
          },
          run: async (options, context) => {
            const { runStatus } = await import("../sessions/status_run.ts");
            return await runStatus(options as StatusOptions, context);
          },
        });
      });
  },
};

function watchIntoFile(): AppError {
  return new AppError("usage", "Cannot combine --watch with --output: there is no last result", {
    hint: "Redirect standard output instead",
  });
}
