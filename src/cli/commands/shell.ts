/**
 * `shell`: the argument list to options. What they do is in `../shell/run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { examples } from "../help.ts";
import type { AwsOptions, SessionOptions } from "../invocation.ts";
import {
  readAwsOptions,
  readSessionOptions,
  valueOption,
  withAwsOptions,
  withSessionOptions,
} from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readInstance, readText } from "../values.ts";

/** What `shell` was asked. */
export interface ShellOptions extends SessionOptions {
  /** As it was written; undefined: to be chosen from a list. */
  instance: string | undefined;
  /** Undefined: the account's own, with its preferences. */
  document: string | undefined;
  /** Find out why, when it fails. */
  diagnose: boolean;
  aws: AwsOptions;
}

export const shellCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withAwsOptions(withSessionOptions(
      program.command("shell")
        .description(
          "Opens a shell on an instance in this terminal. Every key goes to the instance, Ctrl-C " +
            "as well. A lost connection is resumed, and what is typed meanwhile arrives. At the " +
            "beginning of a line ~. leaves, ~^Z suspends, ~? shows these keys, ~~ is a tilde.\n\n" +
            "INSTANCE is an instance id, a Name tag, tag:KEY=VALUE, a private IP address or a " +
            "private DNS name. Without one, a terminal offers a list. Where standard input is no " +
            "terminal, it is typed into the shell, and its end is Ctrl-D.",
        )
        .usage("[INSTANCE] [options]")
        .argument("[INSTANCE]", "the instance")
        .addOption(valueOption("-i, --instance-id <INSTANCE>", "the same as INSTANCE", readText))
        .addOption(
          valueOption(
            "--document <NAME>",
            "session document in place of the account's own",
            readText,
          ),
        )
        .addOption(new Option("--no-diagnose", "do not look for the cause of a failure"))
        .optionsGroup("Session:"),
    ))
      .addHelpText(
        "after",
        examples([
          ["A shell on the instance named web", "ec2-connect shell web"],
          [
            "Let the account's idle timeout end it, as without this program",
            "ec2-connect shell web --keep-alive policy",
          ],
          ["Type a script into it", "ec2-connect shell web < setup.sh"],
        ]),
      )
      .action((instance, options) => {
        found({
          format: undefined,
          options: (): ShellOptions => ({
            instance: readInstance(instance, options.instanceId),
            document: options.document,
            ...readSessionOptions(options),
            diagnose: options.diagnose,
            aws: readAwsOptions(options),
          }),
          run: async (options, context) => {
            const { runShell } = await import("../shell/run.ts");
            return await runShell(options as ShellOptions, context);
          },
        });
      });
  },
};
