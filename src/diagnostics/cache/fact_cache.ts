/**
 * Facts remembered from run to run. Never verdicts: those are always made anew.
 *
 * A fact is good as long as its lifetime lasts and everything that it was read by is still the same:
 * the security groups of an instance are forgotten when its list of groups has changed.
 *
 * @module
 */

import { canonical } from "../../config/mod.ts";
import type { Clock } from "../../platform/mod.ts";
import type { FactMemory } from "../fact_store.ts";
import { type Fact, valueOf } from "../facts/fact.ts";
import type { FactId, Facts, FactValue } from "../facts/facts.ts";
import type { CheckParameters } from "../parameters.ts";
import type { CacheScope, FactFiles } from "./fact_files.ts";
import { isAboutPathOrRole, LIFETIMES_MS } from "./lifetimes.ts";

/** Goes up with every change of what a fact looks like. */
const CACHE_VERSION = 1;
/** The shape of facts that the checks of this schema understand. */
const TOOL_SCHEMA = "1.0";

/** One file. */
interface Entry {
  version: number;
  fact: FactId;
  storedAtMs: number;
  /** Digest of each fact that it was read by. */
  readBy: Record<string, string>;
  value: unknown;
}

type Lookup = <Other extends FactId>(other: Other) => Promise<Facts[Other]>;

/** One per run. */
export class FactCache implements FactMemory {
  readonly #files: FactFiles;
  readonly #clock: Clock;
  readonly #parameters: CheckParameters;
  readonly #clearsFirst: boolean;
  #hits = 0;
  #misses = 0;
  #cleared = 0;
  #prepared: Promise<void> | undefined;

  /** @param options.clearsFirst Forget all of the instance before the first fact is looked for. */
  constructor(
    files: FactFiles,
    options: { clock: Clock; parameters: CheckParameters; clearsFirst: boolean },
  ) {
    this.#files = files;
    this.#clock = options.clock;
    this.#parameters = options.parameters;
    this.#clearsFirst = options.clearsFirst;
  }

  counts(): { hits: number; misses: number; cleared: number } {
    return { hits: this.#hits, misses: this.#misses, cleared: this.#cleared };
  }

  async recall<Id extends FactId>(
    id: Id,
    lookup: Lookup,
  ): Promise<{ value: FactValue<Id>; storedAtMs: number; expiresAtMs: number } | undefined> {
    const lifetimeMs = LIFETIMES_MS[id];
    if (lifetimeMs === undefined) return undefined;
    const scope = await this.#scope(lookup);
    if (scope === undefined) return undefined;
    await this.#prepare(scope, lookup, id);
    const found = await this.#files.read(scope, await this.#nameOf(id, lookup));
    if (found === undefined) return this.#miss();
    const entry = readEntry(found);
    if (entry === undefined || entry.fact !== id) {
      await this.#files.drop(scope, await this.#nameOf(id, lookup), "it is damaged");
      return this.#miss();
    }
    const ageMs = this.#clock.epochMs() - entry.storedAtMs;
    // A clock that was set back would make it live for ever.
    if (entry.version !== CACHE_VERSION || ageMs < 0 || ageMs >= lifetimeMs) return this.#miss();
    for (const [other, digest] of Object.entries(entry.readBy)) {
      if (await digestOf(await lookup(other as FactId)) !== digest) return this.#miss();
    }
    this.#hits += 1;
    const { storedAtMs } = entry;
    const value = entry.value as FactValue<Id>;
    return { value, storedAtMs, expiresAtMs: storedAtMs + lifetimeMs };
  }

  async remember<Id extends FactId>(
    id: Id,
    value: FactValue<Id>,
    dependencies: Partial<Facts>,
  ): Promise<void> {
    if (LIFETIMES_MS[id] === undefined || isPartial(value)) return;
    const lookup: Lookup = (other) => Promise.resolve(this.#seen.get(other) as never);
    const scope = await this.#scope(lookup);
    if (scope === undefined) return;
    const readBy: Record<string, string> = {};
    for (const [other, fact] of Object.entries(dependencies)) {
      // What was read by something that failed may look different when that works.
      if (fact?.state !== "known") return;
      readBy[other] = await digestOf(fact);
    }
    const entry: Entry = {
      version: CACHE_VERSION,
      fact: id,
      storedAtMs: this.#clock.epochMs(),
      readBy,
      value: value ?? null,
    };
    await this.#files.write(scope, await this.#nameOf(id, lookup), entry);
    if (id === "instance") await this.#noteInstance(scope, value as FactValue<"instance">);
  }

  /** Facts that decide about the key; they are never remembered themselves. */
  readonly #seen = new Map<FactId, Fact<unknown>>();

  async #scope(lookup: Lookup): Promise<CacheScope | undefined> {
    const fact = await lookup("identity");
    const identity = fact === undefined ? undefined : valueOf(fact);
    if (identity === undefined) return undefined;
    this.#seen.set("identity", fact);
    const { region, instanceId } = this.#parameters;
    return { accountId: identity.accountId, region, instanceId };
  }

  /** SHA-256 over everything that makes an answer another one. No secret is in it. */
  async #nameOf(id: FactId, lookup: Lookup): Promise<string> {
    const identity = valueOf(await lookup("identity"));
    const { partition, region, endpointOverride, instanceId, connection, document } =
      this.#parameters;
    return await sha256(canonical({
      cache_version: CACHE_VERSION,
      tool_schema: TOOL_SCHEMA,
      partition,
      account: identity?.accountId,
      caller: withoutSessionName(identity?.arn ?? ""),
      region,
      endpoint_override: endpointOverride ?? null,
      call: id,
      params: { instance_id: instanceId, connection, document },
    }));
  }

