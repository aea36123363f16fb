/**
 * Changing one section of a configuration file, and no other byte of it.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { formatOfFile, parseConfigText } from "./formats.ts";

/** A value below the section; an empty path is the whole of it, undefined removes. */
export interface SectionEdit {
  path: readonly string[];
  value: unknown;
}

type Table = Record<string, unknown>;

/**
 * The text of the file after the edits.
 *
 * @param options.path Of the file, for its format and for messages.
 * @throws {AppError} `config` when the section stands in the file in a way that cannot be edited
 * without touching the rest.
 */
export async function writeSection(
  text: string,
  options: { path: string; section: string; edits: readonly SectionEdit[] },
): Promise<string> {
  const { path, section, edits } = options;
  const format = formatOfFile(path) ?? "json";
  const before = await parseConfigText(text, format) as Table;
  const wanted = edited(before[section], edits);
  const after = format === "json"
    ? await editJson(text, section, wanted)
    : await editBlocks(text, format, section, wanted);
  await requireSameRest(before, { after, format, section, wanted, path });
  return after;
}

function edited(section: unknown, edits: readonly SectionEdit[]): Table | undefined {
  let root: Table | undefined = isTable(section) ? structuredClone(section) : undefined;
  for (const { path, value } of edits) {
    if (path.length === 0) {
      root = value as Table | undefined;
      continue;
    }
    root ??= {};
    let table = root;
    for (const name of path.slice(0, -1)) {
      if (!isTable(table[name])) table[name] = {};
      table = table[name] as Table;
    }
    table[path.at(-1)!] = value;
  }
  return root;
}

async function editJson(text: string, section: string, wanted: Table | undefined): Promise<string> {
  const { applyEdits, modify } = await import("jsonc-parser");
  const isEmpty = text.trim() === "";
  const edits = modify(isEmpty ? "{}" : text, [section], wanted, {
    formattingOptions: {
      insertSpaces: true,
      tabSize: 2,
      eol: text.includes("\r\n") ? "\r\n" : "\n",
    },
  });
  return applyEdits(isEmpty ? "{}" : text, edits);
}

/** TOML and YAML: the lines of the section go, and its new text comes in their place or at the end. */
async function editBlocks(
  text: string,
  format: "toml" | "yaml",
  section: string,
  wanted: Table | undefined,
): Promise<string> {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const kept: string[] = [];
  let at: number | undefined;
  let isInside = false;
  for (const line of lines) {
    const start = format === "toml" ? tomlStart(line, section) : yamlStart(line, section);
    if (start !== undefined) isInside = start;
    if (isInside) at ??= kept.length;
    else kept.push(line);
  }
  const block = wanted === undefined ? [] : await blockOf(format, { [section]: wanted });
  const place = at ?? kept.length;
  return [...kept.slice(0, place), ...block, ...kept.slice(place)].join("\n") + "\n";
}

/** Whether the line begins the section (true), begins another one (false), or neither. */
function tomlStart(line: string, section: string): boolean | undefined {
  const header = /^\s*\[{1,2}\s*"?([\w-]+)"?/.exec(line)?.[1];
  return header === undefined ? undefined : header === section;
}

function yamlStart(line: string, section: string): boolean | undefined {
  const key = /^["']?([\w-]+)["']?\s*:/.exec(line)?.[1];
  if (key !== undefined) return key === section;
  // A comment or a document mark in the first column belongs to what comes after.
  return /^(?:#|---|\.\.\.)/.test(line) ? false : undefined;
}

async function blockOf(format: "toml" | "yaml", value: Table): Promise<string[]> {
  const text = format === "toml"
    ? (await import("smol-toml")).stringify(value)
    : (await import("yaml")).stringify(value);
  return text.trimEnd().split("\n");
}

/** What the edit was not about must read as before; the file is not written otherwise. */
async function requireSameRest(
  before: Table,
  result: {
    after: string;
    format: "json" | "toml" | "yaml";
    section: string;
    wanted: Table | undefined;
    path: string;
  },
): Promise<void> {
  const { after, format, section, wanted, path } = result;
  const expected: Table = { ...before, [section]: wanted };
  const found = await parseConfigText(after, format).catch(() => undefined);
  if (isTable(found) && canonical(found) === canonical(expected)) return;
  throw new AppError("config", `Cannot change ${path}: ${section} does not stand there by itself`, {
    hint: `Write ${section} as a section of its own, or edit the file by hand`,
  });
}

function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item) =>
      isTable(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => a < b ? -1 : 1))
        : item,
  );
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}
