/**
 * Instances by selector, over all pages.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { Instance, InstanceSelector } from "./contracts.ts";

/** One page of instances, and where the next one starts. */
export interface InstancePage {
  instances: Instance[];
  nextToken: string | undefined;
}

/**
 * All pages in order.
 *
 * @throws {AppError} `protocol` when the pages lead in a circle.
 */
export async function collectPages(
  fetchPage: (token: string | undefined) => Promise<InstancePage>,
): Promise<Instance[]> {
  const found: Instance[] = [];
  const seenTokens = new Set<string>();
  let token: string | undefined;
  do {
    const page = await fetchPage(token);
    found.push(...page.instances);
    token = page.nextToken;
    if (token !== undefined && seenTokens.has(token)) {
      throw new AppError("protocol", "Cannot look up instances: EC2 gives the same page again");
    }
    if (token !== undefined) seenTokens.add(token);
  } while (token !== undefined);
  return found;
}

/** A selector as the target of an error message; undefined when it names nothing in particular. */
export function targetOf(selector: InstanceSelector): string | undefined {
  return selector.by === "id" ? selector.instanceId : undefined;
}
