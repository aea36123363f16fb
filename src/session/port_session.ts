/**
 * One session, from StartSession to its end: a forwarded port, or whatever else its local side makes
 * of the data channel.
 *
 * A shell around `session_machine.ts`: it does what the machine's effects say, and tells the machine
 * what came of it.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";
import { type Clock, systemClock } from "../platform/mod.ts";
import {
  type ChannelClosed,
  encodeTerminalSize,
  PAYLOAD_TYPE,
  RoundTripHistogram,
} from "../protocol/mod.ts";
import { AutoReconnector, OVERTAKEN } from "./auto_reconnector.ts";
import type {
  OpenTransport,
  SessionEnd,
  SessionEvent,
  SessionGrant,
  SessionReady,
  SessionService,
  TransportClose,
} from "./contracts.ts";
import { DataChannel } from "./data_channel.ts";
import type { Forwarder } from "./forwarder.ts";
import type { AgreedHandshake } from "./handshake.ts";
import type {
  HostedSession,
  KeepAlive,
  Priority,
  SessionPolicy,
  SessionSnapshot,
  StateChange,
} from "./hosted.ts";
import type { LocalSide } from "./local_side.ts";
import type { Probe } from "./network_watch.ts";
import { describeClose, Opening } from "./opening.ts";
import type { ReconnectPolicy } from "./reconnect_delay.ts";
import { ReconnectGate } from "./reconnect_gate.ts";
import {
  begin,
  type Effect,
  type MachineEvent,
  type MachineRules,
  type MachineState,
  step,
} from "./session_machine.ts";
import { SessionMonitor } from "./session_monitor.ts";
import { SessionRecord } from "./session_record.ts";
import { limitReached } from "./session_limit.ts";
import { callTerminate, sendTerminateFlag } from "./termination.ts";

/** The instance a session leads to. */
export interface SessionTarget {
  instanceId: string;
  /** The Name tag, where it is known. */
  name?: string | undefined;
}

export interface PortSessionOptions {
  service: SessionService;
  openTransport: OpenTransport;
  target: SessionTarget;
  /** As the user wrote the instance; for those who look at the session. Default: the instance id. */
  selector?: string;
  /** Preset of the configuration that it is opened with; likewise. */
  preset?: string | undefined;
  region?: string;
  /** What the session is for. The session closes it, also when opening fails. */
  local: LocalSide;
  reason?: string;
  /** Deadline of each step of opening: the API call, the connection, the handshake. */
  connectTimeoutMs: number;
  /** Undefined: a lost connection ends the session. */
  reconnect?: ReconnectPolicy | undefined;
  /** Chooses the instance of a restart. Default: the same one. */
  reselect?(signal: AbortSignal): Promise<SessionTarget>;
  /** Whether the endpoint can be reached: waiting ends early when it answers again. */
  probe?: Probe | undefined;
  /** Shared by the sessions of a process. Default: one of its own. */
  gate?: ReconnectGate;
  /** Default `normal`. */
  priority?: Priority;
  /** Default `always`. */
  keepAlive?: KeepAlive;
  /** Silence after which the connection is taken for lost. Default 5 s. */
  healthCheckIntervalMs?: number;
  /** Longer intervals while nothing is open. Default false. */
  isLowPower?: boolean;
  /** The account's limits on sessions; undefined where they cannot be read. */
  readPolicy?(signal: AbortSignal): Promise<SessionPolicy | undefined>;
  /** When the credentials in use end; undefined for long-lived ones. */
  credentialsExpireAtMs?(): number | undefined;
  onEvent(event: SessionEvent): void;
  /** One line a message, without payloads. */
  trace?: ((line: string) => void) | undefined;
  /** Ends the opening early, with its reason. */
  signal: AbortSignal;
  clock?: Clock;
  /** A number in [0, 1). Default: `Math.random`. */
  random?: () => number;
}

