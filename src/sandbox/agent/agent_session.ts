/**
 * One session of a simulated agent: handshake, plugin, end.
 *
 * Source: agent sessionplugin.go Execute, datachannel.go; protocol text §5.1, §5.5, §10.1, §13.5.
 *
 * @module
 */
import { messageOf } from "../../errors/mod.ts";
import { systemClock } from "../../platform/mod.ts";
import { sessionTypeOf, type SessionWork } from "../session_work.ts";
import { AgentHandshake, type SessionEncryption } from "./agent_handshake.ts";
import { AgentChannel, OUTGOING_LIMIT, type Verdict } from "./channel.ts";
import type { Dialer } from "./dialer.ts";
import { type AgentPlugin, PAYLOAD, type PluginHost, type PluginMode } from "./plugin.ts";
import { FLAG } from "./port_plugin.ts";
import type { SessionCipher } from "./session_cipher.ts";
import { isMultiplexed, makePlugin, type PluginWorld } from "./start_plugin.ts";
import { agentHas } from "./version.ts";

/** How a session ended, as the agent reports it to the service. */
export interface AgentEnd {
  hasFailed: boolean;
  /** What the client is told; empty after an ordinary end. */
  output: string;
}

export interface AgentSessionOptions extends PluginWorld {
  work: SessionWork;
  /** Set for shells and commands where the preferences name a key. */
  encryption: SessionEncryption | undefined;
  isPaced: boolean;
  /** Puts a frame on the wire to the gateway. */
  transmit(frame: Uint8Array): void;
  /** The gateway takes no more for now; `onRoom` says when it does. */
  isBackedUp(): boolean;
  /** Faults: whether a part of the handshake is left out. */
  isSilent(stage: "request" | "complete"): boolean;
  /** `isBlocked` is false again. */
  onUnblocked(): void;
  onEnd(end: AgentEnd): void;
}

/**
 * Without the sleep the reader would fill the real agent's buffer of 100,000 messages in seconds, and
 * as only the oldest is ever retransmitted, ten a second, a lost connection would take hours to recover
 * from. No real agent is in that state, so the unpaced one keeps to a window: 128 messages carry as
 * much over loopback as 512 do, and more than a paced agent with 100 ms of delay.
 */
const UNPACED_WINDOW = 128;

type State = "new" | "handshaking" | "running" | "ending" | "ended";

/** Source: agent iohandler.go; the line in front of a failure's text. */
const ERROR_LINE = "\n----------ERROR-------\n";

/** Payloads that are encrypted, of those that the agent sends. Source: protocol text §10.1. */
const ENCRYPTED: readonly number[] = [PAYLOAD.output, PAYLOAD.stdErr, PAYLOAD.exitCode];

export class AgentSession {
  readonly channel: AgentChannel;
  readonly #options: AgentSessionOptions;
  #state: State = "new";
  #handshake: AgentHandshake | undefined;
  #cipher: SessionCipher | undefined;
  #plugin: AgentPlugin | undefined;
  #dialer: Dialer | undefined;
  #ticker: number | undefined;
  /** The limit of the last acknowledgements. */
  #deadline: number | undefined;
  #end: AgentEnd | undefined;
  /** What the plugin has opened or started is gone. */
  #closed: Promise<void> = Promise.resolve();
  thrownAway = 0;
  bytesFromClient = 0;
  bytesToClient = 0;

  constructor(options: AgentSessionOptions) {
    this.#options = options;
    this.channel = new AgentChannel({
      transmit: options.transmit,
      process: (payloadType, payload) => this.#process(payloadType, payload),
      onRoom: () => this.onRoom(),
    }, {
      outgoingLimit: OUTGOING_LIMIT,
      clock: systemClock,
    });
  }

  get mode(): PluginMode | "none" {
    return this.#plugin?.mode ?? "none";
  }

  get connections(): number {
    return this.#plugin?.connections ?? 0;
  }

  /** Targets are slow: nothing more should be received for now. */
  get isBlocked(): boolean {
    return this.#plugin?.isBlocked ?? false;
  }

  get hasStarted(): boolean {
    return this.#state !== "new";
  }

