/**
 * Ten sessions with heartbeats for a minute: idle CPU, memory above the floor, descriptors, timers.
 *
 *   deno run -A bench/soak.ts [--sessions N] [--seconds N]
 *
 * Prints a table and exits 1 when a budget is not kept. docs/PERFORMANCE_OPTIMIZATION.md has figures.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { DEFAULT_CONFIG } from "../src/config/mod.ts";
import { readProcessStatistics } from "../src/platform/mod.ts";
import { holdSessions, type SoakFigures } from "./soak/hold.ts";
import { startBenchSandbox } from "./tunnel/ours.ts";

const MB = 1_000_000;

const { values } = parseArgs({
  options: {
    sessions: { type: "string", default: "10" },
    seconds: { type: "string", default: "60" },
  },
});
// The first child of a process opens two descriptors that are kept for all others.
await (await startBenchSandbox(true))[Symbol.asyncDispose]();
const before = await readProcessStatistics();
const figures = await soak();
// The sandbox has ended: connections that were kept for another call are gone with it.
const descriptorsLeft = (await untilClosed(before.descriptors)) - (before.descriptors ?? 0);

const { max_memory_mb, max_cpu_percent } = DEFAULT_CONFIG.resources;
const { descriptors } = figures;
const addedMb = figures.addedBytes / MB;
const rows: [what: string, found: string, budget: string, isKept: boolean][] = [
  [
    "idle CPU",
    `${figures.cpuPercent.toFixed(2)} % of a core`,
    `at most ${max_cpu_percent} %`,
    figures.cpuPercent <= max_cpu_percent,
  ],
  [
    "memory added above the floor",
    `${addedMb.toFixed(1)} MB above ${(figures.floorBytes / MB).toFixed(1)} MB`,
    `at most ${max_memory_mb} MB`,
    addedMb <= max_memory_mb,
  ],
  [
    "descriptors while open",
    `${descriptors.least} to ${descriptors.most}`,
    "constant",
    descriptors.least === descriptors.most,
  ],
  ["messages acknowledged", String(figures.heartbeats), "more than none", figures.heartbeats > 0],
  ["sessions not active at a look", String(figures.disturbed), "none", figures.disturbed === 0],
  ["timers left at the end", String(figures.timersLeft), "none", figures.timersLeft === 0],
  ["descriptors left at the end", String(descriptorsLeft), "none", descriptorsLeft <= 0],
];
print(`\n### ${figures.sessions} idle sessions for ${figures.seconds} s\n`);
print("| what | measured | budget | |");
print("| --- | --- | --- | --- |");
for (const [what, found, budget, isKept] of rows) {
  print(`| ${what} | ${found} | ${budget} | ${isKept ? "kept" : "NOT KEPT"} |`);
}
Deno.exitCode = rows.every(([, , , isKept]) => isKept) ? 0 : 1;

async function soak(): Promise<SoakFigures> {
  await using sandbox = await startBenchSandbox(true);
  return await holdSessions(sandbox, {
    count: Number(values.sessions),
    seconds: Number(values.seconds),
  });
}

/** Descriptors now, or a little later, when as few are open as before. */
async function untilClosed(wanted = 0): Promise<number> {
  for (let attempt = 0;; attempt++) {
    const { descriptors = 0 } = await readProcessStatistics();
    if (descriptors <= wanted || attempt === 50) return descriptors;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function print(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}
