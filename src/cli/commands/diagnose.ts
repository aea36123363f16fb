/**
 * `diagnose` and `precheck`: argument lists to options. What they do is in `../diagnose/run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import type { DiagnoseOptions, TargetOptions } from "../diagnose/options.ts";
import { examples } from "../help.ts";
import { readAwsOptions, valueOption, withAwsOptions, withResultOptions } from "../options.ts";
import type { CommandDefinition, FoundCommand, Program } from "../program.ts";
import {
  integerReader,
  invalid,
  readInstance,
  readLocalPort,
  readRemoteHost,
  readRemotePort,
  readText,
  type ReadValue,
} from "../values.ts";
import { defineSettings } from "./diagnose_settings.ts";

type Found = (result: FoundCommand) => void;

const readTimeout = integerReader({ min: 1, max: 600 });
const readMinutes = integerReader({ min: 1, max: 100_000 });

/** 0 to 100, with decimals. */
const readScore: ReadValue<number> = (text, option) => {
  const value = /^\d{1,3}(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= 0 && value <= 100) return value;
  throw invalid(text, option, "a score from 0 to 100");
};

const run: FoundCommand["run"] = async (options, context) => {
  const { runDiagnose } = await import("../diagnose/run.ts");
  return await runDiagnose(options as DiagnoseOptions, context);
};

export const precheckCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    definePrecheck(program, found, "precheck");
  },
};

export const diagnoseCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    const group = program.command("diagnose")
      .description(
        "Looks at everything between this computer and an instance, and names the one thing that is " +
          "wrong, with what proves it and what to do. Changes nothing.\n\n" +
          "Exit codes: 0 nothing critical, 3 a critical finding about the connection, 4 about " +
          "credentials or permissions, 5 about this computer; 1 when too little could be seen.",
      )
      .usage("COMMAND [options]")
      // With their arguments the names take half of the line.
      .configureHelp({ subcommandTerm: (command) => command.name() })
      .addHelpText(
        "after",
        examples([
          ["Why can web not be reached?", "ec2-connect diagnose full web"],
          [
            "Before a script connects",
            "ec2-connect precheck -i i-0123456789abcdef0 && ec2-connect connect web",
          ],
          ["What is looked at", "ec2-connect diagnose list"],
        ]),
      );
    defineFull(group as unknown as Program, found);
    definePrecheck(group as unknown as Program, found, "diagnose precheck");
    definePreventive(group as unknown as Program, found);
    defineItem(group as unknown as Program, found);
    defineList(group as unknown as Program, found);
    defineConfig(group as unknown as Program, found);
    defineIntegrated(group as unknown as Program, found);
    defineSettings(group as unknown as Program, found);
  },
};

/** A command about one instance, with the options that all of them have. */
function targetCommand(parent: Program, name: string) {
  return withResultOptions(withAwsOptions(
    parent.command(name)
      .usage("[INSTANCE] [options]")
      .argument("[INSTANCE]", "the instance, by id, Name tag, tag:KEY=VALUE or private address")
      .addOption(valueOption("-i, --instance-id <INSTANCE>", "the same as INSTANCE", readText))
      .addOption(
        valueOption("--local-port <N>", "port of this machine that is to be used", readLocalPort),
      )
      .addOption(valueOption("--remote-port <N>", "port to lead to", readRemotePort))
      .addOption(valueOption("--remote-host <HOST>", "host behind the instance", readRemoteHost))
      .addOption(
        valueOption(
          "--expected-duration <MINUTES>",
          "how long it is wanted (default: 60)",
          readMinutes,
        ),
      )
      .addOption(
        valueOption("--expected-idle <MINUTES>", "how long it may be idle", readMinutes),
      )
      .addOption(new Option("--search-regions", "look for the instance in other Regions too"))
      .optionsGroup("Running:")
      .addOption(new Option("--parallel", "run checks side by side (default)"))
      .addOption(new Option("--no-parallel", "one call after the other"))
      .addOption(valueOption("--timeout <SECONDS>", "for each check, 1 to 600", readTimeout)),
  ))
    .addOption(new Option("--redact", "mask account ids, ARNs, addresses and tags"));
}

