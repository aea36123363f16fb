/**
 * The faults that are on.
 *
 * @module
 */
import type { ServiceName } from "../aws/api_error.ts";
import type { Instance } from "../cloud/instance.ts";
import type { NamedPolicy } from "../cloud/policy.ts";
import type { ActiveFault, ExpireCredentials, FaultScope, LastingFault } from "./fault.ts";

/** What a fault may strike: one session of one instance. */
export interface Struck {
  instance: Pick<Instance, "instanceId" | "tags">;
  /** `undefined` before the session exists. */
  sessionId?: string;
}

export type FaultNamed<N extends string> = Extract<LastingFault, { fault: N }>;

type ApiFault = FaultNamed<"hang_api" | "delay_api" | "api_error" | "html_answer">;

/** Whether a fault limited to `scope` strikes there. */
export function isInScope(scope: FaultScope, struck: Struck): boolean {
  if (scope.session !== undefined && scope.session !== struck.sessionId) return false;
  const { instanceId, tags } = struck.instance;
  return scope.instance === undefined || scope.instance === instanceId ||
    scope.instance === tags["Name"];
}

export class FaultRegistry {
  readonly #active = new Map<number, ActiveFault>();
  readonly #listeners = new Set<() => void>();
  #nextId = 1;
  /** Changes whenever a fault is added or ends; for caches. */
  version = 0;

  list(): ActiveFault[] {
    return [...this.#active.values()].map((active) => ({ ...active }));
  }

  add(fault: LastingFault | ExpireCredentials): number {
    const id = this.#nextId++;
    const remaining = "count" in fault ? fault.count : undefined;
    this.#active.set(id, { id, fault, remaining, strikes: 0 });
    this.#changed();
    return id;
  }

  /** Ends one fault or all; returns how many that were. */
  clear(id?: number): number {
    const before = this.#active.size;
    if (id === undefined) this.#active.clear();
    else this.#active.delete(id);
    if (this.#active.size !== before) this.#changed();
    return before - this.#active.size;
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The faults of this name that strike there, without counting a strike. */
  matching(name: LastingFault["fault"], struck: Struck): ActiveFault[] {
    return [...this.#active.values()].filter(({ fault }) =>
      fault.fault === name && isInScope(fault as FaultScope, struck)
    );
  }

  /** Lets the first fault of this name strike; `undefined` when there is none. */
  take<N extends LastingFault["fault"]>(name: N, struck: Struck): FaultNamed<N> | undefined {
    const active = this.matching(name, struck)[0];
    if (active === undefined) return undefined;
    this.strike(active);
    return active.fault as FaultNamed<N>;
  }

  /** Like `take`, for faults of API requests. */
  takeApi<N extends ApiFault["fault"]>(
    name: N,
    call: { service: ServiceName; operation: string },
  ): FaultNamed<N> | undefined {
    for (const active of this.#active.values()) {
      if (active.fault.fault !== name) continue;
      const fault = active.fault as ApiFault;
      if (fault.service !== undefined && fault.service !== call.service) continue;
      if (fault.operation !== undefined && fault.operation !== call.operation) continue;
      this.strike(active);
      return fault as FaultNamed<N>;
    }
    return undefined;
  }

  /** Policies that say what the caller is denied. */
  get denials(): NamedPolicy[] {
    return [...this.#active.values()].flatMap(({ id, fault }) => {
      if (fault.fault !== "deny") return [];
      const { actions, resource = "*" } = fault;
      const statement = { Effect: "Deny", Action: actions, Resource: resource };
      return [{ name: `fault-${id}`, document: JSON.stringify({ Statement: [statement] }) }];
    });
  }

  /** The sum of all clock skews, in ms. */
  get clockSkewMs(): number {
    let total = 0;
    for (const { fault } of this.#active.values()) {
      if (fault.fault === "clock_skew") total += fault.ms;
    }
    return total;
  }

  get isUserKeyExpired(): boolean {
    return this.#isOn("expire_credentials");
  }

  get isGatewayDown(): boolean {
    return this.#isOn("gateway_down");
  }

  /** Counts a strike; the fault ends with its last one. */
  strike(active: ActiveFault): void {
    const own = this.#active.get(active.id);
    if (own === undefined) return;
    own.strikes++;
    if (own.remaining === undefined) return;
    own.remaining--;
    if (own.remaining === 0) this.clear(own.id);
  }

  #isOn(name: ActiveFault["fault"]["fault"]): boolean {
    return [...this.#active.values()].some(({ fault }) => fault.fault === name);
  }

  #changed(): void {
    this.version++;
    for (const listener of [...this.#listeners]) listener();
  }
}
