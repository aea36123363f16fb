/**
 * The settings that count, and where each came from.
 *
 * @module
 */

import type { PathFacts } from "../platform/mod.ts";
import { DEFAULT_CONFIG } from "./defaults.ts";
import { findConfigFile, namedFile } from "./find.ts";
import type { Problem } from "./problems.ts";
import type { Config } from "./schema.ts";

/** Where a setting was made; one that nobody made has its default. */
export type SettingOrigin = { from: "file" } | { from: "environment"; variable: string };

/** The outcome of loading. */
export interface LoadedConfig {
  config: Config;
  /** The file that was read. */
  file: string | undefined;
  /** By dotted path of the setting, such as `aws.default_region`. */
  origins: ReadonlyMap<string, SettingOrigin>;
  /** What was read and could not be used; worth telling, not worth stopping for. */
  warnings: { message: string; hint: string | undefined }[];
}

/**
 * Loads the settings: environment over file over defaults.
 *
 * The schema is only loaded when there is something to check.
 *
 * @throws {AppError} `config`
 */
export async function loadConfig(
  options: PathFacts & {
    /** `--config`. */
    path?: string | undefined;
  },
): Promise<LoadedConfig> {
  const { env } = options;
  const file = await findConfigFile(namedFile(options.path, env), options);
  const hasOverride = Object.keys(env).some((name) => name.startsWith("EC2_CONNECT_"));
  if (file === undefined && !hasOverride) {
    return { config: DEFAULT_CONFIG, file: undefined, origins: new Map(), warnings: [] };
  }
  const { readConfig } = await import("./read.ts");
  const loaded = await readConfig(file?.path, env);
  const ignored = (file?.ignored ?? []).map((path) => ({
    message: `Configuration file ${path} is not read`,
    hint: `${file?.path} comes first; keep one of them`,
  }));
  return { ...loaded, warnings: [...ignored, ...loaded.warnings] };
}

/**
 * All that is wrong with the settings, where {@link loadConfig} stops at the first error.
 *
 * @param options.checks Names that `diagnostics.checks` may hold.
 * @throws {AppError} `config` for a file that cannot be found, read or parsed.
 */
export async function inspectSettings(
  options: PathFacts & { path?: string | undefined; checks: readonly string[] },
): Promise<{ file: string | undefined; problems: Problem[] }> {
  const { env, checks } = options;
  const file = await findConfigFile(namedFile(options.path, env), options);
  const { inspectConfig } = await import("./read.ts");
  const ignored = (file?.ignored ?? []).map((path): Problem => ({
    severity: "advice",
    setting: undefined,
    file: path,
    line: undefined,
    variable: undefined,
    what: `This file is not read: ${file?.path} comes first`,
    found: undefined,
    wanted: "one configuration file",
    hint: undefined,
  }));
  const problems = await inspectConfig(file?.path, env, checks);
  return { file: file?.path, problems: [...problems, ...ignored] };
}
