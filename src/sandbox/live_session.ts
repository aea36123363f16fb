/**
 * One session as the gateway carries it: the client's connection on one side, the agent on the other.
 *
 * Source: protocol text §13.3; what the gateway does between them is inferred from both ends.
 *
 * @module
 */
import { AgentSession } from "./agent/agent_session.ts";
import type { SessionSnapshot } from "./contracts.ts";
import { MessagePath } from "./faults/message_path.ts";
import type { FaultRegistry, Struck } from "./faults/registry.ts";
import type { Fleet } from "./fleet.ts";
import { CLOSE_CODE } from "./gateway/frame_reader.ts";
import { isAcknowledge, isForAgent } from "./gateway/message_type.ts";
import type { OpenRequest } from "./gateway/open_request.ts";
import type { ServerSocket } from "./gateway/server_socket.ts";
import { channelClosedMessage, publicationMessage } from "./gateway/service_messages.ts";
import { IdleWatch } from "./idle_watch.ts";
import type { Homes } from "./pty/homes.ts";
import { encryptionOf } from "./session_encryption.ts";
import { hasEnded, type SessionRecord } from "./session_registry.ts";
import type { SandboxTiming } from "./timing.ts";

export interface LiveSessionOptions {
  record: SessionRecord;
  fleet: Fleet;
  faults: FaultRegistry;
  timing: SandboxTiming;
  isPaced: boolean;
  /** The agents refuse clients that do not take part in the newer exchange of keys. */
  requiresKmsChallenge: boolean;
  homes: Homes;
  log(line: string): void;
}

/** Delayed messages beyond this make their sender wait. */
const MAX_DELAYED_BYTES = 8 * 1024 * 1024;

export class LiveSession {
  readonly record: SessionRecord;
  readonly #options: LiveSessionOptions;
  readonly #agent: AgentSession;
  readonly #agentVersion: string;
  readonly #toClient: MessagePath;
  readonly #toAgent: MessagePath;
  readonly #struck: Struck;
  readonly #clientIds = new Set<string>();
  #socket: ServerSocket | undefined;
  #clientVersion = "";
  #connections = 0;
  #messagesFromClient = 0;
  #messagesToClient = 0;
  #closeTimer: number | undefined;
  /** Data from the client counts, and a new connection; its acknowledgements do not. */
  readonly #idle: IdleWatch;
  readonly #durationTimer: number | undefined;

