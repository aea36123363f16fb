/**
 * Changing one value in a TOML text.
 *
 * @module
 */

import type { SettingEdit } from "./edit.ts";
import { isTable, nested } from "./tables.ts";
import { tomlEntries, type TomlEntry } from "./toml_lines.ts";

/** The text after the edit; all else keeps its bytes. */
export async function editToml(text: string, { path, value }: SettingEdit): Promise<string> {
  const { parse, stringify } = await import("smol-toml");
  const isWhole = (line: string) => {
    try {
      parse(line);
      return true;
    } catch {
      return false;
    }
  };
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
  const entries = tomlEntries(lines);
  const file: TomlFile = {
    lines,
    entries,
    endOf: (entry) =>
      entry.kind === "header"
        ? endOfBlock(entry.line, lines, entries)
        : endOfKey(entry, lines, isWhole),
  };
  const own = entries.filter((entry) => startsWith(entry.path, path));
  const isInline = value !== undefined && !isTable(value) &&
    !(Array.isArray(value) && value.some(isTable));
  const edited = isInline
    ? setKey(file, { path, own, text: stringify({ [path.at(-1)!]: value }).trimEnd(), isWhole })
    : setBlock(file, {
      path,
      own,
      block: value === undefined ? [] : stringify(nested(path, value)).trimEnd().split("\n"),
    });
  return edited.join(eol) + eol;
}

interface TomlFile {
  lines: readonly string[];
  entries: readonly TomlEntry[];
  /** The line after the last one of an entry. */
  endOf(entry: TomlEntry): number;
}

/** A value that stands on a line of its own: in place of the one there, else at the end of its table. */
function setKey(
  file: TomlFile,
  { path, own, text, isWhole }: {
    path: readonly string[];
    own: readonly TomlEntry[];
    text: string;
    isWhole(line: string): boolean;
  },
): string[] {
  const { lines, entries } = file;
  const [only] = own;
  if (own.length === 1 && only!.kind === "key" && only!.path.length === path.length) {
    const before = lines[only!.line]!;
    const key = before.slice(0, before.indexOf("=") + 1);
    const value = text.slice(text.indexOf("=") + 1);
    const end = file.endOf(only!);
    const comment = end === only!.line + 1 ? commentOf(before, isWhole) : "";
    return [...lines.slice(0, only!.line), key + value + comment, ...lines.slice(end)];
  }
  const kept = own.length === 0 ? lines : without(file, own);
  const rest = own.length === 0 ? entries : tomlEntries(kept);
  const around = path.slice(0, -1);
  const header = rest.find(({ kind, path }) => kind === "header" && isSame(path, around));
  if (header === undefined && around.length > 0) {
    return withBlock(kept, rest, {
      path: around,
      block: [`[${around.map(quoted).join(".")}]`, text],
    });
  }
  // Keys of no table stand before the first header.
  const end = endOfBlock(header?.line ?? -1, kept, rest);
  return [...kept.slice(0, end), text, ...kept.slice(end)];
}

/** A table under a header of its own: in place of the one there, else behind its siblings. */
function setBlock(
  file: TomlFile,
  { path, own, block }: {
    path: readonly string[];
    own: readonly TomlEntry[];
    block: readonly string[];
  },
): string[] {
  const kept = without(file, own);
  const [first] = own;
  if (first?.kind === "header" || block.length === 0) {
    const at = first?.line ?? kept.length;
    return [...kept.slice(0, at), ...block, ...kept.slice(at)];
  }
  return withBlock(kept, tomlEntries(kept), { path, block });
}

/** Puts a block behind the tables beside it, or at the end. */
function withBlock(
  lines: readonly string[],
  entries: readonly TomlEntry[],
  { path, block }: { path: readonly string[]; block: readonly string[] },
): string[] {
  const beside = entries.findLast(({ kind, path: other }) =>
    kind === "header" && startsWith(other, path.slice(0, Math.max(1, path.length - 1)))
  );
  const at = beside === undefined ? lines.length : endOfBlock(beside.line, lines, entries);
  const before = lines.slice(0, at);
  const gap = before.length === 0 || before.at(-1)!.trim() === "" ? [] : [""];
  return [...before, ...gap, ...block, ...lines.slice(at)];
}

function without(file: TomlFile, entries: readonly TomlEntry[]): string[] {
  const gone = new Set<number>();
  for (const entry of entries) {
    for (let line = entry.line; line < file.endOf(entry); line++) gone.add(line);
  }
  return file.lines.filter((_, line) => !gone.has(line));
}

/** Comments and blank lines above a header belong to what it begins. */
function endOfBlock(
  start: number,
  lines: readonly string[],
  entries: readonly TomlEntry[],
): number {
  const next = entries.find(({ kind, line }) => kind === "header" && line > start);
  let end = next?.line ?? lines.length;
  while (end - 1 > start && /^\s*(?:#.*)?$/.test(lines[end - 1]!)) end--;
  return end;
}

/** A value goes on until its lines can be read. */
function endOfKey(
  { line }: TomlEntry,
  lines: readonly string[],
  isWhole: (text: string) => boolean,
): number {
  for (let end = line + 1; end <= lines.length; end++) {
    if (isWhole(lines.slice(line, end).join("\n"))) return end;
  }
  return line + 1;
}

/** The comment behind a value, with the space before it. */
function commentOf(line: string, isWhole: (text: string) => boolean): string {
  for (let at = line.indexOf("#"); at >= 0; at = line.indexOf("#", at + 1)) {
    if (isWhole(line.slice(0, at))) return /\s*$/.exec(line.slice(0, at))![0] + line.slice(at);
  }
  return "";
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((name, depth) => path[depth] === name);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && startsWith(a, b);
}

function quoted(name: string): string {
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}
