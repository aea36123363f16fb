/**
 * Configuration text to a value, and a setting's path back to its line.
 *
 * The parsers of TOML and YAML are loaded when a file needs them.
 *
 * @module
 */

import { messageOf } from "../errors/mod.ts";
import { jsonErrorOffset } from "./json_error.ts";
import { tomlEntries, type TomlEntry } from "./toml_lines.ts";

/** The languages a configuration file may be written in. */
export type ConfigFormat = "json" | "toml" | "yaml";

/** Text that is not valid in its language. */
export class SyntaxProblem extends Error {
  /** Line of the problem, counted from 1; undefined where the parser does not tell. */
  readonly line: number | undefined;
  constructor(message: string, line: number | undefined) {
    super(message);
    this.name = "SyntaxProblem";
    this.line = line;
  }
}

/** The format that a file's name tells, undefined for another ending. */
export function formatOfFile(path: string): ConfigFormat | undefined {
  const ending = /\.(json|toml|ya?ml)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === "yml" ? "yaml" : ending as ConfigFormat | undefined;
}

/**
 * Parses a whole configuration file.
 *
 * @returns Whatever the text says; an empty file is an empty table.
 * @throws {SyntaxProblem}
 */
export async function parseConfigText(text: string, format: ConfigFormat): Promise<unknown> {
  const content = text.replace(/^\uFEFF/, "");
  if (content.trim() === "") return {};
  switch (format) {
    case "json":
      return parseJson(content);
    case "toml":
      return await parseToml(content);
    case "yaml":
      return await parseYaml(content);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine repeats the text in some messages and the position in others; neither helps here.
    const message = messageOf(error).replace(/,? (?:\.\.\.)?".*$/s, "").replace(
      / at position.*$/,
      "",
    );
    throw new SyntaxProblem(message, lineAt(text, jsonErrorOffset(text)));
  }
}

async function parseToml(text: string): Promise<unknown> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split("\n")[0]!.replace(/^Invalid TOML document: /, "");
    throw new SyntaxProblem(message, error.line);
  }
}

async function parseYaml(text: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const message = problem.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, "");
    throw new SyntaxProblem(message, problem.linePos?.[0].line);
  }
  return document.toJS({ maxAliasCount: 100 }) ?? {};
}

/**
 * The line that sets the value at `path`, or the innermost table around it.
 *
 * @returns A line counted from 1; undefined when nothing of the path is in the text.
 */
export async function lineOfSetting(
  text: string,
  options: { format: ConfigFormat; path: readonly string[] },
): Promise<number | undefined> {
  if (options.format === "toml") return lineInToml(text, options.path);
  const { isMap, isScalar, parseDocument } = await import("yaml");
  let node: unknown = parseDocument(text).contents;
  let offset: number | undefined;
  for (const name of options.path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === name);
    if (pair === undefined || !isScalar(pair.key)) break;
    offset = pair.key.range?.[0];
    node = pair.value;
  }
  return offset === undefined ? undefined : lineAt(text, offset);
}

function lineInToml(text: string, path: readonly string[]): number | undefined {
  let best: TomlEntry | undefined;
  for (const entry of tomlEntries(text.split("\n"))) {
    const { path: here } = entry;
    const isAbove = here.length <= path.length && here.every((name, i) => name === path[i]);
    if (isAbove && here.length > (best?.path.length ?? 0)) best = entry;
  }
  return best && best.line + 1;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
