/**
 * A session of which readings are known, as it could be.
 *
 * @module
 */
import type { MeasuredSession, Reading } from "../../src/monitor/mod.ts";

/** When {@link measuredSession}'s session began. */
export const STARTED_MS = Date.UTC(2024, 0, 1);

export function measuredSession(facts: Partial<MeasuredSession> = {}): MeasuredSession {
  return {
    sessionId: "me-0001",
    instanceId: "i-0123456789abcdef0",
    instanceName: "web",
    localPort: 8080,
    remoteHost: undefined,
    remotePort: 80,
    state: "active",
    startedAtMs: STARTED_MS,
    endedAtMs: undefined,
    connectMs: 40,
    changes: [],
    reconnects: 0,
    restarts: 0,
    readings: [],
    ...facts,
  };
}

/** Counters `afterMs` after the session began, all of that time able to carry data. */
export function reading(afterMs: number, facts: Partial<Reading> = {}): Reading {
  return {
    atMs: STARTED_MS + afterMs,
    roundTrips: [],
    bytesIn: 0,
    bytesOut: 0,
    retransmissions: 0,
    activeMs: afterMs,
    openConnections: 0,
    ...facts,
  };
}
