/**
 * A whole run of fixes: diagnosis, plans, application, and the diagnosis after it.
 *
 * @module
 */

import { ApiCaller } from "../api/caller.ts";
import { SERIAL_SLOTS } from "../api/call_slots.ts";
import { FactFailure } from "../api/fact_failure.ts";
import type { FactReader } from "../contracts.ts";
import {
  diagnose,
  type Diagnosis,
  type DiagnosisParts,
  type DiagnosisRequest,
} from "../diagnosis.ts";
import type { ExitCode } from "../exit_code.ts";
import { FactStore } from "../fact_store.ts";
import { failed, known } from "../facts/fact.ts";
import type { FactId, Facts } from "../facts/facts.ts";
import type { Report } from "../report_schema.ts";
import { rootCauses } from "../root_causes.ts";
import { applyFixes, type ApplyParts, type FixEvent, type FixResult } from "./apply.ts";
import type { FixDefinition, FixOptions, Look } from "./contracts.ts";
import { type Consent, decide } from "./decide.ts";
import { reportFix, wasSent } from "./fix_report.ts";
import { planFix, planFixes } from "./plan.ts";
import { FIXES } from "./registry.ts";

/** What fixes are applied with, beside what a diagnosis needs. */
export interface FixRunParts extends Pick<ApplyParts, "mutations" | "act" | "confirm"> {
  diagnosis: DiagnosisParts;
  /** A journal for the run of that id. */
  journal(runId: string): ApplyParts["journal"];
  onEvent?: ((event: FixEvent) => void) | undefined;
  /** Called with the plans before the first is applied. */
  onPlanned?: ((results: readonly FixResult[]) => void) | undefined;
}

export interface FixRunRequest extends Omit<DiagnosisRequest, "command"> {
  consent: Consent;
  options: FixOptions;
  /** Plans alone: not one call that changes anything. */
  isDryRun: boolean;
}

export interface FixRun {
  report: Report;
  exitCode: ExitCode;
  results: readonly FixResult[];
  /** Something was changed. */
  hasChanged: boolean;
}

export async function runFixes(parts: FixRunParts, request: FixRunRequest): Promise<FixRun> {
  const { consent, isDryRun } = request;
  const first = await diagnoseAll(parts, request);
  const runId = first.report.run_id;
  const { results: before, facts } = first.outcome;
  const context = {
    parameters: request.parameters,
    look: lookWith(parts, request),
    options: request.options,
    runId,
  };
  const plans = await planFixes(
    { results: before, causes: rootCauses(before, facts, request.parameters) },
    { ...context, facts: readerOf(facts) },
  );
  const planned = plans.map((plan): FixResult => ({
    plan,
    decision: decide(plan, consent),
    state: "planned",
    note: undefined,
    rollback: [],
    answers: [],
  }));
  parts.onPlanned?.(planned);
  if (isDryRun || first.outcome.isInterrupted) {
    const exitCode = first.outcome.isInterrupted ? 130 : 0;
    return finish(first, first, { results: planned, exitCode, hasChanged: false });
  }
  const results = await applyFixes(plans, { before, consent }, {
    definitionOf: (id) => FIXES.find((definition) => definition.id === id),
    replan: async (definition, plan) =>
      await planFix(definition, {
        ...context,
        facts: await freshFacts(definition, parts, request),
        findings: plan.findings,
      }),
    recheck: async (ids) => {
      const again = await diagnose(parts.diagnosis, {
        ...request,
        command: "fix",
        checks: [...ids],
        parameters: { ...request.parameters, nowMs: parts.diagnosis.clock.epochMs() },
      });
      return again.outcome.results;
    },
    mutations: parts.mutations,
    act: parts.act,
    journal: parts.journal(runId),
    clock: parts.diagnosis.clock,
    random: parts.diagnosis.random,
    runId,
    signal: request.signal,
    confirm: parts.confirm,
    onEvent: parts.onEvent,
  });
  const hasChanged = results.some(wasSent);
  const last = hasChanged && !request.signal.aborted ? await diagnoseAll(parts, request) : first;
  return finish(first, last, {
    results,
    exitCode: exitCodeFor(results, last, request),
    hasChanged,
  });
}

function exitCodeFor(
  results: readonly FixResult[],
  last: Diagnosis,
  { signal }: FixRunRequest,
): ExitCode {
  if (signal.aborted) return 130;
  const isBroken = results.some(({ state }) => state === "failed" || state === "rolled_back");
  return isBroken ? 1 : last.exitCode;
}

/** The report of the last diagnosis under the id of the whole run, with what became of the fixes. */
function finish(
  first: Diagnosis,
  { report }: Diagnosis,
  run: Pick<FixRun, "results" | "exitCode" | "hasChanged">,
): FixRun {
  const { results, exitCode, hasChanged } = run;
  return {
    report: {
      ...report,
      run_id: first.report.run_id,
      started_at: first.report.started_at,
      fixes: results.map(reportFix),
      summary: { ...report.summary, exit_code: exitCode },
    },
    exitCode,
    results,
    hasChanged,
  };
}

async function diagnoseAll(parts: FixRunParts, request: FixRunRequest): Promise<Diagnosis> {
  return await diagnose(parts.diagnosis, {
    ...request,
    command: "fix",
    parameters: { ...request.parameters, nowMs: parts.diagnosis.clock.epochMs() },
  });
}

/** What a plan looks at beside facts: calls that read, each at most once more. */
function lookWith({ diagnosis }: FixRunParts, { signal }: FixRunRequest): Look {
  const caller = callerOf(diagnosis);
  return async (service, action, input) => {
    try {
      return known(await caller.call(service, action, input, { signal, isOptional: true }));
    } catch (error) {
      if (error instanceof FactFailure) return error.fact;
      throw error;
    }
  };
}

/** The facts that a fix decides by, read anew. */
async function freshFacts(
  definition: FixDefinition,
  { diagnosis }: FixRunParts,
  { parameters, signal }: FixRunRequest,
): Promise<FactReader> {
  const { readers, log } = diagnosis;
  const store = new FactStore({ readers, caller: callerOf(diagnosis), parameters, log });
  const entries = await Promise.all(
    definition.facts.map(async (id) => [id, await store.get(id, signal)] as const),
  );
  return readerOf(Object.fromEntries(entries) as Partial<Facts>);
}

function callerOf({ transport, clock, random, log }: DiagnosisParts): ApiCaller {
  return new ApiCaller({ transport, clock, slots: SERIAL_SLOTS, random, log });
}

function readerOf(facts: Partial<Facts>): FactReader {
  return {
    get<Id extends FactId>(id: Id): Facts[Id] {
      const none = failed("not_applicable", `read ${id}`, "it was not looked at");
      return (facts[id] ?? none) as Facts[Id];
    },
  };
}

/** Ids of fixes that may be named with `--approve`. */
export const FIX_IDS: readonly string[] = FIXES.map(({ id }) => id);
