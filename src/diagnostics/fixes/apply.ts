/**
 * Applying fixes, one at a time: preconditions anew, journal, change, verification.
 *
 * After a change that did not help nothing is taken back: it may be right, and the agent slow. What was
 * fine before and is critical after takes it back at once.
 *
 * @module
 */

import { classifyAwsError } from "../../aws/mod.ts";
import { messageOf } from "../../errors/mod.ts";
import type { Clock } from "../../platform/mod.ts";
import { backoffMs } from "../api/caller.ts";
import type { CheckId, FactReader } from "../contracts.ts";
import type { FactId } from "../facts/facts.ts";
import type { CheckResult } from "../results.ts";
import type { FixAnswer, FixCall, FixDefinition, FixPlan, FixState, FixStep } from "./contracts.ts";
import { type Consent, decide, type Decision } from "./decide.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { LocalAct } from "./local_actions.ts";
import type { Mutations } from "./mutations.ts";

/** What became of a fix. */
export interface FixResult {
  plan: FixPlan;
  decision: Decision;
  state: FixState;
  /** What went wrong, or what a person should know; undefined when nothing. */
  note: string | undefined;
  /** Calls that would take it back; empty when nothing was changed or it was taken back. */
  rollback: readonly FixCall[];
  /** What a local fix found: the free port. */
  answers: readonly FixAnswer[];
}

/** What happens, for who shows it. */
export type FixEvent =
  | { type: "applying"; plan: FixPlan }
  | { type: "call"; call: FixCall; isRollback: boolean }
  | { type: "verifying"; plan: FixPlan }
  | { type: "result"; result: FixResult };

export interface ApplyParts {
  definitionOf(id: string): FixDefinition | undefined;
  /** The plan from facts that are read anew; undefined when there is nothing to do any more. */
  replan(definition: FixDefinition, before: FixPlan): Promise<FixPlan | undefined>;
  /** Reads the facts of these checks anew and judges. */
  recheck(ids: readonly CheckId[]): Promise<readonly CheckResult[]>;
  mutations: Mutations;
  act: LocalAct;
  journal: Journal;
  clock: Clock;
  random: () => number;
  runId: string;
  /** Ends waiting; a change that was sent is seen to its end. */
  signal: AbortSignal;
  /** Asks a person. Called for fixes that need a yes. */
  confirm(plan: FixPlan): Promise<boolean>;
  onEvent?: ((event: FixEvent) => void) | undefined;
}

/** Facts that a plan is made of, for whoever reads them anew. */
export type FreshFacts = (ids: readonly FactId[]) => Promise<FactReader>;

const VERIFY_EVERY_MS = 5_000;
const CALL_TIMEOUT_MS = 30_000;
/** A change is sent again only when AWS did not look at it. */
const THROTTLED_ATTEMPTS = 4;
/** What AWS says when it is so already. */
const DONE_CODES = ["InvalidPermission.Duplicate", "IncorrectState", "EntityAlreadyExists"];

/** Applies plans in their order; after the first that fails, the others stay planned. */
export async function applyFixes(
  plans: readonly FixPlan[],
  { before, consent }: { before: readonly CheckResult[]; consent: Consent },
  parts: ApplyParts,
): Promise<FixResult[]> {
  const results: FixResult[] = [];
  for (const [index, plan] of plans.entries()) {
    const hasFailed = results.some(({ state }) => state === "failed" || state === "rolled_back");
    const later = plans.slice(index + 1);
    const result = hasFailed || parts.signal.aborted
      ? resultOf(plan, decide(plan, consent), "planned")
      : await applyFix(plan, { before, consent, isLast: !later.some(isWorth) }, parts);
    parts.onEvent?.({ type: "result", result });
    results.push(result);
  }
  return results;

  function isWorth(plan: FixPlan): boolean {
    return ["apply", "ask"].includes(decide(plan, consent));
  }
}

interface ApplyContext {
  before: readonly CheckResult[];
  consent: Consent;
  /** No other fix follows: now the agent should come. */
  isLast: boolean;
}

async function applyFix(
  planned: FixPlan,
  context: ApplyContext,
  parts: ApplyParts,
): Promise<FixResult> {
  const first = decide(planned, context.consent);
  if (first !== "apply" && first !== "ask") {
    return resultOf(planned, first, first === "manual" ? "planned" : first);
  }
  if (first === "ask" && !(await parts.confirm(planned))) {
    return resultOf(planned, first, "planned", "not confirmed");
  }
  const definition = parts.definitionOf(planned.id);
  const plan = definition === undefined ? undefined : await parts.replan(definition, planned);
  if (plan === undefined) return resultOf(planned, first, "already_done", "it is gone by now");
  if (plan.isDone) return resultOf(plan, first, "already_done");
  const broken = plan.preconditions.find(({ state }) => state === "no");
  if (broken !== undefined) {
    return resultOf(plan, first, "precondition_failed", `does not hold any more: ${broken.text}`);
  }
  parts.onEvent?.({ type: "applying", plan });
  const applied = await sendSteps(plan, parts);
  const answers = applied.answers;
  if (applied.state !== "applied") {
    const { state, note, rollback } = applied;
    return { ...resultOf(plan, first, state, note), rollback, answers };
  }
  parts.onEvent?.({ type: "verifying", plan });
  const verified = await verify(plan, context, parts);
  const { rollback } = applied;
  if (verified.state !== "rolled_back") {
    return { ...resultOf(plan, first, verified.state, verified.note), rollback, answers };
  }
  const failure = await rollBack(plan, rollback, parts);
  const note = failure === undefined ? verified.note : `${verified.note}; ${failure}`;
  return {
    ...resultOf(plan, first, failure === undefined ? "rolled_back" : "failed", note),
    rollback: failure === undefined ? [] : rollback,
    answers,
  };
}

