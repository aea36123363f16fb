/**
 * One session of type Port, from StartSession to its end.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";
import { type Clock, systemClock } from "../platform/mod.ts";
import type { ChannelClosed } from "../protocol/mod.ts";
import type {
  OpenTransport,
  SessionEnd,
  SessionEvent,
  SessionGrant,
  SessionReady,
  SessionService,
  SessionState,
  TransportClose,
} from "./contracts.ts";
import { DataChannel } from "./data_channel.ts";
import { wait, withDeadline } from "./deadline.ts";
import type { Forwarder } from "./forwarder.ts";
import { performPortHandshake, type PortHandshake } from "./handshake.ts";
import type { LocalSide } from "./local_side.ts";
import { type ReconnectPolicy, Resumer } from "./resume.ts";
import { callTerminate, sendTerminateFlag } from "./termination.ts";

export interface PortSessionOptions {
  service: SessionService;
  openTransport: OpenTransport;
  instanceId: string;
  /** What the session is for. The session closes it, also when opening fails. */
  local: LocalSide;
  reason?: string;
  /** Deadline of each step of opening: the API call, the connection, the handshake. */
  connectTimeoutMs: number;
  /** Undefined: a lost connection ends the session. */
  reconnect?: ReconnectPolicy | undefined;
  onEvent(event: SessionEvent): void;
  /** One line a message, without payloads. */
  trace?: ((line: string) => void) | undefined;
  /** Ends the opening early, with its reason. */
  signal: AbortSignal;
  clock?: Clock;
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

/** Attempts to open the first connection; each fails at once or by the step's deadline. */
const CONNECT_ATTEMPTS = 3;
/** Times the attempt's number: the wait before the next one. */
const CONNECT_RETRY_MS = 150;

/** Frames that break the rules of WebSocket. Source: RFC 6455 section 7.4.1. */
const PROTOCOL_ERROR = 1002;

export class PortSession implements AsyncDisposable {
  /** Resolves when the session is over and everything it held is released. Never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #closed = Promise.withResolvers<SessionEnd>();
  readonly #options: PortSessionOptions;
  readonly #clock: Clock;
  readonly #channel: DataChannel;
  /** Aborted when opening must fail, or a resume must stop. */
  readonly #stop = new AbortController();
  /** Undefined: a lost connection ends the session. */
  readonly #resumer: Resumer | undefined;
  #state: SessionState = "connecting";
  #ready: SessionReady | undefined;
  #sessionId: string | undefined;
  #forwarder: Forwarder | undefined;
  #hasTerminateFlag = false;
  #ending: Promise<void> | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  #reconnects = 0;

