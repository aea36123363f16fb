/**
 * What a process that holds sessions keeps and tells of them: their history, what they take of the
 * machine, and whether they answer.
 *
 * Nothing of it is loaded before the first tunnel has been ready for a moment.
 *
 * @module
 */
import type { Config } from "../config/mod.ts";
import { messageOf } from "../errors/mod.ts";
import type { ResourceFields, ResourceMonitor } from "../monitor/mod.ts";
import type { HostedSession, SessionEvent } from "../session/mod.ts";
import type { SessionRegistry } from "../session/host/mod.ts";
import type { SessionRecorder } from "../session/session_recorder.ts";
import type { Io } from "./io.ts";

export interface HostWatchOptions {
  sessions: Pick<SessionRegistry, "all" | "onChange">;
  config: Pick<Config, "database" | "resources">;
  io: Pick<Io, "os" | "env" | "clock">;
  isBackground: boolean;
  warn(message: string, hint: string | undefined): void;
}

/** What became of a message through one tunnel. */
export interface ProbeAnswer {
  session_id: string;
  round_trip_ms: number | null;
  failure: string | null;
}

interface Watchers {
  recorder: SessionRecorder;
  monitor: ResourceMonitor;
}

const LOAD_DELAY_MS = 500;
const SAMPLE_INTERVAL_S = 10;
const LOW_POWER_SAMPLE_INTERVAL_S = 30;
/** While a limit is passed. A host must be heard of every minute; see `LOST_AFTER_MS`. */
const RELIEVED_SAMPLE_INTERVAL_S = 60;
const PROBE_TIMEOUT_MS = 4_000;

export class HostWatch implements AsyncDisposable {
  readonly #options: HostWatchOptions;
  readonly #subscription: Disposable;
  readonly #seen = new WeakSet<HostedSession>();
  /** Not yet given to the recorder. */
  #waiting: HostedSession[] = [];
  #timer: number | undefined;
  #watchers: Promise<Watchers> | undefined;
  #floorBytes: number | undefined;
  /** A limit is passed. */
  #isFrugal = false;

  constructor(options: HostWatchOptions) {
    this.#options = options;
    this.#subscription = options.sessions.onChange(() => this.#onChange());
    this.#onChange();
  }

  /**
   * To be told what happens to sessions. When the first of them has started on AWS's side, all code that
   * one needs is loaded and nothing of it open: memory above what is taken then is the sessions'.
   */
  noteEvent(event: SessionEvent): void {
    if (event.type === "state" && event.to === "handshaking") {
      this.#floorBytes ??= Deno.memoryUsage().rss;
    }
  }

  /** Figures by name, for the control endpoint. */
  get reports(): Readonly<Record<"resources" | "probe", () => Promise<unknown>>> {
    return { resources: () => this.#resources(), probe: () => this.#probe() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    this.#clearTimer();
    if (this.#waiting.length > 0) await this.#load();
    const watchers = await this.#watchers;
    watchers?.monitor[Symbol.dispose]();
    await watchers?.recorder[Symbol.asyncDispose]();
  }

  #onChange(): void {
    for (const session of this.#options.sessions.all) {
      if (this.#seen.has(session)) continue;
      this.#seen.add(session);
      this.#waiting.push(session);
    }
    if (this.#waiting.length === 0 || this.#timer !== undefined) return;
    this.#timer = this.#options.io.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#load();
    }, LOAD_DELAY_MS);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.io.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #load(): Promise<Watchers> {
    const watchers = await (this.#watchers ??= this.#create());
    for (const session of this.#waiting.splice(0)) {
      watchers.recorder.watch(session);
      if (this.#isFrugal) session.setFrugal(true);
    }
    return watchers;
  }

  async #create(): Promise<Watchers> {
    const { sessions, config, io, isBackground, warn } = this.#options;
    const { clock } = io;
    const [{ SessionRecorder }, { databasePath }, { ResourceMonitor }, { readProcessStatistics }] =
      await Promise.all([
        import("../session/session_recorder.ts"),
        import("../storage/mod.ts"),
        import("../monitor/mod.ts"),
        import("../platform/mod.ts"),
      ]);
    const { max_memory_mb, max_cpu_percent, low_power_mode: isLowPower } = config.resources;
    const sampleS = isLowPower ? LOW_POWER_SAMPLE_INTERVAL_S : SAMPLE_INTERVAL_S;
    const recorder = new SessionRecorder({
      path: databasePath(config.database.path, io),
      holder: { hostPid: Deno.pid, isBackground },
      clock,
      sampleIntervalMs: sampleS * 1000,
      warn,
    });
    const relieve = (isOn: boolean) => {
      recorder.sampleIntervalMs = (isOn ? RELIEVED_SAMPLE_INTERVAL_S : sampleS) * 1000;
      this.#isFrugal = isOn;
      for (const session of sessions.all) session.setFrugal(isOn);
    };
    const texts = [
      `samples are kept every ${RELIEVED_SAMPLE_INTERVAL_S} s instead of every ${sampleS} s`,
      "local programs are read in pieces of 4 KiB instead of 64 KiB",
      ...(isLowPower ? [] : ["silent connections are asked for a sign of life less often"]),
    ];
    const monitor = new ResourceMonitor({
      clock,
      read: readProcessStatistics,
      limits: { maxMemoryMb: max_memory_mb, maxCpuPercent: max_cpu_percent, isLowPower },
      floorBytes: this.#floorBytes,
      sessions: () => {
        const snapshots = sessions.all.map((session) => session.snapshot());
        const bytes = snapshots.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0);
        return { count: snapshots.length, bytes };
      },
      relief: { texts, begin: () => relieve(true), end: () => relieve(false) },
      warn,
    });
    monitor.start();
    return { recorder, monitor };
  }

  async #resources(): Promise<ResourceFields> {
    const [{ monitor }, { resourceFields }] = await Promise.all([
      this.#load(),
      import("../monitor/mod.ts"),
    ]);
    return resourceFields(await monitor.report(), [
      `samples are kept every ${LOW_POWER_SAMPLE_INTERVAL_S} s instead of every ${SAMPLE_INTERVAL_S} s`,
      `figures of the process are read every ${monitor.intervalMs / 1000} s instead of every 30 s`,
      "while no connection is open, a silent session is asked for a sign of life a quarter as often",
    ]);
  }

  async #probe(): Promise<ProbeAnswer[]> {
    return await Promise.all(this.#options.sessions.all.map(async (session) => {
      const { sessionId: session_id } = session.snapshot();
      try {
        const roundTripMs = await session.probe(PROBE_TIMEOUT_MS);
        return { session_id, round_trip_ms: Number(roundTripMs.toFixed(2)), failure: null };
      } catch (error) {
        return { session_id, round_trip_ms: null, failure: messageOf(error) };
      }
    }));
  }
}
