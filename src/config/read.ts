/**
 * File and environment, checked against the schema.
 *
 * Loads zod; `load.ts` decides whether that is needed.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";
import { listSettings, type Overrides, readOverrides } from "./environment.ts";
import {
  type ConfigFormat,
  formatOfFile,
  lineOfSetting,
  parseConfigText,
  SyntaxProblem,
} from "./formats.ts";
import type { LoadedConfig, SettingOrigin } from "./load.ts";
import { nearestName } from "./nearest.ts";
import { type Config, configSchema } from "./schema.ts";
import { isTable, type Table, valueAt } from "./tables.ts";

type Issue = NonNullable<ReturnType<typeof configSchema.safeParse>["error"]>["issues"][number];

interface Source {
  path: string;
  format: ConfigFormat;
  text: string;
}

/**
 * The settings of a file with the environment over them.
 *
 * @param path File to read; undefined for none.
 * @throws {AppError} `config` naming file, line, setting, what was found and what was wanted.
 */
export async function readConfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig> {
  const source = path === undefined ? undefined : await readSource(path);
  const table = source === undefined ? {} : await parseSource(source);
  const overrides = readOverrides(env);
  const origins = new Map<string, SettingOrigin>();
  recordOrigins(table, [], origins);
  for (const { path, value, variable } of overrides.values) {
    setAt(table, path, value);
    origins.set(path.join("."), { from: "environment", variable });
  }
  const warnings = overrides.unknown.map(({ variable, nearest }) => ({
    message: `Environment variable ${variable} is not a setting`,
    hint: suggestion(nearest),
  }));
  const config = await validate(table, { source, overrides, warnings });
  return { config, file: path, origins, warnings };
}

async function readSource(path: string): Promise<Source> {
  const format = requireFormat(path);
  return { path, format, text: await readText(path) };
}

/** @throws {AppError} `config` for a file whose name tells none. */
export function requireFormat(path: string): ConfigFormat {
  const format = formatOfFile(path);
  if (format !== undefined) return format;
  throw new AppError("config", `Cannot read configuration file ${path}: unknown kind of file`, {
    hint: "Give it a name that ends in .json, .toml, .yaml or .yml",
  });
}

/** @throws {AppError} `config` */
export async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    // The system's words without its numbers and the path again.
    const found = messageOf(error).replace(/ \(os error .*$/s, "");
    throw new AppError("config", `Cannot read configuration file ${path}: ${found}`, {
      cause: error,
    });
  }
}

/**
 * Checks the text of a file, without the environment over it.
 *
 * @throws {AppError} `config`, as {@link readConfig}.
 */
export async function requireValidText(text: string, path: string): Promise<void> {
  const source = { path, format: requireFormat(path), text };
  const table = await parseSource(source);
  await validate(table, { source, overrides: { values: [], unknown: [] }, warnings: [] });
}

async function parseSource({ path, format, text }: Source): Promise<Table> {
  let value: unknown;
  try {
    value = await parseConfigText(text, format);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    throw new AppError(
      "config",
      `Invalid configuration file ${at(path, error.line)}: not valid ${format.toUpperCase()}`,
      {
        why: error.message,
        cause: error,
      },
    );
  }
  if (isTable(value)) return value;
  throw new AppError("config", `Invalid configuration file ${path}: found ${describe(value)}`, {
    why: "Expected a table of settings",
  });
}

/**
 * Checks the whole table. Unknown keys become warnings and are left out, so that a file written for
 * a newer version still works; everything else that is wrong is an error.
 */
async function validate(
  table: Table,
  context: { source: Source | undefined; overrides: Overrides; warnings: LoadedConfig["warnings"] },
): Promise<Config> {
  const first = configSchema.safeParse(table);
  if (first.success) return first.data;
  for (const issue of first.error.issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const owner = valueAt(table, issue.path) as Table;
    for (const key of issue.keys) {
      const path = [...issue.path.map(String), key];
      context.warnings.push(await unknownKey(path, context.source));
      delete owner[key];
    }
  }
  const second = configSchema.safeParse(table);
  if (second.success) return second.data;
  throw await explain(second.error.issues, table, context);
}

async function unknownKey(
  path: string[],
  source: Source | undefined,
): Promise<LoadedConfig["warnings"][number]> {
  const line = source && await lineOfSetting(source.text, { format: source.format, path });
  return {
    message: `Unknown setting ${path.join(".")} in ${
      at(source?.path ?? "the configuration", line)
    }`,
    hint: suggestion(nearestName(path.at(-1)!, namesBeside(path))),
  };
}

/** Names that are known in the table that `path` is in. */
function namesBeside(path: readonly string[]): string[] {
  const around = path.slice(0, -1);
  const paths = listSettings().map((setting) => setting.path);
  const siblings = paths.filter((other) => around.every((name, depth) => name === other[depth]));
  return [...new Set(siblings.map((other) => other[around.length]!))];
}

async function explain(
  issues: readonly Issue[],
  table: Table,
  { source, overrides }: { source: Source | undefined; overrides: Overrides },
): Promise<AppError> {
  const issue = issues[0]!;
  const path = issue.path.map(String);
  const name = path.join(".");
  const found = describe(valueAt(table, issue.path));
  const wanted = issue.message.replace(/^[^:]*: /, "").replace(/, received .*$/, "");
  const more = issues.length > 1 ? `; the configuration has ${issues.length} problems in all` : "";
  const why = wanted.charAt(0).toUpperCase() + wanted.slice(1) + more;
  const override = overrides.values.find((value) => value.path.join(".") === name);
  if (override !== undefined) {
    return new AppError(
      "config",
      `Invalid environment variable ${override.variable}: found ${found}`,
      { why },
    );
  }
  const line = source && await lineOfSetting(source.text, { format: source.format, path });
  const file = at(source?.path ?? "", line);
  return new AppError("config", `Invalid configuration file ${file}: ${name} is ${found}`, { why });
}

function at(path: string, line: number | undefined): string {
  return line === undefined ? path : `${path}, line ${line}`;
}

function suggestion(nearest: string | undefined): string | undefined {
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`;
}

function recordOrigins(table: Table, path: string[], into: Map<string, SettingOrigin>): void {
  for (const [name, value] of Object.entries(table)) {
    const here = [...path, name];
    if (isTable(value)) recordOrigins(value, here, into);
    else into.set(here.join("."), { from: "file" });
  }
}

function setAt(table: Table, path: readonly string[], value: unknown): void {
  let owner = table;
  for (const name of path.slice(0, -1)) {
    // What is no table here is left for the schema to refuse.
    if (owner[name] === undefined) owner[name] = {};
    if (!isTable(owner[name])) return;
    owner = owner[name];
  }
  owner[path.at(-1)!] = value;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a table";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
