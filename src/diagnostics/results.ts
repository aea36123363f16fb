/**
 * What became of a run: each check with its findings, before and after correlation.
 *
 * @module
 */

import type {
  CheckDefinition,
  CheckId,
  CheckOutcome,
  Confidence,
  Finding,
  ItemId,
  ReasonCode,
  Severity,
  Status,
} from "./contracts.ts";
import { basisOf, findingId } from "./contracts.ts";
import { rankOf, severityRank } from "./findings.ts";

/** A status that correlation changed: what it was, and by which rule. */
export interface Adjustment {
  from: Status;
  by: "C2" | "C3" | "C3b";
}

export interface ReportedFinding extends Finding {
  /** `security_groups.SG_EGRESS_BLOCKED#sg-1`, unique in the report. */
  id: string;
  adjusted: Adjustment | undefined;
}

/** How much of a check came from remembered facts. */
export interface CacheUse {
  used: boolean;
  oldestAgeMs: number | undefined;
  /** Epoch milliseconds. */
  expiresAtMs: number | undefined;
  /** A critical that rested on remembered facts was looked at again. */
  revalidated: boolean;
}

export interface CheckResult {
  id: ItemId;
  /** The check whose rules hold for it. */
  basis: CheckId;
  definition: CheckDefinition;
  /** After correlation. */
  status: Status;
  /** What the check says alone. */
  rawStatus: Status;
  severity: Severity;
  reason: ReasonCode | undefined;
  blockedBy: CheckId | undefined;
  adjusted: Adjustment | undefined;
  /** Share of what the check wanted to look at and could. */
  coverage: number;
  confidence: Confidence;
  durationMs: number;
  cache: CacheUse;
  findings: readonly ReportedFinding[];
}

/** Findings with ids; of two about the same thing, the later ones are numbered. */
export function withIds(check: ItemId, findings: readonly Finding[]): ReportedFinding[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const id = findingId(check, finding);
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    return { ...finding, id: times === 1 ? id : `${id}#${times}`, adjusted: undefined };
  });
}

/** A check's result from what it said; correlation comes later. */
export function resultOf(
  definition: CheckDefinition,
  outcome: CheckOutcome,
  facts: { durationMs: number; cache: CacheUse; blockedBy?: CheckId | undefined },
): CheckResult {
  const findings = withIds(definition.id, outcome.findings);
  const { status, severity, reason } = aggregate(findings);
  const unseen = findings.filter((finding) => finding.status === "unknown").length;
  const planned = Math.max(outcome.planned, unseen, 1);
  return {
    id: definition.id,
    basis: basisOf(definition),
    definition,
    status,
    rawStatus: status,
    severity,
    reason,
    blockedBy: facts.blockedBy,
    adjusted: undefined,
    coverage: status === "skipped" ? 0 : (planned - unseen) / planned,
    confidence: outcome.confidence ?? "high",
    durationMs: facts.durationMs,
    cache: facts.cache,
    findings,
  };
}

/** The result with other findings; what the check said alone stays known. */
export function withFindings(
  result: CheckResult,
  findings: readonly ReportedFinding[],
  adjustment: Adjustment,
): CheckResult {
  const { status, severity, reason } = aggregate(findings);
  return {
    ...result,
    findings,
    status,
    severity,
    reason,
    adjusted: status === result.status ? result.adjusted : adjustment,
  };
}

/** The worst finding decides; an unknown that is secondary only lowers the coverage. */
function aggregate(
  findings: readonly Finding[],
): Pick<CheckResult, "status" | "severity" | "reason"> {
  const deciding = findings.filter(({ status, primary }) => primary || status !== "unknown");
  const pool = deciding.length > 0 ? deciding : findings;
  const [worst] = pool.toSorted((a, b) =>
    rankOf(b.status) - rankOf(a.status) || severityRank(b.severity) - severityRank(a.severity)
  );
  if (worst === undefined) {
    return { status: "unknown", severity: "medium", reason: "service_error" };
  }
  const { status, severity, reason } = worst;
  return { status, severity, reason };
}
