/**
 * `connect -- COMMAND`: the user's own command, as long as the forwards.
 *
 * @module
 */

import type { Context } from "../context.ts";
import type { ConnectParts, Tunnel } from "./parts.ts";
import type { Tunnels } from "./tunnels.ts";

/**
 * Runs the command to its end, then closes the tunnels.
 *
 * @returns The command's own exit status.
 */
export async function runWithForwards(
  command: readonly string[],
  { tunnels, parts, context }: {
    tunnels: Tunnels;
    parts: Pick<ConnectParts, "startChild">;
    context: Context;
  },
): Promise<number> {
  const { io, reporter, stop } = context;
  // The program alone: its arguments may hold a password.
  reporter.log("debug", `running ${JSON.stringify(command[0])}`);
  const child = parts.startChild(command, { env: forwardEnvironment(tunnels.all) });
  const { terminal } = io;
  const sharesTerminal = terminal.stdin || terminal.stdout || terminal.stderr;
  let status: number;
  {
    using _diverted = stop.divert((signal) => {
      // The terminal sends Ctrl-C to the whole process group, so the command has it already. What it
      // makes of it is its own business: a database shell cancels a query and stays.
      if (signal === "SIGINT" && sharesTerminal) return;
      child.signal(signal);
    });
    status = await child.status;
  }
  reporter.log("debug", `the command ended with status ${status}`);
  await tunnels.close();
  return status;
}

/**
 * What the command is told: `EC2_CONNECT_LOCAL_HOST` and `EC2_CONNECT_LOCAL_PORT` of the first
 * forward, and `EC2_CONNECT_LOCAL_PORT_1`, `_2`, … of all in their order.
 */
export function forwardEnvironment(tunnels: readonly Tunnel[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [index, { ready }] of tunnels.entries()) {
    if (index === 0) {
      env["EC2_CONNECT_LOCAL_HOST"] = reachableAddress(ready.bind);
      env["EC2_CONNECT_LOCAL_PORT"] = String(ready.localPort);
    }
    env[`EC2_CONNECT_LOCAL_PORT_${index + 1}`] = String(ready.localPort);
  }
  return env;
}

/** "All addresses" is one to listen on, not one to connect to. */
function reachableAddress(bind: string): string {
  if (bind === "0.0.0.0") return "127.0.0.1";
  return /^[0:]+$/.test(bind) ? "::1" : bind;
}
