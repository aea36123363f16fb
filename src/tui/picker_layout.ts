/**
 * Which columns of a picker fit, and how wide they are.
 *
 * @module
 */

import type { PickerRow } from "./picker_rows.ts";
import { displayWidth, fitWidth } from "./text_width.ts";

/** The first column is cut where it must be; the others are shown whole or left out. */
export interface PickerColumn {
  title: string;
  /** The first column keeps this much, or all that it needs, before this one is shown. */
  leavesFirst?: number;
}

/** A column that is shown. */
export interface PlacedColumn {
  /** Its place in `cells`. */
  index: number;
  width: number;
}

const GAP = "  ";

/** The widest cell of each column, its title counted. */
export function columnWidths(
  columns: readonly PickerColumn[],
  rows: readonly PickerRow[],
): number[] {
  const widths = columns.map(({ title }) => displayWidth(title));
  for (const row of rows) {
    for (let at = 0; at < widths.length; at++) {
      if (row.widths[at]! > widths[at]!) widths[at] = row.widths[at]!;
    }
  }
  return widths;
}

/**
 * The columns that fit into `available`, left out from the last.
 *
 * @param widths As {@link columnWidths} gives them.
 */
export function placeColumns(
  columns: readonly PickerColumn[],
  widths: readonly number[],
  available: number,
): PlacedColumn[] {
  const [firstNeeds = 0] = widths;
  const placed: PlacedColumn[] = [];
  let left = available;
  for (const [index, { leavesFirst = 0 }] of columns.entries()) {
    if (index === 0) continue;
    const width = widths[index]!;
    if (left - GAP.length - width < Math.min(firstNeeds, leavesFirst)) break;
    left -= GAP.length + width;
    placed.push({ index, width });
  }
  return [{ index: 0, width: Math.max(0, Math.min(firstNeeds, left)) }, ...placed];
}

/** Cells of one row, or titles, side by side. */
export function joinCells(cells: readonly string[], placed: readonly PlacedColumn[]): string {
  return placed.map(({ index, width }) => fitWidth(cells[index]!, width)).join(GAP).trimEnd();
}