/** Counters of a session since it began. */
export interface SessionStatistics {
  /** Bytes to local programs. */
  bytesIn: number;
  /** Bytes from local programs. */
  bytesOut: number;
  roundTripMs: number | undefined;
  openConnections: number;
  retransmissions: number;
  reconnects: number;
}

/** Every attempt of a session without a policy is its last; the policy is never asked for a delay. */
const NO_POLICY: ReconnectPolicy = { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 };
const DEFAULT_INTERVAL_MS = 5_000;
/** The service closes every connection so, about once an hour. */
const ROUTINE_CLOSE = 1000;
/** What the service says of a session that is over, by saying nothing. */
const GONE = "the session has ended and cannot be resumed";
/** Of a terminal that nobody looks at: outside a shell the agent ignores it. */
const HEARTBEAT_SIZE = { cols: 80, rows: 24 };

export class PortSession implements HostedSession, AsyncDisposable {
  /** Resolves when the session is over and everything it held is released. Never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #closed = Promise.withResolvers<SessionEnd>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #options: PortSessionOptions;
  readonly #clock: Clock;
  readonly #rules: MachineRules;
  readonly #record: SessionRecord;
  /** Over all channels. */
  readonly #roundTrips = new RoundTripHistogram();
  readonly #reconnector: AutoReconnector;
  readonly #monitor: SessionMonitor;
  readonly #listeners = new Set<(change: StateChange) => void>();
  /** Aborted when nothing more is to be tried. */
  readonly #stop = new AbortController();
  /** Calls that nobody waits for, until the end. */
  readonly #background = new Set<Promise<void>>();
  readonly #inbox: MachineEvent[] = [];
  #isStepping = false;
  #machine: MachineState;
  #channel: DataChannel;
  /** What the channel's events belong to, while it is being opened. */
  #opening: Opening | undefined;
  #target: SessionTarget;
  /** Of the session that must be terminated at the end. */
  #sessionId: string | undefined;
  #streamUrl = "";
  #forwarder: Forwarder | undefined;
  #hasTerminateFlag = false;
  #policy: SessionPolicy | undefined;
  #isFrugal = false;

