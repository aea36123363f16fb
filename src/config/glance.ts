/**
 * The configuration file as it is written, for those who may not wait for the schema.
 *
 * @module
 */

import type { PathFacts } from "../platform/mod.ts";
import { findConfigFile, formatOfFile, namedFile } from "./find.ts";
import { parseConfigText } from "./formats.ts";
import { isTable } from "./tables.ts";

/** Larger was not written by hand, and takes too long to read. */
const FILE_LIMIT_BYTES = 1024 * 1024;

/**
 * The tables of the file, unchecked: any value may be anything. The environment is not looked at.
 *
 * @param path `--config`.
 * @returns An empty table where there is no file, or none that can be read.
 */
export async function glanceAtConfig(
  options: PathFacts & { path?: string | undefined },
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const found = await findConfigFile(namedFile(options.path, options.env), options);
    const format = found && formatOfFile(found.path);
    if (found === undefined || format === undefined) return {};
    const { isFile, size } = await Deno.stat(found.path);
    if (!isFile || size > FILE_LIMIT_BYTES) return {};
    return asTable(await parseConfigText(await Deno.readTextFile(found.path), format));
  } catch {
    // Whoever uses the file for more than a glance says what is wrong with it.
    return {};
  }
}

/** `value` where it is a table, else an empty one. */
export function asTable(value: unknown): Readonly<Record<string, unknown>> {
  return isTable(value) ? value : {};
}
