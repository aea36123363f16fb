/**
 * `vscode`: the argument lists of the group to options. What they do is in `../vscode/`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import { examples } from "../help.ts";
import type { AwsOptions } from "../invocation.ts";
import { readAwsOptions, valueOption, withAwsOptions, withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { integerReader, readText, readUserName } from "../values.ts";

/** What `vscode setup` was asked. */
export interface VscodeSetupOptions {
  /** As they were written; empty: to be picked from a list. */
  instances: string[];
  user: string | undefined;
  identityFile: string | undefined;
  pushKey: boolean;
  isDryRun: boolean;
  aws: AwsOptions;
  output: string | undefined;
}

export interface VscodeStatusOptions {
  output: string | undefined;
}

/** What `vscode test` was asked. */
export interface VscodeTestOptions {
  /** A Host of ours, an instance id or a session; undefined: every Host. */
  target: string | undefined;
  /** How long a connection may take, in seconds. */
  timeoutS: number;
  output: string | undefined;
}

/** What `vscode cleanup` was asked. */
export interface VscodeCleanupOptions {
  /** As for `vscode test`; undefined: everything. */
  target: string | undefined;
  isDryRun: boolean;
  output: string | undefined;
}

const DEFAULT_TIMEOUT_S = 30;
const TARGET = "a Host of vscode setup, an instance id, a session id or a local port";

export const vscodeCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    const group = program.command("vscode")
      .description(
        "Makes ssh, and Visual Studio Code's Remote-SSH with it, reach instances by name. It writes a " +
          "file of its own, which your ssh configuration includes; the lines that you wrote stay as " +
          "they are.",
      )
      .usage("COMMAND [options]")
      .addHelpText(
        "after",
        examples([
          ["Make ssh know the instance named web", "ec2-connect vscode setup web"],
          ["Open it in Visual Studio Code", "code --remote ssh-remote+web"],
          ["Find out why it does not connect", "ec2-connect vscode test web"],
        ]),
      );

    withResultOptions(
      group.command("status")
        .summary("show editors, ssh, and what is set up")
        .description(
          "Shows which editors, which Remote-SSH extensions and which ssh are installed, the Hosts " +
            "that are set up, and whether they still lead to this program.",
        )
        .usage("[options]"),
    )
      .addHelpText(
        "after",
        examples([
          ["Everything", "ec2-connect vscode status"],
          ["For a script", "ec2-connect vscode status --format json"],
        ]),
      )
      .action(({ format, output }) =>
        found({
          format,
          options: (): VscodeStatusOptions => ({ output }),
          run: async (options, context) => {
            const { runVscodeStatus } = await import("../vscode/status_run.ts");
            return await runVscodeStatus(options as VscodeStatusOptions, context);
          },
        })
      );

    withResultOptions(withAwsOptions(
      group.command("setup")
        .summary("make ssh know instances by their names")
        .description(
          "Writes a Host for each INSTANCE: its Name and its id, reached through this program with the " +
            "profile and region of now. Doing it again changes nothing.\n\n" +
            "INSTANCE is an instance id, a Name tag, tag:KEY=VALUE, a private IP address or a private " +
            "DNS name; without one, a list is shown on a terminal.",
        )
        .usage("[INSTANCE...] [options]")
        .argument("[INSTANCE...]", "the instances")
        .addOption(
          valueOption(
            "--user <NAME>",
            "user to log in as (default: as your ssh configuration says, else by the instance's system)",
            readUserName,
          ),
        )
        .addOption(
          valueOption("--identity-file <FILE>", "private key to log in with", readText),
        )
        .addOption(
          new Option(
            "--push-key",
            "no key needed: make one, and let it in by EC2 Instance Connect at each login",
          ),
        )
        .addOption(new Option("--dry-run", "only show what would change")),
    ))
      .addHelpText(
        "after",
        examples([
          ["The instance named web, with your own key", "ec2-connect vscode setup web"],
          [
            "With a key that lives for a minute at each login",
            "ec2-connect vscode setup web --push-key",
          ],
          [
            "What would be written for two, as another user",
            "ec2-connect vscode setup web api --user ubuntu --dry-run",
          ],
        ]),
      )
      .action((instances, options) =>
        found({
          format: options.format,
          options: (): VscodeSetupOptions => ({
            instances: instances.map((text) => readText(text, "INSTANCE")),
            user: options.user,
            ...readKey(options.identityFile, options.pushKey ?? false),
            isDryRun: options.dryRun ?? false,
            aws: readAwsOptions(options),
            output: options.output,
          }),
          run: async (options, context) => {
            const { runVscodeSetup } = await import("../vscode/setup_run.ts");
            return await runVscodeSetup(options as VscodeSetupOptions, context);
          },
        })
      );

    withResultOptions(
      group.command("test")
        .summary("log in by ssh and tell which step fails")
        .description(
          "Runs `ssh -o BatchMode=yes HOST true` as an editor would, and tells which step failed: the " +
            "name, the proxy, the session, the server's banner, its key, or yours.\n\n" +
            `TARGET is ${TARGET}; without one, every Host is tried.`,
        )
        .usage("[TARGET] [options]")
        .argument("[TARGET]", "what to log in to")
        .addOption(
          valueOption(
            "--timeout <S>",
            `seconds that a connection may take (default: ${DEFAULT_TIMEOUT_S})`,
            integerReader({ min: 1, max: 3_600 }),
          ),
        ),
    )
      .addHelpText(
        "after",
        examples([
          ["Every Host that is set up", "ec2-connect vscode test"],
          ["One, for a script", "ec2-connect vscode test web --format json"],
        ]),
      )
      .action((target, { format, output, timeout }) =>
        found({
          format,
          options: (): VscodeTestOptions => ({
            target: target === undefined ? undefined : readText(target, "TARGET"),
            timeoutS: timeout ?? DEFAULT_TIMEOUT_S,
            output,
          }),
          run: async (options, context) => {
            const { runVscodeTest } = await import("../vscode/test_run.ts");
            return await runVscodeTest(options as VscodeTestOptions, context);
          },
        })
      );

    withResultOptions(
      group.command("cleanup")
        .summary("take out what setup has put in")
        .description(
          "Takes one Host out, or everything: our file, the Include line, remembered host keys, the key " +
            "of --push-key. Your own lines are then as they were before the first setup.\n\n" +
            `TARGET is ${TARGET}.`,
        )
        .usage("[TARGET] [options]")
        .argument("[TARGET]", "what to take out (default: everything)")
        .addOption(new Option("--dry-run", "only show what would change")),
    )
      .addHelpText(
        "after",
        examples([
          ["What would go", "ec2-connect vscode cleanup --dry-run"],
          ["One Host", "ec2-connect vscode cleanup web"],
        ]),
      )
      .action((target, { format, output, dryRun }) =>
        found({
          format,
          options: (): VscodeCleanupOptions => ({
            target: target === undefined ? undefined : readText(target, "TARGET"),
            isDryRun: dryRun ?? false,
            output,
          }),
          run: async (options, context) => {
            const { runVscodeCleanup } = await import("../vscode/cleanup_run.ts");
            return await runVscodeCleanup(options as VscodeCleanupOptions, context);
          },
        })
      );
  },
};

function readKey(
  identityFile: string | undefined,
  pushKey: boolean,
): Pick<VscodeSetupOptions, "identityFile" | "pushKey"> {
  if (identityFile === undefined || !pushKey) return { identityFile, pushKey };
  throw new AppError("usage", "Cannot choose a key: found --identity-file and --push-key", {
    why: "--push-key makes a key of its own",
    hint: "Give one of them",
  });
}
