/**
 * Rows in columns, for a person.
 *
 * @module
 */
import { printable } from "./text.ts";

export interface Column {
  title: string;
  /** How far it may be cut where the terminal is narrow; undefined: not at all. */
  cutTo?: number;
  /** Gives way before all others. */
  cutFirst?: boolean;
}

const GAP = "  ";

/**
 * The lines of a table. Columns that may be cut give way from the last, and only as far as they must.
 *
 * @param columns Undefined: nothing is cut, as when no terminal is written to.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)));
  const gaps = GAP.length * (columns.length - 1);
  let excess = width === undefined ? 0 : widths.reduce((sum, each) => sum + each, gaps) - width;
  const fromLast = [...columns.entries()].toReversed();
  const isFirst = fromLast.filter(([, { cutFirst }]) => cutFirst === true);
  for (const [at, { cutTo }] of new Set([...isFirst, ...fromLast])) {
    if (excess <= 0 || cutTo === undefined) continue;
    const cut = Math.min(excess, Math.max(0, widths[at]! - cutTo));
    widths[at]! -= cut;
    excess -= cut;
  }
  return cells.map((row) => row.map((cell, at) => fit(cell, widths[at]!)).join(GAP).trimEnd());
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
