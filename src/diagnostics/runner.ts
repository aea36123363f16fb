/**
 * Runs checks over a fact store: which facts when, deadlines, what blocks what, and the order of the
 * report.
 *
 * The order in which answers come never shows: checks are pure, and results stand in the order of the
 * catalogue whether they ran side by side or one after the other.
 *
 * @module
 */

import { messageOf } from "../errors/mod.ts";
import type { Clock } from "../platform/mod.ts";
import { FactFailure } from "./api/fact_failure.ts";
import { LinkedAbort } from "./api/linked_abort.ts";
import { blockOf } from "./blocking.ts";
import type {
  CheckDefinition,
  CheckId,
  CheckOutcome,
  FactReader,
  ItemId,
  PredictorId,
} from "./contracts.ts";
import { correlate, type SeenFacts } from "./correlation.ts";
import type { FactStore } from "./fact_store.ts";
import { failed } from "./facts/fact.ts";
import type { FactId, Facts } from "./facts/facts.ts";
import { skipped, unknown } from "./findings.ts";
import type { CheckParameters } from "./parameters.ts";
import { type CacheUse, type CheckResult, resultOf } from "./results.ts";

/** What happens during a run, for who shows it. */
export type RunEvent =
  | { type: "run_started"; checks: readonly ItemId[] }
  | { type: "check_started"; check: ItemId }
  | { type: "check_finished"; result: CheckResult }
  | { type: "correlated"; results: readonly CheckResult[] };

export interface RunRequest {
  /** In the order of the report. */
  checks: readonly CheckDefinition[];
  disabled: ReadonlySet<ItemId>;
  parameters: CheckParameters;
  isParallel: boolean;
  /** Of each check, from when its facts begin to be read. */
  timeoutMs: number;
  /** Aborted: no more calls; what is not known by then is `aborted`. */
  signal: AbortSignal;
  onEvent?: ((event: RunEvent) => void) | undefined;
  /** End at the first critical that counts; what is not finished by then is `aborted`. */
  stopsOnCritical?: boolean | undefined;
  /** Facts beside those of the checks, for correlation. */
  alsoRead?: readonly FactId[] | undefined;
}

export interface RunOutcome {
  results: readonly CheckResult[];
  facts: SeenFacts;
  isInterrupted: boolean;
}

/** What the runner is given beside the request. */
export interface RunnerParts {
  store: FactStore;
  clock: Clock;
  log?: ((line: string) => void) | undefined;
}

/**
 * How long other checks wait for the one about credentials: with refused ones, nothing else may be
 * asked, but a hanging STS must not hold up the rest.
 */
const GATE_SHARE = 0.2;

/** What must be known before anything else is asked. */
const GATE: CheckId = "credentials";
const PREDICTOR_GATE: PredictorId = "expiring_credentials";

interface Evaluated {
  definition: CheckDefinition;
  outcome: CheckOutcome;
  facts: Partial<Facts>;
  blockedBy: CheckId | undefined;
  durationMs: number;
  revalidated: boolean;
}

