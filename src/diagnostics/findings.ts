/**
 * Making findings: the status decides the severity, except that a warning says how bad it is.
 *
 * @module
 */

import type { Finding, ReasonCode, Severity, Status } from "./contracts.ts";
import type { Denied, Failed } from "./facts/fact.ts";

/** The parts of a finding beside code, status and message. */
export type FindingDetails = Partial<
  Omit<Finding, "code" | "status" | "severity" | "message" | "reason">
>;

/** Answered positively. Primary unless said otherwise. */
export function ok(code: string, message: string, details: FindingDetails = {}): Finding {
  return finding({ code, status: "ok", severity: "info", message, primary: true, ...details });
}

/** Worth knowing, nothing to mend: `ok`, and not an answer to the primary question. */
export function info(code: string, message: string, details: FindingDetails = {}): Finding {
  return finding({ code, status: "ok", severity: "info", message, primary: false, ...details });
}

export function warning(
  code: string,
  severity: "low" | "medium" | "high",
  message: string,
  details: FindingDetails = {},
): Finding {
  return finding({ code, status: "warning", severity, message, primary: true, ...details });
}

export function critical(code: string, message: string, details: FindingDetails = {}): Finding {
  return finding({
    code,
    status: "critical",
    severity: "critical",
    message,
    primary: true,
    ...details,
  });
}

/** The question could not be answered; {@link unknownBecause} when a fact is the reason. */
export function unknown(
  code: string,
  reason: ReasonCode,
  message: string,
  details: FindingDetails = {},
): Finding {
  return finding({
    code,
    status: "unknown",
    severity: "medium",
    message,
    primary: true,
    reason,
    ...details,
  });
}

/** The question does not arise. */
export function skipped(
  code: string,
  reason: ReasonCode,
  message: string,
  details: FindingDetails = {},
): Finding {
  return finding({
    code,
    status: "skipped",
    severity: "info",
    message,
    primary: true,
    reason,
    ...details,
  });
}

/**
 * The finding for a fact that could not be read: its reason, the permission that is missing and the
 * way to it.
 *
 * @param message What could not be seen: `the security groups of i-0... could not be read`; why is
 * added.
 */
export function unknownBecause(
  code: string,
  fact: Denied | Failed,
  message: string,
  details: FindingDetails = {},
): Finding {
  const reason: ReasonCode = fact.state === "denied" ? "access_denied" : fact.reason;
  return unknown(code, reason, `${message}: ${describeFailure(fact)}`, {
    needs: fact.state === "denied" ? [fact.action] : [],
    remediation: remediationOf(fact),
    ...details,
  });
}

/** Why a fact could not be read, in a few words. */
export function describeFailure(fact: Denied | Failed): string {
  if (fact.state === "denied") return `${fact.action} is not allowed`;
  return `${fact.action}: ${fact.detail}`;
}

function remediationOf(fact: Denied | Failed): string[] {
  if (fact.state === "denied") {
    return [
      `Allow ${fact.action} to the identity you use; ` +
      "ec2-connect diagnose list --iam-policy prints a whole read-only policy",
    ];
  }
  switch (fact.reason) {
    case "throttled":
      return ["Wait a minute and run the diagnosis again: AWS limits the rate of requests"];
    case "timeout":
      return ["Run the diagnosis again with a longer --timeout"];
    case "network":
      return [
        "Check the network of this computer: " +
        "ec2-connect diagnose item --item network_connectivity -i INSTANCE",
      ];
    case "auth_failed":
      return [
        "Renew the credentials; what is wrong with them: " +
        "ec2-connect diagnose item --item credentials -i INSTANCE",
      ];
    case "clock_skew":
      return [
        "Set the clock of this computer; how far it is off: " +
        "ec2-connect diagnose item --item clock_skew -i INSTANCE",
      ];
    case "region_disabled":
      return ["Enable the Region: AWS console, Account, AWS Regions"];
    case "not_supported":
      return ["Check --endpoint-url and AWS_ENDPOINT_URL: this endpoint does not offer the call"];
    case "service_error":
      return ["Run the diagnosis again; the state of AWS is on https://health.aws.amazon.com/"];
    case "not_found":
    case "aborted":
    case "not_applicable":
      return [];
    default:
      return fact.reason satisfies never;
  }
}

const RANKS: Readonly<Record<Status, number>> = {
  critical: 4,
  unknown: 3,
  warning: 2,
  ok: 1,
  skipped: 0,
};

/** For comparing: higher is worse. */
export function rankOf(status: Status): number {
  return RANKS[status];
}

const SEVERITY_RANKS: Readonly<Record<Severity, number>> = {
  info: 0,
  low: 1,
  medium: 2,
  high: 3,
  critical: 4,
};

/** For comparing: higher is worse. */
export function severityRank(severity: Severity): number {
  return SEVERITY_RANKS[severity];
}

function finding(
  parts: Pick<Finding, "code" | "status" | "severity" | "message" | "primary"> & Partial<Finding>,
): Finding {
  return {
    remediation: [],
    needs: [],
    resources: [],
    evidence: {},
    references: [],
    fixIds: [],
    predictedAtMs: undefined,
    reason: undefined,
    follows: [],
    ...parts,
  };
}