/** The part of the parsed options that all commands about an instance have. */
interface ParsedTarget {
  instanceId?: string | undefined;
  localPort?: number | undefined;
  remotePort?: number | undefined;
  remoteHost?: string | undefined;
  expectedDuration?: number | undefined;
  expectedIdle?: number | undefined;
  searchRegions?: true | undefined;
  parallel?: boolean | undefined;
  timeout?: number | undefined;
  profile?: string;
  region?: string;
  endpointUrl?: string;
  format?: string | undefined;
  output?: string | undefined;
  redact?: true | undefined;
}

function readTarget(argument: string | undefined, options: ParsedTarget): TargetOptions {
  const { instanceId, parallel } = options;
  return {
    instance: readInstance(argument, instanceId),
    aws: readAwsOptions(options),
    timeoutS: options.timeout,
    isParallel: parallel,
    localPort: options.localPort,
    remotePort: options.remotePort,
    remoteHost: options.remoteHost,
    searchRegions: options.searchRegions ?? false,
    expectedDurationMin: options.expectedDuration,
    expectedIdleMin: options.expectedIdle,
    output: options.output,
    hasFormat: options.format !== undefined,
    isRedacted: options.redact ?? false,
  };
}

function defineFull(group: Program, found: Found): void {
  targetCommand(group, "full")
    .summary("run every check")
    .description("Runs every check and names the causes, the likeliest first.")
    .addHelpText(
      "after",
      examples([
        ["Why can web not be reached?", "ec2-connect diagnose full web"],
        [
          "For a ticket",
          "ec2-connect diagnose full web --redact --format yaml --output report.yaml",
        ],
      ]),
    )
    .action((instance, options) =>
      found({
        format: options.format,
        options: (): DiagnoseOptions => ({ command: "full", ...readTarget(instance, options) }),
        run,
      })
    );
}

function definePrecheck(parent: Program, found: Found, path: string): void {
  targetCommand(parent, "precheck")
    .summary("run the quick checks before connecting")
    .description(
      "Runs the checks that answer in a second: credentials, clock, Region, instance, agent, your " +
        "permissions, the local port. For scripts: exit code 0 means that connecting should work.",
    )
    .addHelpText(
      "after",
      examples([["Before connecting", `ec2-connect ${path} -i web --local-port 8080`]]),
    )
    .action((instance, options) =>
      found({
        format: options.format,
        options: (): DiagnoseOptions => ({ command: "precheck", ...readTarget(instance, options) }),
        run,
      })
    );
}

function definePreventive(group: Program, found: Found): void {
  targetCommand(group, "preventive")
    .optionsGroup("Judging:")
    .addOption(new Option("--abort-on-critical", "stop at the first critical finding"))
    .addOption(new Option("--strict", "exit 1 for warnings too"))
    .summary("see whether a connection will last")
    .description(
      "Asks whether a connection that works now will still work after --expected-duration minutes: " +
        "credentials, timeouts, the agent, scheduled events, limits.",
    )
    .addHelpText(
      "after",
      examples([
        [
          "Before a migration of four hours",
          "ec2-connect diagnose preventive -i web --expected-duration 240",
        ],
      ]),
    )
    .action((instance, options) =>
      found({
        format: options.format,
        options: (): DiagnoseOptions => ({
          command: "preventive",
          ...readTarget(instance, options),
          abortOnCritical: options.abortOnCritical ?? false,
          isStrict: options.strict ?? false,
        }),
        run,
      })
    );
}

function defineItem(group: Program, found: Found): void {
  targetCommand(group, "item")
    .optionsGroup("Check:")
    .addOption(
      valueOption("--item <NAME>", "the check; see diagnose list", readText).makeOptionMandatory(),
    )
    .summary("run one check")
    .description("Runs one check, and what it depends on in short form.")
    .addHelpText(
      "after",
      examples([
        ["The security groups alone", "ec2-connect diagnose item --item security_groups -i web"],
      ]),
    )
    .action((instance, options) =>
      found({
        format: options.format,
        options: (): DiagnoseOptions => ({
          command: "item",
          ...readTarget(instance, options),
          item: options.item,
        }),
        run,
      })
    );
}

