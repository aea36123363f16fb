/**
 * File and environment, checked against the schema.
 *
 * Loads zod; `load.ts` decides whether that is needed.
 *
 * @module
 */

import { adviceOn, checkSettings } from "./check.ts";
import { readOverrides } from "./environment.ts";
import type { LoadedConfig, SettingOrigin } from "./load.ts";
import { didYouMean, type Problem, problemError, problemWarning } from "./problems.ts";
import { type ConfigSource, parseSource, readSource, requireFormat } from "./source.ts";
import { isTable, type Table } from "./tables.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of a file with the environment over them.
 *
 * @param path File to read; undefined for none.
 * @throws {AppError} `config` naming file, line, setting, what was found and what was wanted.
 */
export async function readConfig(
  path: string | undefined,
  env: Environment,
): Promise<LoadedConfig> {
  const source = path === undefined ? undefined : await readSource(path);
  const { table, overrides, origins, problems } = await combine(source, env);
  const checked = await checkSettings(table, { source, overrides });
  problems.push(...checked.problems);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (checked.config === undefined) throw problemError(errors[0]!, errors.length);
  return { config: checked.config, file: path, origins, warnings: problems.map(problemWarning) };
}

/**
 * All that is wrong with a file, with the environment, and with the two together.
 *
 * @param checks Names that `diagnostics.checks` may hold.
 * @throws {AppError} `config` for a file that cannot be read or parsed.
 */
export async function inspectConfig(
  path: string | undefined,
  env: Environment,
  checks: readonly string[],
): Promise<Problem[]> {
  const source = path === undefined ? undefined : await readSource(path);
  const { table, overrides, problems } = await combine(source, env);
  const together = await checkSettings(table, { source, overrides });
  const hidden = source === undefined ? [] : await problemsUnder(overrides, source);
  const advice = source === undefined ? [] : await adviceOn(table, { source, overrides }, checks);
  return [...together.problems, ...hidden, ...advice].toSorted(byLine).concat(problems);
}

/** What is wrong in the file with settings that the environment overrides at present. */
async function problemsUnder(
  overrides: ReturnType<typeof readOverrides>["values"],
  source: ConfigSource,
): Promise<Problem[]> {
  const names = new Set(overrides.map(({ path }) => path.join(".")));
  const { problems } = await checkSettings(await parseSource(source), { source, overrides: [] });
  return problems.filter(({ setting }) => names.has(setting ?? ""));
}

function byLine(one: Problem, other: Problem): number {
  return (one.line ?? 0) - (other.line ?? 0);
}

/**
 * Checks the text of a file, without the environment over it.
 *
 * @throws {AppError} `config`, as {@link readConfig}.
 */
export async function requireValidText(text: string, path: string): Promise<void> {
  const source = { path, format: requireFormat(path), text };
  const { config, problems } = await checkSettings(await parseSource(source), {
    source,
    overrides: [],
  });
  const errors = problems.filter(({ severity }) => severity === "error");
  if (config === undefined) throw problemError(errors[0]!, errors.length);
}

async function combine(source: ConfigSource | undefined, env: Environment) {
  const table = source === undefined ? {} : await parseSource(source);
  const { values: overrides, unknown } = readOverrides(env);
  const origins = new Map<string, SettingOrigin>();
  recordOrigins(table, [], origins);
  for (const { path, value, variable } of overrides) {
    setAt(table, path, value);
    origins.set(path.join("."), { from: "environment", variable });
  }
  const problems = unknown.map(({ variable, nearest }): Problem => ({
    severity: "unknown",
    setting: undefined,
    file: undefined,
    line: undefined,
    variable,
    what: `Environment variable ${variable} is not a setting`,
    found: undefined,
    wanted: undefined,
    hint: didYouMean(nearest),
  }));
  return { table, overrides, origins, problems };
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
    // What is no table here is left for the schema to refuse; null is an empty section of YAML.
    owner[name] ??= {};
    if (!isTable(owner[name])) return;
    owner = owner[name];
  }
  owner[path.at(-1)!] = value;
}