  /** Once a run: what was asked to be forgotten, and what an agent that went away makes doubtful. */
  #prepare(scope: CacheScope, lookup: Lookup, asking: FactId): Promise<void> {
    this.#prepared ??= this.#prepareOnce(scope, lookup, asking);
    return this.#prepared;
  }

  async #prepareOnce(scope: CacheScope, lookup: Lookup, asking: FactId): Promise<void> {
    if (this.#clearsFirst) this.#cleared = await this.#files.clear(scope);
    const fact = await lookup("connection");
    const connection = valueOf(fact);
    const before = await this.#files.read(scope, CONNECTION_NOTE);
    if (before === "connected" && connection !== undefined && connection !== "connected") {
      for (const id of Object.keys(LIFETIMES_MS) as FactId[]) {
        if (isAboutPathOrRole(id)) await this.#forget(scope, id, lookup);
      }
    }
    if (connection !== undefined && asking !== undefined) {
      await this.#files.write(scope, CONNECTION_NOTE, connection);
    }
  }

  async #forget(scope: CacheScope, id: FactId, lookup: Lookup): Promise<void> {
    const name = await this.#nameOf(id, lookup);
    if (await this.#files.read(scope, name) === undefined) return;
    await this.#files.write(scope, name, { ...EMPTY_ENTRY, fact: id });
  }

  /** An instance that is another than before leaves nothing of what was known about it. */
  async #noteInstance(scope: CacheScope, instance: FactValue<"instance">): Promise<void> {
    const mark = instance === undefined ? "gone" : await sha256(canonical([
      instance.state,
      instance.launchedAtMs,
      instance.vpcId,
      instance.subnetId,
      instance.profile?.arn ?? null,
      instance.interfaces.map(({ groupIds }) => groupIds),
    ]));
    const before = await this.#files.read(scope, INSTANCE_NOTE);
    if (before !== undefined && before !== mark) await this.#files.clear(scope);
    await this.#files.write(scope, INSTANCE_NOTE, mark);
  }

  #miss(): undefined {
    this.#misses += 1;
    return undefined;
  }
}

const CONNECTION_NOTE = "connection";
const INSTANCE_NOTE = "instance";
/** Stored long before any lifetime began. */
const EMPTY_ENTRY = { version: CACHE_VERSION, storedAtMs: 0, readBy: {}, value: null } as const;

function readEntry(value: unknown): Entry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, fact, storedAtMs, readBy } = value as Partial<Entry>;
  const isEntry = typeof version === "number" && typeof fact === "string" &&
    typeof storedAtMs === "number" && typeof readBy === "object" && readBy !== null &&
    "value" in value;
  if (!isEntry) return undefined;
  const entry = value as Entry;
  // JSON knows no undefined, which is how a fact says that there is none.
  return { ...entry, value: entry.value ?? undefined };
}

/** A value that holds a failure is no whole answer. */
function isPartial(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { tried, permissions } = value as { tried?: unknown[]; permissions?: unknown };
  return (tried !== undefined && tried.length > 0) || isPartial(permissions);
}

function withoutSessionName(arn: string): string {
  return arn.replace(/(:assumed-role\/[^/]+)\/.*$/, "$1");
}

async function digestOf(fact: Fact<unknown>): Promise<string> {
  return fact.state === "known" ? await sha256(canonical(fact.value ?? null)) : "not known";
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
