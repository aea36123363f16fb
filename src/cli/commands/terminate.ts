/**
 * `terminate`: the argument list to options. What they do is in `../sessions/terminate_run.ts`.
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

/** What `terminate` was asked. */
export interface TerminateOptions {
  /** As they were written; empty with `all`, and where a person is to be asked. */
  sessions: string[];
  all: boolean;
  aws: AwsOptions;
  output: string | undefined;
}

export const terminateCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(withAwsOptions(
      program.command("terminate")
        .description(
          "Ends sessions of any process of yours on this machine. One whose process was killed is " +
            "ended on AWS's side, with the credentials of this command; so is one that list --remote " +
            "shows as remote, by its whole id.\n\n" +
            "SESSION is a session id, the beginning of one, a local port, or the name of a preset " +
            "that opened one; down ends all of a preset. Without one, a terminal " +
            "offers a list.",
        )
        .usage("[SESSION...] [options]")
        .argument("[SESSION...]", "the sessions")
        .addOption(new Option("--all", "all sessions that list shows")),
    ))
      .addHelpText(
        "after",
        examples([
          ["The tunnel on port 8080 of this machine", "ec2-connect terminate 8080"],
          ["Two of them", "ec2-connect terminate me-0f3c2a me-0a5b0c"],
          ["Everything", "ec2-connect terminate --all"],
        ]),
      )
      .action((sessions, options) => {
        found({
          format: options.format,
          options: (): TerminateOptions => ({
            ...chooseSessions(sessions, options.all ?? false),
            aws: readAwsOptions(options),
            output: options.output,
          }),
          run: async (options, context) => {
            const { runTerminate } = await import("../sessions/terminate_run.ts");
            return await runTerminate(options as TerminateOptions, context);
          },
        });
      });
  },
};

function chooseSessions(
  sessions: string[],
  all: boolean,
): Pick<TerminateOptions, "sessions" | "all"> {
  if (all && sessions.length > 0) {
    throw new AppError("usage", "Cannot combine --all with SESSION: --all is every session", {
      hint: "Give one of them",
    });
  }
  return { sessions: sessions.map((text) => readText(text, "SESSION")), all };
}
