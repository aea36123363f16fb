/**
 * Sessions that are open and carry nothing but heartbeats, and what they take meanwhile.
 *
 * They run in this process, through the same parts as in a host: session, history, resource monitor.
 * The sandbox is another process, so that its work is not counted.
 *
 * @module
 */
import { Aws } from "../../src/aws/mod.ts";
import { HostWatch } from "../../src/cli/host_watch.ts";
import { DEFAULT_CONFIG } from "../../src/config/mod.ts";
import { listenTcp, readProcessStatistics } from "../../src/platform/mod.ts";
import { SessionRegistry } from "../../src/session/host/mod.ts";
import { LocalListener, PortSession, webSocketTransport } from "../../src/session/mod.ts";
import type { BenchSandbox } from "../tunnel/ours.ts";
import { CountingClock } from "./counting_clock.ts";

export interface SoakFigures {
  sessions: number;
  seconds: number;
  /** Share of a core in percent, all of the time after the opening. */
  cpuPercent: number;
  /** Resident memory before the first session, once all code that one needs is loaded. */
  floorBytes: number;
  /** Above the floor, at most. */
  addedBytes: number;
  /** The fewest and the most descriptors while the sessions were open. */
  descriptors: { least: number; most: number };
  /** Messages that the agents acknowledged, of all sessions. */
  heartbeats: number;
  /** Sessions that were not `active` at some look. */
  disturbed: number;
  /** Timers that were still set when everything had been closed. */
  timersLeft: number;
}

const LOOK_INTERVAL_MS = 2_000;
/** What the opening itself costs is over by then. */
const SETTLE_MS = 3_000;

/** Opens `count` sessions, leaves them alone for `seconds`, and closes them. */
export async function holdSessions(
  sandbox: BenchSandbox,
  { count, seconds }: { count: number; seconds: number },
): Promise<SoakFigures> {
  const clock = new CountingClock();
  const folder = await Deno.makeTempDir({ prefix: "ec2-connect-soak-" });
  const env = (name: string) => sandbox.env[name];
  const aws = new Aws({ connectionTimeoutMs: 30_000, requestTimeoutMs: 60_000, env });
  const sessions = new SessionRegistry();
  const watch = new HostWatch({
    sessions,
    config: { ...DEFAULT_CONFIG, database: { path: `${folder}/history.db` } },
    io: { os: Deno.build.os, env: {}, clock },
    isBackground: false,
    warn: (message) => {
      throw new Error(message);
    },
  });
  const service = aws.sessionService();
  let floorBytes: number | undefined;
  const open = async () => {
    const session = await PortSession.open({
      service: {
        resumeSession: service.resumeSession,
        terminateSession: service.terminateSession,
        startSession: async (request, signal) => {
          const grant = await service.startSession(request, signal);
          floorBytes ??= Deno.memoryUsage().rss;
          return grant;
        },
      },
      openTransport: webSocketTransport({ signUpgrade: (url) => aws.signUpgrade(url), env }),
      target: { instanceId: sandbox.instanceId },
      local: new LocalListener(
        { bind: "127.0.0.1", localPort: 0, remotePort: sandbox.services.echo },
        await listenTcp({ bind: "127.0.0.1", port: 0 }),
      ),
      connectTimeoutMs: 30_000,
      healthCheckIntervalMs: DEFAULT_CONFIG.session.health_check_interval * 1000,
      isLowPower: DEFAULT_CONFIG.resources.low_power_mode,
      onEvent: (event) => watch.noteEvent(event),
      signal: new AbortController().signal,
      clock,
    });
    sessions.add(session);
  };
  for (let n = 0; n < count; n++) await open();
  await pause(SETTLE_MS);
  const start = await readProcessStatistics();
  const startedMs = performance.now();
  const acknowledgedBefore = acknowledged(sessions);
  let addedBytes = 0;
  let disturbed = 0;
  const descriptors = { least: Infinity, most: 0 };
  while (performance.now() - startedMs < seconds * 1000) {
    await pause(LOOK_INTERVAL_MS);
    const now = await readProcessStatistics();
    addedBytes = Math.max(addedBytes, now.residentBytes - floorBytes!);
    descriptors.least = Math.min(descriptors.least, now.descriptors ?? 0);
    descriptors.most = Math.max(descriptors.most, now.descriptors ?? 0);
    disturbed += sessions.all.filter((session) => session.snapshot().state !== "active").length;
  }
  const end = await readProcessStatistics();
  const cpuPercent = (end.cpuMs - start.cpuMs) / (performance.now() - startedMs) * 100;
  const heartbeats = acknowledged(sessions) - acknowledgedBefore;
  await sessions.closeAll();
  await watch[Symbol.asyncDispose]();
  aws.close();
  await Deno.remove(folder, { recursive: true });
  return {
    sessions: count,
    seconds,
    cpuPercent,
    floorBytes: floorBytes!,
    addedBytes,
    descriptors,
    heartbeats,
    disturbed,
    timersLeft: clock.timers,
  };
}

function acknowledged(sessions: SessionRegistry): number {
  return sessions.all.reduce(
    (sum, session) => session.snapshot().roundTrips.reduce((n, [, count]) => n + count, sum),
    0,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