  /** Begins with the handshake, or without one at once. */
  start(): void {
    const { timing, agentVersion, work, encryption, isSilent } = this.#options;
    this.#ticker = Number(setInterval(() => this.channel.tick(), timing.retransmissionTickMs));
    // A shell needs no handshake: it just starts to print.
    if (work.kind !== "port" && work.kind !== "command" && encryption === undefined) {
      this.#state = "running";
      return this.#startPlugin("");
    }
    this.#state = "handshaking";
    this.#handshake = new AgentHandshake({
      agentVersion,
      sessionType: sessionTypeOf(work),
      properties: work.kind === "port" ? work.properties : null,
      encryption,
      timeoutMs: timing.handshakeTimeoutMs,
      send: (payloadType, payload) => this.channel.send(payloadType, payload),
      isSilent,
      onComplete: ({ clientVersion, cipher }) => {
        this.#cipher = cipher;
        this.#state = "running";
        this.#startPlugin(clientVersion);
      },
      onFailure: (reason) =>
        this.#fail(`${ERROR_LINE}Encountered error while initiating handshake. ${reason}`),
    });
    this.#handshake.start();
  }

  /** The gateway or the acknowledgements have made room. */
  onRoom(): void {
    if (this.#state === "running") this.#plugin?.onRoom();
    else if (this.#state === "ending" && this.#mayFinish()) this.#finishEnd();
  }

  /** The end, too, would reach the client while it may not be spoken to. */
  #mayFinish(): boolean {
    return this.channel.unacknowledged === 0 && !this.channel.isQuiet;
  }

  /** Ends at once and for good; nothing is reported. Resolves when nothing is left running. */
  stop(): Promise<void> {
    if (this.#state === "ended") return this.#closed;
    this.#state = "ended";
    clearInterval(this.#ticker);
    clearTimeout(this.#deadline);
    this.#handshake?.stop();
    this.#closePlugin();
    this.channel.close();
    return this.#closed;
  }

  #process(payloadType: number, payload: Uint8Array): Verdict {
    switch (this.#state) {
      case "handshaking": {
        const verdict = this.#handshake!.take(payloadType, payload);
        if (verdict !== undefined) return verdict;
        // Acknowledged, counted and lost: a client must wait for HandshakeComplete.
        this.thrownAway++;
        return "processed";
      }
      case "running":
        return this.#takePayload(payloadType, payload);
      case "new":
      case "ending":
      case "ended":
        return "processed";
      default:
        return this.#state satisfies never;
    }
  }

  #startPlugin(clientVersion: string): void {
    const { work, agentVersion, timing } = this.#options;
    if (isMultiplexed(work, { agent: agentVersion, client: clientVersion })) {
      this.channel.beginQuiet(timing.quietMs);
    }
    try {
      const { plugin, dialer } = makePlugin(work, clientVersion, {
        host: this.#pluginHost(),
        world: this.#options,
      });
      this.#plugin = plugin;
      this.#dialer = dialer;
    } catch (error) {
      return this.#fail(messageOf(error));
    }
    this.#plugin.start();
  }

  #pluginHost(): PluginHost {
    const options = this.#options;
    return {
      isPaced: options.isPaced,
      isActive: () => !this.channel.isPaused,
      canSend: () => this.channel.hasRoom && this.#isInWindow && !options.isBackedUp(),
      send: (payloadType, payload) => this.#send(payloadType, payload),
      becameReady: () => this.channel.drain(),
      unblocked: () => options.onUnblocked(),
      fail: (text) => this.#fail(text),
      finish: () => this.#beginEnd({ hasFailed: false, output: "" }),
    };
  }

  #send(payloadType: number, payload: Uint8Array): void {
    if (payloadType === PAYLOAD.output || payloadType === PAYLOAD.stdErr) {
      this.bytesToClient += payload.byteLength;
    }
    const isEncrypted = this.#cipher !== undefined && ENCRYPTED.includes(payloadType);
    this.channel.send(payloadType, isEncrypted ? this.#cipher!.encrypt(payload) : payload);
  }

  /**
   * While nothing is received, acknowledgements are not either: waiting for them then would stop the
   * very targets whose output has to go on before they take more input.
   */
  get #isInWindow(): boolean {
    return this.#options.isPaced || this.isBlocked || this.channel.unacknowledged < UNPACED_WINDOW;
  }

  #takePayload(payloadType: number, payload: Uint8Array): Verdict {
    const plugin = this.#plugin!;
    switch (payloadType) {
      case PAYLOAD.output: {
        const input = this.#cipher === undefined ? payload : this.#cipher.decrypt(payload);
        // An error while it is processed: not acknowledged.
        if (input === undefined) return "not_ready";
        const verdict = plugin.takeOutput(input);
        if (verdict === "processed") this.bytesFromClient += input.byteLength;
        return verdict;
      }
      case PAYLOAD.size:
        return plugin.takeSize?.(payload) ?? "processed";
      case PAYLOAD.flag:
        if (payload.byteLength === 4) this.#takeFlag(payload);
    }
    return "processed";
  }

  #takeFlag(payload: Uint8Array): void {
    const flag = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
    // Shells and commands know no flags. Source: agent shell_unix.go InputStreamMessageHandler.
    if (this.#options.work.kind !== "port") return;
    if (flag !== FLAG.terminateSession) this.#plugin!.takeFlag?.(flag);
    else if (agentHas("terminateFlag", this.#options.agentVersion)) {
      this.#beginEnd({ hasFailed: false, output: "" });
    }
  }

  #fail(output: string): void {
    this.#beginEnd({ hasFailed: true, output });
  }

  /** Waits for the last acknowledgements before the end is reported. */
  #beginEnd(end: AgentEnd): void {
    if (this.#state === "ending" || this.#state === "ended") return;
    this.#state = "ending";
    this.#end = end;
    this.#handshake?.stop();
    this.#closePlugin();
    this.#deadline = Number(setTimeout(() => this.#finishEnd(), this.#options.timing.drainMs));
    // In a turn of its own: the message that brought the end is acknowledged first.
    queueMicrotask(() => this.onRoom());
  }

  #closePlugin(): void {
    const closing = this.#plugin?.close();
    if (closing !== undefined) this.#closed = closing;
    this.#dialer?.stop();
  }

  #finishEnd(): void {
    const end = this.#end;
    if (this.#state !== "ending" || end === undefined) return;
    this.stop();
    this.#options.onEnd(end);
  }
}
