/**
 * What completion can look up: in memory and in files of this machine. Nobody is asked over the network.
 *
 * @module
 */
import { stateFolder } from "../../platform/mod.ts";
import type { Io } from "../io.ts";
import type { Candidate } from "./candidate.ts";
import type { Source } from "./kinds.ts";

/** What a look-up depends on. */
export interface Surroundings extends Pick<Io, "os" | "env"> {
  /** `--config`. */
  configPath: string | undefined;
  /** `--profile`, `--region`, `--endpoint-url`. */
  profile: string | undefined;
  region: string | undefined;
  endpointUrl: string | undefined;
}

type LookUp = (typed: string, surroundings: Surroundings) => Promise<Candidate[]>;

/** Each loads what it needs when it is asked. */
const SOURCES: Readonly<Record<Source, LookUp>> = {
  instances: async (typed, surroundings) => {
    const { instanceCandidates } = await import("./instances.ts");
    return await instanceCandidates(typed, surroundings);
  },
  sessions: async (_typed, surroundings) => {
    const folder = stateFolder(surroundings);
    if (folder === undefined) return [];
    const { sessionCandidates } = await import("./sessions.ts");
    return await sessionCandidates(folder);
  },
  presets: async (_typed, surroundings) => {
    const { presetCandidates } = await import("./presets.ts");
    return presetCandidates(await glance(surroundings));
  },
  groups: async (_typed, surroundings) => {
    const { groupCandidates } = await import("./presets.ts");
    return groupCandidates(await glance(surroundings));
  },
  checks: async () => {
    const { CHECK_IDS } = await import("../../diagnostics/contracts.ts");
    return CHECK_IDS.map((value) => ({ value, about: "" }));
  },
  fixes: async () => {
    const { FIX_IDS } = await import("../../diagnostics/fixes/mod.ts");
    return FIX_IDS.map((value) => ({ value, about: "" }));
  },
  profiles: async (_typed, { os, env }) => {
    const { readProfileNames } = await import("./profiles.ts");
    return (await readProfileNames({ os, env })).map((value) => ({ value, about: "" }));
  },
  regions: async () => {
    const { REGIONS } = await import("./regions.ts");
    return Object.entries(REGIONS).map(([value, about]) => ({ value, about }));
  },
  scenarios: async () => {
    const { listScenarios } = await import("../../sandbox/mod.ts");
    return listScenarios().map(({ name, about }) => ({ value: name, about }));
  },
};

/** Candidates of a source, in the order in which they are to be shown, not yet filtered. */
export function lookUp(
  source: Source,
  typed: string,
  surroundings: Surroundings,
): Promise<Candidate[]> {
  return SOURCES[source](typed, surroundings);
}

async function glance({ os, env, configPath }: Surroundings) {
  const { glanceAtConfig } = await import("../../config/glance.ts");
  return await glanceAtConfig({ os, env, path: configPath });
}
