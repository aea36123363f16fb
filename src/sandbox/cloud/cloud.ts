/**
 * The account: its identities, which are the same everywhere, and its Regions.
 *
 * @module
 */
import { type AgentState, agentStateOf, roleOf } from "./agent_state.ts";
import { IamStore, type Identity } from "./iam_store.ts";
import type { Instance } from "./instance.ts";
import { awsPrefixLists } from "./prefix_lists.ts";
import { RegionCloud } from "./region.ts";

export class Cloud {
  readonly iam: IamStore;
  readonly createdAtMs: number;
  readonly #regions = new Map<string, RegionCloud>();

  constructor(createdAtMs: number) {
    this.createdAtMs = createdAtMs;
    this.iam = new IamStore(createdAtMs);
  }

  /** Every Region answers; those that nothing was seeded in are empty. */
  region(name: string): RegionCloud {
    const known = this.#regions.get(name);
    if (known !== undefined) return known;
    const region = new RegionCloud(name);
    for (const list of awsPrefixLists(name)) region.prefixLists.set(list.prefixListId, list);
    this.#regions.set(name, region);
    return region;
  }

  /** Of all Regions, in the order in which they were made. */
  get instances(): Instance[] {
    return [...this.#regions.values()].flatMap(({ instances }) => [...instances.values()]);
  }

  agentState(instance: Instance): AgentState {
    return agentStateOf(instance, { region: this.region(instance.region), iam: this.iam });
  }

  /** The role whose credentials an instance's agent uses; `undefined` when it has none. */
  roleOf(instance: Instance): Identity | undefined {
    const role = roleOf(instance, { region: this.region(instance.region), iam: this.iam });
    return typeof role === "string" ? undefined : role;
  }

  /**
   * Lets every agent that reaches the service report to it. Called after each change, so that a node
   * that loses its way keeps the time of its last ping.
   */
  settle(nowMs: number): void {
    for (const instance of this.instances) {
      if (!this.agentState(instance).pings) continue;
      instance.node = { lastPingMs: nowMs, agentVersion: instance.agent.version };
    }
  }
}
