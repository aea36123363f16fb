/**
 * How many calls may be under way at once, over all and for each service.
 *
 * @module
 */

import type { ServiceName } from "./transport.ts";

export interface SlotLimits {
  total: number;
  perService: Readonly<Record<ServiceName, number>>;
}

/** Source: amazon-ssm-agent agent/cli/clicommand/getdiagnostics.go, which runs five checks at a time. */
export const PARALLEL_SLOTS: SlotLimits = {
  total: 5,
  perService: { ec2: 5, ssm: 3, iam: 2, kms: 2, sts: 1 },
};

/** Strictly one call at a time. */
export const SERIAL_SLOTS: SlotLimits = {
  total: 1,
  perService: { ec2: 1, ssm: 1, iam: 1, kms: 1, sts: 1 },
};

interface Waiting {
  service: ServiceName;
  start(): void;
}

/** First come, first served, but a call whose service is full lets later ones of others pass. */
export class CallSlots {
  readonly #limits: SlotLimits;
  readonly #busy = new Map<ServiceName, number>();
  readonly #queue: Waiting[] = [];

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /**
   * Runs `work` when there is room.
   *
   * @throws The signal's reason, when it is aborted before the turn comes.
   */
  async run<T>(service: ServiceName, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    await this.#turn(service, signal);
    try {
      return await work();
    } finally {
      this.#busy.set(service, this.#busyOf(service) - 1);
      this.#next();
    }
  }

  #turn(service: ServiceName, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = {
      service,
      start: () => {
        signal.removeEventListener("abort", leave);
        this.#busy.set(service, this.#busyOf(service) + 1);
        resolve();
      },
    };
    const leave = () => {
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
      reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#queue.push(waiting);
    this.#next();
    return promise;
  }

  #next(): void {
    for (let index = 0; index < this.#queue.length;) {
      const { service } = this.#queue[index]!;
      if (!this.#hasRoom(service)) index += 1;
      else this.#queue.splice(index, 1)[0]!.start();
    }
  }

  #hasRoom(service: ServiceName): boolean {
    const total = [...this.#busy.values()].reduce((sum, count) => sum + count, 0);
    return total < this.#limits.total &&
      this.#busyOf(service) < this.#limits.perService[service];
  }

  #busyOf(service: ServiceName): number {
    return this.#busy.get(service) ?? 0;
  }
}
