/**
 * `fix`: the argument list to options. What they do is in `../diagnose/fix_run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import type { FixCommandOptions } from "../diagnose/fix_options.ts";
import { examples } from "../help.ts";
import { readAwsOptions, valueOption, withAwsOptions, withResultOptions } from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import {
  integerReader,
  readInstance,
  readLocalPort,
  readRemoteHost,
  readRemotePort,
  readText,
  wordReader,
} from "../values.ts";

/** Seconds that `--timeout` takes. */
const TIMEOUT_S = { min: 1, max: 600 };

export const fixCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withResultOptions(withAwsOptions(
      program.command("fix")
        .description(
          "Diagnoses an instance, plans what would mend it, and asks before each change. Without a " +
            "terminal it only prints the plan.\n\n" +
            "Safe changes can be taken back, cost nothing, open nothing and interrupt nothing. Every " +
            "other one needs a yes, or its name in --approve. Each change is written down before it is " +
            "made, with the way back.",
        )
        .usage("[INSTANCE] [options]")
        .argument("[INSTANCE]", "the instance to mend the way to")
        .optionsGroup("What may be done:")
        .addOption(
          new Option("--dry-run", "print the plan; make no change, whatever else is given"),
        )
        .addOption(new Option("--auto-fix", "apply safe fixes without asking"))
        .addOption(new Option("--safe-only", "leave all others alone, without asking"))
        .addOption(
          new Option("--approve <FIX_ID>", "apply this fix, whatever its class; may be repeated")
            .argParser<string[]>((text, before) => [
              ...(before ?? []),
              readText(text, "--approve"),
            ]),
        )
        .addOption(
          valueOption(
            "--allow-scope <SCOPE>",
            "vpc: --auto-fix may change what the whole VPC feels",
            wordReader(["vpc"]),
          ),
        )
        .addOption(
          valueOption(
            "--instance-profile <NAME>",
            "profile that attach_instance_profile attaches",
            readText,
          ),
        )
        .addOption(
          valueOption("--rollback <RUN_ID>", "take back what an earlier run changed", readText),
        )
        .optionsGroup("Instance:")
        .addOption(valueOption("-i, --instance-id <INSTANCE>", "the same as INSTANCE", readText))
        .addOption(valueOption("--local-port <N>", "local port to look at", readLocalPort))
        .addOption(valueOption("--remote-port <N>", "port to lead to", readRemotePort))
        .addOption(
          valueOption(
            "--remote-host <HOST>",
            "host behind the instance to lead to",
            readRemoteHost,
          ),
        )
        .addOption(
          valueOption(
            "--timeout <S>",
            "seconds that each check may take (default: 60)",
            integerReader(TIMEOUT_S),
          ),
        ),
    ))
      .addHelpText(
        "after",
        examples([
          ["What would be done", "ec2-connect fix i-0123456789abcdef0 --dry-run"],
          ["Everything that is safe, in a script", "ec2-connect fix web --auto-fix --safe-only"],
          ["Start a stopped instance", "ec2-connect fix web --approve start_instance"],
          [
            "Give an instance a role",
            "ec2-connect fix web --approve attach_instance_profile \\\n" +
            "    --instance-profile ssm-core",
          ],
        ]),
      )
      .action((instance, options) => {
        found({
          format: options.format,
          options: (): FixCommandOptions => ({
            instance: readInstance(instance, options.instanceId),
            isDryRun: options.dryRun ?? false,
            autoFix: options.autoFix ?? false,
            safeOnly: options.safeOnly ?? false,
            approved: options.approve ?? [],
            allowsVpc: options.allowScope !== undefined,
            instanceProfile: options.instanceProfile,
            rollback: options.rollback,
            aws: readAwsOptions(options),
            timeoutS: options.timeout,
            isParallel: undefined,
            localPort: options.localPort,
            remotePort: options.remotePort,
            remoteHost: options.remoteHost,
            searchRegions: false,
            expectedDurationMin: undefined,
            expectedIdleMin: undefined,
            output: options.output,
            hasFormat: options.format !== undefined,
            isRedacted: false,
          }),
          run: async (options, context) => {
            const { runFix } = await import("../diagnose/fix_run.ts");
            return await runFix(options as FixCommandOptions, context);
          },
        });
      });
  },
};
