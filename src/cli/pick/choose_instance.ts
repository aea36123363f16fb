/**
 * Which instance is meant; where a person sits, they are asked what the argument left open.
 *
 * @module
 */

import {
  AmbiguousInstanceError,
  type InstanceLookup,
  type InstanceSelector,
  type ResolvedInstance,
  resolveInstance,
} from "../../aws/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { canPick, type Context } from "../context.ts";
import type { InstancePicker } from "./instance_picker.ts";

/** An instance, and what names it again when the session has to be started anew. */
export interface ChosenInstance extends ResolvedInstance {
  /** The user's own, unless that names several: then the id of the one that was picked. */
  selector: InstanceSelector;
}

/** What choosing needs beside the selector. */
export interface ChoosingParts {
  readonly instances: InstanceLookup;
  readonly picker: InstancePicker;
}

/**
 * Before anything is done for a command: whether {@link chooseInstance} could ask.
 *
 * @throws {AppError} `usage` when no instance is given and nobody can be asked.
 */
export function requireInstance(
  selector: InstanceSelector | undefined,
  context: Pick<Context, "io" | "globals">,
): void {
  if (selector !== undefined || canPick(context)) return;
  throw new AppError("usage", "Cannot choose an instance: none was given", {
    why: "There is no terminal to choose one on, or --no-input was given",
    hint: "Give an instance id, a Name tag, tag:KEY=VALUE, or a private IP address or DNS name",
  });
}

/**
 * Exactly one instance.
 *
 * @param selector Undefined: offer all.
 * @param options.question Begins the list's first line, as "Connect to".
 * @throws {AppError} As {@link requireInstance}, and as `resolveInstance`.
 * @throws {Stopped} When the person leaves the list.
 */
export async function chooseInstance(
  selector: InstanceSelector | undefined,
  options: { parts: ChoosingParts; context: Context; question: string },
): Promise<ChosenInstance> {
  const { parts: { instances, picker }, context, question } = options;
  requireInstance(selector, context);
  if (selector === undefined) return picked(await picker.pickOne(question));
  try {
    const instance = await resolveInstance(instances, selector, context.stop.signal);
    context.reporter.log("debug", `instance: ${instance.instanceId} (${instance.name ?? "by id"})`);
    return { ...instance, selector };
  } catch (error) {
    if (!(error instanceof AmbiguousInstanceError) || !canPick(context)) throw error;
    return picked(await picker.pickAmong(error.matches, `Several instances fit. ${question}`));
  }
}

/**
 * One instance or more, of all that there are.
 *
 * @throws As {@link chooseInstance}.
 */
export async function chooseInstances(
  options: { parts: Pick<ChoosingParts, "picker">; context: Context; question: string },
): Promise<ChosenInstance[]> {
  requireInstance(undefined, options.context);
  return (await options.parts.picker.pickSeveral(options.question)).map(picked);
}

function picked({ instanceId, name }: ResolvedInstance): ChosenInstance {
  return { instanceId, name, selector: { by: "id", instanceId } };
}
