/**
 * Performance Monitor: figures of a session over a period, and what to do where one is poor.
 *
 * Pure: what is known of sessions goes in, with the time.
 *
 * @module
 */
import { countRoundTrips, mergeRoundTrips, roundTripPercentile } from "../protocol/mod.ts";
import type { MeasuredSession, Reading } from "./reading.ts";

/** Figures of one session over a period. */
export interface SessionPerformance {
  session: MeasuredSession;
  /** The period in fact: from its start, or from the last reading before the time asked for. */
  fromMs: number;
  toMs: number;
  connectMs: number;
  /** From acknowledgements; undefined when there were none in the period. */
  roundTrip: { count: number; p50Ms: number; p95Ms: number; p99Ms: number } | undefined;
  bytesIn: number;
  bytesOut: number;
  /** Bytes a second over the period. */
  rateIn: number;
  rateOut: number;
  /** Bytes a second between two readings, at most. */
  peakIn: number;
  peakOut: number;
  retransmissions: number;
  /** Of the messages that were acknowledged. */
  retransmissionShare: number;
  reconnects: number;
  /** Share of the period in which data could be carried, 0 to 1. */
  availability: number;
  suggestions: string[];
}

/** Readings closer together say nothing of a rate. */
const SHORTEST_RATE_MS = 500;

/** @param sinceMs Beginning of the period, epoch ms; undefined: since the session began. */
export function measurePerformance(
  session: MeasuredSession,
  { sinceMs, nowMs }: { sinceMs: number | undefined; nowMs: number },
): SessionPerformance {
  const { base, readings } = periodOf(session, sinceMs);
  const last = readings.at(-1) ?? base;
  const toMs = Math.max(session.endedAtMs ?? nowMs, base.atMs);
  const spanMs = Math.max(toMs - base.atMs, 1);
  const roundTrips = mergeRoundTrips(readings.map((reading) => reading.roundTrips));
  const count = countRoundTrips(roundTrips);
  const bytesIn = last.bytesIn - base.bytesIn;
  const bytesOut = last.bytesOut - base.bytesOut;
  const retransmissions = last.retransmissions - base.retransmissions;
  // Between the last reading and the end nothing is known; what came last goes on.
  const openingMs = base.atMs === session.startedAtMs ? session.connectMs : 0;
  const knownMs = Math.max(last.atMs - base.atMs - openingMs, 1);
  const figures = {
    session,
    fromMs: base.atMs,
    toMs,
    connectMs: session.connectMs,
    roundTrip: count === 0 ? undefined : {
      count,
      p50Ms: roundTripPercentile(roundTrips, 0.5)!,
      p95Ms: roundTripPercentile(roundTrips, 0.95)!,
      p99Ms: roundTripPercentile(roundTrips, 0.99)!,
    },
    bytesIn,
    bytesOut,
    rateIn: bytesIn / (spanMs / 1000),
    rateOut: bytesOut / (spanMs / 1000),
    ...peaks([base, ...readings]),
    retransmissions,
    retransmissionShare: retransmissions / Math.max(count, 1),
    reconnects: countReconnects(session, base.atMs),
    availability: Math.min(1, Math.max(0, (last.activeMs - base.activeMs) / knownMs)),
  };
  return { ...figures, suggestions: suggest(figures) };
}

/** The readings after the beginning of the period, and the counters at it. */
function periodOf(
  session: MeasuredSession,
  sinceMs: number | undefined,
): { base: Reading; readings: readonly Reading[] } {
  const start: Reading = {
    atMs: session.startedAtMs,
    roundTrips: [],
    bytesIn: 0,
    bytesOut: 0,
    retransmissions: 0,
    activeMs: 0,
    openConnections: 0,
  };
  const index = sinceMs === undefined
    ? -1
    : session.readings.findLastIndex(({ atMs }) => atMs <= sinceMs);
  return { base: session.readings[index] ?? start, readings: session.readings.slice(index + 1) };
}

