/**
 * From findings to causes: which things would have to change for the connection to work, the likeliest
 * first.
 *
 * @module
 */

import type { CheckId } from "./contracts.ts";
import { isNotConnected, NETWORK_CHECKS, type SeenFacts } from "./correlation.ts";
import type { CheckParameters } from "./parameters.ts";
import { findCause, fixCommand } from "./remedies.ts";
import type { CheckResult, ReportedFinding } from "./results.ts";

export interface RootCause {
  /** From 1. */
  rank: number;
  /** `possible`: not verified, for it could not be looked at. */
  certainty: "proven" | "possible";
  /** The finding that is the cause, then those that follow from it. */
  findingIds: readonly string[];
  message: string;
  remediation: readonly string[];
}

/** Who is blamed first. What stands before the instance comes before the instance, then rule C4. */
const ORDER: readonly CheckId[] = [
  "credentials",
  "clock_skew",
  "region_match",
  "instance_state",
  "instance_profile",
  "host_management",
  "iam_permissions",
  "vpc_endpoints",
  "security_groups",
  "network_acls",
  "routing",
  "agent_features",
  "ssm_agent",
  "network_connectivity",
  "session_preferences",
  "scheduled_events",
  "session_limits",
  "local_port_availability",
  "local_prerequisites",
];

/** What is seen when something else is wrong. */
const SYMPTOMS: readonly string[] = [
  "AGENT_NO_SESSION_CHANNEL",
  "AGENT_CONNECTION_LOST",
  "AGENT_NOT_REGISTERED",
  "PATH_BLOCKED",
];

/** Checks whose silence may hide the cause of an agent that is not connected (C4). */
const HIDING: readonly CheckId[] = [
  "instance_state",
  "instance_profile",
  "host_management",
  "iam_permissions",
  "vpc_endpoints",
  "security_groups",
  "network_acls",
  "routing",
  "agent_features",
];

interface Cause {
  check: CheckId;
  finding: ReportedFinding;
  followers: ReportedFinding[];
}

/** Every cause, ranked. Empty when nothing is critical and nothing keeps the agent away. */
export function rootCauses(
  results: readonly CheckResult[],
  facts: SeenFacts,
  parameters: CheckParameters,
): RootCause[] {
  const ordered = results.toSorted((a, b) => ORDER.indexOf(a.basis) - ORDER.indexOf(b.basis));
  const isPossible = onlySessionChannelMissing(facts) ? explainsMissingChannel : () => true;
  const causes = provenCauses(ordered).filter(({ check, finding }) => isPossible(check, finding));
  const proven = causes.map(({ finding, followers }) => ({
    certainty: "proven" as const,
    findingIds: [finding, ...followers].map(({ id }) => id),
    message: finding.message,
    remediation: finding.remediation,
  }));
  const rest = isNotConnected(facts) && ordered.some(({ id }) => id === "ssm_agent")
    ? unprovenCauses(whoMayHide(ordered, facts), {
      hasProven: proven.length > 0,
      isPossible,
      parameters,
    })
    : [];
  return [...proven, ...rest].map((cause, index) => ({ rank: index + 1, ...cause }));
}

function provenCauses(ordered: readonly CheckResult[]): Cause[] {
  const critical = ordered.filter(({ status }) => status === "critical")
    .flatMap(({ basis, findings }) =>
      findings.filter(({ status }) => status === "critical")
        .map((finding) => ({ check: basis, finding }))
    );
  const causes: Cause[] = [];
  const byId = new Map(critical.map((entry) => [entry.finding.id, entry]));
  for (const entry of critical) {
    const follows = causesBehind(entry.finding, byId);
    if (follows.length > 0 || SYMPTOMS.includes(entry.finding.code)) continue;
    const merged = causes.find((cause) => isSame(cause, entry));
    if (merged === undefined) causes.push({ ...entry, followers: [] });
    else merged.followers.push(entry.finding);
  }
  for (const entry of critical) {
    for (const id of causesBehind(entry.finding, byId)) {
      const cause = causes.find(({ finding }) => finding.id === id);
      if (cause !== undefined && !cause.followers.includes(entry.finding)) {
        cause.followers.push(entry.finding);
      }
    }
  }
  return causes;
}

/** Ids of the critical findings that this one follows from, to the end of the chain. */
function causesBehind(
  finding: ReportedFinding,
  byId: ReadonlyMap<string, { finding: ReportedFinding }>,
  seen: ReadonlySet<string> = new Set(),
): string[] {
  if (seen.has(finding.id)) return [];
  const next = new Set([...seen, finding.id]);
  return finding.follows.filter((id) => id !== finding.id).flatMap((id) => {
    const cause = byId.get(id);
    if (cause === undefined) return [];
    const behind = causesBehind(cause.finding, byId, next);
    return behind.length > 0 ? behind : [id];
  });
}

/** C6: no profile and no host management are one lack. C7: the same thing blocks both. */
function isSame(cause: Cause, other: { check: CheckId; finding: ReportedFinding }): boolean {
  const codes = new Set([cause.finding.code, other.finding.code]);
  if (codes.has("PROFILE_MISSING") && codes.has("DHMC_OFF")) return true;
  return cause.finding.follows.some((key) => other.finding.follows.includes(key));
}

