/**
 * Changing one value in a JSON text.
 *
 * @module
 */

import type { Node } from "jsonc-parser";
import type { SettingEdit } from "./edit.ts";
import { nested } from "./tables.ts";

/** The text after the edit; all else keeps its bytes. */
export async function editJson(text: string, { path, value }: SettingEdit): Promise<string> {
  const { parseTree } = await import("jsonc-parser");
  const before = text.trim() === "" ? "{}\n" : text;
  const eol = before.includes("\r\n") ? "\r\n" : "\n";
  const unit = /^\t/m.test(before) ? "\t" : "  ";
  const render = (part: unknown, offset: number) =>
    JSON.stringify(part, null, unit).replaceAll("\n", eol + indentAt(before, offset));
  const replace = (start: number, end: number, by: string) =>
    before.slice(0, start) + by + before.slice(end);

  let table = parseTree(before)!;
  for (const [depth, name] of path.entries()) {
    const rest = path.slice(depth + 1);
    const property = propertiesOf(table).find(({ children }) => children![0]!.value === name);
    if (property === undefined) {
      const [entry] = Object.entries(nested([name, ...rest], value)) as [[string, unknown]];
      return insert(table, entry);
    }
    const inner = property.children![1]!;
    if (rest.length > 0 && inner.type === "object") {
      table = inner;
      continue;
    }
    if (value === undefined) return remove(table, property);
    const part = rest.length === 0 ? value : nested(rest, value);
    return replace(inner.offset, endOf(inner), render(part, property.offset));
  }
  return before;

  function insert(table: Node, [name, part]: [string, unknown]): string {
    const last = propertiesOf(table).at(-1);
    if (last === undefined) {
      return replace(table.offset, endOf(table), render({ [name]: part }, table.offset));
    }
    const lineStart = before.lastIndexOf("\n", last.offset) + 1;
    const isAlone = before.slice(lineStart, last.offset).trim() === "";
    const added = isAlone
      ? `,${eol}${indentAt(before, last.offset)}${JSON.stringify(name)}: ${
        render(part, last.offset)
      }`
      : `, ${JSON.stringify(name)}: ${compact(part)}`;
    return replace(endOf(last), endOf(last), added);
  }

  function remove(table: Node, property: Node): string {
    const all = propertiesOf(table);
    const at = all.indexOf(property);
    const [previous, next] = [all[at - 1], all[at + 1]];
    if (previous !== undefined) return replace(endOf(previous), endOf(property), "");
    if (next !== undefined) return replace(property.offset, next.offset, "");
    return replace(table.offset, endOf(table), "{}");
  }
}

function propertiesOf(table: Node): readonly Node[] {
  return table.children ?? [];
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

/** The space at the start of the line that `offset` is on. */
function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))![0];
}

/** On one line, spaced as people write it. */
function compact(part: unknown): string {
  return JSON.stringify(part, null, 1).replace(/\n\s*/g, " ");
}
