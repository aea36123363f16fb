/**
 * How long a press of Tab waits for the real command, start of the process included, beside
 * `--version`: with 5,000 remembered instances. Budget: 100 ms. Printed as a Markdown table.
 *
 * @module
 */
import { instanceCachePath, writeInstanceCache } from "../src/aws/mod.ts";
import { runCommand } from "../tests/support/command.ts";
import { median } from "./tunnel/measure.ts";

const ROUNDS = 15;
const INSTANCES = 5_000;
const BUDGET_MS = 100;

/** What is completed, and candidates that must come. */
const CASES = [
  { about: "`--version`", args: ["--version"], lines: 1 },
  { about: "a command", args: ["__complete", "fish", "con"], lines: 3 },
  { about: "an option", args: ["__complete", "fish", "connect", "--"], lines: 10 },
  {
    about: "one instance of 5,000",
    args: ["__complete", "fish", "connect", "server 4999"],
    lines: 2,
  },
  { about: "all 5,000 instances", args: ["__complete", "fish", "connect", ""], lines: INSTANCES },
];

/** Prints the table; false when a command did not answer as it should. */
export async function benchCompletion(): Promise<boolean> {
  const home = await Deno.makeTempDir({ prefix: "ec2-connect-bench-" });
  try {
    const env = { HOME: home, LOCALAPPDATA: home, XDG_CACHE_HOME: home, AWS_REGION: "us-east-1" };
    await rememberInstances(env);
    // deno-lint-ignore no-console
    const print = (...cells: string[]) => console.log(`| ${cells.join(" | ")} |`);
    print("completed", "median", "to `--version`", "budget");
    print("---", "---", "---", "---");
    let isComplete = true;
    let floorMs: number | undefined;
    for (const { about, args, lines } of CASES) {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const startedMs = performance.now();
        const { code, stdout } = await runCommand(args, {
          env: { ...env, DENO_DIR: Deno.env.get("DENO_DIR") ?? "" },
        });
        times.push(performance.now() - startedMs);
        isComplete &&= code === 0 && stdout.split("\n").length >= lines;
      }
      floorMs ??= median(times);
      const ratio = (median(times) / floorMs).toFixed(2);
      print(about, `${Math.round(median(times))} ms`, ratio, `${BUDGET_MS} ms`);
    }
    return isComplete;
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function rememberInstances(env: Record<string, string>): Promise<void> {
  const path = await instanceCachePath({}, { os: Deno.build.os, env });
  if (path === undefined) throw new Error("no folder for the list");
  const instances = Array.from({ length: INSTANCES }, (_, index) => ({
    instanceId: `i-${index.toString(16).padStart(17, "0")}`,
    name: `server ${index}`,
    state: "running" as const,
    ping: "online" as const,
    platform: "linux" as const,
    privateIp: `10.0.${index >> 8}.${index & 255}`,
    privateDns: undefined,
  }));
  await writeInstanceCache(path, { atMs: Date.now(), instances });
}
