/**
 * The exit code that a report asks for. A public contract.
 *
 * @module
 */

import type { CheckId } from "./contracts.ts";
import { isConnected, type SeenFacts } from "./correlation.ts";
import type { CheckResult, ReportedFinding } from "./results.ts";

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 130;

/** Of several, the first of these. */
const PRECEDENCE: readonly ExitCode[] = [4, 3, 5, 1];

const CODES: Readonly<Record<CheckId, ExitCode>> = {
  instance_state: 3,
  ssm_agent: 3,
  agent_features: 3,
  vpc_endpoints: 3,
  security_groups: 3,
  routing: 3,
  network_acls: 3,
  network_connectivity: 3,
  scheduled_events: 3,
  session_preferences: 3,
  instance_profile: 3,
  host_management: 3,
  iam_permissions: 3,
  credentials: 4,
  clock_skew: 4,
  region_match: 4,
  local_port_availability: 5,
  session_limits: 5,
  local_prerequisites: 5,
};

/** The exit code of a critical finding. */
export function exitCodeOf(check: CheckId, finding: Pick<ReportedFinding, "code">): ExitCode {
  if (check === "iam_permissions" && finding.code.startsWith("caller.")) return 4;
  return CODES[check];
}

/** The worst of some codes by precedence; 0 for none. */
export function worstCode(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? 0;
}

/** The exit code of criticals alone; 0 without any. */
export function criticalExitCode(results: readonly CheckResult[]): ExitCode {
  return worstCode(
    results.filter(({ status }) => status === "critical").flatMap(({ basis, findings }) =>
      findings.filter(({ status }) => status === "critical")
        .map((finding) => exitCodeOf(basis, finding))
    ),
  );
}

/** The exit code of a diagnosis without score. */
export function diagnosisExitCode(
  results: readonly CheckResult[],
  facts: SeenFacts,
  options: { isStrict?: boolean } = {},
): ExitCode {
  const critical = criticalExitCode(results);
  if (critical !== 0) return critical;
  if (isThrottledThroughout(results)) return 5;
  const unknown = unknownExitCode(results, facts);
  if (unknown !== 0) return unknown;
  const hasWarning = results.some(({ status }) => status === "warning");
  return options.isStrict === true && hasWarning ? 1 : 0;
}

/** Retries could not help, not for a single check that needs AWS. */
function isThrottledThroughout(results: readonly CheckResult[]): boolean {
  const asking = results.filter(({ definition, status }) =>
    definition.requires.aws && status !== "skipped"
  );
  return asking.length > 0 &&
    asking.every(({ status, reason }) => status === "unknown" && reason === "throttled");
}

/** Nothing is critical, but something could not be seen: fine only if a session can be opened. */
function unknownExitCode(results: readonly CheckResult[], facts: SeenFacts): ExitCode {
  const unknown = results.filter(({ status }) => status === "unknown");
  if (unknown.length === 0 || isConnected(facts)) return 0;
  return unknown.every(({ reason }) => reason === "access_denied") ? 4 : 1;
}
