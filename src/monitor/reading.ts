/**
 * The counters of one session over time, wherever they were read: alive from its host, or from the
 * database.
 *
 * @module
 */
import { mergeRoundTrips, type RoundTripCounts, roundTripsSince } from "../protocol/mod.ts";
import type { Sample } from "../storage/mod.ts";

/** Counters at one moment, since the session began; round trips are those since the reading before. */
export type Reading = Omit<Sample, "spanMs">;

/** A session of which readings are known. Times are epoch ms. */
export interface MeasuredSession {
  sessionId: string;
  instanceId: string;
  instanceName: string | undefined;
  /** Undefined for a session without a local port. */
  localPort: number | undefined;
  remoteHost: string | undefined;
  /** 0 for a session that leads to no port. */
  remotePort: number;
  state: string;
  startedAtMs: number;
  /** Undefined while it lives. */
  endedAtMs: number | undefined;
  connectMs: number;
  /** Changes of state that are known, the oldest first. */
  changes: readonly { atMs: number; from: string; to: string }[];
  reconnects: number;
  restarts: number;
  /** Oldest first; the last has the newest counters. */
  readings: readonly Reading[];
}

/** Adds what a session counts right now to what was kept of it. */
export function withNow(
  kept: readonly Reading[],
  now: Omit<Reading, "roundTrips"> & {
    /** Of the whole session. */
    roundTrips: RoundTripCounts;
  },
): Reading[] {
  const before = kept.filter(({ atMs }) => atMs < now.atMs);
  const known = mergeRoundTrips(before.map(({ roundTrips }) => roundTrips));
  return [...before, { ...now, roundTrips: roundTripsSince(now.roundTrips, known) }];
}
