/**
 * The words of fixes: what would be changed, how it is taken back, and what became of it.
 *
 * A plan is made from facts and reads only. What it would do are data, so that a dry run prints exactly
 * what an application would send.
 *
 * @module
 */

import type { ActionOf, ApiInput, ApiOutput, ServiceName } from "../api/transport.ts";
import type { CheckId, FactReader, Json } from "../contracts.ts";
import type { Fact } from "../facts/fact.ts";
import type { FactId } from "../facts/facts.ts";
import type { CheckParameters } from "../parameters.ts";
import type { ReportedFinding } from "../results.ts";

/**
 * - `safe`: reversible, and no cost, no widened access, no downtime.
 * - `unsafe`: fails one of these.
 * - `manual`: described, never executed by this program.
 */
export type FixClass = "safe" | "unsafe" | "manual";

export type UnsafeReason =
  | "cost"
  | "downtime"
  | "widens_access"
  | "redirects_vpc"
  | "irreversible";

/** How far a change reaches. */
export type FixScope = "local" | "instance" | "subnet" | "vpc" | "account";

/** Services that fixes change, and this computer. */
export type FixService = "ec2" | "iam" | "ssm" | "local";

/** Parameters of a call, as AWS takes them. */
export type FixParams = { readonly [key: string]: Json };

export interface FixCall {
  service: FixService;
  /** As the API names it: `StartInstances`. Of `local` ones, a word: `chmod`. */
  action: string;
  params: FixParams;
}

/** What a call answered, as far as rollbacks and later steps need it. */
export type FixAnswer = { readonly [key: string]: unknown };

export interface FixStep extends FixCall {
  /** Only reads, and is repeated until the answer is final: the step waits. */
  poll?: FixPoll;
  /** For a step that needs an earlier one's answer; before that, `params` hold placeholders. */
  resolve?(answers: readonly FixAnswer[]): FixParams;
  /** The call that undoes it. Without an answer it has placeholders: `<from response>`. */
  rollback?(answer: FixAnswer | undefined): FixCall;
}

export interface FixPoll {
  everyMs: number;
  /** `wait`: ask again. A text: it will not come any more, and why. */
  judge(answer: FixAnswer): "done" | "wait" | { failed: string };
}

export interface Precondition {
  text: string;
  /** `no` keeps the fix from being applied; `unknown` does not. */
  state: "ok" | "no" | "unknown";
}

/** One fix, as it would be applied now. */
export interface FixPlan {
  id: string;
  class: FixClass;
  unsafeBecause: readonly UnsafeReason[];
  scope: FixScope;
  /** Findings that it mends. */
  findings: readonly ReportedFinding[];
  steps: readonly FixStep[];
  /** IAM actions. */
  permissions: readonly string[];
  preconditions: readonly Precondition[];
  /** Who else feels it. */
  blastRadius: FixParams;
  verify: { checks: readonly CheckId[]; timeoutMs: number };
  /** It is so already: nothing to change. */
  isDone: boolean;
  /** Needs a person at a terminal. */
  isInteractive: boolean;
  /** What a person has to do, first step first; of `manual` ones. */
  manualSteps: readonly string[];
}

/** The parts of a plan that depend on the moment. */
export type PlanDetails =
  & Pick<FixPlan, "steps">
  & Partial<
    Pick<FixPlan, "preconditions" | "blastRadius" | "isDone" | "manualSteps" | "permissions">
  >;

/** Reads for a plan: what is not among the facts. Never changes anything, never rejects. */
export type Look = <S extends ServiceName, A extends ActionOf<S>>(
  service: S,
  action: A,
  input: ApiInput<S, A>,
) => Promise<Fact<ApiOutput<S, A>>>;

export interface PlanContext {
  facts: FactReader;
  /** Findings that name this fix. */
  findings: readonly ReportedFinding[];
  parameters: CheckParameters;
  look: Look;
  options: FixOptions;
  /** ULID of the run; part of tags and tokens. */
  runId: string;
}

/** What the person gave beside consent. */
export interface FixOptions {
  /** Name of the profile to attach. */
  instanceProfile: string | undefined;
  /** Ids that were named: some fixes are for no finding, and only done when they are asked for. */
  requested: readonly string[];
  /** Where facts are remembered; undefined when they are not. */
  factFolder: string | undefined;
}

export interface FixDefinition {
  id: string;
  /** What it does, for a list: `attach an instance profile`. */
  title: string;
  class: FixClass;
  unsafeBecause: readonly UnsafeReason[];
  scope: FixScope;
  /** IAM actions that it needs. */
  permissions: readonly string[];
  /** Facts that it decides by; read anew before it is applied. */
  facts: readonly FactId[];
  verify: readonly CheckId[];
  verifyTimeoutMs: number;
  isInteractive?: boolean;
  /** For no finding: planned when it is asked for by its id. */
  isOnRequest?: boolean;
  /** @returns undefined when there is nothing that it could do. */
  plan(context: PlanContext): Promise<PlanDetails | undefined>;
}

/** Where a fix stands. */
export type FixState =
  | "planned"
  | "applied"
  | "verified"
  | "failed"
  | "rolled_back"
  | "skipped_unsafe"
  | "skipped_scope"
  | "precondition_failed"
  | "needs_confirmation"
  | "not_permitted"
  | "already_done";

/** What stands where only an answer can tell. */
export const FROM_RESPONSE = "<from response>";

/** What everything that a fix creates is tagged with. */
export function fixTags(
  resourceType: string,
  fixId: string,
  runId: string,
): { ResourceType: string; Tags: { Key: string; Value: string }[] }[] {
  return [{
    ResourceType: resourceType,
    Tags: [
      { Key: "ec2-connect:fix-id", Value: fixId },
      { Key: "ec2-connect:run-id", Value: runId },
    ],
  }];
}

export function precondition(text: string, holds: boolean | undefined): Precondition {
  return { text, state: holds === undefined ? "unknown" : holds ? "ok" : "no" };
}
