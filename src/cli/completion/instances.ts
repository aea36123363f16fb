/**
 * INSTANCE: from the last listing that was remembered.
 *
 * @module
 */
import type { ListedInstance } from "../../aws/mod.ts";
import { asTable, glanceAtConfig } from "../../config/mod.ts";
import { awsChoice } from "../aws_choice.ts";
import type { Candidate } from "./candidate.ts";
import { canReadSharedFiles } from "./profiles.ts";
import type { Surroundings } from "./sources.ts";

type ParseSelector = typeof import("../../aws/selector.ts").parseSelector;
type CachePath = typeof import("../../aws/instance_cache.ts").instanceCachePath;

/**
 * Names, and for those who type one the ids, addresses and DNS names: all of them at once would show
 * each instance four times.
 */
export async function instanceCandidates(
  typed: string,
  surroundings: Surroundings,
): Promise<Candidate[]> {
  // The two files of the folder that are needed: the others take longer to load than this may take.
  const [{ instanceCachePath, readInstanceCache }, { parseSelector }] = await Promise.all([
    import("../../aws/instance_cache.ts"),
    import("../../aws/selector.ts"),
  ]);
  if (!await canReadSharedFiles(surroundings)) return [];
  const path = await cachePath(surroundings, instanceCachePath);
  const cached = path === undefined ? undefined : await readInstanceCache(path);
  const instances = (cached?.instances ?? []).filter(({ state }) => state !== "terminated");
  return candidatesFor(typed, instances, parseSelector);
}

/** @param typed What is typed already chooses between the ways to name an instance. */
export function candidatesFor(
  typed: string,
  instances: readonly ListedInstance[],
  parse: ParseSelector,
): Candidate[] {
  const byName = Map.groupBy(instances, ({ name }) => name ?? "");
  const unnamed = byName.get("") ?? [];
  byName.delete("");
  const isTag = typed.startsWith("t") && "tag:Name=".startsWith(typed.slice(0, "tag:Name=".length));
  const lower = typed.toLowerCase();
  const names = [...byName].flatMap(([name, those]) => {
    // Most names of a long list are none that is being typed.
    if (!isTag && !name.toLowerCase().startsWith(lower)) return [];
    const about = those.length === 1 ? describe(those[0]!) : `${those.length} instances`;
    const asTag = { value: `tag:Name=${name}`, about };
    // A name that would be read as something else can be said as a tag.
    if (!isReadAsName(name, parse)) return isNameOfTag(name, parse) ? [asTag] : [];
    return isTag ? [{ value: name, about }, asTag] : [{ value: name, about }];
  });
  const wantsIds = typed !== "" && /^m?i?-?[\da-f]*$/i.test(typed);
  const ids = (wantsIds ? instances : unnamed).map((instance) => ({
    value: instance.instanceId,
    about: describe(instance, instance.name),
  }));
  if (!/^[\di]/i.test(typed)) return [...names, ...ids];
  const addresses = instances.flatMap((instance) =>
    [instance.privateIp, instance.privateDns].filter((each) => each !== undefined && each !== "")
      .map((value) => ({
        value: value!,
        about: describe(instance, instance.name ?? instance.instanceId),
      }))
  );
  return [...names, ...ids, ...addresses];
}

function describe(instance: ListedInstance, first = instance.instanceId): string {
  const { state, platform, privateIp } = instance;
  return [first, state, platform, privateIp].filter(Boolean).join(", ");
}

/** Whether INSTANCE finds the name as it is written. */
function isReadAsName(name: string, parse: ParseSelector): boolean {
  // Nearly all names, without the selector's many looks at each.
  if (/^(?!m?i-)[a-z][\w-]*$/i.test(name)) return true;
  if (name.startsWith("-") || name !== name.trim()) return false;
  try {
    return ["name", "dns"].includes(parse(name).by);
  } catch {
    return false;
  }
}

function isNameOfTag(name: string, parse: ParseSelector): boolean {
  try {
    const selector = parse(`tag:Name=${name}`);
    return selector.by === "tag" && selector.value === name;
  } catch {
    return false;
  }
}

/** The file of the profile and the region that a command would use. */
async function cachePath(
  surroundings: Surroundings,
  instanceCachePath: CachePath,
): Promise<string | undefined> {
  const { os, env, configPath, profile, region, endpointUrl } = surroundings;
  const { fallbackRegion, ...choice } = awsChoice(
    { profile: profile || undefined, region: region || undefined, endpointUrl },
    awsSettings(asTable((await glanceAtConfig({ os, env, path: configPath }))["aws"]), env),
    env,
  );
  try {
    return await instanceCachePath(choice, surroundings);
  } catch (error) {
    if (choice.region !== undefined || fallbackRegion === undefined) throw error;
    return await instanceCachePath({ ...choice, region: fallbackRegion }, surroundings);
  }
}

/** The settings that choose them, unchecked: environment over file. */
function awsSettings(file: Readonly<Record<string, unknown>>, env: Surroundings["env"]) {
  const origins = new Map<string, { from: "environment" | "file" }>();
  const read = (name: string, variable: string) => {
    if (env[variable]) origins.set(`aws.${name}`, { from: "environment" });
    const value = env[variable] || file[name];
    return typeof value === "string" ? value : undefined;
  };
  const default_region = read("default_region", "EC2_CONNECT_AWS_REGION");
  return {
    config: { aws: { default_region, profile: read("profile", "EC2_CONNECT_AWS_PROFILE") } },
    origins,
  };
}
