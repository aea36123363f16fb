/**
 * A whole diagnosis over made facts: the real engine, with readers that give what the test says.
 *
 * @module
 */
import { FactFailure } from "../../src/diagnostics/api/fact_failure.ts";
import type { FactCache } from "../../src/diagnostics/cache/fact_cache.ts";
import { diagnose, type DiagnosisRequest } from "../../src/diagnostics/diagnosis.ts";
import type { FactId, Facts } from "../../src/diagnostics/facts/facts.ts";
import type { CheckParameters } from "../../src/diagnostics/parameters.ts";
import type { Readers } from "../../src/diagnostics/readers/reader.ts";
import { fullChecks, predictors } from "../../src/diagnostics/selection.ts";
import type { Clock } from "../../src/platform/mod.ts";
import { systemClock } from "../../src/platform/mod.ts";
import { healthyFacts, healthyParameters } from "./facts.ts";

export interface MadeOptions {
  facts?: Partial<Facts>;
  parameters?: Partial<CheckParameters>;
  request?: Partial<DiagnosisRequest>;
  clock?: Clock;
  memory?: FactCache;
  /** Before a fact is given; rejecting or never ending is up to the test. */
  before?: (id: FactId, signal: AbortSignal) => Promise<void>;
}

/** Runs `full`, unless the request says otherwise. */
export async function madeDiagnosis(options: MadeOptions = {}) {
  const facts = healthyFacts(options.facts);
  const reads: FactId[] = [];
  const readers = new Proxy({}, {
    get: (_target, id: FactId) => async ({ signal }: { signal: AbortSignal }) => {
      reads.push(id);
      await options.before?.(id, signal);
      const fact = facts[id];
      if (fact.state !== "known") throw new FactFailure(fact);
      return fact.value;
    },
  }) as Readers;
  const parameters = healthyParameters(options.parameters);
  const isPreventive = options.request?.command === "preventive";
  const diagnosis = await diagnose({
    transport: { send: () => Promise.reject(new Error("no call is made")) },
    readers,
    clock: options.clock ?? systemClock,
    random: () => 0,
    version: "0.0.0",
    memory: options.memory,
  }, {
    command: "full",
    checks: isPreventive ? predictors({ hasLocalPort: true }) : fullChecks({ hasLocalPort: true }),
    disabled: new Set(),
    parameters,
    isParallel: true,
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    ...options.request,
  });
  return { ...diagnosis, reads };
}

/** Waits until it is given up. */
export function never(signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}
