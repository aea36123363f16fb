/**
 * One number for `diagnose aws-config`: how much of what a connection needs is proven to be there.
 *
 * @module
 */

import type { CheckId } from "./contracts.ts";
import { criticalExitCode, type ExitCode } from "./exit_code.ts";
import type { Report } from "./report_schema.ts";
import type { CheckResult } from "./results.ts";

export type Score = NonNullable<Report["score"]>;

/** Parts of a configuration that `--include-...` chooses; `base` always counts. */
export type ScoreGroup = "base" | "credentials" | "iam" | "vpc" | "security-groups";

/** Weights by group; all of them make 100. */
export const SCORE_GROUPS: Readonly<
  Record<ScoreGroup, Readonly<Partial<Record<CheckId, number>>>>
> = {
  base: { instance_state: 10, ssm_agent: 15, agent_features: 5 },
  credentials: { credentials: 9, clock_skew: 2, region_match: 4 },
  iam: { instance_profile: 8, iam_permissions: 13, host_management: 4 },
  vpc: { vpc_endpoints: 10, routing: 5, network_acls: 5 },
  "security-groups": { security_groups: 10 },
};

/** Above this nobody may come who cannot connect. */
const CANNOT_CONNECT_CAP = 49;

const WARNING_POINTS = { info: 1, low: 0.9, medium: 0.7, high: 0.4, critical: 0 } as const;

/** Checks whose critical makes a connection impossible, beside the path. */
const DECISIVE: readonly CheckId[] = [
  "credentials",
  "instance_state",
  "ssm_agent",
  "iam_permissions",
  "instance_profile",
  "host_management",
  "vpc_endpoints",
  "security_groups",
  "network_acls",
  "routing",
];

/** Checks of some groups, with the preferences, which are shown and weigh nothing. */
export function checksOfGroups(groups: readonly ScoreGroup[]): CheckId[] {
  const chosen: ScoreGroup[] = ["base", ...groups];
  const ids = [...new Set(chosen)].flatMap((group) => Object.keys(SCORE_GROUPS[group]));
  return [...ids, "session_preferences"] as CheckId[];
}

/** @param minimum 0 to 100. */
export function scoreOf(results: readonly CheckResult[], minimum: number): Score {
  const weights: Record<string, number> = {};
  const excluded: string[] = [];
  let total = 0;
  let reached = 0;
  let reachable = 0;
  const isMerged = isOneLack(results);
  for (const result of results) {
    const weight = weightOf(result.basis);
    if (weight === undefined) continue;
    if (result.reason === "disabled" && result.status === "skipped") excluded.push(result.id);
    // One lack with two findings counts once (C6).
    const isCounted = isInDenominator(result) && !(isMerged && result.id === "host_management");
    if (!isCounted) continue;
    weights[result.id] = weight;
    total += weight;
    reached += weight * pointsOf(result, 0);
    reachable += weight * pointsOf(result, 1);
  }
  const cap = capOf(results);
  const share = (points: number) => total === 0 ? 0 : 100 * points / total;
  const value = Math.min(share(reached), cap ?? 100);
  const upper = Math.min(share(reachable), cap ?? 100);
  // Twelve digits: what floating point adds beyond them must not decide between pass and fail.
  const [shownValue, shownUpper] = [value, upper].map((it) => Number(it.toPrecision(12)));
  return {
    value: shownValue!,
    upper: shownUpper!,
    minimum,
    result: shownValue! >= minimum ? "pass" : shownUpper! >= minimum ? "undetermined" : "fail",
    cap,
    weights,
    excluded,
  };
}

/** One decimal, cut off: a failing 74.96 never reads 75.0. */
export function formatScore(value: number): string {
  return (Math.floor(value * 10 + 1e-9) / 10).toFixed(1);
}

export function scoreExitCode(score: Score, results: readonly CheckResult[]): ExitCode {
  if (score.result === "pass") return 0;
  if (score.result === "undetermined") {
    const unknown = results.filter(({ status }) => status === "unknown");
    return unknown.every(({ reason }) => reason === "access_denied") ? 4 : 1;
  }
  return criticalExitCode(results) || 1;
}

function weightOf(id: CheckId): number | undefined {
  return Object.values(SCORE_GROUPS).map((group) => group[id])
    .find((weight) => weight !== undefined);
}

function isInDenominator({ status, reason }: CheckResult): boolean {
  return !(status === "skipped" && (reason === "not_applicable" || reason === "disabled"));
}

function pointsOf({ status, severity }: CheckResult, ofUnknown: number): number {
  switch (status) {
    case "ok":
      return 1;
    case "warning":
      return WARNING_POINTS[severity];
    case "unknown":
      return ofUnknown;
    case "critical":
    case "skipped":
      return 0;
    default:
      return status satisfies never;
  }
}

/** 0 without credentials or instance, 49 where something else forbids a connection. */
function capOf(results: readonly CheckResult[]): number | null {
  const critical = results.filter(({ status }) => status === "critical");
  if (critical.length === 0) return null;
  const isNowhere = critical.some(({ id, findings }) =>
    id === "credentials" ||
    findings.some(({ code, status }) => status === "critical" && code === "INSTANCE_NOT_FOUND")
  );
  if (isNowhere) return 0;
  return critical.some(({ basis }) => DECISIVE.includes(basis)) ? CANNOT_CONNECT_CAP : null;
}

function isOneLack(results: readonly CheckResult[]): boolean {
  const codes = results.filter(({ status }) => status === "critical")
    .flatMap(({ findings }) => findings.map(({ code }) => code));
  return codes.includes("PROFILE_MISSING") && codes.includes("DHMC_OFF");
}
