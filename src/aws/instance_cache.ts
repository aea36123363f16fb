/**
 * The instances of the last listing, in a file: shown at once while the list is fetched anew, and
 * offered by completion, which may not wait for AWS.
 *
 * Reading it loads no SDK and asks nobody. A file that makes no sense is removed and counts as none:
 * everything in it can be had again.
 *
 * @module
 */

import { cacheFolder, type PathFacts, writeWholeFile } from "../platform/mod.ts";
import type { EnvLookup, InstanceState } from "./contracts.ts";
import { resolveEndpoint } from "./endpoints.ts";
import { environmentCredentials } from "./environment_credentials.ts";
import { chosenProfile, resolveRegion } from "./region.ts";

/**
 * What the SSM service last heard of an instance's agent.
 *
 * - `none`: no agent of it has ever registered.
 * - `unknown`: the service could not be asked, or has not answered yet.
 */
export type AgentPing = "online" | "connection-lost" | "inactive" | "none" | "unknown";

/** An instance, as far as a list of them shows it. */
export interface ListedInstance {
  instanceId: string;
  /** The Name tag, as it is written: it may hold any character. */
  name: string | undefined;
  state: InstanceState;
  ping: AgentPing;
  platform: "linux" | "windows";
  privateIp: string | undefined;
  privateDns: string | undefined;
}

/** A listing that once was whole. */
export interface CachedInstances {
  /** When it was fetched, epoch ms. */
  atMs: number;
  instances: ListedInstance[];
}

/** Whose instances they are. Parts that are left out are chosen by the SDK's variables and files. */
export interface InstanceCacheScope {
  profile?: string | undefined;
  region?: string | undefined;
  endpointUrl?: string | undefined;
  /** Region for when nothing else names one. */
  fallbackRegion?: string | undefined;
}

export const INSTANCE_CACHE_SCHEMA = "ec2-connect/instance-cache/v1";

/** What is kept of one listing. More are shown, and not remembered. */
export const CACHED_INSTANCES_LIMIT = 10_000;
/** A file that is larger was not written by this program. */
const FILE_LIMIT_BYTES = 8 * 1024 * 1024;
/** Files of other profiles and regions that are kept, by their last use. */
const FILES_LIMIT = 32;
/** EC2's limit is 256; others' servers may have none. */
const TEXT_LIMIT = 256;

const FOLDER = "instances";
const FILE_NAME = /^[\da-f]{32}\.json$/;

/**
 * The file for the instances that these choices lead to: one for each profile, region, EC2 endpoint and
 * access key of the environment. Those are in its name as a digest alone.
 *
 * @returns Undefined where the environment names no home.
 * @throws {AppError} `config` when no region is set, or profile or endpoint cannot be used.
 */
export async function instanceCachePath(
  scope: InstanceCacheScope,
  facts: PathFacts,
): Promise<string | undefined> {
  const folder = cacheFolder(facts);
  if (folder === undefined) return undefined;
  const env: EnvLookup = (name) => facts.env[name];
  const profile = chosenProfile(scope.profile, env);
  const region = await regionOf(scope, profile, env);
  const endpoint = await resolveEndpoint("EC2", { option: scope.endpointUrl, profile, env });
  const whose = [
    profile,
    region,
    endpoint,
    environmentCredentials(profile, env)?.accessKeyId,
    // The same profile name in other files is another account.
    env("AWS_CONFIG_FILE"),
    env("AWS_SHARED_CREDENTIALS_FILE"),
  ].map((part) => part ?? null);
  const separator = facts.os === "windows" ? "\\" : "/";
  return [folder, FOLDER, `${await digest(JSON.stringify(whose))}.json`].join(separator);
}

async function regionOf(
  { region, fallbackRegion }: InstanceCacheScope,
  profile: string | undefined,
  env: EnvLookup,
): Promise<string> {
  try {
    return await resolveRegion({ profile, region }, env);
  } catch (error) {
    if (fallbackRegion === undefined) throw error;
    return fallbackRegion;
  }
}

