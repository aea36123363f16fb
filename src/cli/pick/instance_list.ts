/**
 * A list of instances while it is fetched: what is remembered of the last time, replaced piece by piece.
 *
 * @module
 */

import type { AgentPing, AgentReport, Instance, ListedInstance } from "../../aws/mod.ts";

export class InstanceList {
  readonly #entries: Map<string, ListedInstance>;
  /** Ids that EC2 has named this time. */
  readonly #found = new Set<string>();
  readonly #reported = new Map<string, AgentPing>();
  /** What is true of an instance that no report has named. */
  #unreported: "as remembered" | "none" | "unknown" = "as remembered";

  /** @param remembered Shown until EC2 says otherwise. */
  constructor(remembered: readonly ListedInstance[] = []) {
    this.#entries = new Map(remembered.map((instance) => [instance.instanceId, instance]));
  }

  /** An instance that has not changed is the same object as before. */
  get instances(): ListedInstance[] {
    return [...this.#entries.values()];
  }

  /** A page of EC2's. */
  addInstances(instances: readonly Instance[]): void {
    for (const instance of instances) {
      const { instanceId, name, state, platform, privateIp, privateDns } = instance;
      this.#found.add(instanceId);
      const ping = this.#pingOf(instance, this.#entries.get(instanceId)?.ping);
      this.#put({ instanceId, name, state, ping, platform, privateIp, privateDns });
    }
  }

  /** EC2 has named all: the others are gone. */
  endInstances(): void {
    for (const id of this.#entries.keys()) if (!this.#found.has(id)) this.#entries.delete(id);
  }

  /** A page of Systems Manager's. */
  addReports(reports: readonly AgentReport[]): void {
    for (const { instanceId, ping } of reports) {
      this.#reported.set(instanceId, ping);
      const entry = this.#entries.get(instanceId);
      if (entry !== undefined) this.#put({ ...entry, ping });
    }
  }

  /**
   * No more reports will come.
   *
   * @param outcome `all`: whoever runs and was not named has no agent. `refused`: nobody can say.
   * `stopped`: what was remembered stays.
   */
  endReports(outcome: "all" | "refused" | "stopped"): void {
    if (outcome === "stopped") return;
    this.#unreported = outcome === "all" ? "none" : "unknown";
    for (const entry of this.#entries.values()) {
      this.#put({ ...entry, ping: this.#pingOf(entry, entry.ping) });
    }
  }

  #pingOf(
    { instanceId, state }: Pick<Instance, "instanceId" | "state">,
    remembered: AgentPing = "unknown",
  ): AgentPing {
    const reported = this.#reported.get(instanceId);
    if (reported !== undefined) return reported;
    if (this.#unreported === "as remembered") return remembered;
    // Systems Manager lists no instance that is stopped, whether it has an agent or not.
    return state === "running" ? this.#unreported : "unknown";
  }

  #put(entry: ListedInstance): void {
    const before = this.#entries.get(entry.instanceId);
    if (before === undefined || !isSame(before, entry)) this.#entries.set(entry.instanceId, entry);
  }
}

function isSame(a: ListedInstance, b: ListedInstance): boolean {
  return a.name === b.name && a.state === b.state && a.ping === b.ping &&
    a.platform === b.platform && a.privateIp === b.privateIp && a.privateDns === b.privateDns;
}
