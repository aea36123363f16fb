/**
 * The rows of a picker, and searching them.
 *
 * @module
 */

import { displayWidth } from "./text_width.ts";

/** One thing to choose. Made by {@link pickerRow}, once: searching and drawing want it measured. */
export interface PickerRow {
  readonly id: string;
  readonly cells: readonly string[];
  /** Columns that each cell takes. */
  readonly widths: readonly number[];
  /** Lower case; whoever types one of them in full, or begins to, means this row. */
  readonly keys: readonly string[];
  /** Everything that can be searched for, lower case. */
  readonly haystack: string;
  readonly isDim: boolean;
  /** Why it cannot be chosen; undefined: it can. */
  readonly refusal: string | undefined;
}

/** What a row is made of. */
export interface PickerRowOptions {
  /** Tells rows apart, and finds the same one again in a later list. */
  id: string;
  /** One for each column, without control characters. */
  cells: readonly string[];
  keys: readonly string[];
  /** Found by searching, and not shown. */
  alsoFoundBy?: readonly string[];
  isDim?: boolean;
  refusal?: string | undefined;
}

export function pickerRow(options: PickerRowOptions): PickerRow {
  const { id, cells, keys, alsoFoundBy = [], isDim = false, refusal } = options;
  return {
    id,
    cells,
    widths: cells.map(displayWidth),
    keys: keys.map(searchable),
    haystack: searchable([...cells, ...alsoFoundBy].join("\n")),
    isDim,
    refusal,
  };
}

/**
 * The rows that hold every word of `query`, in any order and case. Those that it names come first, then
 * those whose name begins so; the rest, and each group, in the order of `rows`.
 */
export function searchRows(rows: readonly PickerRow[], query: string): readonly PickerRow[] {
  const whole = searchable(query.trim());
  if (whole === "") return rows;
  const words = whole.split(/\s+/);
  const named: PickerRow[] = [];
  const begun: PickerRow[] = [];
  const others: PickerRow[] = [];
  for (const row of rows) {
    if (!words.every((word) => row.haystack.includes(word))) continue;
    if (row.keys.includes(whole)) named.push(row);
    else if (row.keys.some((key) => key.startsWith(whole))) begun.push(row);
    else others.push(row);
  }
  return [...named, ...begun, ...others];
}

/** One spelling for characters that look the same. */
function searchable(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