/** Undefined when there is none, or none that can be read: that one is removed. */
export async function readInstanceCache(path: string): Promise<CachedInstances | undefined> {
  try {
    if ((await Deno.stat(path)).size <= FILE_LIMIT_BYTES) {
      const cached = parse(JSON.parse(await Deno.readTextFile(path)));
      if (cached !== undefined) return cached;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
  }
  await Deno.remove(path).catch(() => {});
  return undefined;
}

/**
 * Remembers a whole listing, readable by its owner alone. Of two processes that write at once, the last
 * one's is kept whole.
 *
 * @throws {AppError} As `writeWholeFile`. Not to remember is no failure of a command.
 */
export async function writeInstanceCache(path: string, cached: CachedInstances): Promise<void> {
  const folder = path.replace(/[\\/][^\\/]*$/, "");
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {});
  const instances = cached.instances.slice(0, CACHED_INSTANCES_LIMIT).map(toEntry);
  const at = new Date(cached.atMs).toISOString();
  await writeWholeFile(path, JSON.stringify({ schema: INSTANCE_CACHE_SCHEMA, at, instances }), {
    // After the power went off an empty file is as good as none.
    isDurable: false,
  });
  await removeOldest(folder);
}

interface Entry {
  instance_id: string;
  name?: string;
  state: InstanceState;
  ping: AgentPing;
  platform: "linux" | "windows";
  private_ip?: string;
  private_dns?: string;
}

function toEntry(instance: ListedInstance): Entry {
  const { instanceId, name, state, ping, platform, privateIp, privateDns } = instance;
  return {
    instance_id: instanceId,
    ...(name === undefined ? {} : { name: name.slice(0, TEXT_LIMIT) }),
    state,
    ping,
    platform,
    ...(privateIp === undefined ? {} : { private_ip: privateIp }),
    ...(privateDns === undefined ? {} : { private_dns: privateDns.slice(0, TEXT_LIMIT) }),
  };
}

/** By hand: a schema library takes longer to load than completion may take as a whole. */
function parse(value: unknown): CachedInstances | undefined {
  if (!isRecord(value) || value["schema"] !== INSTANCE_CACHE_SCHEMA) return undefined;
  const { at, instances } = value;
  const atMs = typeof at === "string" ? Date.parse(at) : NaN;
  if (Number.isNaN(atMs) || !Array.isArray(instances)) return undefined;
  const parsed = instances.map(fromEntry);
  if (parsed.length > CACHED_INSTANCES_LIMIT || parsed.includes(undefined)) return undefined;
  return { atMs, instances: parsed as ListedInstance[] };
}

const STATES = ["pending", "running", "shutting-down", "terminated", "stopping", "stopped"];
const PINGS = ["online", "connection-lost", "inactive", "none", "unknown"];
const PLATFORMS = ["linux", "windows"];

function fromEntry(entry: unknown): ListedInstance | undefined {
  if (!isRecord(entry)) return undefined;
  const { instance_id, name, state, ping, platform, private_ip, private_dns } = entry;
  const isSound = typeof instance_id === "string" && isOneOf(STATES, state) &&
    isOneOf(PINGS, ping) && isOneOf(PLATFORMS, platform) &&
    [name, private_ip, private_dns].every((each) => ["string", "undefined"].includes(typeof each));
  if (!isSound) return undefined;
  return {
    instanceId: instance_id,
    name: name as string | undefined,
    state: state as InstanceState,
    ping: ping as AgentPing,
    platform: platform as "linux" | "windows",
    privateIp: private_ip as string | undefined,
    privateDns: private_dns as string | undefined,
  };
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === "string" && words.includes(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex().slice(0, 32);
}

/** Endpoints of tests and old access keys leave files that nobody will read again. */
async function removeOldest(folder: string): Promise<void> {
  try {
    const files: { path: string; atMs: number }[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (!FILE_NAME.test(name)) continue;
      const path = `${folder}/${name}`;
      files.push({ path, atMs: (await Deno.stat(path)).mtime?.getTime() ?? 0 });
    }
    const old = files.toSorted((a, b) => b.atMs - a.atMs).slice(FILES_LIMIT);
    for (const { path } of old) await Deno.remove(path);
  } catch {
    // Another process does the same. What is left is removed the next time.
  }
}
