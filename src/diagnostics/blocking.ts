/**
 * Which checks make no sense after what others found.
 *
 * @module
 */

import type { CheckDefinition, CheckId, CheckOutcome, ItemId } from "./contracts.ts";
import type { Facts } from "./facts/facts.ts";
import { skipped } from "./findings.ts";

/** Facts that decide about other checks than those that look at them. */
export type GateFacts = Partial<Pick<Facts, "identity" | "localCredentials" | "instance">>;

/** Checks that say why AWS refuses everything; nothing blocks them. */
const EXPLAINERS: readonly ItemId[] = ["credentials", "clock_skew", "region_match"];

export interface Blocked {
  by: CheckId | undefined;
  outcome: CheckOutcome;
}

/**
 * Why a check is skipped; undefined when it is not.
 *
 * @param gate.credentialsRefused What `credentials` said is critical: nothing else may be asked.
 */
export function blockOf(
  definition: CheckDefinition,
  gate: { facts: GateFacts; credentialsRefused: boolean; isHybrid: boolean },
): Blocked | undefined {
  const { requires } = definition;
  if (requires.aws && !EXPLAINERS.includes(definition.id)) {
    const by = refusedBy(gate);
    if (by !== undefined) return blocked(definition, by, REFUSALS[by] ?? "AWS refuses every call");
  }
  if (requires.ec2 && gate.isHybrid) {
    const message = "A hybrid node is no EC2 instance: EC2 checks do not apply";
    const code = definition.id === "instance_state" ? "INSTANCE_HYBRID" : "NOT_APPLICABLE";
    return {
      by: undefined,
      outcome: { planned: 1, findings: [skipped(code, "not_applicable", message)] },
    };
  }
  const { instance } = gate.facts;
  if (requires.instance === "none" || instance?.state !== "known") return undefined;
  const state = instance.value?.state;
  if (state === undefined) {
    return blocked(definition, "instance_state", "there is no such instance");
  }
  const isGone = state === "terminated" || state === "shutting-down";
  if (isGone || (requires.instance === "running" && state !== "running")) {
    return blocked(definition, "instance_state", `the instance is ${state}`);
  }
  return undefined;
}

const REFUSALS: Readonly<Partial<Record<CheckId, string>>> = {
  credentials: "AWS does not accept the credentials",
  clock_skew: "AWS does not accept signatures of this computer's clock",
  region_match: "the Region is not enabled",
};

function refusedBy(
  gate: { facts: GateFacts; credentialsRefused: boolean },
): CheckId | undefined {
  const { identity } = gate.facts;
  const reason = identity?.state === "failed" ? identity.reason : undefined;
  if (reason === "clock_skew") return "clock_skew";
  if (reason === "region_disabled") return "region_match";
  return gate.credentialsRefused ? "credentials" : undefined;
}

function blocked(definition: CheckDefinition, by: CheckId, why: string): Blocked {
  const code = definition.id === "ssm_agent" ? "AGENT_SKIPPED" : "BLOCKED";
  return {
    by,
    outcome: { planned: 1, findings: [skipped(code, "blocked_by", `Not checked: ${why}`)] },
  };
}
