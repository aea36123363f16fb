/**
 * Lists over all their pages, and selectors of instances.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { InstanceSelector } from "./contracts.ts";

/** One page of a list, and where the next one starts. */
export interface Page<Item> {
  items: Item[];
  nextToken: string | undefined;
}

/**
 * All pages in order.
 *
 * @param what Is listed, in the words of an error.
 * @throws {AppError} `protocol` when the pages lead in a circle.
 */
export async function collectPages<Item>(
  what: string,
  fetchPage: (token: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const found: Item[] = [];
  const seenTokens = new Set<string>();
  let token: string | undefined;
  do {
    const page = await fetchPage(token);
    found.push(...page.items);
    token = page.nextToken;
    if (token !== undefined && seenTokens.has(token)) {
      throw new AppError("protocol", `Cannot look up ${what}: AWS gives the same page again`);
    }
    if (token !== undefined) seenTokens.add(token);
  } while (token !== undefined);
  return found;
}

/** A selector as the target of an error message; undefined when it names nothing in particular. */
export function targetOf(selector: InstanceSelector): string | undefined {
  return selector.by === "id" ? selector.instanceId : undefined;
}
