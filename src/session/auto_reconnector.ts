/**
 * Waits and tries, when the session's machine says so: in turn with other sessions, and sooner when
 * the network comes back.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import { wait } from "./deadline.ts";
import type { Priority } from "./hosted.ts";
import { NetworkWatch, type Probe } from "./network_watch.ts";
import { reconnectDelayMs, type ReconnectPolicy } from "./reconnect_delay.ts";
import type { ReconnectGate } from "./reconnect_gate.ts";

export interface AutoReconnectorOptions {
  policy: ReconnectPolicy;
  priority: Priority;
  gate: ReconnectGate;
  /** Undefined: no wait ends early. */
  probe: Probe | undefined;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
}

/** An attempt that was given up because the network had come back meanwhile. */
export const OVERTAKEN = Symbol("overtaken");

/** Of one session. The machine sees to it that one thing at a time is asked of it. */
export class AutoReconnector {
  readonly #options: AutoReconnectorOptions;
  readonly #watch: NetworkWatch | undefined;
  /** Ends what is on: a wait, or an attempt that began before the network was back. */
  #onBack: () => void = () => {};
  #endWait: () => void = () => {};

  constructor(options: AutoReconnectorOptions) {
    this.#options = options;
    const { probe, clock } = options;
    this.#watch = probe && new NetworkWatch({ probe, clock, onBack: () => this.#onBack() });
  }

  /** The connection is lost: the network is watched from now on. */
  begin(streamUrl: string): void {
    this.#watch?.start(streamUrl);
  }

  /** There is a connection, or nobody wants one any more. */
  end(): void {
    this.#watch?.stop();
  }

  /**
   * Waits before the next of `attempts` in a row, shorter when the network comes back or `hurry` is
   * called, longer while the endpoint is known not to answer: an attempt would only be used up.
   *
   * @throws The signal's reason.
   */
  async wait(attempts: number, signal: AbortSignal): Promise<void> {
    const { policy, random, clock } = this.#options;
    const early = this.#endsEarly(signal);
    this.#endWait = early.end;
    this.#onBack = early.end;
    try {
      const delayMs = reconnectDelayMs(attempts, policy, random);
      await wait(delayMs, { clock, signal: early.signal });
      if (this.#watch?.isAway) await wait(policy.maxDelayMs, { clock, signal: early.signal });
    } catch (reason) {
      if (reason !== OVERTAKEN) throw reason;
    } finally {
      early.release();
      this.#endWait = () => {};
      this.#onBack = () => {};
    }
  }

  /** Ends a wait that is on. */
  hurry(): void {
    this.#endWait();
  }

  /**
   * Makes one attempt, when it is its turn.
   *
   * @param attempt Has deadlines of its own, and ends with its signal's reason.
   * @throws What `attempt` throws, or the signal's reason; {@link OVERTAKEN} when it still hung as the
   * network came back: what it hangs on may be a connection of the old network.
   */
  async attempt<T>(
    attempt: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { gate, priority } = this.#options;
    using _turn = await gate.enter(priority, signal);
    const early = this.#endsEarly(signal);
    this.#onBack = early.end;
    try {
      return await attempt(early.signal);
    } finally {
      early.release();
      this.#onBack = () => {};
    }
  }

  /** A signal that is aborted with the given one, or by `end` with {@link OVERTAKEN}. */
  #endsEarly(signal: AbortSignal): { signal: AbortSignal; end(): void; release(): void } {
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    return {
      signal: controller.signal,
      end: () => controller.abort(OVERTAKEN),
      release: () => signal.removeEventListener("abort", onAbort),
    };
  }
}
