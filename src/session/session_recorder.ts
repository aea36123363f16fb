/**
 * Keeps the history of the sessions of this process in the database.
 *
 * It never gets in a tunnel's way: it opens the database after the tunnel is ready, waits for other
 * processes only for a moment, and where the database cannot be written says so once and goes on
 * trying now and then, while the tunnels go on without history.
 *
 * @module
 */
import { toAppError } from "../errors/mod.ts";
import type { Clock } from "../platform/mod.ts";
import { type RoundTripCounts, roundTripsSince } from "../protocol/mod.ts";
import {
  addSample,
  addSession,
  addStateChange,
  Database,
  endSession,
  isBusy,
  type SessionEnding,
  type SessionHolder,
  thinSamples,
  updateSession,
} from "../storage/mod.ts";
import type { SessionEnd } from "./contracts.ts";
import type { HostedSession, SessionSnapshot, StateChange } from "./hosted.ts";

export interface RecorderOptions {
  /** The database file. */
  path: string;
  holder: SessionHolder;
  clock: Clock;
  /** From one sample of a session to the next. */
  sampleIntervalMs: number;
  /** Called once, when the history cannot be kept. */
  warn(message: string, hint: string | undefined): void;
}

/** Changes that come together are written together, and after the tunnel is ready. */
const WRITE_DELAY_MS = 300;
/** A statement holds up the event loop while it waits for another process. */
const BUSY_TIMEOUT_MS = 50;
const RETRY_BUSY_MS = 2_000;
/** At the end there is no later: these many times, this far apart, and without tunnels to hold up. */
const LAST_ATTEMPTS = 20;
const LAST_RETRY_MS = 100;
const RETRY_BROKEN_MS = 5 * 60_000;
const THIN_INTERVAL_MS = 60 * 60_000;
/** Changes of one session that wait to be written. More than that, the oldest are forgotten. */
const MAX_WAITING = 500;

interface Recorded {
  readonly session: HostedSession;
  readonly subscription: Disposable;
  /** Row of the session, once it is written. */
  id: number | undefined;
  waiting: StateChange[];
  end: SessionEnding | undefined;
  sampledAtMs: number;
  /** As of the last sample. */
  roundTrips: RoundTripCounts;
}