function defineList(group: Program, found: Found): void {
  withResultOptions(
    group.command("list")
      .summary("show what is checked")
      .description("Shows every check, whether it is enabled, and its question. Calls nothing.")
      .usage("[options]")
      .addOption(new Option("--iam-policy", "show the policy that lets the enabled checks see")),
  )
    .addHelpText(
      "after",
      examples([
        ["What is checked", "ec2-connect diagnose list"],
        ["What to allow", "ec2-connect diagnose list --iam-policy --format json"],
      ]),
    )
    .action(({ format, output, iamPolicy }) =>
      found({
        format,
        options: () => ({ showsPolicy: iamPolicy ?? false, output }),
        run: async (options, context) => {
          const { runList } = await import("../diagnose/list.ts");
          return await runList(options as Parameters<typeof runList>[0], context);
        },
      })
    );
}

function defineConfig(group: Program, found: Found): void {
  targetCommand(group, "aws-config")
    .optionsGroup("Score:")
    .addOption(new Option("--include-credentials", "score the credentials"))
    .addOption(new Option("--include-iam", "score roles and permissions"))
    .addOption(new Option("--include-vpc", "score endpoints, routes and ACLs"))
    .addOption(new Option("--include-security-groups", "score the security groups"))
    .addOption(valueOption("--minimum-score <N>", "0 to 100 (default: 75)", readScore))
    .summary("score the configuration in AWS")
    .description(
      "Scores what AWS holds for the instance, 0 to 100. Instance and agent always count; without " +
        "--include-... everything does.",
    )
    .addHelpText(
      "after",
      examples([
        ["In a pipeline", "ec2-connect diagnose aws-config -i web --minimum-score 90"],
      ]),
    )
    .action((instance, options) =>
      found({
        format: options.format,
        options: (): DiagnoseOptions => ({
          command: "aws-config",
          ...readTarget(instance, options),
          groups: [
            ...options.includeCredentials ? ["credentials" as const] : [],
            ...options.includeIam ? ["iam" as const] : [],
            ...options.includeVpc ? ["vpc" as const] : [],
            ...options.includeSecurityGroups ? ["security-groups" as const] : [],
          ],
          minimumScore: options.minimumScore ?? DEFAULT_MINIMUM_SCORE,
        }),
        run,
      })
    );
}

const DEFAULT_MINIMUM_SCORE = 75;

function defineIntegrated(group: Program, found: Found): void {
  targetCommand(group, "aws-config-integrated")
    .optionsGroup("Score and memory:")
    .addOption(valueOption("--minimum-score <N>", "0 to 100 (default: 75)", readScore))
    .addOption(new Option("--clear-cache", "forget what is remembered of the instance first"))
    .addOption(new Option("--no-cache", "remember nothing, read everything"))
    .summary("score the configuration, remembering what was read")
    .description(
      "The same as aws-config with everything, and quick when repeated: what changes seldom is " +
        "remembered for some minutes, and read anew before a critical finding is reported.",
    )
    .addHelpText(
      "after",
      examples([
        [
          "Again, from the start",
          "ec2-connect diagnose aws-config-integrated -i web --clear-cache",
        ],
      ]),
    )
    .action((instance, options) =>
      found({
        format: options.format,
        options: (): DiagnoseOptions => {
          const clearCache = options.clearCache ?? false;
          if (clearCache && !options.cache) {
            throw new AppError("usage", "Cannot combine --clear-cache with --no-cache", {
              hint: "--no-cache neither reads nor writes what is remembered",
            });
          }
          return {
            command: "aws-config-integrated",
            ...readTarget(instance, options),
            minimumScore: options.minimumScore ?? DEFAULT_MINIMUM_SCORE,
            clearCache,
            usesCache: options.cache,
          };
        },
        run,
      })
    );
}
