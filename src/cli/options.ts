/**
 * Options that several commands share, each defined once.
 *
 * @module
 */

import { Command, Option } from "@commander-js/extra-typings";
import type { AwsOptions, GlobalOptions } from "./invocation.ts";
import { readFormat, readResultFormat, readText, type ReadValue } from "./values.ts";

/** An option with a value; `read` turns its text into what it means. */
export function valueOption<const Flags extends string, T>(
  flags: Flags,
  description: string,
  read: ReadValue<T>,
) {
  const name = /--[\w-]+/.exec(flags)?.[0] ?? flags;
  return new Option(flags, description).argParser<T>((text) => read(text, name));
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

/** `--profile`, `--region`, `--endpoint-url`. */
export const AWS_OPTIONS = {
  profile: valueOption("--profile <NAME>", "AWS profile (AWS_PROFILE)", readText),
  region: valueOption("--region <NAME>", "AWS region (AWS_REGION)", readText),
  endpointUrl: valueOption(
    "--endpoint-url <URL>",
    "address of the AWS services (AWS_ENDPOINT_URL)",
    readText,
  ),
};

/** The AWS options out of commander's. */
export function readAwsOptions(
  options: { profile?: string; region?: string; endpointUrl?: string },
): AwsOptions {
  return {
    profile: options.profile,
    region: options.region,
    endpointUrl: options.endpointUrl,
  };
}

/** `--format`. */
export function formatOption(description: string) {
  return valueOption("--format <FORMAT>", description, readFormat);
}

/** `--format` of a command with a result. */
export function resultFormatOption() {
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