  private constructor(options: PortSessionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.closed = this.#closed.promise;
    this.#channel = new DataChannel({
      openTransport: options.openTransport,
      clock: this.#clock,
      trace: options.trace,
      events: {
        onLost: (close) => this.#onLost(close),
        onClosed: (closed) => this.#onChannelClosed(closed),
      },
    });
    this.#resumer = options.reconnect && new Resumer({
      channel: this.#channel,
      service: options.service,
      policy: options.reconnect,
      timeoutMs: options.connectTimeoutMs,
      clock: this.#clock,
      onFailedAttempt: (attempt, error) =>
        this.#notice(`Resume attempt ${attempt} failed: ${messageOf(error)}`),
    });
  }

  /**
   * Starts a session and serves the listener over it.
   *
   * @returns When the forward is ready.
   * @throws {AppError} By the kind of failure; the signal's reason when it was aborted. Nothing is left
   * behind then: the listener is closed and a session that was started is terminated.
   */
  static async open(options: PortSessionOptions): Promise<PortSession> {
    const session = new PortSession(options);
    // Linked by hand: before Deno 2.7 a signal of AbortSignal.any can be collected while it is
    // listened to, and then never fires.
    const { signal } = options;
    const onAbort = () => session.#stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await session.#open();
      return session;
    } catch (error) {
      session.#setState("failed", messageOf(error));
      await session.#release({ terminate: true });
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Facts of the session, which serves its port. */
  get ready(): SessionReady {
    if (this.#ready === undefined) throw new TypeError("the session is not open");
    return this.#ready;
  }

  stats(): SessionStatistics {
    const { roundTripMs, retransmissions } = this.#channel.statistics;
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      roundTripMs,
      openConnections: this.#forwarder?.openConnections ?? 0,
      retransmissions,
      reconnects: this.#reconnects,
    };
  }

  /** Ends the session on both sides. May be called again; never rejects. */
  close(): Promise<void> {
    return this.#end({ by: "user", reason: "" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- Opening ---

  async #open(): Promise<void> {
    const startedMs = this.#clock.nowMs();
    const grant = await this.#step("Starting the session", (signal) => this.#start(signal));
    await this.#step("Opening the data channel", (signal) => this.#connect(grant, signal));
    this.#setState("handshaking");
    const handshake = await this.#step(
      "Handshake with the agent",
      (signal) => performPortHandshake(this.#channel, signal),
    );
    const mode = this.#attach(handshake);
    this.#ready = this.#describe(grant, {
      connectMs: this.#clock.nowMs() - startedMs,
      agentVersion: handshake.agentVersion,
      mode,
    });
    this.#setState("active");
    if (handshake.customerMessage !== "") this.#notice(handshake.customerMessage);
  }

  async #start(signal: AbortSignal): Promise<SessionGrant> {
    const { instanceId, local, reason, service } = this.#options;
    const grant = await service.startSession(local.request({ instanceId, reason }), signal);
    // When the step was given up meanwhile, nobody else knows of this session.
    if (signal.aborted) await this.#terminate(grant.sessionId);
    else this.#sessionId = grant.sessionId;
    return grant;
  }

  /** A first connection that fails on the network is tried again: the token is good for another. */
  async #connect(grant: SessionGrant, signal: AbortSignal): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#channel.connect(grant, signal);
      } catch (error) {
        const mayPass = error instanceof AppError && error.kind === "network";
        if (!mayPass || attempt === CONNECT_ATTEMPTS || signal.aborted) throw error;
        this.#options.trace?.(`attempt ${attempt}: ${error.message}`);
        await wait(CONNECT_RETRY_MS * attempt, { clock: this.#clock, signal });
      }
    }
  }

  async #step<T>(what: string, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { connectTimeoutMs } = this.#options;
    const { signal } = this.#stop;
    const result = await withDeadline(step, {
      clock: this.#clock,
      timeoutMs: connectTimeoutMs,
      signal,
      timeoutError: () => {
        const { lastIgnored } = this.#channel;
        return new AppError("network", `${what}: no answer within ${connectTimeoutMs / 1000} s`, {
          ...(lastIgnored === undefined
            ? {}
            : { why: `What did arrive was not valid: ${lastIgnored}` }),
          hint: "Check the network and the agent on the instance, or raise aws.connection_timeout",
        });
      },
    });
    // The end of the session may have come in one piece with what the step waited for.
    signal.throwIfAborted();
    return result;
  }

  /** The local side takes the channel over, whose handshake is done. */
  #attach(handshake: PortHandshake): SessionReady["mode"] {
    const { instanceId, local } = this.#options;
    const { forwarder, mode, hasTerminateFlag } = local.attach({
      channel: this.#channel,
      handshake,
      instanceId,
    }, {
      clock: this.#clock,
      events: {
        onConnection: (event) =>
          this.#emit({ type: "connection", atMs: this.#clock.epochMs(), ...event }),
        onBytes: ({ up, down }) => {
          this.#bytesOut += up;
          this.#bytesIn += down;
        },
        onBroken: (reason) => this.#end({ by: "lost", reason }),
        onFinished: () => this.#end({ by: "user", reason: "" }),
      },
    });
    this.#forwarder = forwarder;
    this.#hasTerminateFlag = hasTerminateFlag;
    return mode;
  }

  #describe(
    grant: SessionGrant,
    learned: Pick<SessionReady, "connectMs" | "agentVersion" | "mode">,
  ): SessionReady {
    const { instanceId, local } = this.#options;
    const { bind, localPort, remoteHost, remotePort } = local.facts;
    return {
      sessionId: grant.sessionId,
      instanceId,
      bind,
      localPort,
      remoteHost,
      remotePort,
      ...learned,
    };
  }

  // --- Losing and resuming ---

  #onLost(close: TransportClose): void {
    const reason = `the data channel closed with code ${close.code}` +
      (close.reason === "" ? "" : ` (${close.reason})`);
    if (this.#state === "connecting" || this.#state === "handshaking") {
      return this.#stop.abort(
        new AppError("network", `Handshake with the agent: ${reason}`, {
          why: close.code === PROTOCOL_ERROR
            ? "What came is no WebSocket traffic: something on the way may change or replace it"
            : "The gateway refused the session's token, or the connection broke",
          hint: "Try again",
        }),
      );
    }
    if (this.#isEnding) return this.#channel.close();
    if (this.#state !== "active") return;
    if (this.#resumer === undefined) this.#end({ by: "lost", reason });
    else this.#resume(this.#resumer, reason);
  }

  async #resume(resumer: Resumer, reason: string): Promise<void> {
    this.#setState("resuming", reason);
    try {
      const outcome = await resumer.resume(this.#sessionId!, this.#stop.signal);
      if (outcome === "ended") {
        this.#end({ by: "remote", reason: "the session has ended and cannot be resumed" });
        return;
      }
      this.#reconnects++;
      this.#setState("active", "resumed");
      // The new connection may have been lost before this line saw it.
      if (!this.#channel.isConnected) this.#onLost({ code: 1006, reason: "" });
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#end({ by: "lost", reason: messageOf(error) });
    }
  }

  #onChannelClosed({ output }: ChannelClosed): void {
    if (this.#state === "connecting" || this.#state === "handshaking") {
      const why = output === "" ? "No reason was given" : output;
      return this.#stop.abort(
        new AppError("target", "Starting the session: it was ended by the other side", { why }),
      );
    }
    if (this.#isEnding) return this.#channel.close();
    this.#end({ by: "remote", reason: output });
  }

  // --- Ending ---

  /** Nothing more is to be had from the other side then, nor waited for. */
  get #isEnding(): boolean {
    return this.#ending !== undefined || this.#state === "failed";
  }

  #end(end: SessionEnd): Promise<void> {
    if (this.#ending === undefined) {
      // Set first: what the end itself causes must not end the session once more.
      const ended = Promise.withResolvers<void>();
      this.#ending = ended.promise;
      ended.resolve(this.#endOnce(end));
    }
    return this.#ending;
  }

  async #endOnce(end: SessionEnd): Promise<void> {
    this.#setState("closing", end.reason);
    await this.#release({ terminate: end.by !== "remote" });
    this.#setState("closed", end.reason);
    this.#closed.resolve(end);
  }

  /** Releases everything; with `terminate`, the other side is told as well. */
  async #release({ terminate }: { terminate: boolean }): Promise<void> {
    this.#stop.abort(new AppError("bug", "the session was closed"));
    this.#options.local.close();
    this.#forwarder?.stop();
    // What still comes is acknowledged, so that the agent can end, and nobody's.
    this.#channel.handlePayloads(() => {});
    if (terminate && this.#sessionId !== undefined) {
      await Promise.all([
        this.#hasTerminateFlag && sendTerminateFlag(this.#channel),
        this.#terminate(this.#sessionId),
      ]);
    }
    this.#channel.close();
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

  #setState(to: SessionState, reason = ""): void {
    const from = this.#state;
    this.#state = to;
    this.#emit({
      type: "state",
      atMs: this.#clock.epochMs(),
      from,
      to,
      ...(reason === "" ? {} : { reason }),
    });
  }

  #notice(message: string): void {
    this.#emit({ type: "notice", atMs: this.#clock.epochMs(), message });
  }

  #emit(event: SessionEvent): void {
    this.#options.onEvent(event);
  }
}
