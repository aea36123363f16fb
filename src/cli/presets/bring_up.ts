/**
 * One preset opened in the background host: a `connect` of its own, whose events are read.
 *
 * @module
 */
import { AppError, type ErrorKind, EXIT_CODES } from "../../errors/mod.ts";
import type { Forward } from "../../session/mod.ts";
import type { BackgroundHost } from "../background/background_host.ts";
import type { Context } from "../context.ts";
import { writeForward } from "../forward_spec.ts";
import type { AwsOptions } from "../invocation.ts";

/** A session of a preset, in the words of `list`. */
export interface PresetSession {
  session_id: string;
  instance_id: string;
  bind: string | null;
  local_port: number | null;
  remote_host: string | null;
  remote_port: number | null;
}

/** How presets are opened. */
export interface BringUpOptions {
  aws: AwsOptions;
  diagnose: boolean;
  /** Configuration file that the presets are in. */
  configFile: string | undefined;
}

/**
 * Opens a preset and waits until all of its forwards are ready.
 *
 * @param asked.forwards In place of the preset's own: those of them that are not open yet.
 * @throws {AppError} Why it is not up. Nothing of it is left open.
 */
export async function bringUp(
  asked: { name: string; forwards: readonly Forward[] | undefined },
  { host, options, context, onReady }: {
    host: BackgroundHost;
    options: BringUpOptions;
    context: Context;
    onReady(session: PresetSession): void;
  },
): Promise<void> {
  const { name } = asked;
  const { reporter, stop } = context;
  let failure: AppError | undefined;
  const readers = {
    stdout: lineReader((line) => readEvent(line)),
    stderr: lineReader((line) => {
      const error = readError(line);
      if (error !== undefined) failure = error;
      else reporter.note(`${name}: ${line}`);
    }),
  };
  const args = connectArguments(asked, options, context);
  const code = await host.connect({ args, configFile: options.configFile }, {
    signal: stop.signal,
    onMessage: ({ stream, text }) => readers[stream](text),
  });
  if (code === 0) return;
  throw failure ?? new AppError(
    "network",
    `The background host has stopped to open it: exit code ${code}`,
    { hint: "Try again" },
  );

  function readEvent(line: string): void {
    const event = JSON.parse(line);
    if (event.event === "ready") {
      const { session_id, instance_id, bind, local_port, remote_host, remote_port } = event;
      onReady({ session_id, instance_id, bind, local_port, remote_host, remote_port });
    } else if (event.event === "warning") {
      reporter.warn(`${name}: ${event.message}`, event.hint ?? undefined);
    }
  }
}

function connectArguments(
  { name, forwards = [] }: { name: string; forwards: readonly Forward[] | undefined },
  { aws, diagnose }: BringUpOptions,
  { globals }: Context,
): string[] {
  const given = (option: string, value: string | undefined) =>
    value === undefined ? [] : [`${option}=${value}`];
  return [
    "connect",
    name,
    "--background",
    "--format=json",
    "--no-input",
    ...forwards.flatMap((forward) => ["-L", writeForward(forward)]),
    ...given("--profile", aws.profile),
    ...given("--region", aws.region),
    ...given("--endpoint-url", aws.endpointUrl),
    ...(diagnose ? [] : ["--no-diagnose"]),
    ...(globals.quiet ? ["--quiet"] : []),
    ...Array.from({ length: globals.verbosity }, () => "--verbose"),
  ];
}

/** Calls `onLine` for each whole line of a text that comes in pieces. */
function lineReader(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.filter((line) => line !== "").forEach(onLine);
  };
}

/** The error of a command with `--format json`; undefined for any other line. */
function readError(line: string): AppError | undefined {
  if (!line.startsWith('{"error":')) return undefined;
  const { kind, message, cause, hint } = JSON.parse(line).error;
  return new AppError(kind in EXIT_CODES ? kind as ErrorKind : "bug", message, {
    ...(cause === null ? {} : { why: cause }),
    ...(hint === null ? {} : { hint }),
  });
}
