/**
 * Options that several commands share, each defined once.
 *
 * @module
 */

import { Command, Option, type OptionValues } from "@commander-js/extra-typings";
import type { KeepAlive, Priority } from "../session/mod.ts";
import type { OutputFormat } from "./errors.ts";
import type { AwsOptions, GlobalOptions, SessionOptions } from "./invocation.ts";
import {
  readFormat,
  readReason,
  readResultFormat,
  readText,
  type ReadValue,
  wordReader,
} from "./values.ts";

/** An option with a value; `read` turns its text into what it means. */
export function valueOption<const Flags extends string, T>(
  flags: Flags,
  description: string,
  read: ReadValue<T>,
) {
  const name = /--[\w-]+/.exec(flags)?.[0] ?? flags;
  const option = new Option(flags, description).argParser<T>((text) => read(text, name));
  if (read.words !== undefined) wordsOfOptions.set(option, read.words);
  return option;
}

/** Beside the options: commander's own list of choices would be repeated in every help text. */
const wordsOfOptions = new WeakMap<object, readonly string[]>();

/** Everything that an option takes, where that is a list. */
export function wordsOf(option: object): readonly string[] | undefined {
  return wordsOfOptions.get(option);
}

/** The program without its commands. */
export function programWithGlobals() {
  return new Command("ec2-connect")
    .description("Opens tunnels to EC2 instances over AWS Systems Manager, and keeps them open.")
    .option("-v, --verbose", "debug log on stderr; -vv adds a protocol trace", countUp, 0)
    .addOption(valueOption("-c, --config <FILE>", "configuration file", readText))
    .option("-q, --quiet", "only errors on stderr")
    .option("--no-color", "no colour (also NO_COLOR)")
    .option("--no-input", "never prompt, fail instead");
}

function countUp(_text: string, before: number): number {
  return before + 1;
}

/** The global options out of commander's. */
export function readGlobals(
  options: ReturnType<ReturnType<typeof programWithGlobals>["opts"]>,
): GlobalOptions {
  return {
    verbosity: Number(options.verbose),
    quiet: options.quiet ?? false,
    colour: options.color,
    input: options.input,
    configPath: options.config,
  };
}

const AWS_OPTIONS = {
  profile: valueOption("--profile <NAME>", "AWS profile (AWS_PROFILE)", readText),
  region: valueOption("--region <NAME>", "AWS region (AWS_REGION)", readText),
  endpointUrl: valueOption(
    "--endpoint-url <URL>",
    "address of the AWS services (AWS_ENDPOINT_URL)",
    readText,
  ),
};

/** A type and no interface: commander wants values that can be asked for any key. */
type AwsValues = { profile?: string; region?: string; endpointUrl?: string };
type ResultValues = { format?: OutputFormat; output?: string };

/** `command` with `--profile`, `--region`, `--endpoint-url` under their heading. */
export function withAwsOptions<
  Args extends unknown[],
  Values extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Values, Globals>): Command<Args, Values & AwsValues, Globals> {
  const added = command.optionsGroup("AWS:")
    .addOption(AWS_OPTIONS.profile)
    .addOption(AWS_OPTIONS.region)
    .addOption(AWS_OPTIONS.endpointUrl);
  // The compiler cannot join what commander infers to values that are not known yet.
  return added as unknown as Command<Args, Values & AwsValues, Globals>;
}

/** The AWS options out of commander's. */
export function readAwsOptions(
  options: AwsValues,
): AwsOptions {
  return {
    profile: options.profile,
    region: options.region,
    endpointUrl: options.endpointUrl,
  };
}

/** Words of types whose module loads the session; the compiler keeps them complete. */
const PRIORITIES = { low: 0, normal: 1, high: 2, critical: 3 } satisfies Record<Priority, number>;
const KEEP_ALIVE_MODES = { always: 0, policy: 1, never: 2 } satisfies Record<KeepAlive, number>;

/** Of every command that opens sessions. Each has its own: an option knows the heading that it is under. */
export const SESSION_OPTIONS = {
  get reason() {
    return valueOption("--reason <TEXT>", "reason, kept in AWS's history", readReason);
  },
  get noReconnect() {
    return new Option("--no-reconnect", "end when the connection is lost");
  },
  get priority() {
    return valueOption(
      "--priority <PRIORITY>",
      "low, normal, high or critical: who reconnects first, and who yields (default: normal)",
      wordReader(Object.keys(PRIORITIES) as Priority[]),
    );
  },
  get keepAlive() {
    return valueOption(
      "--keep-alive <MODE>",
      "always, policy (let the account's idle timeout end it) or never",
      wordReader(Object.keys(KEEP_ALIVE_MODES) as KeepAlive[]),
    );
  },
};

/** A type, as {@link AwsValues} is one. */
type SessionValues = {
  reason?: string;
  reconnect: boolean;
  priority?: Priority;
  keepAlive?: KeepAlive;
};

/** `command` with all of {@link SESSION_OPTIONS}, under the heading that it has come to. */
export function withSessionOptions<
  Args extends unknown[],
  Values extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Values, Globals>): Command<Args, Values & SessionValues, Globals> {
  const added = command.addOption(SESSION_OPTIONS.reason)
    .addOption(SESSION_OPTIONS.noReconnect)
    .addOption(SESSION_OPTIONS.priority)
    .addOption(SESSION_OPTIONS.keepAlive);
  return added as unknown as Command<Args, Values & SessionValues, Globals>;
}

/** The session's options out of commander's. */
export function readSessionOptions(options: SessionValues): SessionOptions {
  return {
    reason: options.reason,
    reconnect: options.reconnect,
    priority: options.priority ?? "normal",
    keepAlive: options.keepAlive,
  };
}

/** `--format`. */
export function formatOption(description: string) {
  return valueOption("--format <FORMAT>", description, readFormat);
}

/** `--format` of a command with a result. */
function resultFormatOption() {
  return valueOption("--format <FORMAT>", "text, json or yaml (default: text)", readResultFormat);
}

/** `--output` of a command with a result. */
export function outputOption() {
  return valueOption(
    "--output <FILE>",
    "write the result to a file, whole or not at all",
    readText,
  );
}

/** `command` with `--format` and `--output` under their heading: of every command with a result. */
export function withResultOptions<
  Args extends unknown[],
  Values extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Values, Globals>): Command<Args, Values & ResultValues, Globals> {
  const added = command.optionsGroup("Output:")
    .addOption(resultFormatOption())
    .addOption(outputOption());
  return added as unknown as Command<Args, Values & ResultValues, Globals>;
}
