/**
 * Changing settings in the text of a configuration file, and no other byte of it.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import { editJson } from "./edit_json.ts";
import type { ConfigFormat } from "./find.ts";
import { parseConfigText } from "./formats.ts";
import { canonical, type Table, valueAt, withValue } from "./tables.ts";

/** One change. */
export interface SettingEdit {
  /** Names from the outermost table inwards, at least one. */
  path: readonly string[];
  /** Takes the place of what is there, a table as a whole; undefined removes it. */
  value: unknown;
}

/**
 * The text of the file after the edits.
 *
 * @param options.file For messages.
 * @throws {AppError} `config` when a setting stands in the file in a way that cannot be edited
 * without touching the rest.
 * @throws {SyntaxProblem} When the text is not valid in its format.
 */
export async function editConfigText(
  text: string,
  options: { file: string; format: ConfigFormat; edits: readonly SettingEdit[] },
): Promise<string> {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  let after = text.slice(mark.length);
  for (const edit of options.edits) after = await editOnce(after, edit, options);
  return mark + after;
}

async function editOnce(
  text: string,
  edit: SettingEdit,
  { file, format }: { file: string; format: ConfigFormat },
): Promise<string> {
  const before = await parseConfigText(text, format) as Table;
  const wanted = withValue(before, edit.path, edit.value);
  if (canonical(wanted) === canonical(before)) return text;
  // Where the value alone cannot be changed, the table around it is written anew.
  for (let depth = edit.path.length; depth > 0; depth--) {
    const path = edit.path.slice(0, depth);
    const after = await attempt(text, { path, value: valueAt(wanted, path) }, { format, wanted });
    if (after !== undefined && await reads(after, format, wanted)) return after;
  }
  const name = edit.path.join(".");
  throw new AppError("config", `Cannot change ${file}: ${name} does not stand there by itself`, {
    hint: `Write ${edit.path[0]} as a section of its own, or edit the file by hand`,
  });
}

async function attempt(
  text: string,
  edit: SettingEdit,
  { format, wanted }: { format: ConfigFormat; wanted: Table },
): Promise<string | undefined> {
  switch (format) {
    case "json":
      return await editJson(text, edit);
    case "toml":
      return await (await import("./edit_toml.ts")).editToml(text, edit);
    case "yaml":
      return await (await import("./edit_yaml.ts")).editYaml(text, edit, wanted);
  }
}

/** What the edit was not about must read as before. */
async function reads(text: string, format: ConfigFormat, wanted: Table): Promise<boolean> {
  try {
    return canonical(await parseConfigText(text, format)) === canonical(wanted);
  } catch {
    return false;
  }
}
