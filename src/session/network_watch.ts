/**
 * Notices that the network is back, while a session waits for it.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import type { Clock } from "../platform/mod.ts";
import { withDeadline } from "./deadline.ts";

/**
 * Finds out whether the gateway's endpoint can be reached, as cheaply as possible.
 *
 * @throws When it cannot, or when `signal` is aborted.
 */
export type Probe = (streamUrl: string, signal: AbortSignal) => Promise<void>;

/** Between two looks. A returning network is used half a second later at most. */
const INTERVAL_MS = 500;
const PROBE_TIMEOUT_MS = 1_000;

export interface NetworkWatchOptions {
  probe: Probe;
  clock: Clock;
  /** The endpoint answers, and it had not before. */
  onBack(): void;
}

/**
 * Probes at intervals from `start` to `stop`. Only a change tells something: an endpoint that answers
 * all along while the service refuses is no reason to try sooner.
 */
export class NetworkWatch {
  readonly #options: NetworkWatchOptions;
  #stop: AbortController | undefined;
  #timer: number | undefined;
  #isAway = false;

  constructor(options: NetworkWatchOptions) {
    this.#options = options;
  }

  /** Whether the last look found nobody. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Does nothing when it is on. */
  start(streamUrl: string): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#isAway = false;
    this.#schedule(streamUrl, this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort(new AppError("bug", "nobody waits for the network any more"));
    this.#stop = undefined;
    this.#isAway = false;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(streamUrl: string, signal: AbortSignal): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#look(streamUrl, signal);
    }, INTERVAL_MS);
  }

  async #look(streamUrl: string, signal: AbortSignal): Promise<void> {
    const isThere = await this.#answers(streamUrl, signal);
    if (signal.aborted) return;
    const isBack = isThere && this.#isAway;
    this.#isAway = !isThere;
    this.#schedule(streamUrl, signal);
    if (isBack) this.#options.onBack();
  }

  async #answers(streamUrl: string, signal: AbortSignal): Promise<boolean> {
    const { probe, clock } = this.#options;
    try {
      await withDeadline((step) => probe(streamUrl, step), {
        clock,
        signal,
        timeoutMs: PROBE_TIMEOUT_MS,
        timeoutError: () => new AppError("network", "no answer to a probe"),
      });
      return true;
    } catch {
      return false;
    }
  }
}
