/**
 * Figures over the whole history, or one session of it.
 *
 * @module
 */
import { mergeRoundTrips, type RoundTripCounts } from "../protocol/mod.ts";
import type { Database } from "./database.ts";
import { listSamples } from "./history.ts";
import type { StoredSession } from "./rows.ts";

/** Sessions together. Times are epoch ms, sizes bytes. */
export interface HistoryStatistics {
  sessions: number;
  /** How they ended; `open` have not, as far as is known. */
  ends: { user: number; remote: number; lost: number; open: number };
  firstMs: number | undefined;
  lastMs: number | undefined;
  bytesIn: number;
  bytesOut: number;
  reconnects: number;
  restarts: number;
  retransmissions: number;
  /** Time that they could carry data, of the time that they lasted: 0 to 1. */
  availability: number | undefined;
  /** In ms, ascending. */
  connectMs: number[];
  roundTrips: RoundTripCounts;
}

/** How long a session lasted, as far as is known. */
export function lastedMs(session: StoredSession): number {
  return Math.max(0, (session.end?.atMs ?? session.updatedAtMs) - session.startedAtMs);
}

/** How long a session was there to carry data: opening it is told apart, as `connectMs`. */
function servedMs(session: StoredSession): number {
  return Math.max(0, lastedMs(session) - session.connectMs);
}

/** Share of `servedMs` in which a session could carry data; undefined for one that never served. */
export function availabilityOf(session: StoredSession): number | undefined {
  const total = servedMs(session);
  return total === 0 ? undefined : Math.min(1, session.activeMs / total);
}

export function summarize(
  database: Database,
  sessions: readonly StoredSession[],
): HistoryStatistics {
  const sum = (value: (session: StoredSession) => number) =>
    sessions.reduce((total, session) => total + value(session), 0);
  const endedBy = (by: string) => sessions.filter(({ end }) => end?.by === by).length;
  const total = sum(servedMs);
  const started = sessions.map(({ startedAtMs }) => startedAtMs);
  return {
    sessions: sessions.length,
    ends: {
      user: endedBy("user"),
      remote: endedBy("remote"),
      lost: endedBy("lost"),
      open: sessions.filter(({ end }) => end === undefined).length,
    },
    firstMs: started.length === 0 ? undefined : Math.min(...started),
    lastMs: started.length === 0 ? undefined : Math.max(...started),
    bytesIn: sum(({ bytesIn }) => bytesIn),
    bytesOut: sum(({ bytesOut }) => bytesOut),
    reconnects: sum(({ reconnects }) => reconnects),
    restarts: sum(({ restarts }) => restarts),
    retransmissions: sum(({ retransmissions }) => retransmissions),
    availability: total === 0 ? undefined : Math.min(1, sum(({ activeMs }) => activeMs) / total),
    connectMs: sessions.map(({ connectMs }) => connectMs).sort((a, b) => a - b),
    roundTrips: mergeRoundTrips(allRoundTrips(database, sessions)),
  };
}

function* allRoundTrips(
  database: Database,
  sessions: readonly StoredSession[],
): Generator<RoundTripCounts> {
  for (const { id } of sessions) {
    for (const { roundTrips } of listSamples(database, id)) yield roundTrips;
  }
}
