/**
 * How long the real command takes to diagnose, start of the process included, beside its budgets:
 * `precheck` under one second, `diagnose full --parallel` under two. Printed as a Markdown table.
 *
 * @module
 */
import { runCommand } from "../tests/support/command.ts";
import { median } from "./tunnel/measure.ts";
import { type BenchSandbox, startBenchSandbox } from "./tunnel/ours.ts";

const ROUNDS = 7;

/** What is diagnosed, and the exit code that shows it was. */
const CASES = [
  { args: ["precheck"], on: "web-1", code: 0, budgetMs: 1_000 },
  { args: ["diagnose", "full", "--parallel"], on: "web-1", code: 0, budgetMs: 2_000 },
  { args: ["diagnose", "full", "--no-parallel"], on: "web-1", code: 0, budgetMs: undefined },
  {
    args: ["diagnose", "full", "--parallel"],
    on: "endpoint-shadows-nat-1",
    code: 3,
    budgetMs: 2_000,
  },
  { args: ["diagnose", "full", "--parallel"], on: "two-causes-1", code: 3, budgetMs: 2_000 },
];

/** Prints the table; false when a command did not answer as it should. */
export async function benchDiagnosis(): Promise<boolean> {
  await using sandbox = await startBenchSandbox(true);
  // deno-lint-ignore no-console
  const print = (...cells: string[]) => console.log(`| ${cells.join(" | ")} |`);
  print("command", "on", "median", "slowest", "budget");
  print("---", "---", "---", "---", "---");
  let isComplete = true;
  for (const { args, on, code, budgetMs } of CASES) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { ms, code: found } = await timed([...args, on], sandbox);
      times.push(ms);
      isComplete &&= found === code;
    }
    const ms = (value: number) => `${Math.round(value)} ms`;
    const budget = budgetMs === undefined ? "none" : `under ${ms(budgetMs)}`;
    print(`\`${args.join(" ")}\``, on, ms(median(times)), ms(Math.max(...times)), budget);
  }
  return isComplete;
}

async function timed(args: string[], sandbox: BenchSandbox): Promise<{ ms: number; code: number }> {
  const startedMs = performance.now();
  const { code } = await runCommand(args, { env: sandbox.env });
  return { ms: performance.now() - startedMs, code };
}