  constructor(options: LiveSessionOptions) {
    const { record, fleet, faults, timing, isPaced, homes } = options;
    const { instance, settings: { runAs } } = record;
    this.record = record;
    this.#options = options;
    this.#struck = { instance: record.instance, sessionId: record.sessionId };
    this.#agentVersion = faults.take("agent_version", this.#struck)?.version ??
      record.instance.agent.version;
    this.#agent = new AgentSession({
      work: record.work,
      encryption: encryptionOf(record, {
        fleet,
        agentVersion: this.#agentVersion,
        requiresChallenge: options.requiresKmsChallenge,
      }),
      planCommand: (command) => homes.plan(command, { instanceId: instance.instanceId, runAs }),
      agentVersion: this.#agentVersion,
      isPaced,
      timing,
      hosts: fleet.hostsSeenFrom(record.instance),
      vpcCidr: fleet.vpcCidrOf(record.instance),
      transmit: (frame) => this.#relayToClient(frame),
      isBackedUp: () => this.#isBackedUp,
      isSilent: (stage) => this.#isSilent(stage),
      dialDelayMs: () => faults.take("slow_dial", this.#struck)?.ms ?? 0,
      onUnblocked: () => this.#socket?.resumeReading(),
      onEnd: (end) => this.#end(end.hasFailed ? "Failed" : "Terminated", end.output),
    });
    this.#idle = new IdleWatch(timing.idleTimeoutMs, () => {
      const minutes = timing.idleTimeoutMs / 60_000;
      this.#end("Terminated", `Session ended: idle for ${minutes} minutes`);
    });
    this.#durationTimer = timing.maxDurationMs === 0 ? undefined : Number(setTimeout(() => {
      const minutes = timing.maxDurationMs / 60_000;
      this.#end("Terminated", `Session ended: its maximum duration is ${minutes} minutes`);
    }, timing.maxDurationMs));
    this.#toClient = new MessagePath({
      direction: "to_client",
      faults,
      struck: this.#struck,
      deliver: (frame) => {
        this.#socket?.send(frame);
        if (this.#toClient.bytesHeld > 0) this.#agent.onRoom();
      },
    });
    this.#toAgent = new MessagePath({
      direction: "to_agent",
      faults,
      struck: this.#struck,
      deliver: (frame) => {
        this.#agent.channel.receive(frame);
        if (this.#toAgent.bytesHeld > 0) this.#socket?.resumeReading();
      },
    });
  }

  /**
   * Whether the client's socket should not be read. How much the service keeps for an agent that does
   * not read is not known; here that is nothing, and the client feels it at once.
   */
  get shouldStopReading(): boolean {
    return this.#agent.isBlocked || this.#toAgent.bytesHeld > MAX_DELAYED_BYTES;
  }

  /** A client has shown a good token on `socket`; an older connection gives way. */
  attach(socket: ServerSocket, request: OpenRequest): void {
    const older = this.#socket;
    this.#socket = socket;
    this.#connections++;
    this.#idle.touch();
    this.#clientIds.add(request.clientId);
    this.#clientVersion = request.clientVersion;
    older?.close(CLOSE_CODE.normal, "Replaced by a newer connection");
    if (hasEnded(this.record)) return this.#sendClosed();
    this.record.status = "Connected";
    this.updateBlackhole();
    if (!this.#agent.hasStarted) this.#agent.start();
    else this.#agent.channel.receive(publicationMessage("start_publication", this.#id));
  }

  /** A binary message of the client. */
  receive(socket: ServerSocket, frame: Uint8Array): void {
    if (socket !== this.#socket || hasEnded(this.record) || !isForAgent(frame)) return;
    this.#messagesFromClient++;
    if (!isAcknowledge(frame)) this.#idle.touch();
    this.#toAgent.send(frame);
  }

  detach(socket: ServerSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#toClient.reset();
    if (hasEnded(this.record)) return;
    this.record.status = "Disconnected";
    this.#agent.channel.receive(publicationMessage("pause_publication", this.#id));
  }

  /** The client's connection takes messages again. */
  onDrained(): void {
    this.#agent.onRoom();
  }

  /** Ends the session from outside: the API, a fault. */
  terminate(output: string): void {
    this.#end("Terminated", output);
  }

  /** A `blackhole` fault may have come or gone. */
  updateBlackhole(): void {
    this.#socket?.freeze(this.#options.faults.matching("blackhole", this.#struck).length > 0);
  }

  // --- Faults that strike at once. ---

  /** The open connection, for faults of the connection itself. */
  get socket(): ServerSocket | undefined {
    return this.#socket;
  }

  get struck(): Struck {
    return this.#struck;
  }

  publish(type: "pause_publication" | "start_publication", to: "client" | "agent"): void {
    const message = publicationMessage(type, this.#id);
    if (to === "client") this.#socket?.send(message);
    else this.#agent.channel.receive(message);
  }

  snapshot(): SessionSnapshot {
    const { record } = this;
    const agent = this.#agent;
    const { retransmissions, duplicates, notReady, unacknowledged } = agent.channel;
    return {
      sessionId: record.sessionId,
      instanceId: record.instance.instanceId,
      documentName: record.documentName,
      status: record.status,
      endReason: record.endReason,
      clientVersion: this.#clientVersion,
      connections: this.#connections,
      isConnected: this.#socket !== undefined,
      clientIds: this.#clientIds.size,
      agentVersion: this.#agentVersion,
      mode: agent.mode,
      targetConnections: agent.connections,
      isBlocked: agent.isBlocked,
      counters: {
        messagesFromClient: this.#messagesFromClient,
        messagesToClient: this.#messagesToClient,
        bytesFromClient: agent.bytesFromClient,
        bytesToClient: agent.bytesToClient,
        retransmissions,
        duplicates,
        thrownAway: agent.thrownAway,
        notReady,
        unacknowledged,
      },
    };
  }

  /** Drops everything without a word: the sandbox stops. Resolves when nothing is left running. */
  async stop(): Promise<void> {
    clearTimeout(this.#closeTimer);
    clearTimeout(this.#durationTimer);
    this.#idle.stop();
    const gone = this.#agent.stop();
    this.#toClient.reset();
    this.#toAgent.reset();
    this.#socket?.cut();
    await gone;
  }

  get #id(): string {
    return this.record.sessionId;
  }

  get #isBackedUp(): boolean {
    return this.#socket?.isBackedUp === true || this.#toClient.bytesHeld > MAX_DELAYED_BYTES;
  }

  #isSilent(stage: "request" | "complete"): boolean {
    const { faults } = this.#options;
    const silence = faults.matching("silence_handshake", this.#struck).find(({ fault }) =>
      fault.fault === "silence_handshake" && (fault.stage ?? "request") === stage
    );
    if (silence !== undefined) faults.strike(silence);
    return silence !== undefined;
  }

  #relayToClient(frame: Uint8Array): void {
    // With the client away the message is lost; the agent keeps it and is told to pause.
    if (this.#socket === undefined) return;
    this.#messagesToClient++;
    this.#toClient.send(frame);
  }

  #end(status: "Terminated" | "Failed", output: string): void {
    const { record } = this;
    if (hasEnded(record)) return;
    record.status = status;
    record.endedAtMs = Date.now();
    record.endReason = output.replace(/^\s*-+ERROR-+\s*/, "");
    this.#options.log(`session ${this.#id} ended: ${record.endReason || "terminated"}`);
    this.#idle.stop();
    clearTimeout(this.#durationTimer);
    this.#agent.stop();
    this.#toAgent.reset();
    this.#sendClosed(output);
  }

  /** Tells the client, and closes its connection a little later. */
  #sendClosed(output = this.record.endReason): void {
    const { socket } = this;
    const { sessionId, instance } = this.record;
    this.#toClient.send(
      channelClosedMessage({ sessionId, instanceId: instance.instanceId }, output),
    );
    clearTimeout(this.#closeTimer);
    if (socket === undefined) return;
    this.#closeTimer = Number(setTimeout(
      () => socket.close(CLOSE_CODE.normal, ""),
      this.#options.timing.closeDelayMs,
    ));
  }
}