/** One run. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #request: RunRequest;
  readonly #end = new AbortController();
  /** Aborted by the first critical, where that ends the run. */
  readonly #stop = new AbortController();
  #credentialsRefused = false;

  constructor(parts: RunnerParts, request: RunRequest) {
    this.#parts = parts;
    this.#request = request;
  }

  async run(): Promise<RunOutcome> {
    const { checks, onEvent, signal } = this.#request;
    onEvent?.({ type: "run_started", checks: checks.map(({ id }) => id) });
    // Whether a critical counts depends on it.
    if (this.#request.stopsOnCritical) await this.#readMore();
    const isFirst = ({ id }: CheckDefinition) => id === GATE || id === PREDICTOR_GATE;
    const first = checks.filter(isFirst);
    const rest = checks.filter((check) => !isFirst(check));
    const gate = this.#openGate(first);
    const evaluated = this.#request.isParallel
      ? await this.#inParallel(gate, rest)
      : await this.#inTurn(gate, rest);
    await this.#readMore();
    const all = this.#inOrder([...evaluated, ...await gate.done]);
    const fresh = await this.#revalidate(all);
    const results = correlate(fresh.map((one) => this.#resultOf(one)), this.#seenFacts());
    onEvent?.({ type: "correlated", results });
    return { results, facts: this.#seenFacts(), isInterrupted: signal.aborted };
  }

  /** Lets every check that is under way run into its deadline now. */
  endInTime(): void {
    this.#end.abort(new FactFailure(late));
  }

  /** Credentials first: `opened` when the others may go, `done` when the check is over. */
  #openGate(
    first: readonly CheckDefinition[],
  ): { opened: Promise<void>; done: Promise<Evaluated[]> } {
    const { clock } = this.#parts;
    const done = Promise.all(first.map(async (definition) => {
      const evaluated = await this.#evaluate(definition);
      this.#credentialsRefused = evaluated.outcome.findings.some(({ status }) =>
        status === "critical"
      );
      return evaluated;
    }));
    const late = Promise.withResolvers<void>();
    const timer = clock.setTimeout(late.resolve, this.#request.timeoutMs * GATE_SHARE);
    const opened = Promise.race([done.then(() => {}), late.promise])
      .finally(() => clock.clearTimeout(timer));
    return { opened, done };
  }

  async #inParallel(
    gate: { opened: Promise<void> },
    rest: readonly CheckDefinition[],
  ): Promise<Evaluated[]> {
    // Some that say something without AWS ask it all the same.
    const isLocal = ({ requires, actions }: CheckDefinition) =>
      !requires.aws && actions.length === 0;
    return await Promise.all(rest.map(async (definition) => {
      if (!isLocal(definition)) await gate.opened;
      return await this.#evaluate(definition);
    }));
  }

  async #inTurn(
    gate: { done: Promise<Evaluated[]> },
    rest: readonly CheckDefinition[],
  ): Promise<Evaluated[]> {
    await gate.done;
    const evaluated: Evaluated[] = [];
    for (const definition of rest) evaluated.push(await this.#evaluate(definition));
    return evaluated;
  }

  async #evaluate(definition: CheckDefinition): Promise<Evaluated> {
    const { clock } = this.#parts;
    const { onEvent, disabled } = this.#request;
    const startedMs = clock.nowMs();
    if (this.#stop.signal.aborted) {
      const judged = this.#judge(definition, {});
      return { definition, facts: {}, durationMs: 0, revalidated: false, ...judged };
    }
    if (disabled.has(definition.id)) return this.#disabled(definition);
    onEvent?.({ type: "check_started", check: definition.id });
    const facts = await this.#factsFor(definition);
    const judged = this.#judge(definition, facts);
    const durationMs = clock.nowMs() - startedMs;
    const evaluated = { definition, facts, durationMs, revalidated: false, ...judged };
    const result = this.#resultOf(evaluated);
    onEvent?.({ type: "check_finished", result });
    if (this.#request.stopsOnCritical) this.#stopIfCritical(result);
    return evaluated;
  }

  #stopIfCritical(result: CheckResult): void {
    const [effective] = correlate([result], this.#seenFacts());
    if (effective?.status === "critical") this.#stop.abort(new FactFailure(stopped));
  }

  #disabled(definition: CheckDefinition): Evaluated {
    const message = "Disabled in the settings: ec2-connect diagnose settings enable " +
      definition.id;
    const outcome = { planned: 1, findings: [skipped("DISABLED", "disabled", message)] };
    const blockedBy = undefined;
    return { definition, outcome, facts: {}, blockedBy, durationMs: 0, revalidated: false };
  }

  /** The check's verdict, or why there is none. */
  #judge(
    definition: CheckDefinition,
    facts: Partial<Facts>,
  ): Pick<Evaluated, "outcome" | "blockedBy"> {
    const { parameters, signal } = this.#request;
    const blocked = blockOf(definition, {
      facts,
      credentialsRefused: this.#credentialsRefused,
      isHybrid: parameters.isHybrid,
    });
    if (blocked !== undefined) return { outcome: blocked.outcome, blockedBy: blocked.by };
    if (signal.aborted || this.#stop.signal.aborted) {
      const findings = [skipped("ABORTED", "aborted", "Not finished: the diagnosis was stopped")];
      return { outcome: { planned: 1, findings }, blockedBy: undefined };
    }
    const outcome = this.#run(definition, facts);
    return { outcome: withTimeout(definition, outcome, facts), blockedBy: undefined };
  }

  #run(definition: CheckDefinition, facts: Partial<Facts>): CheckOutcome {
    const reader: FactReader = {
      get: (id) => {
        if (!definition.facts.includes(id) || !Object.hasOwn(facts, id)) {
          throw new TypeError(`check ${definition.id} does not declare fact ${id}`);
        }
        return (facts as Facts)[id];
      },
    };
    try {
      return definition.run(reader, this.#request.parameters);
    } catch (error) {
      // One check that stumbles over an answer must not take the others with it.
      this.#parts.log?.(`check ${definition.id}: ${error instanceof Error ? error.stack : error}`);
      const message = `The check failed over what AWS answered: ${messageOf(error)}`;
      return { planned: 1, findings: [unknown("CHECK_FAILED", "service_error", message)] };
    }
  }

  /** Reads what the check looks at, and what may block it, until its deadline. */
  async #factsFor(definition: CheckDefinition): Promise<Partial<Facts>> {
    const { clock, store } = this.#parts;
    const { signal, timeoutMs } = this.#request;
    using deadline = new LinkedAbort([signal, this.#end.signal, this.#stop.signal]);
    const timer = clock.setTimeout(() => deadline.abort(new FactFailure(late)), timeoutMs);
    try {
      const ids = new Set(definition.facts);
      const gates = gateFacts(definition);
      const read = async (id: FactId) => {
        const refused = this.#credentialsRefused && !WITHOUT_AWS.has(id);
        return [id, refused ? refusal : await store.get(id, deadline.signal)] as const;
      };
      const before = await Promise.all(gates.map(read));
      const known = Object.fromEntries(before) as Partial<Facts>;
      // What is blocked asks nothing more.
      if (this.#isBlocked(definition, known)) return known;
      const others = [...ids].filter((id) => !gates.includes(id));
      return { ...known, ...Object.fromEntries(await Promise.all(others.map(read))) };
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #isBlocked(definition: CheckDefinition, facts: Partial<Facts>): boolean {
    return blockOf(definition, {
      facts,
      credentialsRefused: this.#credentialsRefused,
      isHybrid: this.#request.parameters.isHybrid,
    }) !== undefined;
  }

  async #readMore(): Promise<void> {
    const { alsoRead = [], signal } = this.#request;
    if (this.#credentialsRefused) return;
    using either = new LinkedAbort([signal, this.#end.signal]);
    await Promise.all(alsoRead.map((id) => this.#parts.store.get(id, either.signal)));
  }

  /** A critical that rests on remembered facts is looked at again: memory may only delay good news. */
  async #revalidate(evaluated: readonly Evaluated[]): Promise<Evaluated[]> {
    const { store } = this.#parts;
    const stale = new Set<FactId>();
    for (const { outcome, facts } of evaluated) {
      if (!outcome.findings.some(({ status }) => status === "critical")) continue;
      for (const id of Object.keys(facts) as FactId[]) {
        if (store.ageOf(id) !== undefined) stale.add(id);
      }
    }
    if (stale.size === 0 || this.#request.signal.aborted) return [...evaluated];
    store.forget(stale);
    return await Promise.all(evaluated.map(async (before) => {
      const isTouched = Object.keys(before.facts).some((id) =>
        store.peek(id as FactId) === undefined
      );
      if (!isTouched) return before;
      const facts = await this.#factsFor(before.definition);
      const judged = this.#judge(before.definition, facts);
      return { ...before, ...judged, facts, revalidated: true };
    }));
  }

  #resultOf({ definition, outcome, facts, blockedBy, durationMs, revalidated }: Evaluated) {
    const cache = { ...this.#cacheUse(facts), revalidated };
    return resultOf(definition, outcome, { durationMs, cache, blockedBy });
  }

  #cacheUse(facts: Partial<Facts>): Omit<CacheUse, "revalidated"> {
    const ages = (Object.keys(facts) as FactId[]).map((id) => this.#parts.store.ageOf(id))
      .filter((age) => age !== undefined);
    if (ages.length === 0) return { used: false, oldestAgeMs: undefined, expiresAtMs: undefined };
    const nowMs = this.#parts.clock.epochMs();
    return {
      used: true,
      oldestAgeMs: nowMs - Math.min(...ages.map(({ storedAtMs }) => storedAtMs)),
      expiresAtMs: Math.min(...ages.map(({ expiresAtMs }) => expiresAtMs)),
    };
  }

  #inOrder(evaluated: readonly Evaluated[]): Evaluated[] {
    const order = this.#request.checks.map(({ id }) => id);
    return evaluated.toSorted((a, b) =>
      order.indexOf(a.definition.id) - order.indexOf(b.definition.id)
    );
  }

  #seenFacts(): SeenFacts {
    return this.#parts.store.known();
  }
}

/** Facts that are read without AWS, or that say what is wrong with the credentials. */
const WITHOUT_AWS: ReadonlySet<FactId> = new Set([
  "identity",
  "clock",
  "localCredentials",
  "regionChoice",
  "regionStatus",
  "localSessions",
  "clientProbes",
  "localPort",
  "localTools",
]);

const refusal = failed("auth_failed", "ask AWS", "it does not accept the credentials");
const stopped = failed(
  "aborted",
  "read the facts of the check",
  "a critical finding ended the run",
);
const late = failed("timeout", "read the facts of the check", "no answer before its deadline");

/** Facts that may block a check, whether or not it looks at them. */
function gateFacts({ requires }: CheckDefinition): FactId[] {
  const ids: FactId[] = [];
  if (requires.aws) ids.push("identity");
  if (requires.instance !== "none") ids.push("instance");
  return ids;
}

/** A check that ran out of time is never `ok`, however little was missing. */
function withTimeout(
  definition: CheckDefinition,
  outcome: CheckOutcome,
  facts: Partial<Facts>,
): CheckOutcome {
  const missing = definition.facts.filter((id) => {
    const fact = facts[id];
    return fact?.state === "failed" && fact.reason === "timeout";
  });
  if (missing.length === 0) return outcome;
  const isSaid = outcome.findings.some(({ status, primary }) =>
    primary && (status === "unknown" || status === "critical")
  );
  if (isSaid) return outcome;
  const finding = unknown(
    "TIMED_OUT",
    "timeout",
    `Not finished in time; missing: ${missing.join(", ")}`,
    {
      remediation: ["Run the diagnosis again with a longer --timeout"],
      evidence: { missing },
    },
  );
  return { ...outcome, findings: [finding, ...outcome.findings] };
}
