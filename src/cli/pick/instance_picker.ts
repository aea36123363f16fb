/**
 * Instances as a list to choose from, on a terminal.
 *
 * @module
 */

import type { Aws, Instance, ResolvedInstance } from "../../aws/mod.ts";
import type { LoadedConfig } from "../../config/mod.ts";
import type { Context } from "../context.ts";
import type { InstanceSources } from "./refresh.ts";

/**
 * Lets a person choose. Only called where one can be asked.
 *
 * Each throws `Stopped` when the person leaves without a choice.
 */
export interface InstancePicker {
  /** One of all instances. */
  pickOne(question: string): Promise<ResolvedInstance>;
  /** One or more of all instances. */
  pickSeveral(question: string): Promise<ResolvedInstance[]>;
  /** One of these. */
  pickAmong(instances: readonly Instance[], question: string): Promise<ResolvedInstance>;
}

/** Where a picker gets what it shows. */
export interface PickerSources extends InstanceSources {
  region(): Promise<string>;
  /** Gets them, asking for a code where a device is needed. */
  credentials(): Promise<unknown>;
  /** When instances were last connected to, epoch ms; empty without a history. */
  lastUsed(): Promise<ReadonlyMap<string, number>>;
}

/** Of the account and region that `aws` is about. Nothing is loaded or asked before the first list. */
export function createInstancePicker(
  aws: Aws,
  { settings, context }: { settings: LoadedConfig; context: Context },
): InstancePicker {
  const sources: PickerSources = {
    region: () => aws.region(),
    credentials: () => aws.credentials(),
    cachePath: () => aws.instanceCachePath(context.io),
    instancePages: (signal) => aws.instancePages({ by: "all" }, signal),
    agentPings: (signal) => aws.agentPings(signal),
    lastUsed: async () => {
      const { databasePath, readLastUsed } = await import("../../storage/mod.ts");
      const { path } = settings.config.database;
      return await readLastUsed(databasePath(path, context.io), await aws.region());
    },
  };
  const pickOfAll = async (question: string, isMulti: boolean) => {
    const { pickOfAll } = await import("./pick_instances.ts");
    return await pickOfAll({ question, isMulti }, { sources, context });
  };
  return {
    pickOne: async (question) => (await pickOfAll(question, false))[0]!,
    pickSeveral: (question) => pickOfAll(question, true),
    pickAmong: async (instances, question) => {
      const { pickAmong } = await import("./pick_instances.ts");
      return await pickAmong(instances, { question, sources, context });
    },
  };
}
