/**
 * The command line: from an argument list to an exit code.
 *
 * Parsing, and what each command needs, is imported when it is needed: `--version` loads none of it.
 *
 * @module
 */

import { AppError, toAppError } from "../errors/mod.ts";
import type { OutputFormat } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { type Io, systemIo } from "./io.ts";
import { type LogLevel, Reporter, type ReporterIo } from "./reporter.ts";
import { Stopped, StopRequests } from "./stop.ts";
import { VERSION } from "./version.ts";

export type { Io } from "./io.ts";

/** How long a reader of our output may keep the program from ending. */
const FLUSH_TIMEOUT_MS = 2_000;

/**
 * Runs one command line to its end.
 *
 * @param args Without the program's own name.
 * @returns The exit code, when everything is released and all output is written. Never rejects.
 */
export async function run(args: readonly string[], io: Io = systemIo()): Promise<number> {
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    io.output.write("stdout", `ec2-connect ${VERSION}\n`);
    return await finish(0, io, args);
  }
  if (args[0] === "__complete") {
    const { runComplete } = await import("./completion/run.ts");
    await runComplete(args.slice(1), io);
    return 0;
  }
  const { parseCommandLine } = await import("./program.ts");
  let invocation: Invocation;
  try {
    invocation = await parseCommandLine(args, { columns: io.columns() });
  } catch (error) {
    return await finish(fail(error, reporterFor(args, io)), io, args);
  }
  if ("show" in invocation) {
    io.output.write("stdout", invocation.show);
    return await finish(0, io, args);
  }
  return await finish(await runCommand(invocation, { io, args }), io, args);
}

async function runCommand(
  invocation: Exclude<Invocation, { show: string }>,
  { io, args }: { io: Io; args: readonly string[] },
): Promise<number> {
  const { globals, format } = invocation;
  const level = globals.quiet ? "error" : LEVEL_OF_VERBOSITY[globals.verbosity] ?? "trace";
  const reporter = new Reporter(io, { format, level, colour: globals.colour });
  using stop = new StopRequests(io);
  const running = async () => {
    try {
      return await invocation.run({ io, args, globals, reporter, stop });
    } catch (error) {
      // Whatever failed after the request to stop failed because of it.
      if (stop.signal.aborted) return (stop.signal.reason as Stopped).exitCode;
      return fail(error, reporter);
    }
  };
  return await Promise.race([running(), stop.leaveAtOnce]);
}

const LEVEL_OF_VERBOSITY: readonly LogLevel[] = ["info", "debug", "trace"];

function fail(error: unknown, reporter: Reporter): number {
  if (error instanceof Stopped) return error.exitCode;
  const known = toAppError(error);
  reporter.error(known);
  reporter.log("debug", `exit code ${known.exitCode}`);
  return known.exitCode;
}

/** Waits for the output; a success whose result could not be written is none. */
async function finish(code: number, io: Io, args: readonly string[]): Promise<number> {
  const { output } = io;
  await output.flush(FLUSH_TIMEOUT_MS);
  const { aborted, reason } = output.stdoutBroken;
  if (!aborted || !(reason instanceof AppError) || code !== 0) return code;
  const failed = fail(reason, reporterFor(args, io));
  await output.flush(FLUSH_TIMEOUT_MS);
  return failed;
}

/** A reporter for an argument list that could not be parsed, by what can be seen in it. */
export function reporterFor(args: readonly string[], io: ReporterIo): Reporter {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const isJson = own.some((arg, index) =>
    arg === "--format=json" || (arg === "--format" && own[index + 1] === "json")
  );
  const format: OutputFormat = isJson ? "json" : "text";
  return new Reporter(io, { format, level: "info", colour: !own.includes("--no-color") });
}
