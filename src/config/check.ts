/**
 * Settings checked against the schema: what of them can be used, and all that is wrong.
 *
 * @module
 */

import type { Overrides } from "./environment.ts";
import { type Locate, locateSettings } from "./locate.ts";
import { nearestName } from "./nearest.ts";
import { type PlacedProblem, presetAdvice, presetProblems } from "./presets.ts";
import { didYouMean, type Problem } from "./problems.ts";
import { type Config, configSchema } from "./schema.ts";
import {
  configShape,
  type JsonSchema,
  settingName,
  type SettingPath,
  shapeAt,
  wantedOf,
} from "./shape.ts";
import { type ConfigSource, describe } from "./source.ts";
import { isTable, type Table, valueAt } from "./tables.ts";

type Issue = NonNullable<ReturnType<typeof configSchema.safeParse>["error"]>["issues"][number];

/** Where the settings were made. */
export interface CheckContext {
  source: ConfigSource | undefined;
  overrides: Overrides["values"];
}

/** What came of a check. */
export interface Checked {
  /** Complete, without what is unknown; undefined when there is an error. */
  config: Config | undefined;
  problems: Problem[];
}

/** The name under which editors find the JSON Schema of a file; no setting. */
const EDITOR_KEY = "$schema";

/**
 * Checks a whole table. Unknown settings are taken out of it, so that a file written for a newer
 * version still works; everything else that is wrong is an error.
 */
export async function checkSettings(table: Table, context: CheckContext): Promise<Checked> {
  delete table[EDITOR_KEY];
  if (context.source?.format === "yaml") dropEmptyTables(table, []);
  const [first, fromPresets] = [configSchema.safeParse(table), presetProblems(table)];
  // Nothing is wrong in nearly every start: lines and words are looked for when something is.
  if (first.success && fromPresets.length === 0) return { config: first.data, problems: [] };
  const place = await placer(table, context);
  const problems: Problem[] = [];
  for (const issue of first.error?.issues ?? []) {
    if (issue.code !== "unrecognized_keys") continue;
    for (const key of issue.keys) {
      const path = [...issue.path as SettingPath, key];
      const hint = didYouMean(nearestSetting(path));
      problems.push(place(
        { path, what: `Unknown setting ${settingName(path)}`, found: undefined, wanted: "", hint },
        "unknown",
      ));
      delete (valueAt(table, issue.path) as Table)[key];
    }
  }
  const second = configSchema.safeParse(table);
  const wrong = (second.error?.issues ?? []).map((issue) => problemOf(issue, table));
  problems.push(...[...wrong, ...fromPresets].map((problem) => place(problem, "error")));
  const isUsable = second.success && fromPresets.length === 0;
  return { config: isUsable ? second.data : undefined, problems };
}

/** What the schema cannot know: names of checks, and presets that may not be meant to be open at once. */
export async function adviceOn(
  table: Table,
  context: CheckContext,
  checks: readonly string[],
): Promise<Problem[]> {
  const place = await placer(table, context);
  const named = valueAt(table, ["diagnostics", "checks"]);
  const unknown = Object.keys(isTable(named) ? named : {}).filter((id) => !checks.includes(id));
  return [
    ...unknown.map((id) => {
      const path = ["diagnostics", "checks", id];
      const hint = didYouMean(nearestName(id, checks)) ??
        "Run ec2-connect diagnose list for the checks";
      const what = `${settingName(path)} is no check`;
      return place({ path, what, found: id, wanted: "the name of a check", hint }, "error");
    }),
    ...presetAdvice(table).map((problem) => place(problem, "advice")),
  ];
}

/** A section whose lines are all commented out is null in YAML, and is meant to be empty. */
function dropEmptyTables(table: Table, path: SettingPath): void {
  for (const [name, value] of Object.entries(table)) {
    const here = [...path, name];
    if (isTable(value)) dropEmptyTables(value, here);
    else if (value === null && path[0] !== "connections" && shapeAt(here)?.type === "object") {
      delete table[name];
    }
  }
}

