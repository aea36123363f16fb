/**
 * Facts, each read at most once a run and shared by all who ask.
 *
 * Who asks waits until a deadline of his own. A reading goes on as long as anybody waits for it, and is
 * given up when the last one left; what was given up is a fact too: `timeout`.
 *
 * @module
 */

import type { ApiCaller } from "./api/caller.ts";
import { FactFailure } from "./api/fact_failure.ts";
import { type Failed, failed, known } from "./facts/fact.ts";
import type { FactId, Facts, FactValue } from "./facts/facts.ts";
import type { CheckParameters } from "./parameters.ts";
import type { ReadContext, Reader, Readers } from "./readers/reader.ts";

/** Remembers facts from run to run. */
export interface FactMemory {
  /** The remembered value, if it is good for this run; `dependency` reads another fact. */
  recall<Id extends FactId>(
    id: Id,
    dependency: <Other extends FactId>(other: Other) => Promise<Facts[Other]>,
  ): Promise<{ value: FactValue<Id>; storedAtMs: number; expiresAtMs: number } | undefined>;
  /** @param dependencies What the reader looked at beside AWS's answers. */
  remember<Id extends FactId>(
    id: Id,
    value: FactValue<Id>,
    dependencies: Partial<Facts>,
  ): Promise<void>;
}

/** When a remembered fact was read, and until when it is good. */
export interface MemoryAge {
  storedAtMs: number;
  expiresAtMs: number;
}

export interface FactStoreParts {
  readers: Readers;
  caller: ApiCaller;
  parameters: CheckParameters;
  memory?: FactMemory | undefined;
  log?: ((line: string) => void) | undefined;
}

interface Reading {
  fact: Promise<Facts[FactId]>;
  /** Set once it is over. */
  settled: Facts[FactId] | undefined;
  waiting: number;
  givenUp: AbortController;
  dependencies: Set<FactId>;
}

export class FactStore {
  readonly #parts: FactStoreParts;
  readonly #readings = new Map<FactId, Reading>();
  readonly #ages = new Map<FactId, MemoryAge>();
  /** Facts that must not come from the memory. */
  readonly #fresh = new Set<FactId>();

  constructor(parts: FactStoreParts) {
    this.#parts = parts;
  }

  /**
   * The fact, read now if nobody asked before. Never rejects.
   *
   * @param signal Aborted: the answer is a `timeout` (or what the reason says), and whether the reading
   * goes on depends on the others who wait.
   */
  async get<Id extends FactId>(id: Id, signal: AbortSignal): Promise<Facts[Id]> {
    const settled = this.peek(id);
    if (settled !== undefined) return settled;
    if (signal.aborted) return failureOf(signal, id).fact as Facts[Id];
    const reading = this.#readings.get(id) ?? this.#start(id);
    const left = Promise.withResolvers<Facts[FactId]>();
    const leave = () => {
      left.resolve(failureOf(signal, id).fact as Facts[FactId]);
    };
    signal.addEventListener("abort", leave, { once: true });
    reading.waiting += 1;
    try {
      return await Promise.race([reading.fact, left.promise]) as Facts[Id];
    } finally {
      signal.removeEventListener("abort", leave);
      reading.waiting -= 1;
      if (reading.waiting === 0 && reading.settled === undefined) {
        reading.givenUp.abort(failureOf(signal, id));
      }
    }
  }

  /** What is known by now, without asking. */
  peek<Id extends FactId>(id: Id): Facts[Id] | undefined {
    return this.#readings.get(id)?.settled as Facts[Id] | undefined;
  }

  /** Everything that is known by now. */
  known(): Partial<Facts> {
    const settled = [...this.#readings].filter(([, { settled }]) => settled !== undefined);
    return Object.fromEntries(settled.map(([id, reading]) => [id, reading.settled]));
  }

  /** How old a fact is that came from the memory; undefined for one that was read in this run. */
  ageOf(id: FactId): MemoryAge | undefined {
    return this.#ages.get(id);
  }

  /** Forgets facts, and those that were read by their means: who asks next has them read anew. */
  forget(ids: Iterable<FactId>): void {
    const gone = new Set(ids);
    for (let grew = true; grew;) {
      grew = false;
      for (const [id, { dependencies }] of this.#readings) {
        if (gone.has(id) || ![...dependencies].some((other) => gone.has(other))) continue;
        gone.add(id);
        grew = true;
      }
    }
    for (const id of gone) {
      this.#readings.delete(id);
      this.#ages.delete(id);
      this.#fresh.add(id);
    }
  }

  #start(id: FactId): Reading {
    const givenUp = new AbortController();
    const reading: Reading = {
      fact: Promise.resolve() as never,
      settled: undefined,
      waiting: 0,
      givenUp,
      dependencies: new Set(),
    };
    this.#readings.set(id, reading);
    reading.fact = this.#read(id, reading).then((fact) => reading.settled = fact);
    return reading;
  }

  async #read(id: FactId, reading: Reading): Promise<Facts[FactId]> {
    const { memory, readers, log } = this.#parts;
    const signal = reading.givenUp.signal;
    const dependency = <Other extends FactId>(other: Other): Promise<Facts[Other]> => {
      reading.dependencies.add(other);
      return this.get(other, signal);
    };
    try {
      if (memory !== undefined && !this.#fresh.has(id)) {
        const remembered = await memory.recall(id, dependency);
        if (remembered !== undefined) {
          const { storedAtMs, expiresAtMs } = remembered;
          this.#ages.set(id, { storedAtMs, expiresAtMs });
          return known(remembered.value) as Facts[FactId];
        }
      }
      reading.dependencies.clear();
      const read = readers[id] as Reader<FactId>;
      const value = await read(this.#context(dependency, signal));
      await memory?.remember(id, value, this.#settledOf(reading.dependencies));
      return known(value) as Facts[FactId];
    } catch (error) {
      if (error instanceof FactFailure) return error.fact as Facts[FactId];
      if (signal.aborted) return failureOf(signal, id).fact as Facts[FactId];
      // A reader that stumbles over an answer must not take the run with it.
      log?.(`fact ${id}: ${error instanceof Error ? error.stack ?? error.message : error}`);
      const detail = "the answer could not be read";
      return failed("service_error", `read ${id}`, detail) as Failed as Facts[FactId];
    }
  }

  #context(dependency: ReadContext["fact"], signal: AbortSignal): ReadContext {
    const { caller, parameters } = this.#parts;
    return {
      parameters,
      signal,
      fact: dependency,
      value: async (id) => {
        const fact = await dependency(id);
        if (fact.state !== "known") throw new FactFailure(fact);
        return fact.value as FactValue<typeof id>;
      },
      call: (service, action, input, options) =>
        caller.call(service, action, input, { signal, ...options }),
    };
  }

  #settledOf(ids: Iterable<FactId>): Partial<Facts> {
    return Object.fromEntries([...ids].map((id) => [id, this.peek(id)]));
  }
}

/** What a reading becomes that was given up: the reason if it is one of ours, else a timeout. */
function failureOf(signal: AbortSignal, id: FactId): FactFailure {
  if (signal.reason instanceof FactFailure) return signal.reason;
  const detail = "not read before the deadline of the check";
  return new FactFailure(failed("timeout", `read ${id}`, detail));
}
