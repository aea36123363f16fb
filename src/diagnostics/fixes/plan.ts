/**
 * From findings to plans, in the order of the causes.
 *
 * @module
 */

import type { CheckResult, ReportedFinding } from "../results.ts";
import type { RootCause } from "../root_causes.ts";
import type { FixDefinition, FixPlan, PlanContext } from "./contracts.ts";
import { manualPlans } from "./manual.ts";
import { FIXES } from "./registry.ts";

/** What a diagnosis found. */
export interface Diagnosis {
  results: readonly CheckResult[];
  causes: readonly RootCause[];
}

/** Plans for everything that was found, the first cause's first; manual ones last. */
export async function planFixes(
  { results, causes }: Diagnosis,
  context: Omit<PlanContext, "findings">,
): Promise<FixPlan[]> {
  const findings = byCause(results.flatMap((result) => result.findings), causes);
  const isElsewhere = causes.some(({ findingIds, certainty }) =>
    certainty === "proven" && !findingIds.some((id) => id.startsWith("ssm_agent."))
  );
  const plans: FixPlan[] = [];
  for (const id of new Set(findings.flatMap(({ fixIds }) => fixIds))) {
    const definition = FIXES.find((one) => one.id === id);
    // A reboot helps an agent that hangs, not one that something else keeps away.
    const own = findings.filter(({ fixIds, code }) =>
      fixIds.includes(id) && !(id === "reboot_instance" && isElsewhere && /^AGENT_/.test(code))
    );
    if (definition === undefined || own.length === 0) continue;
    const plan = await planFix(definition, { ...context, findings: own });
    if (plan !== undefined) plans.push(plan);
  }
  for (const definition of FIXES) {
    const isWanted = definition.isOnRequest && context.options.requested.includes(definition.id);
    const plan = isWanted ? await planFix(definition, { ...context, findings: [] }) : undefined;
    if (plan !== undefined) plans.push(plan);
  }
  return [...plans, ...manualPlans(findings)];
}

/** One fix, from the facts as they are. */
export async function planFix(
  definition: FixDefinition,
  context: PlanContext,
): Promise<FixPlan | undefined> {
  const details = await definition.plan(context);
  if (details === undefined) return undefined;
  const { id, unsafeBecause, scope, permissions, verify, verifyTimeoutMs } = definition;
  return {
    id,
    class: definition.class,
    unsafeBecause,
    scope,
    permissions,
    preconditions: [],
    blastRadius: {},
    isDone: false,
    manualSteps: [],
    ...details,
    findings: context.findings,
    verify: { checks: verify, timeoutMs: verifyTimeoutMs },
    isInteractive: definition.isInteractive ?? false,
  };
}

/** Findings of causes in their order, then the others in the report's. */
function byCause(
  findings: readonly ReportedFinding[],
  causes: readonly RootCause[],
): ReportedFinding[] {
  const order = causes.flatMap(({ findingIds }) => findingIds);
  const rank = ({ id }: ReportedFinding) => {
    const index = order.indexOf(id);
    return index < 0 ? order.length : index;
  };
  return findings.toSorted((a, b) => rank(a) - rank(b));
}
