/**
 * Which instance is meant; where a person sits, they are asked what the argument left open.
 *
 * @module
 */

import {
  AmbiguousInstanceError,
  type InstanceSelector,
  type ResolvedInstance,
  resolveInstance,
} from "../../aws/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { canPrompt, type Context } from "../context.ts";
import type { ConnectParts } from "./parts.ts";

/** An instance, and what names it again when the session has to be started anew. */
export interface ChosenInstance extends ResolvedInstance {
  /** The user's own, unless that names several: then the id of the one that was picked. */
  selector: InstanceSelector;
}

/**
 * Exactly one instance.
 *
 * @param selector Undefined: offer all that run. Only where a person can be asked.
 */
export async function chooseInstance(
  selector: InstanceSelector | undefined,
  { parts, context }: { parts: Pick<ConnectParts, "instances" | "pickInstance">; context: Context },
): Promise<ChosenInstance> {
  const { signal } = context.stop;
  if (selector === undefined) {
    const all = await parts.instances.findInstances({ by: "all" }, signal);
    const running = all.filter(({ state }) => state === "running");
    if (running.length === 0) throw noneRuns(await parts.instances.region());
    return picked(await parts.pickInstance(running, "Connect to"));
  }
  try {
    const instance = await resolveInstance(parts.instances, selector, signal);
    context.reporter.log("debug", `instance: ${instance.instanceId} (${instance.name ?? "by id"})`);
    return { ...instance, selector };
  } catch (error) {
    if (!(error instanceof AmbiguousInstanceError) || !canPrompt(context)) throw error;
    return picked(await parts.pickInstance(error.matches, "Several instances fit. Connect to"));
  }
}

function picked({ instanceId, name }: ResolvedInstance): ChosenInstance {
  return { instanceId, name, selector: { by: "id", instanceId } };
}

function noneRuns(region: string): AppError {
  return new AppError("target", `Cannot choose an instance: none runs in region ${region}`, {
    hint: "Check --region and --profile, or start an instance",
  });
}
