/**
 * Results of checks from canned findings, for what is made of results: scores, causes, exit codes.
 *
 * @module
 */
import { CHECKS } from "../../src/diagnostics/checks/registry.ts";
import type { CheckId, Finding, ReasonCode, Status } from "../../src/diagnostics/contracts.ts";
import { critical, ok, skipped, unknown, warning } from "../../src/diagnostics/findings.ts";
import { type CheckResult, resultOf } from "../../src/diagnostics/results.ts";

/** The real definition with made-up findings. */
export function result(id: CheckId, ...findings: Finding[]): CheckResult {
  const definition = CHECKS.find((check) => check.id === id)!;
  const cache = {
    used: false,
    oldestAgeMs: undefined,
    expiresAtMs: undefined,
    revalidated: false,
  };
  return resultOf(definition, { findings, planned: 1 }, { durationMs: 0, cache });
}

/** A result with one finding of that status. */
export function plain(
  id: CheckId,
  status: Status | "low" | "medium" | "high",
  reason: ReasonCode = "access_denied",
): CheckResult {
  switch (status) {
    case "ok":
      return result(id, ok("OK", "fine"));
    case "critical":
      return result(id, critical("BAD", "bad"));
    case "unknown":
      return result(id, unknown("UNSEEN", reason, "unseen"));
    case "skipped":
      return result(id, skipped("SKIPPED", reason, "skipped"));
    case "warning":
      return result(id, warning("WEAK", "medium", "weak"));
    default:
      return result(id, warning("WEAK", status, "weak"));
  }
}

/** Every check of the catalogue, ok but for some. */
export function allBut(
  changes: Partial<Record<CheckId, CheckResult>>,
  ids: readonly CheckId[] = CHECKS.map(({ id }) => id as CheckId),
): CheckResult[] {
  return ids.map((id) => changes[id] ?? plain(id, "ok"));
}