  private constructor(options: PortSessionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#target = options.target;
    this.closed = this.#closed.promise;
    this.#record = new SessionRecord(this.#clock);
    this.#rules = { reconnect: options.reconnect, canRestart: options.local.canRestart };
    this.#channel = this.#newChannel();
    this.#reconnector = new AutoReconnector({
      policy: options.reconnect ?? NO_POLICY,
      priority: options.priority ?? "normal",
      gate: options.gate ?? new ReconnectGate(),
      probe: options.probe,
      clock: this.#clock,
      random: options.random ?? Math.random,
    });
    this.#monitor = new SessionMonitor({
      clock: this.#clock,
      keepAlive: options.keepAlive ?? "always",
      intervalMs: options.healthCheckIntervalMs ?? DEFAULT_INTERVAL_MS,
      isLowPower: () => this.#isFrugal || options.isLowPower === true,
      openConnections: () => this.#forwarder?.openConnections ?? 0,
      sendHeartbeat: () => this.#sendHeartbeat(),
      onSilent: (reason) => {
        this.#dispatch({ type: "silent", reason, hasHeard: this.#channel.hasHeard });
      },
      onUnanswered: (reason) => this.#dispatch({ type: "unanswered", reason }),
      onHeard: () => this.#dispatch({ type: "heard" }),
      onClockJump: (byMs) => this.#dispatch({ type: "clock_jumped", byMs }),
    });
    [this.#machine] = begin();
  }

  /**
   * Starts a session and serves its local side over it.
   *
   * @returns When it is ready.
   * @throws {AppError} By the kind of failure; the signal's reason when it was aborted. Nothing is left
   * behind then: the local side is closed and a session that was started is terminated.
   */
  static async open(options: PortSessionOptions): Promise<PortSession> {
    const session = new PortSession(options);
    const { signal } = options;
    const onAbort = () => session.#stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const [, effects] = begin();
      for (const effect of effects) session.#perform(effect);
      await session.#opened.promise;
      return session;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Facts of the session, which serves its local side. */
  get ready(): SessionReady {
    if (this.#record.ready === undefined) throw new TypeError("the session is not open");
    return this.#record.ready;
  }

  stats(): SessionStatistics {
    const { roundTripMs, retransmissions } = this.#channel.statistics;
    const { bytesIn, bytesOut, reconnects, retransmissionsBefore } = this.#record;
    return {
      bytesIn,
      bytesOut,
      roundTripMs,
      openConnections: this.#forwarder?.openConnections ?? 0,
      retransmissions: retransmissionsBefore + retransmissions,
      reconnects,
    };
  }

  snapshot(): SessionSnapshot {
    const { sessionId, agentVersion, mode } = this.ready;
    const { local, selector, preset, region, priority, keepAlive } = this.#options;
    const { startedAtMs, sessionStartedAtMs, lastActivityAtMs } = this.#record;
    const { state, restarts, activeMs } = this.#record;
    return {
      ...local.facts,
      ...this.stats(),
      sessionId,
      previousSessionIds: [...this.#record.previousSessionIds],
      instanceId: this.#target.instanceId,
      instanceName: this.#target.name,
      selector: selector ?? this.#target.instanceId,
      preset,
      region: region ?? "",
      priority: priority ?? "normal",
      keepAlive: keepAlive ?? "always",
      state,
      roundTrips: this.#roundTrips.counts,
      startedAtMs,
      sessionStartedAtMs,
      connectMs: this.#record.connectMs,
      agentVersion,
      mode,
      restarts,
      activeMs,
      lastActivityAtMs,
      lastHeardAtMs: Math.max(startedAtMs, this.#epochOf(this.#channel.lastHeardMs)),
      credentialsExpireAtMs: this.#options.credentialsExpireAtMs?.(),
      policy: this.#policy,
      history: [...this.#record.history],
    };
  }

  #epochOf(monotonicMs: number): number {
    return this.#clock.epochMs() - (this.#clock.nowMs() - monotonicMs);
  }

  onStateChange(listener: (change: StateChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Drops the connection and resumes at once. While it is being resumed already, a wait ends. */
  reconnect(): void {
    this.#dispatch({ type: "reconnect_asked" });
  }

  async probe(timeoutMs: number): Promise<number> {
    const { state } = this.#record;
    if (state !== "active") {
      throw new AppError("network", `Cannot ask the agent for an answer: the session is ${state}`);
    }
    const startedMs = this.#clock.nowMs();
    this.#sendHeartbeat();
    if (this.#channel.isSettled) {
      throw new AppError(
        "network",
        "Cannot ask the agent for an answer: it wants nothing sent now",
      );
    }
    if (await this.#channel.settle(timeoutMs)) return this.#clock.nowMs() - startedMs;
    throw new AppError("network", `The agent gave no answer within ${timeoutMs / 1000} s`);
  }

  setFrugal(isFrugal: boolean): void {
    this.#isFrugal = isFrugal;
  }

  /** Ends the session on both sides. May be called again; never rejects. */
  async close(reason = ""): Promise<void> {
    this.#dispatch({ type: "close_asked", reason });
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- The machine ---

  /** Events that come while one is dealt with wait for their turn. */
  #dispatch(event: MachineEvent): void {
    this.#inbox.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next; (next = this.#inbox.shift()) !== undefined;) {
        const facts = { rules: this.#rules, nowMs: this.#clock.nowMs() };
        const [state, effects] = step(this.#machine, next, facts);
        this.#machine = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "tell_state":
        return this.#tellState(effect);
      case "tell":
        return this.#notice(effect.message);
      case "start":
        return void this.#attempt(this.#establish(this.#target, this.#stop.signal));
      case "resume":
        return this.#reconnect((signal) => this.#resume(signal));
      case "restart":
        return this.#reconnect((signal) => this.#restart(signal));
      case "wait":
        return void this.#wait(effect.attempts);
      case "hurry":
        return this.#reconnector.hurry();
      case "watch":
        return this.#watch();
      case "unwatch":
        return this.#monitor.stop();
      case "probe":
        return this.#monitor.probe();
      case "drop":
        return this.#channel.disconnect();
      case "call_off":
        return this.#channel.close();
      case "break_off":
        return this.#breakOff();
      case "release":
        return void this.#release(effect);
      case "opened":
        this.#learnPolicy();
        return this.#opened.resolve();
      case "not_opened":
        return this.#opened.reject(effect.error);
      case "ended":
        return this.#closed.resolve(effect.end);
      default:
        effect satisfies never;
    }
  }

  /** Tells the machine what becomes of an attempt. */
  async #attempt(attempt: Promise<MachineEvent>): Promise<void> {
    let event: MachineEvent;
    try {
      event = await attempt;
    } catch (error) {
      event = error === OVERTAKEN
        ? { type: "attempt_overtaken" }
        : { type: "attempt_failed", error };
    }
    this.#dispatch(event);
  }

  #reconnect(attempt: (signal: AbortSignal) => Promise<MachineEvent>): void {
    this.#reconnector.begin(this.#streamUrl);
    this.#attempt(this.#reconnector.attempt(attempt, this.#stop.signal));
  }

  async #wait(attempts: number): Promise<void> {
    this.#reconnector.begin(this.#streamUrl);
    try {
      await this.#reconnector.wait(attempts, this.#stop.signal);
    } catch {
      return; // The session ends, and the machine knows.
    }
    this.#dispatch({ type: "waited" });
  }

  #watch(): void {
    this.#reconnector.end();
    this.#monitor.start(this.#channel);
    // Lost already, before anybody wanted to know.
    if (!this.#channel.isConnected) this.#onLost({ code: 1006, reason: "" });
  }

  // --- Opening, resuming, restarting ---

  #newChannel(): DataChannel {
    const { openTransport, trace } = this.#options;
    const channel: DataChannel = new DataChannel({
      openTransport,
      clock: this.#clock,
      roundTrips: this.#roundTrips,
      trace,
      events: {
        onLost: (close) => channel === this.#channel && this.#onLost(close),
        onClosed: (closed) => channel === this.#channel && this.#onChannelClosed(closed),
      },
    });
    return channel;
  }

  #beginOpening(signal: AbortSignal): Opening {
    const { connectTimeoutMs, trace } = this.#options;
    return new Opening({
      channel: this.#channel,
      clock: this.#clock,
      timeoutMs: connectTimeoutMs,
      trace,
    }, signal);
  }

  /** StartSession, connection, handshake; then the local side takes over. */
  async #establish(target: SessionTarget, signal: AbortSignal): Promise<MachineEvent> {
    const startedMs = this.#clock.nowMs();
    using opening = this.#beginOpening(signal);
    this.#opening = opening;
    try {
      const grant = await opening.step(
        "Starting the session",
        (step) => this.#start(target, step),
      );
      await opening.connect(grant);
      this.#dispatch({ type: "channel_open" });
      const about = { sessionId: grant.sessionId, instanceId: target.instanceId };
      const handshake = await opening.step(
        "Handshake with the agent",
        (step) => this.#options.local.agree({ channel: this.#channel, ...about }, step),
      );
      const mode = this.#attach(handshake, target);
      const { bind, localPort, remoteHost, remotePort } = this.#options.local.facts;
      const { agentVersion } = handshake;
      this.#begin({
        sessionId: grant.sessionId,
        instanceId: target.instanceId,
        bind,
        localPort,
        remoteHost,
        remotePort,
        connectMs: this.#clock.nowMs() - startedMs,
        agentVersion,
        mode,
      });
      return { type: "ready", notice: handshake.customerMessage };
    } finally {
      this.#opening = undefined;
    }
  }

  async #start(target: SessionTarget, signal: AbortSignal): Promise<SessionGrant> {
    const { local, reason, service } = this.#options;
    const { instanceId } = target;
    const grant = await service.startSession(local.request({ instanceId, reason }), signal);
    // When the step was given up meanwhile, nobody else knows of this session.
    if (signal.aborted) await this.#terminate(grant.sessionId);
    else this.#sessionId = grant.sessionId;
    this.#streamUrl = grant.streamUrl;
    return grant;
  }

  /** A session is there: the first one, or one in place of another. */
  #begin(ready: SessionReady): void {
    const before = this.#record.ready;
    this.#record.begin(ready);
    if (before === undefined) return;
    const previousSessionId = before.sessionId;
    this.#emit({ type: "restarted", atMs: this.#clock.epochMs(), ready, previousSessionId });
  }

  async #resume(signal: AbortSignal): Promise<MachineEvent> {
    const { service } = this.#options;
    using opening = this.#beginOpening(signal);
    try {
      return await opening.step("Resuming the session", async (step): Promise<MachineEvent> => {
        const grant = await service.resumeSession(this.#sessionId!, step);
        if (grant === undefined) {
          this.#sessionId = undefined;
          return this.#gone();
        }
        this.#streamUrl = grant.streamUrl;
        await this.#channel.connect(grant, step);
        this.#record.noteActivity();
        return { type: "resumed" };
      });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== "target") throw error;
      return { type: "resume_refused", reason: error.message, mayRestart: true };
    }
  }

  /**
   * The service has ended the session. Where its limits are obeyed and one of them says why, another
   * session in its place would get round it.
   */
  #gone(): MachineEvent {
    const limit = this.#options.keepAlive === "policy" && this.#policy !== undefined
      ? limitReached(this.#policy, this.#record, this.#clock.epochMs())
      : undefined;
    if (limit === undefined) return { type: "resume_refused", reason: GONE, mayRestart: true };
    return { type: "resume_refused", reason: limit, mayRestart: false };
  }

  async #restart(signal: AbortSignal): Promise<MachineEvent> {
    const { reselect } = this.#options;
    try {
      if (reselect !== undefined) {
        using opening = this.#beginOpening(signal);
        this.#target = await opening.step("Choosing the instance", (step) => reselect(step));
      }
      return await this.#establish(this.#target, signal);
    } catch (error) {
      // The next attempt starts another one. At the end, what was started is terminated there.
      if (!this.#stop.signal.aborted) this.#breakOff();
      throw error;
    }
  }

  /** The local side takes the channel over, whose handshake is done. */
  #attach(handshake: AgreedHandshake, { instanceId }: SessionTarget): SessionReady["mode"] {
    const { forwarder, mode, hasTerminateFlag } = this.#options.local.attach({
      channel: this.#channel,
      handshake,
      instanceId,
    }, {
      clock: this.#clock,
      isFrugal: () => this.#isFrugal,
      events: {
        onConnection: (event) => {
          this.#emit({ type: "connection", atMs: this.#clock.epochMs(), ...event });
          if (event.status === "opened") this.#monitor.wake();
        },
        onBytes: ({ up, down }) => {
          this.#record.bytesOut += up;
          this.#record.bytesIn += down;
          if (up > 0) this.#record.noteActivity();
        },
        onBroken: (reason) => this.#dispatch({ type: "broken", reason }),
        onFinished: () => this.#dispatch({ type: "close_asked", reason: "" }),
      },
    });
    this.#forwarder = forwarder;
    this.#hasTerminateFlag = hasTerminateFlag;
    return mode;
  }

  #sendHeartbeat(): void {
    this.#record.noteActivity();
    if (this.#forwarder?.heartbeat !== undefined) return this.#forwarder.heartbeat();
    this.#channel.send(PAYLOAD_TYPE.size, encodeTerminalSize(HEARTBEAT_SIZE));
  }

  /** Local connections belong to the session that is given up, as does what its channel still holds. */
  #breakOff(): void {
    this.#forwarder?.stop("the session was started anew");
    this.#forwarder = undefined;
    this.#giveUpSession();
    const before = this.#channel;
    this.#record.retransmissionsBefore += before.statistics.retransmissions;
    this.#channel = this.#newChannel();
    before.close();
  }

  /** Terminates a session that another one will take the place of; how that goes is no news. */
  #giveUpSession(): void {
    const sessionId = this.#sessionId;
    this.#sessionId = undefined;
    if (sessionId === undefined) return;
    const { service, trace } = this.#options;
    this.#inBackground(
      callTerminate(service, { sessionId, clock: this.#clock })
        .catch((error) => trace?.(`session ${sessionId} was not terminated: ${messageOf(error)}`)),
    );
  }

  /** The session does not end before the work has. @param work Never rejects. */
  #inBackground(work: Promise<void>): void {
    this.#background.add(work);
    work.finally(() => this.#background.delete(work));
  }

  /** For those who look at the session; nothing waits for it, and a refusal is no failure. */
  async #learnPolicy(): Promise<void> {
    const { readPolicy, trace } = this.#options;
    try {
      this.#policy = await readPolicy?.(this.#stop.signal);
    } catch (error) {
      trace?.(`the account's limits on sessions could not be read: ${messageOf(error)}`);
    }
  }

  // --- What the channel says ---

  #onLost(close: TransportClose): void {
    if (this.#opening !== undefined) return this.#opening.onLost(close);
    this.#dispatch({
      type: "lost",
      reason: describeClose(close),
      isRoutine: close.code === ROUTINE_CLOSE,
      hasHeard: this.#channel.hasHeard,
    });
  }

  #onChannelClosed({ output }: ChannelClosed): void {
    if (this.#opening !== undefined) return this.#opening.onEnded(output);
    this.#dispatch({ type: "ended_remotely", reason: output });
  }

  // --- Ending ---

  /** Releases everything; with `terminate`, the other side is told as well. */
  async #release({ terminate }: { terminate: boolean }): Promise<void> {
    this.#stop.abort(new AppError("bug", "the session was closed"));
    this.#reconnector.end();
    this.#options.local.close();
    this.#forwarder?.stop("the session ended");
    // What still comes is acknowledged, so that the agent can end, and nobody's.
    this.#channel.handlePayloads(() => {});
    if (terminate && this.#sessionId !== undefined) {
      await Promise.all([
        this.#hasTerminateFlag && sendTerminateFlag(this.#channel),
        this.#terminate(this.#sessionId),
      ]);
    }
    this.#channel.close();
    await Promise.all(this.#background);
    this.#dispatch({ type: "released" });
  }

  async #terminate(sessionId: string): Promise<void> {
    try {
      await callTerminate(this.#options.service, { sessionId, clock: this.#clock });
    } catch (error) {
      this.#emit({
        type: "warning",
        atMs: this.#clock.epochMs(),
        message: `Session ${sessionId} could not be terminated: ${messageOf(error)}`,
        hint: "It ends by itself at the account's idle timeout",
      });
    }
  }

  // --- Telling ---

  #tellState({ from, to, reason, isRoutine }: Extract<Effect, { type: "tell_state" }>): void {
    const atMs = this.#clock.epochMs();
    const change: StateChange = { atMs, from, to, ...(reason === "" ? {} : { reason }) };
    this.#record.change(change);
    this.#emit({ type: "state", ...change, ...(isRoutine ? { isRoutine } : {}) });
    for (const listener of this.#listeners) listener(change);
  }

  #notice(message: string): void {
    this.#emit({ type: "notice", atMs: this.#clock.epochMs(), message });
  }

  #emit(event: SessionEvent): void {
    this.#options.onEvent(event);
  }
}
