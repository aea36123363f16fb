/**
 * From a setting back to its line in the file.
 *
 * @module
 */

import type { ConfigFormat } from "./find.ts";
import { tomlEntries } from "./toml_lines.ts";
import type { SettingPath } from "./shape.ts";

/** The line that sets the value at a path, or the innermost table around it; counted from 1. */
export type Locate = (path: SettingPath) => number | undefined;

/** Prepares a text once for any number of questions. A text that is not valid has no lines. */
export async function locateSettings(text: string, format: ConfigFormat): Promise<Locate> {
  const content = text.replace(/^\uFEFF/, "");
  return format === "toml" ? locateInToml(content) : await locateInYaml(content);
}

/** JSON is YAML, near enough for its places. */
async function locateInYaml(text: string): Promise<Locate> {
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const root = parseDocument(text, { lineCounter: lines, uniqueKeys: false }).contents;
  return (path) => {
    let node: unknown = root;
    let offset: number | undefined;
    for (const name of path) {
      if (isMap(node)) {
        const pair = node.items.findLast(({ key }) => isScalar(key) && key.value === name);
        if (pair === undefined || !isScalar(pair.key)) break;
        offset = pair.key.range?.[0];
        node = pair.value;
      } else if (isSeq(node) && typeof name === "number" && node.items[name] !== undefined) {
        node = node.items[name];
        offset = (node as { range?: [number, number, number] | null }).range?.[0];
      } else break;
    }
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
}

function locateInToml(text: string): Locate {
  const places: { path: SettingPath; line: number }[] = [];
  const counts = new Map<string, number>();
  let table: (string | number)[] = [];
  for (const { kind, path, own, isList, line } of tomlEntries(text.split("\n"))) {
    if (kind === "key") {
      places.push({ path: [...table, ...own], line });
      continue;
    }
    table = [];
    for (const [depth, name] of path.entries()) {
      table.push(name);
      const here = JSON.stringify(path.slice(0, depth + 1));
      if (isList && depth === path.length - 1) counts.set(here, (counts.get(here) ?? -1) + 1);
      const count = counts.get(here);
      if (count !== undefined) table.push(count);
    }
    places.push({ path: [...table], line });
  }
  return (wanted) => {
    let best: { path: SettingPath; line: number } | undefined;
    for (const place of places) {
      const depth = place.path.length;
      const isAround = depth <= wanted.length && place.path.every((name, i) => name === wanted[i]);
      if (isAround && depth > (best?.path.length ?? 0)) best = place;
    }
    return best && best.line + 1;
  };
}
