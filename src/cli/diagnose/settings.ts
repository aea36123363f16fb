/**
 * `diagnose settings`: the section `diagnostics` of the configuration file.
 *
 * The rest of the file keeps every byte: comments, order and spaces.
 *
 * @module
 */

import { CHECK_IDS } from "../../diagnostics/mod.ts";
import type { SettingEdit } from "../../config/mod.ts";
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
  if (options.command === "reset" && settings.file === undefined) {
    context.reporter.note("There is no configuration file, so the defaults count already");
    return 0;
  }
  const { saveSetting } = await import("../../config/save.ts");
  const saved = await saveSetting({ facts: context.io, path: context.globals.configPath, edits });
  if (options.command === "disable" && options.check === "credentials") {
    context.reporter.warn(
      "Without the check of credentials the others run blind and fail one by one",
    );
  }
  context.reporter.note(
    saved.isChanged ? `Written to ${saved.file}` : `${saved.file} says so already`,
  );
  return 0;
}

/** What to set; undefined removes. */
function editsOf(options: SettingsOptions): SettingEdit[] {
  switch (options.command) {
    case "show":
      return [];
    case "enable":
    case "disable": {
      const id = readCheckId(options.check, "CHECK");
      return [{ path: [SECTION, "checks", id], value: options.command === "enable" }];
    }
    case "auto-fix":
      return [
        ...options.isEnabled === undefined
          ? []
          : [{ path: [SECTION, "auto_fix", "enabled"], value: options.isEnabled }],
        ...options.safeOnly === undefined
          ? []
          : [{ path: [SECTION, "auto_fix", "safe_only"], value: options.safeOnly }],
      ];
    case "parallel":
      return [{ path: [SECTION, "parallel"], value: options.isParallel }];
    case "timeout":
      return [{ path: [SECTION, "timeout_seconds"], value: options.seconds }];
    case "format":
      return [{ path: [SECTION, "format"], value: options.format }];
    case "reset":
      return [{ path: [SECTION], value: undefined }];
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
