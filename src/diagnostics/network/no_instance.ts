/**
 * What a network check says when there is no instance whose network it could look at.
 *
 * @module
 */

import type { CheckOutcome, Finding } from "../contracts.ts";
import type { Facts } from "../facts/facts.ts";
import { skipped, unknownBecause } from "../findings.ts";

/** Not read: unknown, since its VPC cannot be known. Not there: nothing to ask. */
export function noInstance(
  code: string,
  instance: Facts["instance"],
  message: string,
): CheckOutcome {
  const finding: Finding = instance.state === "known"
    ? skipped(code, "not_applicable", "there is no instance, hence no network of it")
    : unknownBecause(code, instance, message);
  return { findings: [finding], planned: 1 };
}
