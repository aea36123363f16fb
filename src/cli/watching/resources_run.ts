/**
 * `resources`: what each host takes of this machine, against the limits.
 *
 * @module
 */
import type { ResourceFields } from "../../monitor/mod.ts";
import type { ResourcesOptions } from "../commands/resources.ts";
import type { Context } from "../context.ts";
import { type Result, writeResult } from "../result.ts";
import { watch } from "../sessions/watch.ts";
import { type CreateWatchParts, createWatchParts, type WatchParts } from "./parts.ts";
import { resourcesLines } from "./resources_text.ts";

const WATCH_INTERVAL_MS = 2_000;

/** One host in the result. */
export interface HostResources extends ResourceFields {
  host_pid: number;
  background: boolean;
  started_at: string;
}

/** @returns 0 */
export async function runResources(
  options: ResourcesOptions,
  context: Context,
  createParts: CreateWatchParts = createWatchParts,
): Promise<number> {
  const { reporter } = context;
  using parts = await createParts(context);
  if (options.watch) {
    const look = async () => resourcesResult(await askHosts(parts));
    await watch(context, { look, intervalMs: WATCH_INTERVAL_MS });
    return 0;
  }
  const hosts = await askHosts(parts);
  if (hosts.length === 0 && reporter.format === "text") {
    reporter.note("No process holds a session");
  }
  await writeResult(resourcesResult(hosts), context, options.output);
  return 0;
}

async function askHosts(parts: WatchParts): Promise<HostResources[]> {
  const hosts = (await parts.survey()).filter((host) => host.status === "live");
  const answers = await Promise.all(hosts.map(async (host): Promise<HostResources | undefined> => {
    const report = await parts.report<ResourceFields>(host, "resources");
    if (report === undefined) return undefined;
    const { pid, background, started_at } = host.file;
    return { host_pid: pid, background, started_at, ...report };
  }));
  return answers.filter((answer) => answer !== undefined);
}

function resourcesResult(hosts: readonly HostResources[]): Result {
  return { schema: "resources", value: { hosts }, text: () => resourcesLines(hosts) };
}
