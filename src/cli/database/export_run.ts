/**
 * `database export`: the whole history in a file.
 *
 * @module
 */
import { writeWholeFile } from "../../platform/mod.ts";
import { type Database, exportCsv, exportTree } from "../../storage/mod.ts";
import type { ExportOptions } from "../commands/database.ts";
import type { Context } from "../context.ts";
import { renderResult } from "../result.ts";
import { openDatabase } from "./open.ts";

/** @returns 0 when the file is written. */
export async function runExport(options: ExportOptions, context: Context): Promise<number> {
  const { output, mayReplace } = options;
  using database = await openDatabase(context);
  const content = await render(database, options, context.io.clock.epochMs());
  await writeWholeFile(output, content, { mode: 0o600, mayReplace });
  context.reporter.note(`Written to ${output}`);
  return 0;
}

async function render(
  database: Database,
  { format }: ExportOptions,
  nowMs: number,
): Promise<string> {
  if (format === "csv") return exportCsv(database, nowMs);
  const value = exportTree(database, nowMs);
  const result = { schema: "database-export", value, text: () => [] };
  return (await renderResult(result, format)).join("\n") + "\n";
}
