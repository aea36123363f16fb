/**
 * `resources` for a person.
 *
 * @module
 */
import { formatBytes } from "../connect/status_line.ts";
import { printable } from "../text.ts";
import type { HostResources } from "./resources_run.ts";

/** The hosts, one block each, with a line between them. */
export function resourcesLines(hosts: readonly HostResources[]): string[] {
  return hosts.flatMap((host, index) => [...(index === 0 ? [] : [""]), ...lines(host)]);
}

function lines(host: HostResources): string[] {
  const { memory, limits, exceeded, measures } = host;
  const where = host.background ? "in the background" : "in the foreground";
  const facts: [label: string, text: string][] = [
    ["sessions", String(host.sessions)],
    ["CPU", cpu(host)],
    [
      "memory",
      `${formatBytes(memory.added_bytes)} added by sessions (limit ${limits.max_memory_mb} MB), ` +
      `floor ${formatBytes(memory.floor_bytes)}, total ${formatBytes(memory.total_bytes)}`,
    ],
    ["descriptors", host.descriptors === null ? "not known here" : String(host.descriptors)],
    ["low power", host.low_power_mode ? host.low_power_changes.join("; ") : "off"],
    ...exceeded.map((limit): [string, string] => ["passed", `the limit of ${limit}`]),
    ...measures.map(({ since, text }): [string, string] => ["done", `${text} (since ${since})`]),
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  return [
    `Process ${host.host_pid}, ${where}`,
    ...facts.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`),
  ].map(printable);
}

function cpu({ cpu_percent, cpu_window_s, idle, limits }: HostResources): string {
  if (cpu_percent === null) return "not known yet";
  const limit = `limit of idle sessions ${limits.max_cpu_percent} %`;
  const use = idle ? "idle" : "carrying data";
  return `${cpu_percent} % of a core over ${Math.round(cpu_window_s)} s, ${use} (${limit})`;
}
