/**
 * Environment variables that set a setting: `EC2_CONNECT_` and its path, generated from the schema.
 *
 * @module
 */

import type { z } from "zod";
import { nearestName } from "./nearest.ts";
import { configSchema } from "./schema.ts";

/** Beginning of every variable of this program. */
export const ENVIRONMENT_PREFIX = "EC2_CONNECT_";

/** One setting, as the environment sees it. */
export interface Setting {
  /** Names from the outermost table inwards. */
  path: readonly string[];
  type: "string" | "number" | "boolean" | "enum";
  /** The variable named after the path, then shorter names that people may use as well. */
  variables: readonly string[];
  description: string;
}

/** Shorter names of the contract, beside the name after the path. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  "aws.default_region": "AWS_REGION",
  "session.max_sessions_per_instance": "MAX_SESSIONS",
  "database.path": "DATABASE",
  "logging.level": "LOG_LEVEL",
};

/** Variables with the prefix that set no setting: where the file is, and what children are told. */
const OTHER_VARIABLES = /^EC2_CONNECT_(?:CONFIG|LOCAL_HOST|LOCAL_PORT(?:_\d+)?)$/;

/** Whether a variable wants to set a setting, be it a known one or not. */
function isSettingVariable(name: string): boolean {
  return name.startsWith(ENVIRONMENT_PREFIX) && !OTHER_VARIABLES.test(name);
}

/** Every setting of the schema, in its order. */
export function listSettings(): Setting[] {
  const settings: Setting[] = [];
  collect(configSchema, [], settings);
  return settings;
}

function collect(schema: z.core.$ZodType, path: readonly string[], into: Setting[]): void {
  const description = (schema as z.ZodType).description ?? "";
  const inner = unwrap(schema);
  const def = (inner as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case "object":
      for (const [name, child] of Object.entries(def.shape)) collect(child, [...path, name], into);
      return;
    case "string":
    case "number":
    case "boolean":
    case "enum":
      into.push({ path, type: def.type, variables: variablesOf(path), description });
      return;
    default:
      // Lists and tables of the user's own names have no variable.
      return;
  }
}

/** The type inside `optional`, `default` and `prefault`. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  return "innerType" in def ? unwrap(def.innerType) : schema;
}

function variablesOf(path: readonly string[]): string[] {
  const short = SHORT_NAMES[path.join(".")];
  const full = ENVIRONMENT_PREFIX + path.join("_").toUpperCase();
  return short === undefined ? [full] : [full, ENVIRONMENT_PREFIX + short];
}

/** What the environment sets. */
export interface Overrides {
  values: { path: readonly string[]; value: unknown; variable: string }[];
  /** Variables with our prefix that are no setting, each with the nearest one that is. */
  unknown: { variable: string; nearest: string | undefined }[];
}

/**
 * Reads the variables. An empty one counts as unset, as in most programs.
 *
 * A value that does not fit its type is passed on as text, for the schema to refuse by name.
 */
export function readOverrides(env: Readonly<Record<string, string | undefined>>): Overrides {
  const settings = listSettings();
  const byVariable = new Map(
    settings.flatMap((s) => s.variables.map((name) => [name, s] as const)),
  );
  const overrides: Overrides = { values: [], unknown: [] };
  for (const [variable, text] of Object.entries(env)) {
    if (!text || !isSettingVariable(variable)) continue;
    const setting = byVariable.get(variable);
    if (setting === undefined) {
      overrides.unknown.push({ variable, nearest: nearestName(variable, byVariable.keys()) });
    } else {
      overrides.values.push({ path: setting.path, value: convert(text, setting.type), variable });
    }
  }
  return overrides;
}

function convert(text: string, type: Setting["type"]): unknown {
  if (type === "number") return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/.test(text) ? Number(text) : text;
  if (type !== "boolean") return text;
  if (/^(?:true|1|yes|on)$/i.test(text)) return true;
  if (/^(?:false|0|no|off)$/i.test(text)) return false;
  return text;
}
