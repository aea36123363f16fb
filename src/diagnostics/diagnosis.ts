/**
 * A whole diagnosis: facts, checks, correlation, report. The one entry for commands and screens.
 *
 * @module
 */

import type { Clock } from "../platform/mod.ts";
import { ApiCaller } from "./api/caller.ts";
import { PARALLEL_SLOTS, SERIAL_SLOTS } from "./api/call_slots.ts";
import type { ApiTransport } from "./api/transport.ts";
import { callerPermissions } from "./checks/iam_permissions.ts";
import { CHECKS } from "./checks/registry.ts";
import type { CheckDefinition, ItemId } from "./contracts.ts";
import { diagnosisExitCode, type ExitCode } from "./exit_code.ts";
import { type FactMemory, FactStore } from "./fact_store.ts";
import type { FactId } from "./facts/facts.ts";
import type { CheckParameters } from "./parameters.ts";
import type { Readers } from "./readers/reader.ts";
import { buildReport, newRunId } from "./report.ts";
import type { Report } from "./report_schema.ts";
import { rootCauses, withoutFindCause } from "./root_causes.ts";
import { PREDICTORS } from "./predictors/registry.ts";
import { type RunEvent, Runner, type RunOutcome } from "./runner.ts";
import { scoreExitCode, scoreOf } from "./scoring.ts";
import { summarize } from "./summary.ts";

/** What a diagnosis is made with. */
export interface DiagnosisParts {
  transport: ApiTransport;
  readers: Readers;
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
  version: string;
  memory?: FactMemory & { counts(): Report["cache"] } | undefined;
  log?: ((line: string) => void) | undefined;
}

export interface DiagnosisRequest {
  command: Report["command"];
  checks: readonly ItemId[];
  /** Listed under `dependencies`, in short form. */
  dependencies?: readonly ItemId[];
  disabled: ReadonlySet<ItemId>;
  parameters: CheckParameters;
  isParallel: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  /** Warnings make the exit code 1. */
  isStrict?: boolean | undefined;
  stopsOnCritical?: boolean | undefined;
  /** Ends the run with a score; undefined: without. */
  minimumScore?: number | undefined;
  onEvent?: ((event: RunEvent) => void) | undefined;
}

export interface Diagnosis {
  report: Report;
  exitCode: ExitCode;
  outcome: RunOutcome;
  /** For tests and `-v`: how often each call was made. */
  callCounts: ReadonlyMap<string, number>;
}

/** F7 and F6 decide how much the other findings weigh, whatever was asked. */
const CORRELATION_FACTS: readonly FactId[] = ["connection", "node"];

const ALL_ITEMS: readonly CheckDefinition[] = [...CHECKS, ...PREDICTORS];

/** Never rejects for what AWS answers; only for settings that contradict themselves. */
export async function diagnose(
  parts: DiagnosisParts,
  request: DiagnosisRequest,
): Promise<Diagnosis> {
  const { clock } = parts;
  const { parameters } = request;
  const startedAtMs = clock.epochMs();
  const startedMs = clock.nowMs();
  const caller = new ApiCaller({
    transport: parts.transport,
    clock,
    slots: request.isParallel ? PARALLEL_SLOTS : SERIAL_SLOTS,
    random: parts.random,
    log: parts.log,
  });
  const { readers, memory, log } = parts;
  const store = new FactStore({ readers, caller, parameters, memory, log });
  const wanted = new Set([...request.checks, ...request.dependencies ?? []]);
  const runner = new Runner({ store, clock, log }, {
    ...request,
    checks: definitionsOf(wanted, request.command),
    alsoRead: request.checks.some((id) => needsAws(id)) ? CORRELATION_FACTS : [],
  });
  const outcome = await withinRunCap(runner, request, clock);
  const own = withoutFindCause(
    outcome.results.filter(({ id }) => request.checks.includes(id)),
    parameters,
  );
  const score = request.minimumScore === undefined ? undefined : scoreOf(own, request.minimumScore);
  const exitCode = exitCodeFor(outcome, own, { score, isStrict: request.isStrict ?? false });
  const report = buildReport({
    command: request.command,
    version: parts.version,
    runId: newRunId(startedAtMs, crypto.getRandomValues(new Uint8Array(10))),
    startedAtMs,
    durationMs: clock.nowMs() - startedMs,
    isInterrupted: outcome.isInterrupted,
    parameters,
    facts: outcome.facts,
    summary: summarize(own, outcome.facts, exitCode),
    rootCauses: rootCauses(own, outcome.facts, parameters),
    results: request.command === "preventive" ? byPrediction(own) : own,
    dependencies: outcome.results.filter(({ id }) => !request.checks.includes(id)),
    score: score ?? null,
    errors: caller.errors,
    ...(memory === undefined ? {} : { cache: memory.counts() }),
  });
  return { report, exitCode, outcome, callCounts: caller.counts };
}

/** What bites first comes first; what has no time keeps its place in the table. */
function byPrediction(results: RunOutcome["results"]): RunOutcome["results"] {
  const at = ({ findings }: RunOutcome["results"][number]) =>
    Math.min(...findings.map(({ predictedAtMs }) => predictedAtMs ?? Infinity));
  return results.toSorted((a, b) => at(a) === at(b) ? 0 : at(a) - at(b));
}

function exitCodeFor(
  outcome: RunOutcome,
  own: RunOutcome["results"],
  { score, isStrict }: { score: Report["score"] | undefined; isStrict: boolean },
): ExitCode {
  if (outcome.isInterrupted) return 130;
  if (score !== undefined && score !== null) return scoreExitCode(score, own);
  return diagnosisExitCode(own, outcome.facts, { isStrict });
}

/** The whole run ends too: after four deadlines side by side, after one for each in turn. */
async function withinRunCap(
  runner: Runner,
  request: DiagnosisRequest,
  clock: Clock,
): Promise<RunOutcome> {
  const { isParallel, timeoutMs, checks, dependencies = [] } = request;
  const items = checks.length + dependencies.length;
  const capMs = isParallel ? 4 * timeoutMs : Math.max(1, items) * timeoutMs;
  const timer = clock.setTimeout(() => runner.endInTime(), capMs);
  try {
    return await runner.run();
  } finally {
    clock.clearTimeout(timer);
  }
}

/** The definitions of some checks, in the order of the catalogue. */
function definitionsOf(
  ids: ReadonlySet<ItemId>,
  command: DiagnosisRequest["command"],
): CheckDefinition[] {
  const wanted = ALL_ITEMS.filter(({ id }) => ids.has(id));
  if (command !== "precheck") return wanted;
  // It must be quick: what the instance's role may do is left to a whole diagnosis.
  return wanted.map((one) => one.id === callerPermissions.id ? callerPermissions : one);
}

function needsAws(id: ItemId): boolean {
  return ALL_ITEMS.find((check) => check.id === id)?.requires.aws ?? false;
}
