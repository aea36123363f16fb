/**
 * One port-forwarding session, from StartSession to its end.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";
import { type Clock, systemClock } from "../platform/mod.ts";
import {
  agentFeatures,
  type ChannelClosed,
  encodeFlag,
  FLAG,
  PAYLOAD_TYPE,
  REMOTE_HOST_AGENT_VERSION,
} from "../protocol/mod.ts";
import { BasicForwarder } from "./basic_forwarder.ts";
import type {
  Forward,
  OpenTransport,
  SessionEnd,
  SessionEvent,
  SessionGrant,
  SessionReady,
  SessionService,
  SessionState,
  StartSessionRequest,
  TransportClose,
} from "./contracts.ts";
import { DataChannel } from "./data_channel.ts";
import { wait, withDeadline } from "./deadline.ts";
import type { Forwarder, ForwarderOptions } from "./forwarder.ts";
import { performPortHandshake, type PortHandshake } from "./handshake.ts";
import { MuxForwarder } from "./mux_forwarder.ts";
import { type ReconnectPolicy, resume } from "./resume.ts";

export interface PortSessionOptions {
  service: SessionService;
  openTransport: OpenTransport;
  instanceId: string;
  forward: Forward;
  /** Already listening; the session closes it. Connections made before the session is ready wait. */
  listener: Deno.TcpListener;
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

/** How long the agent may take to acknowledge the end. Its own limit for its last messages is 2 s. */
const END_TIMEOUT_MS = 1_500;
const TERMINATE_TIMEOUT_MS = 5_000;

