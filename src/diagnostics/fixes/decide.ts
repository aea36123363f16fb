/**
 * Whether a fix runs, under the flags that were given.
 *
 * @module
 */

import type { FixPlan, FixState } from "./contracts.ts";

/** What the person agreed to. */
export interface Consent {
  /** `--auto-fix`: safe ones of this computer or instance without asking. */
  autoFix: boolean;
  /** `--safe-only`: unsafe ones are left alone, without a question. */
  safeOnly: boolean;
  /** `--approve`: ids of fixes that may run whatever their class. */
  approved: readonly string[];
  /** `--allow-scope vpc`: `--auto-fix` may change things that the whole VPC feels. */
  allowsVpc: boolean;
  /** A person sits at a terminal and may be asked. */
  canAsk: boolean;
}

/** `apply` and `ask` go on; anything else is the end of it. */
export type Decision =
  | "apply"
  | "ask"
  | "manual"
  | Extract<
    FixState,
    | "already_done"
    | "precondition_failed"
    | "skipped_unsafe"
    | "skipped_scope"
    | "needs_confirmation"
  >;

export function decide(plan: FixPlan, consent: Consent): Decision {
  const { autoFix, safeOnly, approved, allowsVpc, canAsk } = consent;
  if (plan.class === "manual") return "manual";
  if (plan.isDone) return "already_done";
  if (plan.preconditions.some(({ state }) => state === "no")) return "precondition_failed";
  if (plan.isInteractive && !canAsk) return "needs_confirmation";
  if (approved.includes(plan.id)) return "apply";
  const askOrReport = canAsk ? "ask" : "needs_confirmation";
  if (plan.class === "unsafe") return safeOnly ? "skipped_unsafe" : askOrReport;
  if (!autoFix) return askOrReport;
  switch (plan.scope) {
    case "local":
    case "instance":
      return "apply";
    case "subnet":
    case "vpc":
      return allowsVpc ? "apply" : "skipped_scope";
    case "account":
      return "skipped_scope";
    default:
      return plan.scope satisfies never;
  }
}

/** Why, in the words of the flags. */
export function explainDecision(
  decision: Decision,
  plan: FixPlan,
  consent: Consent,
): string {
  switch (decision) {
    case "apply":
      return consent.approved.includes(plan.id) ? `--approve ${plan.id}` : "safe, and --auto-fix";
    case "ask":
      return "asks first";
    case "manual":
      return "for you to do; this program never does it";
    case "already_done":
      return "it is so already";
    case "precondition_failed":
      return "a precondition does not hold";
    case "skipped_unsafe":
      return "--safe-only";
    case "skipped_scope":
      return plan.scope === "account"
        ? `concerns the account; --approve ${plan.id}`
        : `concerns the ${plan.scope}; --allow-scope vpc, or --approve ${plan.id}`;
    case "needs_confirmation":
      return plan.isInteractive
        ? "needs a terminal"
        : `--approve ${plan.id}, or run it on a terminal`;
    default:
      return decision satisfies never;
  }
}