function problemOf(issue: Issue, table: Table): PlacedProblem {
  const path = issue.path as SettingPath;
  const name = settingName(path);
  if (issue.code === "invalid_key") {
    const found = JSON.stringify(path.at(-1));
    const wanted = issue.issues[0]?.message ?? "another name";
    return {
      path,
      what: `${name} has a name that cannot be typed`,
      found,
      wanted,
      hint: undefined,
    };
  }
  const shape = shapeAt(path) ?? {};
  const value = valueAt(table, path);
  const isOurs = issue.code === "custom" || issue.code === "invalid_format";
  const wanted = isOurs ? issue.message : wantedOf(shape);
  if (value !== undefined) {
    const found = describe(value);
    return { path, what: `${name} is ${found}`, found, wanted, hint: hintFor(value, shape) };
  }
  const { default: initial } = shape;
  const what = initial === undefined ? "is missing" : `is ${describe(initial)}, the default`;
  return { path, what: `${name} ${what}`, found: undefined, wanted, hint: undefined };
}

function hintFor(value: unknown, { type, enum: words }: JsonSchema): string | undefined {
  if (typeof value === "string") {
    if (words !== undefined) {
      // "warn" is far from "warning" in letters, and near in meaning.
      const longer = words.find((word) => value.length > 2 && word.startsWith(value));
      return didYouMean(nearestName(value, words) ?? longer);
    }
    const isNumber = /^\s*-?\d+(?:\.\d+)?\s*$/.test(value);
    if ((type === "number" || type === "integer") && isNumber) return "Write it without quotes";
    if (type === "boolean" && /^(?:true|false)$/i.test(value)) {
      return "Write it without quotes, in small letters";
    }
  }
  return type === "string" && typeof value === "number" ? "Write it in quotes" : undefined;
}

/** The known name that an unknown setting was meant to be: one beside it, or its place elsewhere. */
function nearestSetting(path: SettingPath): string | undefined {
  const name = String(path.at(-1));
  const beside = Object.keys(shapeAt(path.slice(0, -1))?.properties ?? {});
  return nearestName(name, beside) ?? pathsEndingIn(name, configShape(), []).at(0);
}

function pathsEndingIn(name: string, shape: JsonSchema, path: SettingPath): string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([key, inner]) => [
    ...key === name ? [settingName([...path, key])] : [],
    ...pathsEndingIn(name, inner, [...path, key]),
  ]);
}

type Place = (problem: PlacedProblem, severity: Problem["severity"]) => Problem;

/** Finds out which variable or which line of the file a problem comes from. */
async function placer(table: Table, { source, overrides }: CheckContext): Promise<Place> {
  const locate: Locate = source === undefined
    ? () => undefined
    : await locateSettings(source.text, source.format);
  return ({ path, what, found, wanted, hint }, severity) => {
    const variable = variableOf(path, { overrides, table });
    return {
      severity,
      setting: settingName(path),
      file: variable === undefined ? source?.path : undefined,
      line: variable === undefined ? locate(path) : undefined,
      variable,
      what: variable !== undefined && found !== undefined ? `found ${found}` : what,
      found,
      wanted: wanted || undefined,
      hint: variable !== undefined && hint?.startsWith("Write it") ? undefined : hint,
    };
  };
}

/** The variable that set the value, or a value beside it that it does not go with. */
function variableOf(
  path: SettingPath,
  { overrides, table }: { overrides: CheckContext["overrides"]; table: Table },
): string | undefined {
  const startsWith = (other: readonly string[], depth: number) =>
    path.slice(0, depth).every((name, at) => name === other[at]);
  const own = overrides.find((other) =>
    other.path.length === path.length && startsWith(other.path, path.length)
  );
  if (own !== undefined || valueAt(table, path) !== undefined) return own?.variable;
  return overrides.find((other) => startsWith(other.path, path.length - 1))?.variable;
}
