/**
 * Calls as facts need them: limited, paced, tried again where that helps, counted, and their failures
 * in the words of facts.
 *
 * @module
 */

import { classifyAwsError } from "../../aws/mod.ts";
import type { Clock } from "../../platform/mod.ts";
import type { ReasonCode } from "../contracts.ts";
import { failed } from "../facts/fact.ts";
import { CallSlots, type SlotLimits } from "./call_slots.ts";
import { FactFailure, failureOfCall } from "./fact_failure.ts";
import { LinkedAbort } from "./linked_abort.ts";
import type { ActionOf, ApiInput, ApiOutput, ApiTransport, ServiceName } from "./transport.ts";

/** A call that failed in the end, for the report. */
export interface CallError {
  /** `iam:SimulatePrincipalPolicy`. */
  call: string;
  reason: ReasonCode;
  httpStatus: number | undefined;
  requestId: string | undefined;
  attempts: number;
}

export interface CallOptions {
  signal: AbortSignal;
  /** Another Region than the command's. */
  region?: string | undefined;
  /** The diagnosis gets by without it: a failing service is asked again once, not three times. */
  isOptional?: boolean | undefined;
}

export interface CallerParts {
  transport: ApiTransport;
  clock: Clock;
  slots: SlotLimits;
  /** From 0 to 1, for the jitter. */
  random: () => number;
  log?: ((line: string) => void) | undefined;
}

const ATTEMPTS = 4;
const OPTIONAL_ATTEMPTS = 2;
const BACKOFF_BASE_MS = 250;
const BACKOFF_CAP_MS = 4_000;
/** Of one request, with its connection: what `fetch` cannot tell apart. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Half of the rates that AWS publishes for an account and Region, as times between calls.
 *
 * Source: AWS General Reference, Systems Manager quotas, Session Manager.
 */
const INTERVALS_MS: Readonly<Record<string, number>> = {
  "ssm:DescribeSessions": 1000 / 3,
  "ssm:GetConnectionStatus": 1000 / 25,
};

/** One per run. */
export class ApiCaller {
  readonly #parts: CallerParts;
  readonly #slots: CallSlots;
  readonly #counts = new Map<string, number>();
  readonly #notBeforeMs = new Map<string, number>();
  readonly #errors: CallError[] = [];

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.#slots = new CallSlots(parts.slots);
  }

  /** Calls by name, each page one and attempts not counted. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Sorted by call, so that the order in which answers come does not show. */
  get errors(): readonly CallError[] {
    return this.#errors.toSorted((a, b) => a.call < b.call ? -1 : a.call > b.call ? 1 : 0);
  }

  /** @throws {FactFailure} When it failed in the end. */
  async call<S extends ServiceName, A extends ActionOf<S>>(
    service: S,
    action: A,
    input: ApiInput<S, A>,
    options: CallOptions,
  ): Promise<ApiOutput<S, A>> {
    const name = `${service}:${action}`;
    const { clock, transport } = this.#parts;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    for (let attempt = 1;; attempt++) {
      try {
        await this.#pace(name, options.signal);
        return await this.#slots.run(service, options.signal, async () => {
          using limit = new LinkedAbort([options.signal]);
          const timer = clock.setTimeout(() => limit.abort(timedOut()), REQUEST_TIMEOUT_MS);
          try {
            const { signal } = limit;
            return await transport.send(service, action, input, { signal, region: options.region });
          } finally {
            clock.clearTimeout(timer);
          }
        });
      } catch (error) {
        if (options.signal.aborted) throw abortedCall(name, options.signal);
        const failure = classifyAwsError(error, clock.epochMs());
        const isWorthIt = attempt < attemptsFor(failure.class, options.isOptional ?? false);
        this.#parts.log?.(`${name}: ${failure.class}, attempt ${attempt}: ${failure.detail}`);
        if (!isWorthIt) {
          const thrown = failureOfCall(name, failure);
          // That something does not exist is an answer.
          if (!thrown.isNotFound) this.#note(name, thrown, failure, attempt);
          throw thrown;
        }
        await sleep(clock, backoffMs(attempt, this.#parts.random()), options.signal)
          .catch(() => {
            throw abortedCall(name, options.signal);
          });
      }
    }
  }

  #note(
    call: string,
    { fact }: FactFailure,
    failure: { httpStatus: number | undefined; requestId: string | undefined },
    attempts: number,
  ): void {
    const reason: ReasonCode = fact.state === "denied" ? "access_denied" : fact.reason;
    const { httpStatus, requestId } = failure;
    this.#errors.push({ call, reason, httpStatus, requestId, attempts });
  }

  async #pace(name: string, signal: AbortSignal): Promise<void> {
    const intervalMs = INTERVALS_MS[name];
    if (intervalMs === undefined) return;
    const nowMs = this.#parts.clock.nowMs();
    const atMs = Math.max(nowMs, this.#notBeforeMs.get(name) ?? nowMs);
    this.#notBeforeMs.set(name, atMs + intervalMs);
    if (atMs > nowMs) await sleep(this.#parts.clock, atMs - nowMs, signal);
  }
}

function attemptsFor(reason: string, isOptional: boolean): number {
  if (reason === "service_error" && isOptional) return OPTIONAL_ATTEMPTS;
  return ["throttled", "service_error", "network"].includes(reason) ? ATTEMPTS : 1;
}

/** Full jitter: anywhere between nothing and the whole pause, which doubles. */
export function backoffMs(attempt: number, random: number): number {
  return random * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1));
}

function timedOut(): DOMException {
  return new DOMException("no answer in time", "TimeoutError");
}

/** What becomes of a call that its run or its item gave up. */
function abortedCall(name: string, signal: AbortSignal): FactFailure {
  const reason: unknown = signal.reason;
  if (reason instanceof FactFailure) return reason;
  return new FactFailure(failed("timeout", name, "no answer before the deadline of the check"));
}

function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.reject(signal.reason);
  const id = clock.setTimeout(() => {
    signal.removeEventListener("abort", leave);
    resolve();
  }, delayMs);
  const leave = () => {
    clock.clearTimeout(id);
    reject(signal.reason);
  };
  signal.addEventListener("abort", leave, { once: true });
  return promise;
}
