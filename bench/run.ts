/**
 * Every benchmark: the pure parts with `deno bench`, then whole tunnels, printed as Markdown tables.
 *
 * Budgets: docs/PERFORMANCE_OPTIMIZATION.md. Everything stays on loopback, bounded in size and time.
 *
 * @module
 */
import { benchTunnels } from "./tunnel/tables.ts";

const micro = await new Deno.Command(Deno.execPath(), {
  args: ["bench", "--allow-all", "bench/protocol"],
}).spawn().status;
const isComplete = await benchTunnels();
Deno.exitCode = micro.success && isComplete ? 0 : 1;
