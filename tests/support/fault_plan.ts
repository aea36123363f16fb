/**
 * Faults at moments of a transfer, all of them drawn from one seed: a failure comes back when asked.
 *
 * A moment is an amount of bytes that have come through, never a time: a slow machine meets the same
 * faults at the same places. `EC2_CONNECT_TEST_SEED` takes the place of the seeds that tests choose.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Fault, FaultControls } from "../../src/sandbox/mod.ts";
import { eventually } from "./port_client.ts";
import { randomInt, seeded } from "./seeded.ts";

/**
 * - `cut`: the connection goes away without a close.
 * - `hourly_close`: the service's routine close. `error_close`: the one of an internal error.
 * - `gateway_restart`: the gateway is gone, and back when the session has noticed.
 * - `refused_resume`: cut, and the first attempt to resume fails in a way that may pass.
 * - `expired_credentials`: every temporary key has expired, then cut.
 * - `blackhole`: everything vanishes, without a close, until the session has noticed.
 * - `suspended`: the process stands still, as with a laptop that sleeps, and is cut meanwhile.
 */
export type FaultKind =
  | "cut"
  | "hourly_close"
  | "error_close"
  | "gateway_restart"
  | "refused_resume"
  | "expired_credentials"
  | "blackhole"
  | "suspended";

/** One fault, when that many bytes have come through. */
export interface PlannedFault {
  kind: FaultKind;
  atBytes: number;
}

/** What is struck. */
export interface Struck {
  faults: FaultControls;
  /** Bytes that have come through. */
  progress(): number;
  /** Whether the session is active, in its own view and in the gateway's. */
  isConnected(): boolean;
  /** Resolves when the session notices that its connection is lost, the next time from now. */
  nextLoss(): Promise<void>;
  /** Sends a signal to the session's process. Only asked where that is not the test's own. */
  signal?(name: "SIGSTOP" | "SIGCONT"): void;
}

/** How long a suspended process stands still; more than an interval of `health_check_interval` 1. */
const SUSPENDED_MS = 2_000;
/** For a loss to be noticed, on a loaded machine. */
const PATIENCE_MS = 30_000;

/** The seed of a test, for its name and its plan. */
export function seedOf(test: number): number {
  const asked = Deno.env.get("EC2_CONNECT_TEST_SEED");
  return asked === undefined ? test : Number(asked);
}

/** `count` faults of these kinds spread over a transfer, in order. */
export function planFaults(
  seed: number,
  { kinds, count, totalBytes }: { kinds: readonly FaultKind[]; count: number; totalBytes: number },
): PlannedFault[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => ({
    kind: kinds[randomInt(random, 0, kinds.length - 1)]!,
    // The last bytes are left alone: a fault behind them would strike nothing.
    atBytes: Math.floor(random() * 0.95 * totalBytes),
  })).sort((a, b) => a.atBytes - b.atBytes);
}

/** A path that loses, repeats and overtakes, one message in `1 / probability` each. */
export function lossyPath(seed: number, probability: number): Fault[] {
  const random = seeded(seed);
  return (["drop", "duplicate", "reorder"] as const).map((fault) => ({
    fault,
    probability,
    seed: randomInt(random, 0, 0xffff_ffff),
  }));
}

/**
 * Carries a plan out beside a transfer.
 *
 * @throws {AssertionError} When the transfer stands still.
 */
export async function carryOut(plan: readonly PlannedFault[], struck: Struck): Promise<void> {
  for (const { kind, atBytes } of plan) {
    await eventually(`${atBytes} bytes, before ${kind}`, () => struck.progress() >= atBytes);
    await eventually(`connected, before ${kind}`, () => struck.isConnected());
    // Noticed before the next one strikes, which would otherwise meet the same connection.
    const loss = noticed(kind, struck.nextLoss());
    await strike(kind, struck, loss);
    await loss;
  }
}

/** As `loss`, but with an end on a session that notices nothing. */
async function noticed(kind: FaultKind, loss: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${kind} was not noticed`)), PATIENCE_MS);
  try {
    await Promise.race([loss, promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function strike(kind: FaultKind, struck: Struck, loss: Promise<void>): Promise<void> {
  const { faults } = struck;
  const cut = (fault: Fault = { fault: "cut" }) => {
    assert.deepEqual(faults.apply(fault), { affected: 1 }, kind);
  };
  const untilNoticed = async (fault: Fault) => {
    const { id } = faults.apply(fault);
    await loss;
    faults.clear(id);
  };
  switch (kind) {
    case "cut":
      return cut();
    case "hourly_close":
      return cut({ fault: "close" });
    case "error_close":
      return cut({ fault: "close", code: 1011, reason: "internal error" });
    case "gateway_restart":
      return await untilNoticed({ fault: "gateway_down" });
    case "blackhole":
      return await untilNoticed({ fault: "blackhole" });
    case "refused_resume":
      faults.apply({ fault: "refuse_resume", count: 1 });
      return cut();
    case "expired_credentials":
      faults.apply({ fault: "expire_credentials" });
      return cut();
    case "suspended":
      struck.signal!("SIGSTOP");
      cut();
      await new Promise((resolve) => setTimeout(resolve, SUSPENDED_MS));
      return struck.signal!("SIGCONT");
    default:
      return kind satisfies never;
  }
}