export class PortSession implements AsyncDisposable {
  /** Resolves when the session is over and everything it held is released. Never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #closed = Promise.withResolvers<SessionEnd>();
  readonly #options: PortSessionOptions;
  readonly #clock: Clock;
  readonly #channel: DataChannel;
  /** Aborted when opening must fail, or a resume must stop. */
  readonly #stop = new AbortController();
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
    try {
      await session.#open();
      return session;
    } catch (error) {
      session.#setState("failed", messageOf(error));
      await session.#release({ terminate: true });
      throw error;
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
    const grant = await this.#step(
      "Starting the session",
      (signal) => this.#options.service.startSession(this.#startRequest(), signal),
    );
    this.#sessionId = grant.sessionId;
    await this.#step("Opening the data channel", (signal) => this.#connect(grant, signal));
    this.#setState("handshaking");
    const handshake = await this.#step(
      "Handshake with the agent",
      (signal) => performPortHandshake(this.#channel, signal),
    );
    this.#startForwarder(handshake);
    this.#ready = this.#describe(grant, handshake, this.#clock.nowMs() - startedMs);
    this.#setState("active");
    if (handshake.customerMessage !== "") this.#notice(handshake.customerMessage);
  }

  #startRequest(): StartSessionRequest {
    const { forward, instanceId, reason } = this.#options;
    const localPort = String(this.#options.listener.addr.port);
    const parameters: Record<string, string[]> = {
      portNumber: [String(forward.remotePort)],
      localPortNumber: [localPort],
    };
    if (forward.remoteHost !== undefined) parameters["host"] = [forward.remoteHost];
    return {
      target: instanceId,
      documentName: forward.remoteHost === undefined
        ? "AWS-StartPortForwardingSession"
        : "AWS-StartPortForwardingSessionToRemoteHost",
      parameters,
      ...(reason === undefined ? {} : { reason }),
    };
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

  #step<T>(what: string, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { connectTimeoutMs } = this.#options;
    return withDeadline(step, {
      clock: this.#clock,
      timeoutMs: connectTimeoutMs,
      signal: AbortSignal.any([this.#options.signal, this.#stop.signal]),
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
  }

  #startForwarder({ agentVersion, properties }: PortHandshake): void {
    const { forward, listener } = this.#options;
    const features = agentFeatures(agentVersion);
    this.#hasTerminateFlag = features.hasTerminateFlag;
    if (forward.remoteHost !== undefined && !features.hasRemoteHost) {
      throw new AppError(
        "target",
        `Forwarding to ${forward.remoteHost}: the agent on ${this.#options.instanceId} is too old`,
        {
          why: `It is ${agentVersion}; remote hosts need ${REMOTE_HOST_AGENT_VERSION} or later`,
          hint: "Update the SSM agent: aws ssm send-command --document-name AWS-UpdateSSMAgent " +
            `--targets Key=InstanceIds,Values=${this.#options.instanceId}`,
        },
      );
    }
    const options: ForwarderOptions = {
      clock: this.#clock,
      refusalText: `the agent could not connect to ${forward.remoteHost ?? "localhost"}:` +
        `${forward.remotePort}: nothing listens there, or it cannot be reached from the instance`,
      events: {
        onConnection: (event) =>
          this.#emit({ type: "connection", atMs: this.#clock.epochMs(), ...event }),
        onBytes: ({ up, down }) => {
          this.#bytesOut += up;
          this.#bytesIn += down;
        },
        onBroken: (reason) => this.#end({ by: "lost", reason }),
      },
    };
    const isMux = properties.type === PORT_TYPE && features.hasMultiplexing;
    this.#forwarder = isMux
      ? new MuxForwarder(this.#channel, { ...options, needsKeepAlive: features.needsSmuxKeepAlive })
      : new BasicForwarder(this.#channel, options);
    this.#forwarder.serve(listener);
  }

  #describe(grant: SessionGrant, handshake: PortHandshake, connectMs: number): SessionReady {
    const { forward, instanceId, listener } = this.#options;
    return {
      sessionId: grant.sessionId,
      instanceId,
      bind: forward.bind,
      localPort: listener.addr.port,
      remoteHost: forward.remoteHost,
      remotePort: forward.remotePort,
      connectMs,
      agentVersion: handshake.agentVersion,
      mode: this.#forwarder instanceof MuxForwarder ? "mux" : "basic",
    };
  }

  // --- Losing and resuming ---

  #onLost(close: TransportClose): void {
    const reason = `the data channel closed with code ${close.code}` +
      (close.reason === "" ? "" : ` (${close.reason})`);
    if (this.#state === "connecting" || this.#state === "handshaking") {
      return this.#stop.abort(
        new AppError("network", `Handshake with the agent: ${reason}`, {
          why: "The gateway refused the session's token, or the connection broke",
          hint: "Try again",
        }),
      );
    }
    if (this.#state !== "active") return;
    if (this.#options.reconnect === undefined) {
      this.#end({ by: "lost", reason });
    } else {
      this.#resume(this.#options.reconnect, reason);
    }
  }

  async #resume(policy: ReconnectPolicy, reason: string): Promise<void> {
    this.#setState("resuming", reason);
    try {
      const outcome = await resume({
        channel: this.#channel,
        service: this.#options.service,
        sessionId: this.#sessionId!,
        policy,
        timeoutMs: this.#options.connectTimeoutMs,
        clock: this.#clock,
        signal: this.#stop.signal,
        onFailedAttempt: (attempt, error) =>
          this.#notice(`Resume attempt ${attempt} failed: ${messageOf(error)}`),
      });
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
    this.#end({ by: "remote", reason: output });
  }

  // --- Ending ---

  #end(end: SessionEnd): Promise<void> {
    this.#ending ??= this.#endOnce(end);
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
    closeQuietly(this.#options.listener);
    this.#forwarder?.stop();
    if (terminate && this.#sessionId !== undefined) {
      await Promise.all([this.#sendTerminateFlag(), this.#callTerminate(this.#sessionId)]);
    }
    this.#channel.handlePayloads(() => {});
    this.#channel.close();
  }

  async #sendTerminateFlag(): Promise<void> {
    if (!this.#hasTerminateFlag || !this.#channel.isConnected) return;
    this.#channel.send(PAYLOAD_TYPE.flag, encodeFlag(FLAG.terminateSession));
    await this.#channel.settle(END_TIMEOUT_MS);
  }

  async #callTerminate(sessionId: string): Promise<void> {
    try {
      await withDeadline((signal) => this.#options.service.terminateSession(sessionId, signal), {
        clock: this.#clock,
        timeoutMs: TERMINATE_TIMEOUT_MS,
        signal: new AbortController().signal,
        timeoutError: () => new AppError("network", "no answer"),
      });
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

/** Attempts to open the first connection; each fails at once or by the step's deadline. */
const CONNECT_ATTEMPTS = 3;
/** Times the attempt's number: the wait before the next one. */
const CONNECT_RETRY_MS = 150;
/** The property that makes a port session multiplexed; any other is a single byte stream. */
const PORT_TYPE = "LocalPortForwarding";

function closeQuietly(listener: Deno.TcpListener): void {
  try {
    listener.close();
  } catch {
    // The caller closed it first.
  }
}
