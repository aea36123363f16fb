/**
 * smux keep-alive on the agent's side: a NOP now and then, and the end after a whole silent period.
 *
 * Source: smux session.go keepalive; protocol text §7.3.2.
 *
 * @module
 */

export interface KeepAliveTiming {
  intervalMs: number;
  timeoutMs: number;
}

export interface SilenceEvents {
  sendNop(): void;
  /** Silence does not count while nothing can be read because targets are slow. */
  isExcused(): boolean;
  onSilence(): void;
}

export class SilenceWatch {
  readonly #timing: KeepAliveTiming;
  readonly #events: SilenceEvents;
  #hasHeard = false;
  #timers: number[] = [];

  constructor(timing: KeepAliveTiming, events: SilenceEvents) {
    this.#timing = timing;
    this.#events = events;
  }

  start(): void {
    this.#timers = [
      Number(setInterval(() => this.#events.sendNop(), this.#timing.intervalMs)),
      Number(setInterval(() => this.#endPeriod(), this.#timing.timeoutMs)),
    ];
  }

  /** A frame of any kind was received. */
  heard(): void {
    this.#hasHeard = true;
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  #endPeriod(): void {
    const wasSilent = !this.#hasHeard;
    this.#hasHeard = false;
    if (wasSilent && !this.#events.isExcused()) this.#events.onSilence();
  }
}
