/**
 * Requests to stop: the first one asks a command to end cleanly, a second one leaves at once.
 *
 * @module
 */

import { SIGNAL_EXIT_CODES, type StopSignal } from "../platform/mod.ts";
import type { Io } from "./io.ts";

/** Why a command ended early: somebody asked for it. */
export class Stopped extends Error {
  readonly signal: StopSignal;
  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.name = "Stopped";
    this.signal = signal;
  }

  get exitCode(): number {
    return SIGNAL_EXIT_CODES[this.signal];
  }
}

/** Listens for requests to stop as long as a command runs. */
export class StopRequests implements Disposable {
  readonly #controller = new AbortController();
  readonly #second = Promise.withResolvers<number>();
  readonly #listening: Disposable;
  #divertTo: ((signal: StopSignal) => void) | undefined;

  constructor(io: Pick<Io, "onStopSignal">) {
    this.#listening = io.onStopSignal((signal) => this.#onSignal(signal));
  }

  /** Aborted at the first request, with a {@link Stopped} as reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Exit code to leave with at once: there was a second request. */
  get leaveAtOnce(): Promise<number> {
    return this.#second.promise;
  }

  /** As if a signal had come: a prompt reads Ctrl-C as a key. */
  request(signal: StopSignal): void {
    this.#onSignal(signal);
  }

  /** Hands all requests to `listener` until disposed: a child is in front and decides. */
  divert(listener: (signal: StopSignal) => void): Disposable {
    this.#divertTo = listener;
    return { [Symbol.dispose]: () => this.#divertTo = undefined };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #onSignal(signal: StopSignal): void {
    if (this.#divertTo !== undefined) this.#divertTo(signal);
    else if (!this.signal.aborted) this.#controller.abort(new Stopped(signal));
    else this.#second.resolve(SIGNAL_EXIT_CODES[signal]);
  }
}

/**
 * Resolves when one of `signals` is aborted. Call `stop` when it does not matter any more.
 *
 * Not by `AbortSignal.any`: up to Deno 2.6 its signal may be collected as garbage although somebody
 * listens to it, and then never fires.
 */
export function untilAborted(
  signals: readonly AbortSignal[],
): { aborted: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  for (const signal of signals) {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", onAbort);
  }
  const stop = () => {
    for (const signal of signals) signal.removeEventListener("abort", onAbort);
  };
  return { aborted: promise, stop };
}
