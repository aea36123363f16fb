/**
 * Changing one value in a YAML text.
 *
 * @module
 */

import type { Pair, YAMLMap } from "yaml";
import type { SettingEdit } from "./edit.ts";
import { nested, valueAt } from "./tables.ts";

/**
 * The text after the edit; all else keeps its bytes.
 *
 * @param wanted The whole of the settings after the edit.
 * @returns `undefined` where the text is written in a way that this cannot change.
 */
export async function editYaml(
  text: string,
  { path, value }: SettingEdit,
  wanted: Record<string, unknown>,
): Promise<string | undefined> {
  const { isMap, isScalar, parseDocument, stringify } = await import("yaml");
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  /** Lines of a part of the settings, as deep as `column`. */
  const block = (part: unknown, column: number) =>
    stringify(part, { lineWidth: 0 }).trimEnd().split("\n")
      .map((line) => (line === "" ? "" : " ".repeat(column) + line) + eol).join("");
  const document = parseDocument(text);
  if (!isMap(document.contents)) {
    return value === undefined ? undefined : withEnd(text, eol) + block(nested(path, value), 0);
  }
  let map: YAMLMap = document.contents;
  let pair: Pair | undefined;
  let depth = 0;
  for (; depth < path.length; depth++) {
    pair = map.items.find(({ key }) => isScalar(key) && key.value === path[depth]);
    if (pair === undefined || depth === path.length - 1 || !isMap(pair.value)) break;
    map = pair.value;
  }
  const range = map.range!;
  if (map.flow) {
    const part = valueAt(wanted, path.slice(0, depth));
    return text.slice(0, range[0]) + JSON.stringify(part) + text.slice(range[1]);
  }
  const indent = offsetOf(map.items[0]!) - lineStart(text, offsetOf(map.items[0]!));
  const added = value === undefined ? "" : block(nested(path.slice(depth), value), indent);
  if (pair === undefined) {
    const last = lineEnd(text, endOf(map.items.at(-1)!));
    return withEnd(text.slice(0, last), eol) + added + text.slice(last);
  }
  // What is left of a table without its last name is no table any more.
  if (value === undefined && map.items.length === 1 && depth > 0) return undefined;
  const start = lineStart(text, offsetOf(pair));
  return text.slice(0, start) + added + text.slice(lineEnd(text, endOf(pair)));
}

function offsetOf(pair: Pair): number {
  return (pair.key as { range: [number, number, number] }).range[0];
}

/** Where the value ends, or the key of a pair that has none. */
function endOf({ key, value }: Pair): number {
  const node = (value ?? key) as { range: [number, number, number] };
  return node.range[1];
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** The start of the next line; `offset` where one starts there. */
function lineEnd(text: string, offset: number): number {
  if (offset === lineStart(text, offset)) return offset;
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

function withEnd(text: string, eol: string): string {
  return text === "" || text.endsWith("\n") ? text : text + eol;
}