interface Sent {
  state: "applied" | "failed" | "not_permitted" | "already_done";
  note: string | undefined;
  rollback: FixCall[];
  answers: FixAnswer[];
}

async function sendSteps(plan: FixPlan, parts: ApplyParts): Promise<Sent> {
  const answers: FixAnswer[] = [];
  const rollback: FixCall[] = [];
  let changed = 0;
  let duplicates = 0;
  for (const step of plan.steps) {
    const call: FixCall = {
      service: step.service,
      action: step.action,
      params: step.resolve?.(answers) ?? step.params,
    };
    if (step.poll !== undefined) {
      const failure = await poll(call, step, plan, parts);
      if (failure !== undefined) return { state: "failed", note: failure, rollback, answers };
      continue;
    }
    const outcome = await sendStep(call, step, plan, parts);
    if (outcome.state === "done") {
      answers.push(outcome.answer);
      changed += 1;
      if (step.rollback !== undefined) rollback.unshift(step.rollback(outcome.answer));
      continue;
    }
    if (outcome.state === "already_done") {
      answers.push({});
      duplicates += 1;
      continue;
    }
    return { state: outcome.state, note: outcome.note, rollback, answers };
  }
  const isNothingNew = changed === 0 && duplicates > 0;
  return { state: isNothingNew ? "already_done" : "applied", note: undefined, rollback, answers };
}

type StepOutcome =
  | { state: "done"; answer: FixAnswer }
  | { state: "already_done" }
  | { state: "failed" | "not_permitted"; note: string };

async function sendStep(
  call: FixCall,
  step: FixStep,
  plan: FixPlan,
  parts: ApplyParts,
): Promise<StepOutcome> {
  const entry = {
    ...journalLine(plan, call, parts),
    rollback: step.rollback?.(undefined) ?? null,
  };
  await parts.journal.write({ ...entry, event: "intent" });
  parts.onEvent?.({ type: "call", call, isRollback: false });
  try {
    const answer = await send(call, parts);
    await parts.journal.write({
      ...entry,
      at: now(parts),
      event: "result",
      rollback: step.rollback?.(answer) ?? null,
      request_id: requestIdOf(answer),
    });
    return { state: "done", answer };
  } catch (error) {
    const failure = classifyAwsError(error, parts.clock.epochMs());
    const isDone = DONE_CODES.includes(failure.code ?? "");
    const text = call.service === "local" ? messageOf(error) : failure.detail;
    await parts.journal.write({
      ...entry,
      at: now(parts),
      event: "result",
      rollback: null,
      request_id: failure.requestId ?? null,
      error: isDone ? null : text,
    });
    if (isDone) return { state: "already_done" };
    const name = `${call.service}:${call.action}`;
    if (failure.class === "access_denied") {
      return { state: "not_permitted", note: `${name} is not allowed` };
    }
    return { state: "failed", note: `${name}: ${text}` };
  }
}

/** Once, except that what AWS would not look at may be asked again. */
async function send(call: FixCall, parts: ApplyParts): Promise<FixAnswer> {
  const { service, action, params } = call;
  if (service === "local") return await parts.act(action, params);
  for (let attempt = 1;; attempt++) {
    try {
      return await parts.mutations.send(
        service,
        action,
        params,
        AbortSignal.timeout(CALL_TIMEOUT_MS),
      );
    } catch (error) {
      const failure = classifyAwsError(error, parts.clock.epochMs());
      if (failure.class !== "throttled" || attempt >= THROTTLED_ATTEMPTS) throw error;
      await pause(backoffMs(attempt, parts.random()), parts);
    }
  }
}

