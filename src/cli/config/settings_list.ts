/**
 * The settings one by one: as `config show` lists them.
 *
 * @module
 */

import type { LoadedConfig } from "../../config/mod.ts";

/** One setting as it counts. */
export interface ListedSetting {
  /** Names from the outermost table inwards. */
  path: readonly string[];
  /** Undefined where it is not set and has no default. */
  value: unknown;
}

/**
 * Every setting with a value, in the order of the configuration, tables opened and lists kept whole.
 *
 * @param known Paths of all settings of the schema: those without a value are listed too, in their place.
 */
export function listEffective(
  config: LoadedConfig["config"],
  known: readonly (readonly string[])[],
): ListedSetting[] {
  const listed: ListedSetting[] = known.map((path) => ({
    path,
    value: path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], config),
  }));
  const names = new Set(known.map((path) => path.join("\0")));
  const own = opened(config, []).filter(({ path }) => !names.has(path.join("\0")));
  return [...listed, ...own];
}

function opened(value: unknown, path: readonly string[]): ListedSetting[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([name, inner]) => opened(inner, [...path, name]));
}
