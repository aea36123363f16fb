/**
 * Instances as rows of a picker: their order, their columns, and which can be chosen.
 *
 * @module
 */

import type { AgentPing, ListedInstance } from "../../aws/mod.ts";
import { type PickerColumn, type PickerRow, pickerRow } from "../../tui/mod.ts";
import { printable } from "../text.ts";

/** Left out from the last where the terminal is narrow, before names are cut much. */
export const INSTANCE_COLUMNS: readonly PickerColumn[] = [
  { title: "NAME" },
  { title: "INSTANCE", leavesFirst: 8 },
  { title: "STATE", leavesFirst: 20 },
  { title: "AGENT", leavesFirst: 20 },
  { title: "PLATFORM", leavesFirst: 20 },
  { title: "PRIVATE IP", leavesFirst: 20 },
];

const PING_WORDS: Readonly<Record<AgentPing, string>> = {
  "online": "online",
  "connection-lost": "lost",
  "inactive": "inactive",
  "none": "no agent",
  "unknown": "-",
};

const byName = new Intl.Collator("en", { numeric: true });

/** Makes rows; an instance that is the same object as before keeps its row. */
export class InstanceRows {
  readonly #lastUsed: ReadonlyMap<string, number>;
  readonly #rows = new WeakMap<ListedInstance, PickerRow>();

  /** @param lastUsed When instances were last connected to, epoch ms. */
  constructor(lastUsed: ReadonlyMap<string, number>) {
    this.#lastUsed = lastUsed;
  }

  /** Last used first, then those that can be reached, by name; those that do not run come last. */
  of(instances: readonly ListedInstance[]): PickerRow[] {
    const sorted = instances.toSorted((a, b) =>
      this.#lastUsedMs(b) - this.#lastUsedMs(a) || reach(a) - reach(b) ||
      byName.compare(a.name ?? LAST_NAME, b.name ?? LAST_NAME) ||
      (a.instanceId < b.instanceId ? -1 : 1)
    );
    return sorted.map((instance) => {
      const known = this.#rows.get(instance);
      if (known !== undefined) return known;
      const row = rowOf(instance);
      this.#rows.set(instance, row);
      return row;
    });
  }

  #lastUsedMs({ instanceId }: ListedInstance): number {
    return this.#lastUsed.get(instanceId) ?? 0;
  }
}

/** Sorts behind every name. */
const LAST_NAME = "\uffff";

function reach({ state, ping }: ListedInstance): number {
  if (state !== "running") return 2;
  // One whose agent nobody has asked about yet is likelier well than not.
  return ping === "online" || ping === "unknown" ? 0 : 1;
}

function rowOf(instance: ListedInstance): PickerRow {
  const { instanceId, name, state, ping, platform, privateIp, privateDns } = instance;
  return pickerRow({
    id: instanceId,
    cells: [name ?? "-", instanceId, state, PING_WORDS[ping], platform, privateIp ?? "-"]
      .map(printable),
    keys: [instanceId, ...(name === undefined ? [] : [printable(name)])],
    alsoFoundBy: privateDns === undefined ? [] : [printable(privateDns)],
    isDim: state !== "running",
    refusal: refusalOf(instance),
  });
}

/** An agent that seems lost is no reason to refuse: it may be back, and connecting tells why not. */
function refusalOf({ instanceId, state }: ListedInstance): string | undefined {
  switch (state) {
    case "running":
      return undefined;
    case "stopped":
      return `It is stopped: aws ec2 start-instances --instance-ids ${instanceId}`;
    case "stopping":
      return "It is stopping: start it when it has stopped";
    case "pending":
      return "It is starting: try again in a moment";
    case "shutting-down":
    case "terminated":
      return "It is being terminated for good: choose another";
    default:
      return state satisfies never;
  }
}
