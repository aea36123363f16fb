/**
 * Configuration text to a value.
 *
 * The parsers of TOML and YAML are loaded when a file needs them.
 *
 * @module
 */

import { messageOf } from "../errors/mod.ts";
import type { ConfigFormat } from "./find.ts";
import { jsonErrorOffset } from "./json_error.ts";

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
      return await parseJson(content);
    case "toml":
      return await parseToml(content);
    case "yaml":
      return await parseYaml(content);
  }
}

async function parseJson(text: string): Promise<unknown> {
  try {
    const value = JSON.parse(text);
    await refuseRepeatedNames(text, value);
    return value;
  } catch (error) {
    if (error instanceof SyntaxProblem) throw error;
    const offset = jsonErrorOffset(text);
    throw new SyntaxProblem(
      commonSlip(text, offset) ?? engineWords(error),
      lineAt(text, offset),
    );
  }
}

/** What people write in JSON by habit, from languages that have it. */
function commonSlip(text: string, offset: number): string | undefined {
  if (/^(?:\/\/|\/\*|#)/.test(text.slice(offset, offset + 2))) {
    return "JSON has no comments; TOML and YAML have them";
  }
  const isClosing = /[}\]]/.test(text.charAt(offset));
  return isClosing && /,\s*$/.test(text.slice(0, offset))
    ? `JSON takes no comma before ${text.charAt(offset)}`
    : undefined;
}

/** The engine repeats the text in some messages and the position in others; neither helps here. */
function engineWords(error: unknown): string {
  return messageOf(error).replace(/,? (?:\.\.\.)?".*$/s, "").replace(/ at position.*$/, "");
}

/** The engine takes the last of two equal names and says nothing; TOML and YAML forbid them. */
async function refuseRepeatedNames(text: string, value: unknown): Promise<void> {
  // Every quote of valid JSON begins or ends a string, and a colon follows those that are names.
  const written = text.match(/"(?:[^"\\]|\\.)*"(?:\s*:)?/g)?.filter((part) => part.endsWith(":"));
  if ((written?.length ?? 0) === countNames(value)) return;
  const { visit } = await import("jsonc-parser");
  const tables: Set<string>[] = [];
  let repeated: SyntaxProblem | undefined;
  visit(text, {
    onObjectBegin: () => void tables.push(new Set()),
    onObjectEnd: () => void tables.pop(),
    onObjectProperty: (name, _offset, _length, line) => {
      const names = tables.at(-1)!;
      if (names.has(name)) {
        repeated ??= new SyntaxProblem(`The name "${name}" is there twice in one table`, line + 1);
      }
      names.add(name);
    },
  });
  if (repeated !== undefined) throw repeated;
}

function countNames(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, inner) => sum + countNames(inner), own);
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
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    // An alias of nothing, or aliases of aliases that would fill the memory: the parser's own errors.
    if (!(error instanceof ReferenceError)) throw error;
    throw new SyntaxProblem(messageOf(error), undefined);
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
