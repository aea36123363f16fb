/**
 * Hosts that `metrics`, `resources` and `health` can ask, without a process.
 *
 * @module
 */
import type { WatchParts } from "../../src/cli/watching/parts.ts";
import type { ResourceFields } from "../../src/monitor/mod.ts";
import type { LiveHost, SurveyedHost } from "../../src/session/host/mod.ts";
import { sessionDetails } from "../../src/session/host/session_json.ts";
import type { SessionSnapshot } from "../../src/session/mod.ts";
import type { Database } from "../../src/storage/mod.ts";
import { FakeHostedSession } from "./fake_hosted_session.ts";

/** A live host of process 7 with sessions as they stand at `nowMs`. */
export function liveHost(
  sessions: readonly Partial<SessionSnapshot>[],
  nowMs: number,
): LiveHost {
  const details = sessions.map((facts) =>
    sessionDetails(new FakeHostedSession(facts).snapshot(), { pid: 7, background: false }, nowMs)
  );
  return {
    status: "live",
    isEnding: false,
    endedIds: [],
    path: "/state/hosts/7.json",
    file: {
      schema: "ec2-connect/host/v1",
      pid: 7,
      port: 1,
      token: "token",
      started_at: new Date(nowMs).toISOString(),
      updated_at: new Date(nowMs).toISOString(),
      version: "0",
      background: false,
      sessions: details,
    },
    sessions: details,
  };
}

/** The same host, gone: its sessions are lost. */
export function goneHost(host: LiveHost): SurveyedHost {
  return {
    ...host,
    status: "gone",
    sessions: host.sessions.map((session) => ({ ...session, state: "lost", host_pid: null })),
  };
}

export function fakeWatchParts(
  hosts: readonly SurveyedHost[],
  options: { reports?: Record<string, unknown>; history?: Database } = {},
): WatchParts {
  return {
    survey: () => Promise.resolve([...hosts]),
    report: <T>(_host: LiveHost, name: string) =>
      Promise.resolve(options.reports?.[name] as T | undefined),
    history: () => Promise.resolve(options.history),
    [Symbol.dispose]: () => {},
  };
}

/** What a host takes of the machine, as it could be. */
export function resourceFields(facts: Partial<ResourceFields> = {}): ResourceFields {
  return {
    sessions: 1,
    cpu_percent: 0.12,
    cpu_window_s: 60,
    idle: true,
    memory: { floor_bytes: 70_000_000, added_bytes: 2_000_000, total_bytes: 72_000_000 },
    descriptors: 24,
    limits: { max_memory_mb: 10, max_cpu_percent: 0.5 },
    low_power_mode: true,
    low_power_changes: ["samples are kept every 30 s instead of every 10 s"],
    exceeded: [],
    measures: [],
    ...facts,
  };
}
