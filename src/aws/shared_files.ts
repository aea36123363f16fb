/**
 * The user's `~/.aws/config` and `~/.aws/credentials`, read by the SDK's own parser. Loaded only when
 * neither option nor environment answers.
 *
 * @module
 */

import { loadSharedConfigFiles } from "@smithy/core/config";
import type { EnvLookup } from "./contracts.ts";

/** One section of a file: keys to values; a key of a nested block is `block.key`. */
export type Section = Readonly<Record<string, string | undefined>>;

/** Both files, parsed. A missing or unreadable file has no sections. */
export interface SharedFiles {
  /** Sections of the config file; `[profile x]` is `x`, `[services x]` is `services.x`. */
  config: Readonly<Record<string, Section>>;
  credentials: Readonly<Record<string, Section>>;
}

/** Paths that the environment sets, as the SDK's options; absent ones keep their default. */
export function sharedFilePaths(env: EnvLookup): { filepath?: string; configFilepath?: string } {
  const paths: { filepath?: string; configFilepath?: string } = {};
  const credentialsPath = env("AWS_SHARED_CREDENTIALS_FILE");
  if (credentialsPath) paths.filepath = credentialsPath;
  const configPath = env("AWS_CONFIG_FILE");
  if (configPath) paths.configFilepath = configPath;
  return paths;
}

/** @param options.ignoreCache Reads the files again, for a process that outlives their content. */
export async function loadSharedFiles(
  env: EnvLookup,
  options: { ignoreCache?: boolean } = {},
): Promise<SharedFiles> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    ...sharedFilePaths(env),
    ...options,
  });
  return { config: configFile, credentials: credentialsFile };
}

/** Names of the profiles in both files, sorted. */
export function profileNames(files: SharedFiles): string[] {
  const sections = [...Object.keys(files.config), ...Object.keys(files.credentials)];
  const profiles = sections.filter((name) => !/^(?:sso-session|services)\./.test(name));
  return [...new Set(profiles)].sort();
}
