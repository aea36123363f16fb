/**
 * How facts are read: one function a fact, given calls and the other facts.
 *
 * @module
 */

import type { ActionOf, ApiInput, ApiOutput, ServiceName } from "../api/transport.ts";
import type { FactId, Facts, FactValue } from "../facts/facts.ts";
import type { CheckParameters } from "../parameters.ts";

export interface ReadOptions {
  /** Another Region than the command's. */
  region?: string;
  /** The diagnosis gets by without it. */
  isOptional?: boolean;
}

/** What a reader may use. Whatever it throws becomes the fact; only `FactFailure` is expected. */
export interface ReadContext {
  readonly parameters: CheckParameters;
  /** Aborted when nobody waits for the fact any more. */
  readonly signal: AbortSignal;
  /** @throws {FactFailure} The other fact's own, when that is not known. */
  value<Id extends FactId>(id: Id): Promise<FactValue<Id>>;
  /** The other fact, whatever it is. Never rejects. */
  fact<Id extends FactId>(id: Id): Promise<Facts[Id]>;
  /** @throws {FactFailure} When it failed in the end. */
  call<S extends ServiceName, A extends ActionOf<S>>(
    service: S,
    action: A,
    input: ApiInput<S, A>,
    options?: ReadOptions,
  ): Promise<ApiOutput<S, A>>;
}

export type Reader<Id extends FactId> = (context: ReadContext) => Promise<FactValue<Id>>;

/** A function for every fact. */
export type Readers = { [Id in FactId]: Reader<Id> };

/** Pages of one list, at most; AWS's own limits are far below. */
const PAGE_LIMIT = 1000;

/**
 * Follows a list to its end.
 *
 * @param read One page, and what the next one is asked with; undefined or empty after the last.
 */
export async function allPages<T>(
  read: (token: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>,
): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGE_LIMIT; page++) {
    const answer = await read(token);
    items.push(...answer.items);
    // The same token again would never end.
    if (!answer.next || answer.next === token) return items;
    token = answer.next;
  }
  throw new RangeError(`a list of more than ${PAGE_LIMIT} pages`);
}

/** `{ NextToken }` when there is one: the field must not be there otherwise. */
export function next(token: string | undefined): { NextToken?: string } {
  return token === undefined ? {} : { NextToken: token };
}

/** Epoch milliseconds of what the SDK says is a date; undefined when it is none. */
export function epochMs(date: Date | undefined): number | undefined {
  const ms = date?.getTime?.();
  return ms === undefined || Number.isNaN(ms) ? undefined : ms;
}
