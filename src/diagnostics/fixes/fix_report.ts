/**
 * Fixes as the report writes them, and as a person reads them.
 *
 * @module
 */

import type { ReportFix } from "../report_schema.ts";
import type { FixResult } from "./apply.ts";
import type { FixCall, FixPlan } from "./contracts.ts";
import { type Consent, explainDecision } from "./decide.ts";

/** Reasons as a sentence reads them. */
const REASONS: Readonly<Record<FixPlan["unsafeBecause"][number], string>> = {
  cost: "costs money",
  downtime: "downtime",
  widens_access: "widens access",
  redirects_vpc: "redirects the whole VPC",
  irreversible: "cannot be taken back",
};

export function reportFix({ plan, decision, state, note, rollback }: FixResult): ReportFix {
  return {
    id: plan.id,
    class: plan.class,
    unsafe_because: [...plan.unsafeBecause],
    scope: plan.scope,
    finding_ids: plan.findings.map(({ id }) => id),
    calls: plan.steps.map(callOf),
    permissions: [...plan.permissions],
    preconditions: plan.preconditions.map(({ text, state }) => ({ text, state })),
    blast_radius: { ...plan.blastRadius },
    // What would take it back; after it was applied, with the ids that AWS gave.
    rollback: (rollback.length > 0 ? rollback : plannedRollback(plan)).map(callOf),
    verify: [...plan.verify.checks],
    state,
    decision,
    error: note ?? null,
    manual_steps: [...plan.manualSteps],
  };
}

/** What a plan says, line by line; the first is its heading. */
export function planLines(result: FixResult, index: number, consent: Consent): string[] {
  const { plan, decision } = result;
  const reasons = plan.unsafeBecause.map((reason) => REASONS[reason]).join(", ");
  const heading = `[${index}] ${plan.id}   ${plan.class.toUpperCase()}${
    reasons === "" ? "" : ` (${reasons})`
  }   scope: ${plan.scope}`;
  const line = (label: string, text: string) => `    ${label.padEnd(12)} ${text}`;
  const verb = wasSent(result) ? "called" : "would call";
  const lines = [
    heading,
    ...some(
      plan.findings,
      (all) => line("fixes", all.map(({ id }) => id.replace(".", "/")).join(", ")),
    ),
    ...plan.steps.map((step) =>
      line(verb, describeCall(step) + (step.poll === undefined ? "" : repeated(step.poll.everyMs)))
    ),
    ...plan.manualSteps.map((step, at) => line(at === 0 ? "for you" : "", `${at + 1}. ${step}`)),
    ...some(plan.permissions, (all) => line("needs", all.join(", "))),
    ...some(
      plan.preconditions,
      (all) => line("precondition", all.map(({ text, state }) => `${state}: ${text}`).join(" | ")),
    ),
    ...(Object.keys(plan.blastRadius).length === 0
      ? []
      : [line("also felt by", JSON.stringify(plan.blastRadius))]),
    ...(plan.class === "manual" ? [] : [line("rollback", rollbackText(result))]),
    ...some(
      plan.verify.checks,
      (all) => line("verify", `${all.join(", ")} (${plan.verify.timeoutMs / 1000} s)`),
    ),
    line("decision", `${decision} (${explainDecision(decision, plan, consent)})`),
  ];
  return lines;
}

/** What became of a fix, for the end of the text. */
export function resultLine({ plan, state, note, answers }: FixResult): string {
  const port = answers.map((answer) => answer["port"]).find((value) => value !== undefined);
  const found = port === undefined ? "" : `: use --local-port ${port}`;
  return `${plan.id}: ${state}${found}${note === undefined ? "" : ` (${note})`}`;
}

/** Whether something was changed, or may have been. */
export function wasSent({ plan, state }: FixResult): boolean {
  const isOver = ["applied", "verified", "failed", "rolled_back"].includes(state);
  return isOver &&
    plan.steps.some(({ poll, action }) => poll === undefined && action !== "pick_port");
}

/** `ec2:StartInstances {"InstanceIds":["i-..."]}`. */
export function describeCall({ service, action, params }: FixCall): string {
  return `${service}:${action} ${JSON.stringify(params)}`;
}

function repeated(everyMs: number): string {
  return `, every ${everyMs / 1000} s until it is so`;
}

function rollbackText({ plan, rollback }: FixResult): string {
  const calls = rollback.length > 0 ? rollback : plannedRollback(plan);
  return calls.length === 0 ? "none" : calls.map(describeCall).join(", then ");
}

function plannedRollback({ steps }: FixPlan): FixCall[] {
  return steps.toReversed().flatMap((step) => step.rollback?.(undefined) ?? []);
}

function callOf({ service, action, params }: FixCall): ReportFix["calls"][number] {
  return { service, action, params: { ...params } };
}

function some<T>(all: readonly T[], write: (all: readonly T[]) => string): string[] {
  return all.length === 0 ? [] : [write(all)];
}
