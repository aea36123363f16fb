/**
 * The obvious list to search in: each key makes every row anew and searches what is to be seen.
 *
 * @module
 */
import type { ListedInstance } from "../../src/aws/mod.ts";
import { printable } from "../../src/cli/text.ts";
import { displayWidth } from "../../src/tui/text_width.ts";

/** The first screen of what fits, in columns. */
export function naiveScreen(
  instances: readonly ListedInstance[],
  { query, rows, columns }: { query: string; rows: number; columns: number },
): string[] {
  const cells = instances.map(({ name, instanceId, state, ping, platform, privateIp }) =>
    [name ?? "-", instanceId, state, ping, platform, privateIp ?? "-"].map(printable)
  );
  const widths = [0, 1, 2, 3, 4, 5].map((at) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[at]!)), 0)
  );
  const lines = cells.map((row) =>
    row.map((cell, at) => cell + " ".repeat(widths[at]! - displayWidth(cell))).join("  ")
  );
  const words = query.toLowerCase().split(/\s+/);
  return lines.filter((line) => words.every((word) => line.toLowerCase().includes(word)))
    .slice(0, rows).map((line) => line.slice(0, columns));
}
