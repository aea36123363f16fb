/**
 * `config show`: every setting that counts, and where it was made.
 *
 * @module
 */

import type { LoadedConfig, SettingOrigin } from "../../config/mod.ts";
import type { ConfigShowOptions } from "../commands/config.ts";
import { type Context, loadSettings } from "../context.ts";
import { writeResult } from "../result.ts";
import { tableLines } from "../table.ts";
import { type ListedSetting, listEffective } from "./settings_list.ts";

/** Where a setting was made, options included. */
type Origin =
  | SettingOrigin
  | { from: "file"; line: number | undefined }
  | { from: "option"; option: string }
  | { from: "default" };

/** @returns 0 */
export async function runShow(options: ConfigShowOptions, context: Context): Promise<number> {
  const loaded = await loadSettings(context);
  const { config, optionOf } = withOptions(loaded, options, context);
  const [{ listSettings }, { settingName }] = await Promise.all([
    import("../../config/environment.ts"),
    import("../../config/shape.ts"),
  ]);
  const settings = listEffective(config, listSettings().map(({ path }) => path));
  const lineOf = options.showsOrigin ? await lineFinder(loaded.file) : () => undefined;
  const originOf = ({ path }: ListedSetting): Origin => {
    const name = path.join(".");
    const option = optionOf.get(name);
    if (option !== undefined) return { from: "option", option };
    const origin = loaded.origins.get(name);
    if (origin === undefined) return { from: "default" };
    return origin.from === "file" ? { from: "file", line: lineOf(path) } : origin;
  };
  await writeResult(
    {
      schema: "config-show",
      value: {
        file: loaded.file ?? null,
        settings: config,
        ...options.showsOrigin
          ? {
            origins: Object.fromEntries(
              settings.map((
                each,
              ) => [settingName(each.path), originFields(originOf(each), loaded)]),
            ),
          }
          : {},
      },
      text: () => {
        const width = context.io.terminal.stdout ? context.io.columns() : undefined;
        const rows = settings.map((each) => [
          settingName(each.path),
          shown(each.value),
          ...options.showsOrigin ? [originText(originOf(each), loaded)] : [],
        ]);
        return tableLines(
          [
            { title: "SETTING" },
            { title: "VALUE", cutTo: 12 },
            ...options.showsOrigin ? [{ title: "ORIGIN", cutTo: 20 }] : [],
          ],
          rows,
          width,
        );
      },
    },
    context,
    options.output,
  );
  return 0;
}

/** The settings with this command line's options over them, and which option made which. */
function withOptions(
  { config }: LoadedConfig,
  { aws }: ConfigShowOptions,
  { globals }: Context,
): { config: LoadedConfig["config"]; optionOf: ReadonlyMap<string, string> } {
  const optionOf = new Map<string, string>();
  const changed = structuredClone(config);
  if (aws.profile !== undefined) {
    changed.aws.profile = aws.profile;
    optionOf.set("aws.profile", "--profile");
  }
  if (aws.region !== undefined) {
    changed.aws.default_region = aws.region;
    optionOf.set("aws.default_region", "--region");
  }
  if (globals.quiet || globals.verbosity > 0) {
    changed.logging.level = globals.quiet ? "error" : globals.verbosity === 1 ? "debug" : "trace";
    const option = globals.quiet ? "--quiet" : globals.verbosity === 1 ? "-v" : "-vv";
    optionOf.set("logging.level", option);
  }
  return { config: changed, optionOf };
}

async function lineFinder(
  file: string | undefined,
): Promise<(path: readonly string[]) => number | undefined> {
  if (file === undefined) return () => undefined;
  const [{ readSource }, { locateSettings }] = await Promise.all([
    import("../../config/source.ts"),
    import("../../config/locate.ts"),
  ]);
  const { text, format } = await readSource(file);
  return await locateSettings(text, format);
}

function originFields(origin: Origin, { file }: LoadedConfig): Record<string, unknown> {
  switch (origin.from) {
    case "option":
      return { from: "option", option: origin.option };
    case "environment":
      return { from: "environment", variable: origin.variable };
    case "file":
      return { from: "file", file, line: "line" in origin ? origin.line ?? null : null };
    case "default":
      return { from: "default" };
  }
}

function originText(origin: Origin, { file }: LoadedConfig): string {
  switch (origin.from) {
    case "option":
      return origin.option;
    case "environment":
      return origin.variable;
    case "file":
      return "line" in origin && origin.line !== undefined ? `${file}:${origin.line}` : file ?? "";
    case "default":
      return "default";
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}
