/**
 * Resource Monitor: what the process that holds sessions takes of the machine, against the limits of
 * the configuration, and the cheap things that are done where one is passed.
 *
 * @module
 */
import type { Clock, ProcessStatistics } from "../platform/mod.ts";

/** The configuration's `resources`. */
export interface ResourceLimits {
  maxMemoryMb: number;
  maxCpuPercent: number;
  isLowPower: boolean;
}

export type Limit = "memory" | "cpu";

/** What is done cheaply while a limit is passed. */
export interface Relief {
  /** In plain words, each: "samples are kept every 60 s instead of every 10 s". */
  texts: readonly string[];
  begin(): void;
  end(): void;
}

export interface ResourceMonitorOptions {
  clock: Clock;
  read(): Promise<ProcessStatistics>;
  limits: ResourceLimits;
  /** Resident just before the first session, with everything loaded that one needs. */
  floorBytes: number | undefined;
  /** Sessions held, and bytes that they moved so far. */
  sessions(): { count: number; bytes: number };
  /** Begun when the first limit is passed, ended when none is any more. */
  relief: Relief;
  /** Called once for each limit, when it is passed the first time. */
  warn(message: string, hint: string): void;
}

interface Figures extends ProcessStatistics {
  /** Monotonic, ms. */
  atMs: number;
  bytes: number;
}

/** What `resources` shows of one host. */
export interface ResourceReport {
  sessions: number;
  /** Share of one core in percent, over `cpuWindowMs`; undefined before there was a window. */
  cpuPercent: number | undefined;
  cpuWindowMs: number;
  /** Whether so little was carried in the window that the limit of idle sessions applies. */
  isIdle: boolean;
  memory: {
    /** As given; all of it where none was taken. */
    floorBytes: number;
    /** Above the floor now. */
    addedBytes: number;
    totalBytes: number;
  };
  descriptors: number | undefined;
  limits: ResourceLimits;
  exceeded: Limit[];
  /** What is being done about it. `sinceMs` is epoch ms. */
  measures: { sinceMs: number; text: string }[];
}

const READ_INTERVAL_MS = 30_000;
const LOW_POWER_READ_INTERVAL_MS = 60_000;
/** CPU time is taken over at least this long; shorter, one garbage collection shows as a peak. */
const CPU_WINDOW_MS = 60_000;
/** Bytes a second below which sessions count as idle: heartbeats and a typed command. */
const IDLE_BYTES_A_SECOND = 1_000;
/** A limit counts as kept again at this part of it, so that measures do not come and go. */
const KEPT_AT = 0.9;
const MB = 1_000_000;

export class ResourceMonitor implements Disposable {
  readonly #options: ResourceMonitorOptions;
  readonly #warned = new Set<Limit>();
  readonly #passed = new Set<Limit>();
  /** Since when something is done about it, epoch ms. */
  #relievedSinceMs: number | undefined;
  /** Oldest first; the first is the beginning of the window. */
  #readings: Figures[] = [];
  #timer: number | undefined;
  #isOver = false;

  constructor(options: ResourceMonitorOptions) {
    this.#options = options;
  }

  /** How often a reading is taken. */
  get intervalMs(): number {
    const isSlow = this.#options.limits.isLowPower || this.#relievedSinceMs !== undefined;
    return isSlow ? LOW_POWER_READ_INTERVAL_MS : READ_INTERVAL_MS;
  }

  /** Reads and checks from time to time until disposed. */
  start(): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(async () => {
      await this.report();
      if (!this.#isOver) this.start();
    }, this.intervalMs);
  }

  /** Takes a reading, acts on it, and tells. */
  async report(): Promise<ResourceReport> {
    const { clock, limits, sessions, floorBytes: floor } = this.#options;
    const { count, bytes } = sessions();
    const now: Figures = { ...await this.#options.read(), atMs: clock.nowMs(), bytes };
    this.#remember(now);
    const floorBytes = floor ?? now.residentBytes;
    const addedBytes = Math.max(0, now.residentBytes - floorBytes);
    const window = windowFigures(this.#readings);
    const exceeded = this.#judge({ addedBytes, ...window });
    return {
      sessions: count,
      ...window,
      memory: { floorBytes, addedBytes, totalBytes: now.residentBytes },
      descriptors: now.descriptors,
      limits,
      exceeded,
      measures: this.#measures(),
    };
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Keeps as much as the window needs. */
  #remember(now: Figures): void {
    this.#readings.push(now);
    const start = this.#readings.findLastIndex(({ atMs }) => now.atMs - atMs >= CPU_WINDOW_MS);
    if (start > 0) this.#readings.splice(0, start);
  }

  #judge(
    { addedBytes, cpuPercent, cpuWindowMs, isIdle }:
      & Pick<
        ResourceReport,
        "cpuPercent" | "cpuWindowMs" | "isIdle"
      >
      & { addedBytes: number },
  ): Limit[] {
    const { maxMemoryMb, maxCpuPercent } = this.#options.limits;
    const addedMb = addedBytes / MB;
    this.#apply(
      "memory",
      addedMb / maxMemoryMb,
      () =>
        `Sessions take ${addedMb.toFixed(1)} MB of memory, more than resources.max_memory_mb ` +
        `(${maxMemoryMb} MB)`,
    );
    // Busy sessions may take what they need: the limit is of idle ones, and of a whole window.
    if (isIdle && cpuPercent !== undefined && cpuWindowMs >= CPU_WINDOW_MS) {
      this.#apply(
        "cpu",
        cpuPercent / maxCpuPercent,
        () =>
          `Idle sessions take ${cpuPercent.toFixed(2)} % of a core, more than ` +
          `resources.max_cpu_percent (${maxCpuPercent} %)`,
      );
    }
    this.#relieve();
    return [...this.#passed];
  }

  /** @param share Of the limit; above 1 it is passed. */
  #apply(limit: Limit, share: number, message: () => string): void {
    if (share <= KEPT_AT) this.#passed.delete(limit);
    if (share <= 1) return;
    this.#passed.add(limit);
    if (this.#warned.has(limit)) return;
    this.#warned.add(limit);
    this.#options.warn(message(), "See ec2-connect resources for what is done about it");
  }

  #relieve(): void {
    const { relief, clock } = this.#options;
    const isWanted = this.#passed.size > 0;
    if (isWanted === (this.#relievedSinceMs !== undefined)) return;
    this.#relievedSinceMs = isWanted ? clock.epochMs() : undefined;
    if (isWanted) relief.begin();
    else relief.end();
  }

  #measures(): ResourceReport["measures"] {
    const sinceMs = this.#relievedSinceMs;
    if (sinceMs === undefined) return [];
    return this.#options.relief.texts.map((text) => ({ sinceMs, text }));
  }
}

/** CPU and traffic between the first reading and the last. */
function windowFigures(
  readings: readonly Figures[],
): Pick<ResourceReport, "cpuPercent" | "cpuWindowMs" | "isIdle"> {
  const [first, last] = [readings[0]!, readings.at(-1)!];
  const cpuWindowMs = last.atMs - first.atMs;
  if (cpuWindowMs <= 0) return { cpuPercent: undefined, cpuWindowMs: 0, isIdle: true };
  return {
    cpuPercent: (last.cpuMs - first.cpuMs) / cpuWindowMs * 100,
    cpuWindowMs,
    isIdle: (last.bytes - first.bytes) / (cpuWindowMs / 1000) <= IDLE_BYTES_A_SECOND,
  };
}
