/**
 * The live line at the bottom of the terminal while tunnels are open.
 *
 * @module
 */

import type { SessionStatistics } from "../../session/mod.ts";
import type { Context } from "../context.ts";
import type { Tunnels } from "./tunnels.ts";

const INTERVAL_MS = 1_000;

/**
 * Keeps the line up to date until disposed. Does nothing where no person would see it, or wants to.
 */
export function showStatusLine(tunnels: Tunnels, context: Context): Disposable {
  const { io, globals, reporter } = context;
  const isDumb = io.env["TERM"] === "dumb";
  if (!io.terminal.stderr || globals.quiet || isDumb || reporter.format !== "text") {
    return { [Symbol.dispose]() {} };
  }
  let before = total(tunnels);
  let beforeMs = io.clock.nowMs();
  let timer: number;
  const tick = () => {
    const now = total(tunnels);
    const nowMs = io.clock.nowMs();
    const text = statusText({ states: tunnels.states, now, before, elapsedMs: nowMs - beforeMs });
    // The last column stays free: a full line would wrap, and clearing would miss its first half.
    reporter.status(text.slice(0, Math.max(0, io.columns() - 1)));
    [before, beforeMs] = [now, nowMs];
    timer = io.clock.setTimeout(tick, INTERVAL_MS);
  };
  timer = io.clock.setTimeout(tick, INTERVAL_MS);
  return {
    [Symbol.dispose]() {
      io.clock.clearTimeout(timer);
      reporter.status("");
    },
  };
}

type Total = Pick<SessionStatistics, "bytesIn" | "bytesOut" | "roundTripMs" | "openConnections">;

/** Counters summed; of the round trips the longest. */
function total(tunnels: Tunnels): Total {
  const sum: Total = { bytesIn: 0, bytesOut: 0, roundTripMs: undefined, openConnections: 0 };
  for (const tunnel of tunnels.all) {
    const { bytesIn, bytesOut, roundTripMs, openConnections } = tunnel.stats();
    sum.bytesIn += bytesIn;
    sum.bytesOut += bytesOut;
    sum.openConnections += openConnections;
    if (roundTripMs !== undefined) sum.roundTripMs = Math.max(sum.roundTripMs ?? 0, roundTripMs);
  }
  return sum;
}

/** `active | 1.6 ms | down 812 kB/s, up 0 B/s | 3 open` */
export function statusText(
  { states, now, before, elapsedMs }: {
    states: readonly string[];
    now: Total;
    before: Total;
    elapsedMs: number;
  },
): string {
  const rate = (bytes: number) => `${formatBytes(bytes / (Math.max(elapsedMs, 1) / 1000))}/s`;
  const parts = [describeStates(states)];
  if (now.roundTripMs !== undefined) parts.push(`${now.roundTripMs.toFixed(1)} ms`);
  const down = rate(now.bytesIn - before.bytesIn);
  const up = rate(now.bytesOut - before.bytesOut);
  parts.push(`down ${down}, up ${up}`, `${now.openConnections} open`);
  return parts.join(" | ");
}

/** The one state, or how many tunnels are in which. */
function describeStates(states: readonly string[]): string {
  const distinct = [...new Set(states)];
  if (states.length === 1) return distinct[0]!;
  return distinct.map((state) => `${states.filter((each) => each === state).length} ${state}`)
    .join(", ");
}

/** Bytes in the unit that leaves one to three digits before the point. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}
