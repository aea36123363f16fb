/**
 * A whole diagnosis over facts that a test made: every check, what blocks it, correlation, causes.
 * What the runner does, without reading anything.
 *
 * @module
 */

import { blockOf } from "../../src/diagnostics/blocking.ts";
import { CHECKS } from "../../src/diagnostics/checks/registry.ts";
import { correlate } from "../../src/diagnostics/correlation.ts";
import type { Facts } from "../../src/diagnostics/facts/facts.ts";
import type { CheckParameters } from "../../src/diagnostics/parameters.ts";
import { type CheckResult, resultOf } from "../../src/diagnostics/results.ts";
import { type RootCause, rootCauses } from "../../src/diagnostics/root_causes.ts";
import { healthyFacts, healthyParameters, readerOf } from "./facts.ts";

const NO_CACHE = {
  used: false,
  oldestAgeMs: undefined,
  expiresAtMs: undefined,
  revalidated: false,
} as const;

/** The checks of the catalogue on the healthy scenario with changes. */
export function diagnose(
  changes: Partial<Facts>,
  parameterChanges: Partial<CheckParameters> = {},
): { results: CheckResult[]; causes: RootCause[] } {
  const facts = healthyFacts(changes);
  const parameters = healthyParameters(parameterChanges);
  const credentials = CHECKS.find(({ id }) => id === "credentials")!
    .run(readerOf(facts), parameters);
  const gate = {
    facts,
    credentialsRefused: credentials.findings.some(({ status }) => status === "critical"),
    isHybrid: parameters.isHybrid,
  };
  const raw = CHECKS.map((check) => {
    const block = blockOf(check, gate);
    const outcome = block?.outcome ?? check.run(readerOf(facts, check.facts), parameters);
    return resultOf(check, outcome, { durationMs: 0, cache: NO_CACHE, blockedBy: block?.by });
  });
  const results = correlate(raw, facts);
  return { results, causes: rootCauses(results, facts, parameters) };
}
