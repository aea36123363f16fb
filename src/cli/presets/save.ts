/**
 * `connect --save`: what a command line opens, kept as a preset.
 *
 * @module
 */
import { isWrittenAsId } from "../../aws/mod.ts";
import type { Connection, LoadedConfig } from "../../config/mod.ts";
import { AppError } from "../../errors/mod.ts";
import type { Forward } from "../../session/mod.ts";
import type { ConnectLine, ConnectOptions } from "../commands/connect.ts";
import { canPrompt, type Context } from "../context.ts";
import { DEFAULT_FORWARD } from "../forward_spec.ts";

/**
 * Writes the preset into the configuration file, and says so.
 *
 * @throws {AppError} `usage` when there is another preset of the name that may not be replaced;
 * whatever writing the file throws.
 */
export async function savePreset(
  { name, mayReplace }: NonNullable<ConnectLine["save"]>,
  options: ConnectOptions,
  { settings, context }: { settings: LoadedConfig; context: Context },
): Promise<void> {
  const { connections, groups } = settings.config;
  const before = Object.hasOwn(connections, name) ? connections[name] : undefined;
  const preset = presetOf(options, before?.description);
  const isSame = before !== undefined && isEqual(before, preset);
  requireFree(name, groups);
  if (before !== undefined && !isSame && !mayReplace) await requireYes(name, context);
  const { io, globals, reporter } = context;
  if (options.aws.endpointUrl !== undefined) {
    reporter.warn(
      `--endpoint-url is not kept in preset ${name}`,
      "Set AWS_ENDPOINT_URL, or give it again",
    );
  }
  if (isSame) return reporter.note(`Preset ${name} is saved already`);
  const { saveSetting } = await import("../../config/save.ts");
  const { file, backup } = await saveSetting({
    facts: io,
    path: globals.configPath,
    edits: [{ path: ["connections", name], value: preset }],
  });
  const kept = backup === undefined ? "" : `; the file before is ${backup}`;
  reporter.note(`Saved preset ${name} in ${file}${kept}`);
}

/**
 * The preset that opens the same. What is as without it is left out, but for the remote port: a preset
 * that says nothing of where it leads would puzzle its reader.
 *
 * @param description Of the preset that it replaces; no option says one.
 */
export function presetOf(options: ConnectOptions, description?: string): Connection {
  const { instance, forwards, aws, priority, keepAlive, reason, reconnect } = options;
  const [first, ...others] = forwards.map(forwardSettings);
  return withoutUndefined({
    instance: instance!,
    description,
    ...(others.length === 0 ? first : { forwards: [first!, ...others] }),
    profile: aws.profile,
    region: aws.region,
    priority: priority === "normal" ? undefined : priority,
    keep_alive: keepAlive,
    reason,
    reconnect: reconnect ? undefined : false,
  });
}

function forwardSettings({ bind, localPort, remoteHost, remotePort }: Forward) {
  return withoutUndefined({
    bind: bind === DEFAULT_FORWARD.bind ? undefined : bind,
    local_port: localPort === DEFAULT_FORWARD.localPort ? undefined : localPort,
    remote_host: remoteHost,
    remote_port: remotePort,
  });
}

/** Names that `connect` and `up` would take for something else. */
function requireFree(name: string, groups: Readonly<Record<string, unknown>>): void {
  if (isWrittenAsId(name)) {
    throw new AppError("usage", `Cannot save preset "${name}": that is an instance id`, {
      why: "connect takes it for the instance, whatever presets there are",
      hint: "Give another name",
    });
  }
  if (Object.hasOwn(groups, name)) {
    throw new AppError("usage", `Cannot save preset "${name}": there is a group of that name`, {
      hint: "Give another name",
    });
  }
}

async function requireYes(name: string, context: Context): Promise<void> {
  if (canPrompt(context)) {
    const { askYes } = await import("../prompts.ts");
    if (await askYes(`There is a preset ${name} already. Replace it?`, context)) return;
  }
  throw new AppError("usage", `Cannot save preset "${name}": there is another one already`, {
    hint: "Give another name, or --force to replace it",
  });
}

function isEqual(a: Connection, b: Connection): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(
      value,
      (_key, item) =>
        typeof item === "object" && item !== null && !Array.isArray(item)
          ? Object.fromEntries(Object.entries(item).sort(([x], [y]) => x < y ? -1 : 1))
          : item,
    );
  return text(a) === text(b);
}

function withoutUndefined<T extends object>(
  value: T,
): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}
