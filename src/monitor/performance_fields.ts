/**
 * A session's performance as people's programs read it. Names are public (docs/DATA_MODELS.md).
 *
 * @module
 */
import type { SessionPerformance } from "./performance_monitor.ts";

export interface PerformanceFields {
  session_id: string;
  instance_id: string;
  instance_name: string | null;
  local_port: number | null;
  remote_host: string | null;
  remote_port: number | null;
  state: string;
  /** The period in fact. */
  from: string;
  to: string;
  connect_ms: number;
  round_trips: number;
  round_trip_p50_ms: number | null;
  round_trip_p95_ms: number | null;
  round_trip_p99_ms: number | null;
  bytes_in: number;
  bytes_out: number;
  in_bytes_per_s: number;
  out_bytes_per_s: number;
  peak_in_bytes_per_s: number;
  peak_out_bytes_per_s: number;
  retransmissions: number;
  retransmission_share: number;
  reconnects: number;
  availability: number;
  suggestions: string[];
}

export function performanceFields(figures: SessionPerformance): PerformanceFields {
  const { session, roundTrip } = figures;
  const ms = (value: number | undefined) => value === undefined ? null : Number(value.toFixed(2));
  return {
    session_id: session.sessionId,
    instance_id: session.instanceId,
    instance_name: session.instanceName ?? null,
    local_port: session.localPort ?? null,
    remote_host: session.remoteHost ?? null,
    remote_port: session.remotePort || null,
    state: session.state,
    from: new Date(figures.fromMs).toISOString(),
    to: new Date(figures.toMs).toISOString(),
    connect_ms: Number(figures.connectMs.toFixed(1)),
    round_trips: roundTrip?.count ?? 0,
    round_trip_p50_ms: ms(roundTrip?.p50Ms),
    round_trip_p95_ms: ms(roundTrip?.p95Ms),
    round_trip_p99_ms: ms(roundTrip?.p99Ms),
    bytes_in: figures.bytesIn,
    bytes_out: figures.bytesOut,
    in_bytes_per_s: Math.round(figures.rateIn),
    out_bytes_per_s: Math.round(figures.rateOut),
    peak_in_bytes_per_s: Math.round(figures.peakIn),
    peak_out_bytes_per_s: Math.round(figures.peakOut),
    retransmissions: figures.retransmissions,
    retransmission_share: Number(figures.retransmissionShare.toFixed(4)),
    reconnects: figures.reconnects,
    availability: Number(figures.availability.toFixed(4)),
    suggestions: figures.suggestions,
  };
}
