/**
 * What a running command is given.
 *
 * @module
 */

import type { GlobalOptions } from "./invocation.ts";
import type { Io } from "./io.ts";
import type { Reporter } from "./reporter.ts";
import type { StopRequests } from "./stop.ts";
import { loadConfig, type LoadedConfig } from "../config/mod.ts";

export interface Context {
  readonly io: Io;
  /** The whole argument list, as it was written. */
  readonly args: readonly string[];
  readonly globals: GlobalOptions;
  readonly reporter: Reporter;
  readonly stop: StopRequests;
}

/** Whether a person can be asked: prompts are drawn on standard error and read standard input. */
export function canPrompt({ io, globals }: Pick<Context, "io" | "globals">): boolean {
  return globals.input && io.terminal.stdin && io.terminal.stderr;
}

/** Whether a list can be drawn too: a dumb terminal has no place to move the cursor to. */
export function canPick(context: Pick<Context, "io" | "globals">): boolean {
  return canPrompt(context) && context.io.env["TERM"] !== "dumb";
}

/** The settings of this command line. Tells what in them could not be used. */
export async function loadSettings(context: Context): Promise<LoadedConfig> {
  const { io, globals, reporter } = context;
  const loaded = await loadConfig({ os: io.os, env: io.env, path: globals.configPath });
  // -q and -v are options, and options come before the configuration.
  if (!globals.quiet && globals.verbosity === 0) reporter.level = loaded.config.logging.level;
  // Whoever asked the background host has told of them.
  if (!io.job?.settingsTold) {
    for (const { message, hint } of loaded.warnings) reporter.warn(message, hint);
  }
  if (loaded.file !== undefined) reporter.log("debug", `configuration: ${loaded.file}`);
  return loaded;
}
