/**
 * Which figures Prometheus is given. Names and labels are public.
 *
 * @module
 */
import {
  countRoundTrips,
  mergeRoundTrips,
  type RoundTripCounts,
  sumRoundTrips,
} from "../protocol/mod.ts";
import type { SessionPerformance } from "./performance_monitor.ts";
import type { MetricFamily, MetricSample } from "./prometheus.ts";

type Labels = Readonly<Record<string, string>>;

/** Families of all sessions. Counters are since each session began, quantiles of the period. */
export function sessionMetrics(all: readonly SessionPerformance[]): MetricFamily[] {
  const family = (
    name: string,
    type: MetricFamily["type"],
    help: string,
    samples: (each: SessionPerformance, labels: Labels) => MetricSample[],
  ): MetricFamily => ({
    name,
    type,
    help,
    samples: all.flatMap((each) => samples(each, { session_id: each.session.sessionId })),
  });
  const one = (labels: Labels, value: number): MetricSample[] => [{ labels, value }];
  const last = (each: SessionPerformance) => each.session.readings.at(-1);
  return [
    family("session_info", "gauge", "What a session is; always 1.", ({ session }, labels) =>
      one({
        ...labels,
        instance_id: session.instanceId,
        instance_name: session.instanceName ?? "",
        local_port: String(session.localPort ?? ""),
        remote_host: session.remoteHost ?? "",
        remote_port: String(session.remotePort || ""),
        state: session.state,
      }, 1)),
    family(
      "session_up",
      "gauge",
      "1 while the session can carry data.",
      ({ session }, labels) => one(labels, session.state === "active" ? 1 : 0),
    ),
    family(
      "session_connect_seconds",
      "gauge",
      "Time that opening took.",
      (each, labels) => one(labels, each.connectMs / 1000),
    ),
    family(
      "session_round_trip_seconds",
      "summary",
      "Round trips to the agent, from acknowledgements.",
      (each, labels) => roundTripSamples(each, labels),
    ),
    family(
      "session_bytes_total",
      "counter",
      "Bytes to local programs (in) and from them (out).",
      (each, labels) => [
        { labels: { ...labels, direction: "in" }, value: last(each)?.bytesIn ?? 0 },
        { labels: { ...labels, direction: "out" }, value: last(each)?.bytesOut ?? 0 },
      ],
    ),
    family(
      "session_retransmissions_total",
      "counter",
      "Messages sent again.",
      (each, labels) => one(labels, last(each)?.retransmissions ?? 0),
    ),
    family(
      "session_reconnects_total",
      "counter",
      "Resumes and restarts.",
      (each, labels) => one(labels, each.session.reconnects),
    ),
    family(
      "session_restarts_total",
      "counter",
      "Restarts.",
      (each, labels) => one(labels, each.session.restarts),
    ),
    family(
      "session_active_seconds_total",
      "counter",
      "Time spent able to carry data.",
      (each, labels) => one(labels, (last(each)?.activeMs ?? 0) / 1000),
    ),
    family(
      "session_availability_ratio",
      "gauge",
      "Share of the period in which data could be carried.",
      (each, labels) => one(labels, each.availability),
    ),
    family(
      "session_open_connections",
      "gauge",
      "Local connections now.",
      (each, labels) => one(labels, last(each)?.openConnections ?? 0),
    ),
  ];
}

function roundTripSamples({ session, roundTrip }: SessionPerformance, labels: Labels) {
  const counts: RoundTripCounts = mergeRoundTrips(
    session.readings.map(({ roundTrips }) => roundTrips),
  );
  const quantile = (name: string, ms: number): MetricSample => ({
    labels: { ...labels, quantile: name },
    value: ms / 1000,
  });
  const samples: MetricSample[] = roundTrip === undefined ? [] : [
    quantile("0.5", roundTrip.p50Ms),
    quantile("0.95", roundTrip.p95Ms),
    quantile("0.99", roundTrip.p99Ms),
  ];
  return [
    ...samples,
    { labels, suffix: "_sum" as const, value: sumRoundTrips(counts) / 1000 },
    { labels, suffix: "_count" as const, value: countRoundTrips(counts) },
  ];
}
