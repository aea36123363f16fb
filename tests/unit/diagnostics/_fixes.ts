/**
 * Applying fixes to a world of answers that a test scripts.
 *
 * @module
 */

import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import type { CheckDefinition } from "../../../src/diagnostics/contracts.ts";
import {
  applyFixes,
  type ApplyParts,
  type FixResult,
} from "../../../src/diagnostics/fixes/apply.ts";
import type {
  FixAnswer,
  FixDefinition,
  FixParams,
  FixPlan,
  Look,
  PlanContext,
} from "../../../src/diagnostics/fixes/contracts.ts";
import type { Consent } from "../../../src/diagnostics/fixes/decide.ts";
import type { JournalEntry } from "../../../src/diagnostics/fixes/journal.ts";
import { planFix } from "../../../src/diagnostics/fixes/plan.ts";
import { FIXES } from "../../../src/diagnostics/fixes/registry.ts";
import type { CheckParameters } from "../../../src/diagnostics/parameters.ts";
import {
  type CheckResult,
  type ReportedFinding,
  resultOf,
} from "../../../src/diagnostics/results.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { healthyFacts, healthyParameters, readerOf, runCheck } from "../../support/facts.ts";

export const RUN_ID = "01JGG0000000000000000000FX";

/** Nobody agreed to anything, and nobody can be asked. */
export const NO_CONSENT: Consent = {
  autoFix: false,
  safeOnly: false,
  approved: [],
  allowsVpc: false,
  canAsk: false,
};

export const approve = (...approved: string[]): Consent => ({ ...NO_CONSENT, approved });

/** Nothing may be looked at beside the facts. */
export const blindLook: Look = (service, action) => Promise.resolve(denied(`${service}:${action}`));

/** Answers by call; what is not among them is denied. */
export function lookAt(answers: Record<string, unknown>): Look {
  return ((service: string, action: string) => {
    const answer = answers[`${service}:${action}`];
    return Promise.resolve(
      answer === undefined ? denied(`${service}:${action}`) : known(answer),
    );
  }) as Look;
}

/** A check's result on the healthy scenario with changes. */
export function resultFor(
  check: CheckDefinition,
  changes: Partial<Facts> = {},
  parameters: Partial<CheckParameters> = {},
): CheckResult {
  const cache = {
    used: false,
    oldestAgeMs: undefined,
    expiresAtMs: undefined,
    revalidated: false,
  };
  return resultOf(check, runCheck(check, changes, parameters), { durationMs: 0, cache });
}

export function definitionOf(id: string): FixDefinition {
  const found = FIXES.find((one) => one.id === id);
  if (found === undefined) throw new Error(`No fix ${id}`);
  return found;
}

/** A fix's plan for what a check finds; the test fails without one. */
export async function planFor(
  id: string,
  findings: readonly ReportedFinding[],
  changes: Partial<Facts> = {},
  more: Partial<PlanContext> = {},
): Promise<FixPlan> {
  const plan = await planFix(definitionOf(id), {
    facts: readerOf(healthyFacts(changes)),
    findings,
    parameters: healthyParameters(),
    look: blindLook,
    options: { instanceProfile: undefined, requested: [], factFolder: undefined },
    runId: RUN_ID,
    ...more,
  });
  if (plan === undefined) throw new Error(`No plan of ${id}`);
  return plan;
}

/** What happened in one application. */
export interface Applied {
  results: FixResult[];
  /** Every call that was sent: `ec2:StartInstances`. */
  sent: { name: string; params: FixParams }[];
  journal: JournalEntry[];
  /** Ids of plans that a person was asked about. */
  asked: string[];
}

export interface World {
  /** The answer to a call, or what it throws. Default: an empty answer. */
  answer?(name: string, params: FixParams): FixAnswer | Promise<FixAnswer>;
  /** What checks say when they are looked at again. Default: nothing. */
  recheck?(): CheckResult[];
  /** The plan from fresh facts. Default: the one before. */
  replan?(before: FixPlan): FixPlan | undefined | Promise<FixPlan | undefined>;
  before?: CheckResult[];
  confirm?: boolean;
  parts?: Partial<ApplyParts>;
}

/** Applies plans; time passes as soon as it is waited for. */
export async function apply(
  plans: readonly FixPlan[],
  consent: Consent,
  world: World = {},
): Promise<Applied> {
  const sent: Applied["sent"] = [];
  const journal: JournalEntry[] = [];
  const asked: string[] = [];
  const clock = new FakeClock();
  const hurried = Object.assign(Object.create(clock) as FakeClock, {
    setTimeout(callback: () => void, delayMs: number): number {
      clock.advance(delayMs);
      queueMicrotask(callback);
      return 0;
    },
    clearTimeout() {},
    nowMs: () => clock.nowMs(),
    epochMs: () => clock.epochMs(),
  });
  const results = await applyFixes(plans, { before: world.before ?? [], consent }, {
    definitionOf: (id) => FIXES.find((one) => one.id === id),
    replan: (_definition, before) =>
      Promise.resolve(world.replan === undefined ? before : world.replan(before)),
    recheck: () => Promise.resolve(world.recheck?.() ?? []),
    mutations: {
      send: async (service, action, params) => {
        sent.push({ name: `${service}:${action}`, params });
        return await world.answer?.(`${service}:${action}`, params) ?? {};
      },
    },
    act: async (action, params) => {
      sent.push({ name: `local:${action}`, params });
      return await world.answer?.(`local:${action}`, params) ?? {};
    },
    journal: {
      write: (entry) => {
        journal.push(structuredClone(entry));
        return Promise.resolve();
      },
    },
    clock: hurried,
    random: () => 0.5,
    runId: RUN_ID,
    signal: new AbortController().signal,
    confirm: (plan) => {
      asked.push(plan.id);
      return Promise.resolve(world.confirm ?? false);
    },
    ...world.parts,
  });
  return { results, sent, journal, asked };
}

/** A failure as the SDK throws it. */
export function serviceError(code: string, status = 400): Error {
  return Object.assign(new Error(`${code}: words of the service`), {
    name: code,
    $fault: "client",
    $metadata: { httpStatusCode: status, requestId: "req-1" },
  });
}

export const states = ({ results }: Applied): string[] =>
  results.map(({ plan, state }) => `${plan.id} ${state}`);