/** Asks until the answer is final. @returns Why it never was; undefined when all is well. */
async function poll(
  call: FixCall,
  { poll }: FixStep,
  plan: FixPlan,
  parts: ApplyParts,
): Promise<string | undefined> {
  if (poll === undefined || call.service === "local") return undefined;
  const { service, action, params } = call;
  const endMs = parts.clock.nowMs() + plan.verify.timeoutMs;
  let last = "no answer";
  for (;;) {
    try {
      const answer = await parts.mutations.send(
        service,
        action,
        params,
        AbortSignal.timeout(CALL_TIMEOUT_MS),
      );
      const verdict = poll.judge(answer);
      if (verdict === "done") return undefined;
      if (verdict !== "wait") return verdict.failed;
      last = "it is not there yet";
    } catch (error) {
      const failure = classifyAwsError(error, parts.clock.epochMs());
      if (["access_denied", "auth_failed"].includes(failure.class)) return failure.detail;
      // What was just asked for may not be known everywhere yet.
      last = failure.detail;
    }
    if (parts.signal.aborted) return "stopped waiting";
    if (parts.clock.nowMs() + poll.everyMs > endMs) {
      return `${service}:${action}: ${last} after ${plan.verify.timeoutMs / 1000} s`;
    }
    await pause(poll.everyMs, parts);
  }
}

interface Verified {
  state: "verified" | "applied" | "failed" | "rolled_back";
  note: string | undefined;
}

/**
 * Looks again until what was found is gone, and, after the last fix, until the agent is there.
 */
async function verify(
  plan: FixPlan,
  { before, isLast }: ApplyContext,
  parts: ApplyParts,
): Promise<Verified> {
  const { checks, timeoutMs } = plan.verify;
  if (plan.scope === "local" && plan.steps.every(({ action }) => action === "pick_port")) {
    // Nothing was changed that a check could see.
    return { state: "verified", note: undefined };
  }
  const endMs = parts.clock.nowMs() + timeoutMs;
  for (;;) {
    const results = await parts.recheck(checks);
    const worse = results.find((result) =>
      result.status === "critical" &&
      before.some(({ id, status }) => id === result.id && status === "ok")
    );
    if (worse !== undefined) {
      return { state: "rolled_back", note: `${worse.id} was ok before and is critical now` };
    }
    const left = stillFound(plan, results);
    const agent = results.find(({ id }) => id === "ssm_agent");
    const isAgentThere = agent === undefined || ["ok", "warning"].includes(agent.status);
    if (left.length === 0 && (isAgentThere || !isLast)) {
      return { state: isAgentThere ? "verified" : "applied", note: undefined };
    }
    const isLate = parts.clock.nowMs() + VERIFY_EVERY_MS > endMs;
    if (isLate || parts.signal.aborted) {
      return left.length === 0
        ? { state: "applied", note: "the agent is not connected yet; it may need up to an hour" }
        : { state: "failed", note: `still found: ${left.join(", ")}` };
    }
    await pause(VERIFY_EVERY_MS, parts);
  }
}

/** Findings of the plan that its checks show again, by code. Those of other checks are not looked at. */
function stillFound({ findings }: FixPlan, results: readonly CheckResult[]): string[] {
  const shown = results.flatMap((result) => result.findings)
    .filter(({ status }) => status !== "ok" && status !== "skipped");
  // Of the agent's own findings the state of the agent decides.
  return findings.filter(({ id }) => !id.startsWith("ssm_agent."))
    .filter(({ code }) => shown.some((finding) => finding.code === code))
    .map(({ code }) => code);
}

/** @returns What kept it from being taken back; undefined when it was. */
async function rollBack(
  plan: FixPlan,
  calls: readonly FixCall[],
  parts: ApplyParts,
): Promise<string | undefined> {
  if (calls.length === 0) return "it cannot be taken back";
  for (const call of calls) {
    const entry = { ...journalLine(plan, call, parts), rollback: null };
    await parts.journal.write({ ...entry, event: "rollback_intent" });
    parts.onEvent?.({ type: "call", call, isRollback: true });
    try {
      const answer = await send(call, parts);
      const request_id = requestIdOf(answer);
      await parts.journal.write({
        ...entry,
        at: now(parts),
        event: "rollback_result",
        request_id,
      });
    } catch (error) {
      const text = messageOf(error);
      await parts.journal.write({
        ...entry,
        at: now(parts),
        event: "rollback_result",
        error: text,
      });
      return `taking it back failed: ${call.service}:${call.action}: ${text}`;
    }
  }
  return undefined;
}

function journalLine(plan: FixPlan, call: FixCall, parts: ApplyParts): Omit<JournalEntry, "event"> {
  return {
    at: now(parts),
    run_id: parts.runId,
    fix_id: plan.id,
    call: { service: call.service, action: call.action, params: call.params },
    rollback: null,
    request_id: null,
    error: null,
  };
}

function now({ clock }: ApplyParts): string {
  return new Date(clock.epochMs()).toISOString();
}

function requestIdOf(answer: FixAnswer): string | null {
  const metadata = answer["$metadata"] as { requestId?: string } | undefined;
  return metadata?.requestId ?? null;
}

function resultOf(
  plan: FixPlan,
  decision: Decision,
  state: FixState,
  note?: string,
): FixResult {
  return { plan, decision, state, note, rollback: [], answers: [] };
}

function pause(delayMs: number, { clock, signal }: ApplyParts): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    clock.clearTimeout(id);
    signal.removeEventListener("abort", done);
    resolve();
  };
  const id = clock.setTimeout(done, delayMs);
  signal.addEventListener("abort", done, { once: true });
  if (signal.aborted) done();
  return promise;
}
