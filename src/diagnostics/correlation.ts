/**
 * What the findings of all checks say together: a connection that stands proves more than any rule
 * that seems to forbid it.
 *
 * Rules by the names of the specification, docs/TROUBLESHOOTING.md.
 *
 * @module
 */

import type { CheckId } from "./contracts.ts";
import type { Facts } from "./facts/facts.ts";
import { critical } from "./findings.ts";
import { type CheckResult, type ReportedFinding, withFindings, withIds } from "./results.ts";

/** What was read by the end of a run. */
export type SeenFacts = Partial<Facts>;

export const NETWORK_CHECKS: readonly CheckId[] = [
  "vpc_endpoints",
  "security_groups",
  "routing",
  "network_acls",
  "network_connectivity",
];

/** Results after the rules C2, C3 and C3b, in the same order. */
export function correlate(results: readonly CheckResult[], facts: SeenFacts): CheckResult[] {
  const withAuth = blameCredentials(results, facts);
  if (!isConnected(facts)) return withAuth;
  return withAuth.map(softenConnected);
}

/** F7 says that sessions can be opened; that the agent pings is not enough. */
export function isConnected({ connection }: SeenFacts): boolean {
  return connection?.state === "known" && connection.value === "connected";
}

/** Session Manager was asked, and has no agent of the instance. */
export function isNotConnected({ connection }: SeenFacts): boolean {
  return connection?.state === "known" && connection.value !== "connected";
}

/**
 * C2: credentials that AWS took at first and refused later. One critical says so; who was refused is
 * blocked by it.
 */
function blameCredentials(results: readonly CheckResult[], facts: SeenFacts): CheckResult[] {
  const refused = Object.values(facts).find((fact) =>
    fact.state === "failed" && fact.reason === "auth_failed"
  );
  const credentials = results.find(({ id }) => id === "credentials");
  if (refused?.state !== "failed" || credentials === undefined) return [...results];
  if (credentials.status === "critical") return [...results];
  const isExpiry = /^(?:ExpiredToken|RequestExpired|TokenRefresh)/.test(refused.code ?? "");
  const finding = critical(
    isExpiry ? "CREDS_EXPIRED" : "CREDS_INVALID",
    `The credentials were refused during the diagnosis: ${refused.action}: ${refused.detail}`,
    {
      remediation: [
        "Renew the credentials (aws sso login, or set new keys) and run the diagnosis again",
      ],
      evidence: { action: refused.action, code: refused.code ?? null },
    },
  );
  const adjustment = { from: credentials.status, by: "C2" } as const;
  return results.map((result) => {
    if (result.id === "credentials") {
      const added = withIds("credentials", [finding]).map((it) => ({
        ...it,
        adjusted: adjustment,
      }));
      return withFindings(result, [...added, ...result.findings], adjustment);
    }
    return blockedByCredentials(result);
  });
}

function blockedByCredentials(result: CheckResult): CheckResult {
  const { aws } = result.definition.requires;
  const isExplainer = result.id === "clock_skew" || result.id === "region_match";
  if (!aws || isExplainer || result.status === "skipped") return result;
  return {
    ...result,
    status: "skipped",
    severity: "info",
    reason: "blocked_by",
    blockedBy: "credentials",
    adjusted: { from: result.status, by: "C2" },
  };
}

const CONNECTED_NOTE = "connected right now, so either the path is one that cannot be seen from " +
  "here, or this will break at the next reconnect or credential refresh";

/** C3 and C3b. */
function softenConnected(result: CheckResult): CheckResult {
  const by = result.findings.some((finding) => softSeverity(result.basis, finding) !== undefined)
    ? "C3"
    : "C3b";
  let changed = false;
  const findings = result.findings.map((finding): ReportedFinding => {
    const severity = softSeverity(result.basis, finding);
    if (severity !== undefined) {
      changed = true;
      return {
        ...finding,
        status: "warning",
        severity,
        message: `${finding.message}; ${CONNECTED_NOTE}`,
        adjusted: { from: "critical", by: "C3" },
      };
    }
    const isUnseen = finding.status === "unknown" && finding.reason === "not_visible" &&
      NETWORK_CHECKS.includes(result.basis);
    if (!isUnseen) return finding;
    changed = true;
    return {
      ...finding,
      status: "warning",
      severity: "low",
      reason: undefined,
      message: `${finding.message}; connected right now, so there is a way`,
      adjusted: { from: "unknown", by: "C3b" },
    };
  });
  return changed ? withFindings(result, findings, { from: result.status, by }) : result;
}

/** How bad a critical remains while the connection stands; undefined: as bad as it is. */
function softSeverity(check: CheckId, finding: ReportedFinding): "medium" | "high" | undefined {
  if (finding.status !== "critical") return undefined;
  switch (check) {
    case "network_connectivity":
      return finding.code.startsWith("PATH_") ? "medium" : undefined;
    case "vpc_endpoints":
    case "security_groups":
    case "routing":
    case "network_acls":
      return "medium";
    case "instance_profile":
    case "host_management":
      return "high";
    case "iam_permissions":
      return finding.code.startsWith("role.") ? "high" : undefined;
    case "instance_state":
      return finding.code.endsWith("_IMPAIRED") ? "high" : undefined;
    default:
      return undefined;
  }
}
