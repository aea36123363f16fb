/**
 * The instances that `vscode setup` is about.
 *
 * @module
 */
import { type Instance, type InstanceSelector, parseSelector } from "../../aws/mod.ts";
import { AppError } from "../../errors/mod.ts";
import type { Context } from "../context.ts";
import { chooseInstance, chooseInstances, type ChoosingParts } from "../pick/choose_instance.ts";

export interface Target {
  instanceId: string;
  /** The Name tag; undefined without one, or where it may not be read. */
  name: string | undefined;
  isWindows: boolean;
}

interface Choosing {
  parts: ChoosingParts;
  context: Context;
}

/**
 * One that does not run is as good as any: it will when somebody connects.
 *
 * @param texts As they were written; empty: a list to choose from.
 * @throws {AppError} `usage` or `target` when one of them is no instance, or several.
 */
export async function chooseTargets(
  texts: readonly string[],
  choosing: Choosing,
): Promise<Target[]> {
  const question = "Set up";
  // All of them are read before the first is asked for.
  const selectors = texts.map(parseSelector);
  const targets: Target[] = [];
  for (const selector of selectors) targets.push(await targetOf(selector, question, choosing));
  if (texts.length === 0) {
    for (const { selector } of await chooseInstances({ ...choosing, question })) {
      targets.push(await targetOf(selector, question, choosing));
    }
  }
  const seen = new Set<string>();
  return targets.filter(({ instanceId }) => !seen.has(instanceId) && seen.add(instanceId));
}

async function targetOf(
  selector: InstanceSelector,
  question: string,
  { parts, context }: Choosing,
): Promise<Target> {
  if (selector.by === "id") return await targetOfId(selector.instanceId, { parts, context });
  const found = await parts.instances.findInstances(selector, context.stop.signal);
  const [only, ...more] = found.filter(({ state }) => state !== "shutting-down");
  if (only !== undefined && more.length === 0) return toTarget(only);
  // None, or several: errors and questions are the same as everywhere.
  const { instanceId } = await chooseInstance(selector, { parts, context, question });
  return await targetOfId(instanceId, { parts, context });
}

async function targetOfId(instanceId: string, { parts, context }: Choosing): Promise<Target> {
  const unnamed = { instanceId, name: undefined, isWindows: false };
  if (instanceId.startsWith("mi-")) return unnamed;
  try {
    const selector = { by: "id", instanceId } as const;
    const [instance] = await parts.instances.findInstances(selector, context.stop.signal);
    return instance === undefined ? unnamed : toTarget(instance);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "auth") throw error;
    context.reporter.warn(
      `The Name of ${instanceId} is not known, so its Host is the id alone: ${error.message}`,
    );
    return unnamed;
  }
}

function toTarget({ instanceId, name, platform }: Instance): Target {
  return { instanceId, name, isWindows: platform === "windows" };
}