export class SessionRecorder implements AsyncDisposable {
  readonly #options: RecorderOptions;
  #sampleIntervalMs: number;
  readonly #sessions = new Set<Recorded>();
  #database: Database | undefined;
  #timer: { id: number; dueMs: number } | undefined;
  /** One at a time; the next starts when this one has ended. */
  #writing: Promise<unknown> | undefined;
  #hasWarned = false;
  #thinAtMs = 0;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#sampleIntervalMs = options.sampleIntervalMs;
  }

  /** Keeps the history of a session from now to its end. */
  watch(session: HostedSession): void {
    const { clock } = this.#options;
    const recorded: Recorded = {
      session,
      subscription: session.onStateChange((change) => this.#onChange(recorded, change)),
      id: undefined,
      // What happened on the way to `active`.
      waiting: [...session.snapshot().history],
      end: undefined,
      sampledAtMs: clock.epochMs(),
      roundTrips: [],
    };
    this.#sessions.add(recorded);
    session.closed.then((end) => this.#onEnd(recorded, end));
    this.#writeWithin(WRITE_DELAY_MS);
  }

  get sampleIntervalMs(): number {
    return this.#sampleIntervalMs;
  }

  /** Takes samples less, or more, often from now on. */
  set sampleIntervalMs(intervalMs: number) {
    this.#sampleIntervalMs = intervalMs;
  }

  /** Writes what is left and closes the database. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#clearTimer();
    await this.#writing;
    for (let attempt = 1; await this.#write() === "busy" && attempt < LAST_ATTEMPTS; attempt++) {
      await new Promise<void>((done) => this.#options.clock.setTimeout(done, LAST_RETRY_MS));
    }
    for (const { subscription } of this.#sessions) subscription[Symbol.dispose]();
    this.#closeDatabase();
  }

  #onChange(recorded: Recorded, change: StateChange): void {
    recorded.waiting.push(change);
    if (recorded.waiting.length > MAX_WAITING) recorded.waiting.shift();
    this.#writeWithin(WRITE_DELAY_MS);
  }

  #onEnd(recorded: Recorded, { by, reason }: SessionEnd): void {
    recorded.subscription[Symbol.dispose]();
    recorded.end = { atMs: this.#options.clock.epochMs(), by, reason };
    this.#writeWithin(WRITE_DELAY_MS);
  }

  /** Sets the one timer, unless it falls due sooner already. */
  #writeWithin(delayMs: number): void {
    const { clock } = this.#options;
    const dueMs = clock.nowMs() + delayMs;
    if (this.#isClosed || (this.#timer !== undefined && this.#timer.dueMs <= dueMs)) return;
    this.#clearTimer();
    const id = clock.setTimeout(() => {
      this.#timer = undefined;
      this.#writing ??= this.#write().finally(() => this.#writing = undefined);
    }, delayMs);
    this.#timer = { id, dueMs };
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer.id);
    this.#timer = undefined;
  }

  async #write(): Promise<"done" | "busy" | "failed"> {
    if (this.#sessions.size === 0) return "done";
    try {
      const database = this.#database ??= await Database.open({
        path: this.#options.path,
        busyTimeoutMs: BUSY_TIMEOUT_MS,
        clock: this.#options.clock,
      });
      this.#writeAll(database);
      this.#thin(database);
      if (this.#sessions.size > 0) this.#writeWithin(this.#sampleIntervalMs);
      return "done";
    } catch (error) {
      if (!isBusy(error)) {
        this.#onFailure(error);
        return "failed";
      }
      this.#writeWithin(RETRY_BUSY_MS);
      return "busy";
    }
  }

  #writeAll(database: Database): void {
    const nowMs = this.#options.clock.epochMs();
    const looked = [...this.#sessions].map((recorded) => ({
      recorded,
      snapshot: recorded.session.snapshot(),
    }));
    const written = database.transaction(() =>
      looked.map(({ recorded, snapshot }) =>
        this.#writeOne(database, { recorded, snapshot, nowMs })
      )
    );
    // Only now: what was rolled back must be written again.
    looked.forEach(({ recorded, snapshot }, index) => {
      const { id, hasSample } = written[index]!;
      recorded.id = id;
      recorded.waiting = [];
      if (hasSample) {
        recorded.sampledAtMs = nowMs;
        recorded.roundTrips = snapshot.roundTrips;
      }
      if (recorded.end !== undefined) this.#sessions.delete(recorded);
    });
  }

  #writeOne(
    database: Database,
    { recorded, snapshot, nowMs }: {
      recorded: Recorded;
      snapshot: SessionSnapshot;
      nowMs: number;
    },
  ): { id: number; hasSample: boolean } {
    let { id } = recorded;
    // A row that somebody's cleanup removed, while this machine slept, is begun anew.
    if (id === undefined || !updateSession(database, id, { session: snapshot, nowMs })) {
      id = addSession(database, snapshot, { ...this.#options.holder, nowMs });
    }
    for (const change of recorded.waiting) addStateChange(database, id, change);
    const { end } = recorded;
    const hasSample = end !== undefined || nowMs - recorded.sampledAtMs >= this.#sampleIntervalMs;
    if (hasSample) {
      addSample(database, id, {
        atMs: nowMs,
        spanMs: 0,
        roundTrips: roundTripsSince(snapshot.roundTrips, recorded.roundTrips),
        bytesIn: snapshot.bytesIn,
        bytesOut: snapshot.bytesOut,
        retransmissions: snapshot.retransmissions,
        activeMs: snapshot.activeMs,
        openConnections: snapshot.openConnections,
      });
    }
    if (end !== undefined) endSession(database, id, end);
    return { id, hasSample };
  }

  #thin(database: Database): void {
    const { clock } = this.#options;
    if (clock.nowMs() < this.#thinAtMs) return;
    this.#thinAtMs = clock.nowMs() + THIN_INTERVAL_MS;
    thinSamples(database, clock.epochMs());
  }

  #onFailure(error: unknown): void {
    this.#closeDatabase();
    // What has ended meanwhile is not kept for later: the memory of a long-lived host is bounded.
    for (const recorded of this.#sessions) {
      if (recorded.end !== undefined) this.#sessions.delete(recorded);
    }
    if (this.#sessions.size > 0) this.#writeWithin(RETRY_BROKEN_MS);
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { message, why, hint } = toAppError(error);
    const detail = why === undefined ? message : `${message} (${why})`;
    this.#options.warn(`No history is kept of this session: ${detail}`, hint);
  }

  #closeDatabase(): void {
    try {
      this.#database?.close();
    } catch {
      // There was something wrong with it anyway.
    }
    this.#database = undefined;
  }
}
