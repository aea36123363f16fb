/**
 * A host's resources as other processes and people's programs read them. Names are public
 * (docs/DATA_MODELS.md).
 *
 * @module
 */
import type { Limit, ResourceReport } from "./resource_monitor.ts";

export interface ResourceFields {
  sessions: number;
  /** Share of one core in percent; null before there was a window. */
  cpu_percent: number | null;
  cpu_window_s: number;
  idle: boolean;
  memory: { floor_bytes: number; added_bytes: number; total_bytes: number };
  descriptors: number | null;
  limits: { max_memory_mb: number; max_cpu_percent: number };
  low_power_mode: boolean;
  /** What that changes; empty where it is off. */
  low_power_changes: readonly string[];
  exceeded: Limit[];
  measures: { since: string; text: string }[];
}

/** @param lowPowerChanges What low-power mode changes in this process, in plain words. */
export function resourceFields(
  report: ResourceReport,
  lowPowerChanges: readonly string[],
): ResourceFields {
  const { memory, limits } = report;
  return {
    sessions: report.sessions,
    cpu_percent: report.cpuPercent === undefined ? null : Number(report.cpuPercent.toFixed(2)),
    cpu_window_s: Number((report.cpuWindowMs / 1000).toFixed(1)),
    idle: report.isIdle,
    memory: {
      floor_bytes: memory.floorBytes,
      added_bytes: memory.addedBytes,
      total_bytes: memory.totalBytes,
    },
    descriptors: report.descriptors ?? null,
    limits: { max_memory_mb: limits.maxMemoryMb, max_cpu_percent: limits.maxCpuPercent },
    low_power_mode: limits.isLowPower,
    low_power_changes: limits.isLowPower ? lowPowerChanges : [],
    exceeded: report.exceeded,
    measures: report.measures.map(({ sinceMs, text }) => ({
      since: new Date(sinceMs).toISOString(),
      text,
    })),
  };
}
