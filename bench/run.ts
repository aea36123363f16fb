/**
 * Every benchmark: the pure parts with `deno bench`, whole tunnels, diagnoses, losses, then idle
 * sessions for a minute, printed as Markdown tables. Words choose:
 * `deno task bench pure tunnels diagnosis completion losses soak`.
 *
 * Budgets: docs/PERFORMANCE_OPTIMIZATION.md. Everything stays on loopback, bounded in size and time.
 *
 * @module
 */
import { V8_FLAGS } from "../.ci/permissions.ts";
import { benchCompletion } from "./completion.ts";
import { benchDiagnosis } from "./diagnosis.ts";
import { benchTunnels } from "./tunnel/tables.ts";

const PARTS = ["pure", "tunnels", "diagnosis", "completion", "losses", "soak"];
const chosen = new Set(Deno.args.length === 0 ? PARTS : Deno.args);
const unknown = [...chosen].filter((part) => !PARTS.includes(part));
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(", ")}; ${PARTS.join(", ")}`);
let isComplete = true;
if (chosen.has("pure")) {
  isComplete = await run(["bench", "--allow-all", "bench/protocol", "bench/tui"]);
}
if (chosen.has("tunnels")) isComplete = await benchTunnels() && isComplete;
if (chosen.has("diagnosis")) isComplete = await benchDiagnosis() && isComplete;
if (chosen.has("completion")) isComplete = await benchCompletion() && isComplete;
if (chosen.has("losses")) {
  isComplete = await run(["run", "--allow-all", "bench/losses.ts"]) && isComplete;
}
// A process of its own, with the flags of the executable: what the parts before left in memory is not
// the sessions'.
if (chosen.has("soak")) {
  isComplete = await run(["run", "--allow-all", V8_FLAGS, "bench/soak.ts"]) && isComplete;
}
Deno.exitCode = isComplete ? 0 : 1;

async function run(args: string[]): Promise<boolean> {
  return (await new Deno.Command(Deno.execPath(), { args }).spawn().status).success;
}
