/**
 * Instances as a list to choose from, on a terminal.
 *
 * @module
 */

import type { Aws, Instance, ResolvedInstance } from "../../aws/mod.ts";
import { AppError } from "../../errors/mod.ts";
import type { Context } from "../context.ts";

/**
 * Lets a person choose. Only called where one can be asked.
 *
 * Each throws {@link Stopped} when the person leaves without a choice.
 */
export interface InstancePicker {
  /** One of all instances. */
  pickOne(question: string): Promise<ResolvedInstance>;
  /** One or more of all instances. */
  pickSeveral(question: string): Promise<ResolvedInstance[]>;
  /** One of these. */
  pickAmong(instances: readonly Instance[], question: string): Promise<ResolvedInstance>;
}

/** Of the account and region that `aws` is about. Nothing is loaded or asked before the first list. */
export function createInstancePicker(aws: Aws, context: Context): InstancePicker {
  const all = async () => {
    const found = await aws.findInstances({ by: "all" }, context.stop.signal);
    const running = found.filter(({ state }) => state === "running");
    if (running.length === 0) throw noneRuns(await aws.region());
    return running;
  };
  const pickAmong = async (instances: readonly Instance[], question: string) => {
    const { pickInstance } = await import("../prompts.ts");
    return await pickInstance(instances, { question, context });
  };
  return {
    pickOne: async (question) => await pickAmong(await all(), question),
    pickSeveral: async (question) => [await pickAmong(await all(), question)],
    pickAmong,
  };
}

function noneRuns(region: string): AppError {
  return new AppError("target", `Cannot choose an instance: none runs in region ${region}`, {
    hint: "Check --region and --profile, or start an instance",
  });
}
