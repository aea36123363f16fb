/**
 * What the values of options and arguments are, told by their names.
 *
 * @module
 */
import { wordsOf } from "../options.ts";
import { nameOf } from "./position.ts";
import type { CommandNode, OptionNode } from "./tree.ts";

/** Where candidates come from. `free`: whatever a person likes. */
export type ValueKind =
  | { from: "words"; words: readonly string[] }
  | { from: Source }
  | { from: "files" }
  | { from: "free" };

/** What is looked up on this machine. */
export type Source =
  | "instances"
  | "sessions"
  | "presets"
  | "groups"
  | "checks"
  | "fixes"
  | "profiles"
  | "regions"
  | "scenarios";

/** Options whose metavariable says too little. */
const OPTIONS: Readonly<Record<string, readonly Source[] | "files" | "free">> = {
  "--profile": ["profiles"],
  "--region": ["regions"],
  "--item": ["checks"],
  "--scenario": ["scenarios"],
  "--document": "free",
  "--instance-profile": "free",
  "--remote-host": "free",
  "--save": ["presets"],
  "--user": "free",
};

/** Metavariables, of options and of arguments. */
const NAMES: Readonly<Record<string, readonly Source[] | "files" | "free">> = {
  ADDRESS: "free",
  CHECK: ["checks"],
  FILE: "files",
  FIX_ID: ["fixes"],
  HOST: ["instances"],
  INSTANCE: ["instances"],
  MINUTES: "free",
  N: "free",
  PORT: "free",
  RUN_ID: "free",
  S: "free",
  SECONDS: "free",
  SESSION: ["sessions"],
  TARGET: ["instances", "sessions"],
  TEXT: "free",
  TIME: "free",
  URL: "free",
  "[BIND:]LOCAL:[HOST:]REMOTE": "free",
};

/** Arguments that mean more in one command, by its name and theirs. */
const ARGUMENTS: Readonly<Record<string, readonly Source[]>> = {
  "connect INSTANCE": ["presets", "instances"],
  "up NAME": ["presets", "groups"],
  "down NAME": ["presets", "groups"],
};

/** Undefined for an option whose name and metavariable are in no table: a test finds it. */
export function kindsOfOption(option: OptionNode): readonly ValueKind[] | undefined {
  const words = wordsOf(option);
  if (words !== undefined) return [{ from: "words", words }];
  const metavariable = /<(.*?)(?:\.\.\.)?>$/.exec(option.flags)?.[1] ?? "";
  return kinds(OPTIONS[nameOf(option)] ?? NAMES[metavariable]);
}

/** Undefined as of {@link kindsOfOption}. `a|b` is one of two words, `SESSION|HOST` one of two kinds. */
export function kindsOfArgument(
  command: CommandNode,
  name: string,
): readonly ValueKind[] | undefined {
  const own = ARGUMENTS[`${command.name} ${name}`];
  if (own !== undefined) return kinds(own);
  const parts = name.split("|");
  if (parts.every((part) => /^[a-z]/.test(part))) return [{ from: "words", words: parts }];
  const each = parts.map((part) => kinds(NAMES[part]));
  return each.every((found) => found !== undefined) ? each.flat() : undefined;
}

function kinds(found: readonly Source[] | "files" | "free" | undefined) {
  if (found === undefined) return undefined;
  if (typeof found === "string") return [{ from: found }] as const;
  return found.map((from): ValueKind => ({ from }));
}
