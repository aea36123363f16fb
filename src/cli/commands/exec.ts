/**
 * `exec`: the argument list to options. What they do is in `../exec/run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
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

/** What `exec` was asked. */
export interface ExecOptions extends SessionOptions {
  /** As it was written; undefined: to be chosen from a list. */
  instance: string | undefined;
  /** Program and arguments, or one word with all of them. */
  command: string[];
  /** Find out why, when it fails. */
  diagnose: boolean;
  aws: AwsOptions;
}

export const execCommand: CommandDefinition = {
  takesCommandLine: true,
  define(program, found) {
    withAwsOptions(withSessionOptions(
      program.command("exec")
        .description(
          "Runs a command on an instance. Its standard output and standard error arrive apart and " +
            "byte for byte, and its exit status is that of this command. Ctrl-C interrupts it, a " +
            "second one leaves it. Standard input is not sent: the agent takes none.\n\n" +
            "The agent runs the command without a shell. Each word after -- arrives as it is; a " +
            "single word is split at its spaces, outside of quotes. For pipes, variables and " +
            "patterns run sh -c '...'.",
        )
        .usage("[INSTANCE] [options] -- COMMAND...")
        .argument("[INSTANCE]", "as for connect; without one, a terminal offers a list")
        // Told in our own words: that is a command whose -- was forgotten.
        .allowExcessArguments()
        .addOption(valueOption("-i, --instance-id <INSTANCE>", "the same as INSTANCE", readText))
        .addOption(new Option("--no-diagnose", "do not look for the cause of a failure"))
        .optionsGroup("Session:"),
    ))
      .addHelpText(
        "after",
        examples([
          ["One command", "ec2-connect exec web -- uptime"],
          [
            "A line for a shell on the instance",
            "ec2-connect exec web -- sh -c 'df -h / | tail -1'",
          ],
          [
            "In a script: the status is the command's own",
            "if ec2-connect exec web -- systemctl is-active -q nginx; then echo up; fi",
          ],
        ]),
      )
      .action((instance, options, { args: [, ...stray] }) => {
        found({
          format: undefined,
          options: (rest: string[] | undefined): ExecOptions => ({
            instance: readInstance(instance, options.instanceId),
            command: readCommand(rest, stray),
            ...readSessionOptions(options),
            diagnose: options.diagnose,
            aws: readAwsOptions(options),
          }),
          run: async (options, context) => {
            const { runExec } = await import("../exec/run.ts");
            return await runExec(options as ExecOptions, context);
          },
        });
      });
  },
};

function readCommand(rest: string[] | undefined, stray: readonly string[]): string[] {
  if (stray.length > 0) {
    throw new AppError("usage", `Cannot run "${stray.join(" ")}": it stands before --`, {
      hint: "Write -- before the command, as in: ec2-connect exec web -- uptime",
    });
  }
  if (rest !== undefined && (rest[0] ?? "").trim() !== "") return rest;
  throw new AppError("usage", "Cannot run a command: found none after --", {
    hint: "Write it after --, as in: ec2-connect exec web -- uptime",
  });
}
