/**
 * Presets and groups of the configuration by the names that a person types.
 *
 * @module
 */
import { InstanceNotFoundError, isWrittenAsId } from "../../aws/mod.ts";
import { type Config, type Connection, nearestName } from "../../config/mod.ts";
import { AppError } from "../../errors/mod.ts";

/** What is looked into. */
export type Presets = Pick<Config, "connections" | "groups">;

/** A preset and its name. */
export interface NamedPreset {
  name: string;
  preset: Connection;
}

/** The preset of this name. What is written as an instance id is never one. */
export function findPreset(
  { connections }: Pick<Presets, "connections">,
  name: string,
): Connection | undefined {
  // "constructor" is a name as good as any, and every object has one.
  if (isWrittenAsId(name) || !Object.hasOwn(connections, name)) return undefined;
  return connections[name];
}

/**
 * The presets that names of presets and groups stand for, each once, in the order of first mention.
 *
 * @throws {AppError} `usage` with every name that is unknown.
 */
export function presetsNamed(presets: Presets, names: readonly string[]): NamedPreset[] {
  return namesMeant(presets, names, (name) => findPreset(presets, name) !== undefined)
    .map((name) => ({ name, preset: findPreset(presets, name)! }));
}

/** The names of those presets; `isKnown` tells which there are. Throws as {@link presetsNamed}. */
export function namesMeant(
  presets: Presets,
  names: readonly string[],
  isKnown: (name: string) => boolean,
): string[] {
  const found = new Set<string>();
  const unknown = new Set<string>();
  for (const name of names) {
    for (const member of isKnown(name) ? [name] : membersOf(presets, name)) {
      (isKnown(member) ? found : unknown).add(member);
    }
  }
  if (unknown.size > 0) throw unknownNames(presets, unknown);
  return [...found];
}

/** What is no group stands for itself. */
function membersOf({ groups }: Presets, name: string): readonly string[] {
  return Object.hasOwn(groups, name) ? groups[name]! : [name];
}

function unknownNames(presets: Presets, unknown: ReadonlySet<string>): AppError {
  const names = [...unknown].map((name) => `"${name}"`);
  const what = names.length === 1 ? "preset or group" : "presets or groups";
  const known = [...Object.keys(presets.connections), ...Object.keys(presets.groups)];
  const nearest = [...unknown].flatMap((name) => nearestName(name, known) ?? []);
  return new AppError("usage", `Cannot find ${what} ${names.join(", ")}`, {
    why: known.length === 0 ? "The configuration has none" : `There are: ${known.join(", ")}`,
    hint: nearest.length > 0
      ? `Did you mean ${[...new Set(nearest)].join(", ")}?`
      : "Write them into connections and groups of the configuration, or use connect --save",
  });
}

/**
 * Finds the instance of a command line. Where there is none, the name may be mistyped for that of a
 * preset, or be a group's.
 */
export function orPresetMeant<T>(
  find: () => Promise<T>,
  { line, settings }: {
    line: { instance: string | undefined; mayBePreset: boolean };
    settings: { config: Presets };
  },
): Promise<T> {
  const { instance, mayBePreset } = line;
  return orHint(
    find,
    () => mayBePreset && instance !== undefined ? presetHint(instance, settings.config) : undefined,
  );
}

/**
 * Finds the instance of a command that takes no presets. Where there is none and a preset has the
 * name, the preset's instance may be meant.
 */
export function orInstanceOfPreset<T>(
  find: () => Promise<T>,
  { instance = "", settings }: { instance?: string | undefined; settings: { config: Presets } },
): Promise<T> {
  return orHint(find, () => {
    const preset = findPreset(settings.config, instance);
    return preset &&
      `"${instance}" is a preset, for connect and up; its instance: ${preset.instance}`;
  });
}

async function orHint<T>(find: () => Promise<T>, hintOf: () => string | undefined): Promise<T> {
  try {
    return await find();
  } catch (error) {
    const hint = error instanceof InstanceNotFoundError ? hintOf() : undefined;
    if (!(error instanceof InstanceNotFoundError) || hint === undefined) throw error;
    const { kind, message, why } = error;
    throw new AppError(kind, message, {
      ...(why === undefined ? {} : { why }),
      hint,
      cause: error,
    });
  }
}

function presetHint(typed: string, { connections, groups }: Presets): string | undefined {
  if (Object.hasOwn(groups, typed)) return `"${typed}" is a group: ec2-connect up ${typed}`;
  const nearest = nearestName(typed, Object.keys(connections));
  return nearest === undefined ? undefined : `Did you mean the preset ${nearest}?`;
}
