/**
 * The settings that count, and where each came from.
 *
 * @module
 */

import type { PathFacts } from "../platform/mod.ts";
import { DEFAULT_CONFIG } from "./defaults.ts";
import { findConfigFile, namedFile } from "./find.ts";
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
