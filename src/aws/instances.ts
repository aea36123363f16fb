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
 * Page after page, in order.
 *
 * @param what Is listed, in the words of an error.
 * @throws {AppError} `protocol` when the pages lead in a circle.
 */
export async function* eachPage<Item>(
  what: string,
  fetchPage: (token: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item[], void, void> {
  const seenTokens = new Set<string>();
  let token: string | undefined;
  do {
    const page = await fetchPage(token);
    yield page.items;
    token = page.nextToken;
    if (token !== undefined && seenTokens.has(token)) {
      throw new AppError("protocol", `Cannot look up ${what}: AWS gives the same page again`);
    }
    if (token !== undefined) seenTokens.add(token);
  } while (token !== undefined);
}

/** All pages in one. @throws {AppError} As {@link eachPage}. */
export async function collectPages<Item>(
  what: string,
  fetchPage: (token: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  return (await Array.fromAsync(eachPage(what, fetchPage))).flat();
}

/** A selector as the target of an error message; undefined when it names nothing in particular. */
export function targetOf(selector: InstanceSelector): string | undefined {
  return selector.by === "id" ? selector.instanceId : undefined;
}