function peaks(readings: readonly Reading[]): { peakIn: number; peakOut: number } {
  let [peakIn, peakOut] = [0, 0];
  for (let index = 1; index < readings.length; index++) {
    const [before, after] = [readings[index - 1]!, readings[index]!];
    const spanMs = after.atMs - before.atMs;
    if (spanMs < SHORTEST_RATE_MS) continue;
    peakIn = Math.max(peakIn, (after.bytesIn - before.bytesIn) / (spanMs / 1000));
    peakOut = Math.max(peakOut, (after.bytesOut - before.bytesOut) / (spanMs / 1000));
  }
  return { peakIn, peakOut };
}

function countReconnects(session: MeasuredSession, fromMs: number): number {
  if (fromMs <= session.startedAtMs) return session.reconnects;
  return session.changes.filter(({ atMs, from, to }) =>
    atMs > fromMs && to === "active" && (from === "resuming" || from === "restarting")
  ).length;
}

const SLOW_ROUND_TRIP_MS = 250;
const UNEVEN_ROUND_TRIP_MS = 100;
const UNEVEN_FACTOR = 10;
/** Fewer are chance. */
const ENOUGH_ROUND_TRIPS = 20;
const HIGH_RETRANSMISSION_SHARE = 0.02;
const POOR_AVAILABILITY = 0.99;
const MANY_RECONNECTS_AN_HOUR = 3;
const SLOW_CONNECT_MS = 5_000;
/**
 * The agent reads at most 1,024 bytes, sends one message and sleeps 1 ms.
 * Source: docs/protocol.md, the port plugin's loop; 0.8 to 1 MB/s were measured.
 */
const AGENT_CAP_BYTES_A_SECOND = 700_000;

/** What a person can do about poor figures; empty when all are well. */
export function suggest(figures: Omit<SessionPerformance, "suggestions">): string[] {
  const { roundTrip, session, fromMs, toMs } = figures;
  const suggestions: string[] = [];
  if (roundTrip !== undefined && roundTrip.p95Ms > SLOW_ROUND_TRIP_MS) {
    suggestions.push(
      `Round trips are slow (p95 ${
        formatMs(roundTrip.p95Ms)
      }): compare with another network, and ` +
        "check whether a VPN or proxy makes a detour on the way to the region",
    );
  }
  if (
    roundTrip !== undefined && roundTrip.count >= ENOUGH_ROUND_TRIPS &&
    roundTrip.p99Ms > UNEVEN_ROUND_TRIP_MS && roundTrip.p99Ms > UNEVEN_FACTOR * roundTrip.p50Ms
  ) {
    suggestions.push(
      `Some round trips take far longer than most (p50 ${formatMs(roundTrip.p50Ms)}, p99 ` +
        `${
          formatMs(roundTrip.p99Ms)
        }): a busy link or weak Wi-Fi; give interactive use a session ` +
        "of its own beside bulk transfers",
    );
  }
  const { retransmissions, retransmissionShare } = figures;
  if (retransmissions >= ENOUGH_ROUND_TRIPS && retransmissionShare > HIGH_RETRANSMISSION_SHARE) {
    suggestions.push(
      `${
        percent(retransmissionShare)
      } of the messages were sent again: packets are lost or late; ` +
        "check the network, or the load of the instance",
    );
  }
  if (figures.availability < POOR_AVAILABILITY) {
    suggestions.push(
      `Data could be carried ${percent(figures.availability)} of the time: see the reasons with ` +
        `ec2-connect status ${session.sessionId}`,
    );
  }
  const hours = Math.max((toMs - fromMs) / 3_600_000, 1);
  if (figures.reconnects / hours > MANY_RECONNECTS_AN_HOUR) {
    suggestions.push(
      `The connection was lost ${figures.reconnects} times: something on the way closes long ` +
        "connections (a proxy, NAT or firewall), or the network changes often",
    );
  }
  if (figures.connectMs > SLOW_CONNECT_MS) {
    suggestions.push(
      `Opening took ${
        formatMs(figures.connectMs)
      }: run ec2-connect precheck -i ${session.instanceId}`,
    );
  }
  if (figures.peakIn > AGENT_CAP_BYTES_A_SECOND) {
    suggestions.push(
      "Downloads reach what the agent sends in one session: several -L have a session each, and each " +
        "the whole rate",
    );
  }
  return suggestions;
}

function formatMs(ms: number): string {
  return ms < 10_000
    ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
    : `${Math.round(ms / 1000)} s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
