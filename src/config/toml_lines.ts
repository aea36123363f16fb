/**
 * What each line of a TOML text begins: the parser gives values and no places.
 *
 * @module
 */

/** A line that names something. */
export interface TomlEntry {
  /** Counted from 0. */
  line: number;
  kind: "header" | "key";
  /** From the outermost table inwards; places in lists are not counted. */
  path: string[];
  /** What the line itself says of the path: all of a header, a key without its table. */
  own: string[];
  /** A header in double brackets. */
  isList: boolean;
}

/** A bare key, or one in quotes. */
const NAME = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)`;
const NAMES = String.raw`${NAME}(?:\s*\.\s*${NAME})*`;
const HEADER = new RegExp(String.raw`^\s*\[{1,2}\s*(${NAMES})\s*\]{1,2}\s*(?:#.*)?$`);
const KEY = new RegExp(String.raw`^\s*(${NAMES})\s*=`);

/** The headers and keys of a text, in its order. Lines inside a text of several lines are none. */
export function tomlEntries(lines: readonly string[]): TomlEntry[] {
  const entries: TomlEntry[] = [];
  let table: string[] = [];
  let quotes: string | undefined;
  for (const [index, text] of lines.entries()) {
    const line = text.replace(/\r$/, "");
    if (quotes !== undefined) {
      if (line.includes(quotes)) quotes = undefined;
      continue;
    }
    const header = HEADER.exec(line)?.[1];
    const key = header === undefined ? KEY.exec(line)?.[1] : undefined;
    if (header !== undefined) {
      table = namesOf(header);
      const isList = /^\s*\[\[/.test(line);
      entries.push({ line: index, kind: "header", path: table, own: table, isList });
    } else if (key !== undefined) {
      const own = namesOf(key);
      entries.push({ line: index, kind: "key", path: [...table, ...own], own, isList: false });
      quotes = unclosedQuotes(line);
    }
  }
  return entries;
}

function namesOf(dotted: string): string[] {
  return (dotted.match(new RegExp(NAME, "g")) ?? []).map((name) => {
    if (name.startsWith("'")) return name.slice(1, -1);
    if (!name.startsWith('"')) return name;
    try {
      return JSON.parse(name);
    } catch {
      // TOML has escapes that JSON lacks; such a name is met nowhere here.
      return name.slice(1, -1);
    }
  });
}

/** The three quotes that the line opens and does not close. */
function unclosedQuotes(line: string): string | undefined {
  return ['"""', "'''"].find((quotes) => line.split(quotes).length % 2 === 0);
}
