/**
 * `diagnose settings`: the section `diagnostics` of the configuration file.
 *
 * The rest of the file keeps every byte: comments, order and spaces. The new text is checked before
 * it replaces the old one, and a file that is wrong already is left alone.
 *
 * @module
 */

import { CHECK_IDS } from "../../diagnostics/mod.ts";
import { configFolder, writeWholeFile } from "../../platform/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { type Context, loadSettings } from "../context.ts";
import { writeResult } from "../result.ts";
import { disabledChecks, readCheckId } from "./items.ts";

export type SettingsOptions =
  | { command: "show"; output: string | undefined }
  | { command: "enable" | "disable"; check: string }
  | { command: "auto-fix"; isEnabled: boolean | undefined; safeOnly: boolean | undefined }
  | { command: "parallel"; isParallel: boolean }
  | { command: "timeout"; seconds: number }
  | { command: "format"; format: string }
  | { command: "reset" };

const SECTION = "diagnostics";

/** @returns 0 */
export async function runSettings(options: SettingsOptions, context: Context): Promise<number> {
  // A name that is wrong is refused before the file is looked at.
  const edits = editsOf(options);
  const settings = await loadSettings(context);
  disabledChecks(settings.config.diagnostics.checks, settings.file);
  if (options.command === "show") {
    await show(options.output, context, settings);
    return 0;
  }
  const path = settings.file ?? defaultFile(context);
  const before = settings.file === undefined ? undefined : await Deno.readTextFile(path);
  if (options.command === "reset" && before === undefined) {
    context.reporter.note("There is no configuration file, so the defaults count already");
    return 0;
  }
  const { writeSection } = await import("../../config/edit.ts");
  const after = await writeSection(before ?? "{}\n", { path, section: SECTION, edits });
  if (before !== undefined && options.command === "reset") {
    await writeWholeFile(`${path}.bak`, before);
  }
  if (before === undefined) await Deno.mkdir(parentOf(path), { recursive: true, mode: 0o700 });
  await writeWholeFile(path, after);
  if (options.command === "disable" && options.check === "credentials") {
    context.reporter.warn(
      "Without the check of credentials the others run blind and fail one by one",
    );
  }
  context.reporter.note(`Written to ${path}`);
  return 0;
}

/** What to set, by path below the section; an empty path with undefined removes all of it. */
function editsOf(options: SettingsOptions): { path: string[]; value: unknown }[] {
  switch (options.command) {
    case "show":
      return [];
    case "enable":
    case "disable": {
      const id = readCheckId(options.check, "CHECK");
      return [{ path: ["checks", id], value: options.command === "enable" }];
    }
    case "auto-fix":
      return [
        ...options.isEnabled === undefined
          ? []
          : [{ path: ["auto_fix", "enabled"], value: options.isEnabled }],
        ...options.safeOnly === undefined
          ? []
          : [{ path: ["auto_fix", "safe_only"], value: options.safeOnly }],
      ];
    case "parallel":
      return [{ path: ["parallel"], value: options.isParallel }];
    case "timeout":
      return [{ path: ["timeout_seconds"], value: options.seconds }];
    case "format":
      return [{ path: ["format"], value: options.format }];
    case "reset":
      return [{ path: [], value: undefined }];
    default:
      return options satisfies never;
  }
}

type Loaded = Awaited<ReturnType<typeof loadSettings>>;

async function show(output: string | undefined, context: Context, settings: Loaded) {
  const { diagnostics } = settings.config;
  const disabled = disabledChecks(diagnostics.checks, settings.file);
  const origin = (name: string) => {
    const found = settings.origins.get(`${SECTION}.${name}`);
    return found === undefined
      ? "default"
      : found.from === "file"
      ? settings.file ?? "file"
      : found.variable;
  };
  const rows: [name: string, value: unknown][] = [
    ...CHECK_IDS.map((id): [string, unknown] => [`checks.${id}`, !disabled.has(id)]),
    ["auto_fix.enabled", diagnostics.auto_fix.enabled],
    ["auto_fix.safe_only", diagnostics.auto_fix.safe_only],
    ["parallel", diagnostics.parallel],
    ["timeout_seconds", diagnostics.timeout_seconds ?? null],
    ["format", diagnostics.format],
  ];
  const columns = Math.max(...rows.map(([name]) => name.length));
  await writeResult(
    {
      schema: "diagnose-settings",
      value: {
        file: settings.file ?? null,
        settings: rows.map(([name, value]) => ({ name, value, origin: origin(name) })),
      },
      text: () =>
        rows.map(([name, value]) => {
          const shown = value ?? "each command's own";
          return `${name.padEnd(columns)}  ${String(shown).padEnd(18)}  ${origin(name)}`;
        }),
    },
    context,
    output,
  );
}

function defaultFile({ io, globals }: Context): string {
  if (globals.configPath !== undefined) return globals.configPath;
  const folder = configFolder(io);
  if (folder === undefined) {
    throw new AppError("config", "Cannot keep settings: the environment names no home folder", {
      hint: "Name a file with --config",
    });
  }
  return `${folder}${io.os === "windows" ? "\\" : "/"}config.json`;
}

function parentOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, "") || ".";
}