/** What may be the cause and could not be seen; in the end what no call of AWS can see. */
function unprovenCauses(
  ordered: readonly CheckResult[],
  { hasProven, isPossible, parameters }: {
    hasProven: boolean;
    isPossible: (check: CheckId, finding: ReportedFinding) => boolean;
    parameters: CheckParameters;
  },
): Omit<RootCause, "rank">[] {
  const agent = ordered.find(({ id }) => id === "ssm_agent");
  if (agent === undefined || agent.status === "skipped" || agent.status === "ok") return [];
  // It may be on its way: nothing is missing yet.
  if (agent.status === "warning") return [];
  const unseen = ordered.filter(({ basis }) => HIDING.includes(basis))
    .flatMap(({ basis, findings }) =>
      findings.filter(({ status, code, reason }) =>
        status === "unknown" && !code.startsWith("caller.") &&
        // An agent without a record has no version: that follows from what is looked for here.
        !(basis === "agent_features" && reason === "not_visible")
      )
        .filter((finding) => isPossible(basis, finding))
    );
  const possible = unseen.map((finding) => ({
    certainty: "possible" as const,
    findingIds: [finding.id],
    message: `Possible, not verified: ${finding.message}`,
    remediation: finding.remediation,
  }));
  if (hasProven || possible.length > 0) return possible;
  const finding = agent.findings.find(({ code }) => SYMPTOMS.includes(code));
  if (!isAllLookedAt(ordered)) {
    if (finding === undefined) return [];
    // A quick run looks at no network: what it sees is all that it may say.
    const { id, message, remediation } = finding;
    return [{ certainty: "proven", findingIds: [id], message, remediation }];
  }
  return [{
    certainty: "possible",
    findingIds: finding === undefined ? [] : [finding.id],
    message:
      "Everything that AWS shows is in order, so the cause is on the instance: its agent is " +
      "stopped, not installed or hibernating, an OS firewall or proxy blocks it, or the disk is full",
    remediation: agentHints(agent, parameters),
  }];
}

function isAllLookedAt(results: readonly CheckResult[]): boolean {
  return HIDING.every((id) => results.some(({ basis }) => basis === id));
}

/** Without the advice to look for the cause, where this very run has looked everywhere. */
export function withoutFindCause(
  results: readonly CheckResult[],
  parameters: CheckParameters,
): readonly CheckResult[] {
  if (!isAllLookedAt(results)) return results;
  const advice = findCause(parameters);
  return results.map((result) => ({
    ...result,
    findings: result.findings.map((finding) => ({
      ...finding,
      remediation: finding.remediation.filter((step) => step !== advice),
    })),
  }));
}

function agentHints(agent: CheckResult, parameters: CheckParameters): string[] {
  const own = agent.findings.flatMap(({ remediation }) => remediation);
  const canReboot = agent.findings.some(({ fixIds }) => fixIds.includes("reboot_instance"));
  return [
    ...new Set([
      ...own,
      // Only here: where something else is the cause, a restart would interrupt and mend nothing.
      ...canReboot ? [`Restart the instance: ${fixCommand("reboot_instance", parameters)}`] : [],
      "Read the console output: EC2 console, the instance, Actions, Monitor and troubleshoot, " +
      "Get system log",
      "On the instance, as root: systemctl status amazon-ssm-agent, and ssm-cli get-diagnostics " +
      "--output table",
    ]),
  ].slice(0, 5);
}

/** Of an agent that never registered nobody knows the version, which is no cause of it. */
function whoMayHide(
  results: readonly CheckResult[],
  { node }: SeenFacts,
): readonly CheckResult[] {
  const neverRegistered = node?.state === "known" && node.value === undefined;
  return neverRegistered ? results.filter(({ id }) => id !== "agent_features") : results;
}

/** C5: the agent pings, so its role, its `ssm` path and its service are there. */
function onlySessionChannelMissing(facts: SeenFacts): boolean {
  const { node } = facts;
  return isNotConnected(facts) && node?.state === "known" && node.value?.pingStatus === "online";
}

function explainsMissingChannel(check: CheckId, finding: ReportedFinding): boolean {
  if (NETWORK_CHECKS.includes(check)) return concernsMessages(finding);
  if (check === "iam_permissions") {
    if (finding.code.startsWith("caller.")) return true;
    const actions = finding.evidence["actions"];
    return !Array.isArray(actions) || actions.some((it) => String(it).startsWith("ssmmessages:"));
  }
  if (check === "host_management") return finding.code === "DHMC_SHADOWED";
  return check !== "instance_profile";
}

/** A finding that names its service or services is about those alone. */
function concernsMessages({ evidence }: ReportedFinding): boolean {
  const named = [evidence["service"], evidence["services"]].flat().filter((it) =>
    typeof it === "string"
  );
  return named.length === 0 || named.some((name) => String(name).endsWith("ssmmessages"));
}
