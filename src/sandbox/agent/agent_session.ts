/**
 * One session of a simulated agent: handshake, port plugin, end.
 *
 * Source: agent datachannel.go PerformHandshake, sessionplugin.go Execute; protocol text §5.5, §13.5.
 *
 * @module
 */
import { systemClock } from "../../platform/mod.ts";
import type { PortProperties } from "../aws/ssm_documents.ts";
import type { SandboxTiming } from "../timing.ts";
import { BasicPort } from "./basic_port.ts";
import { AgentChannel, OUTGOING_LIMIT, type Verdict } from "./channel.ts";
import { routeTo } from "./dial.ts";
import { Dialer } from "./dialer.ts";
import {
  HANDSHAKE_PAYLOAD,
  handshakeComplete,
  handshakeRequest,
  readHandshakeResponse,
} from "./handshake.ts";
import { MuxPort } from "./mux_port.ts";
import { FLAG, PAYLOAD, type PluginHost, type PortPlugin } from "./port_plugin.ts";
import { agentHas, usesKeepAlive, usesMultiplexer } from "./version.ts";

/** How a session ended, as the agent reports it to the service. */
export interface AgentEnd {
  hasFailed: boolean;
  /** What the client is told; empty after an ordinary end. */
  output: string;
}

export interface AgentSessionOptions {
  properties: PortProperties;
  agentVersion: string;
  isPaced: boolean;
  timing: SandboxTiming;
  /** The emulated network: names and addresses, and the range they are from. */
  hosts: ReadonlyMap<string, string>;
  vpcCidr: string;
  /** Puts a frame on the wire to the gateway. */
  transmit(frame: Uint8Array): void;
  /** The gateway takes no more for now; `onRoom` says when it does. */
  isBackedUp(): boolean;
  /** Faults: whether a part of the handshake is left out, and how long a dial takes. */
  isSilent(stage: "request" | "complete"): boolean;
  dialDelayMs(): number;
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

export class AgentSession {
  readonly channel: AgentChannel;
  readonly #options: AgentSessionOptions;
  #state: State = "new";
  #plugin: PortPlugin | undefined;
  #dialer: Dialer | undefined;
  #startedMs = 0;
  #ticker: number | undefined;
  /** The handshake's limit, later the limit of the last acknowledgements. */
  #deadline: number | undefined;
  #end: AgentEnd | undefined;
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

  get mode(): PortPlugin["mode"] | "none" {
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

  /** Begins the handshake. */
  start(): void {
    const { timing, agentVersion, properties } = this.#options;
    this.#state = "handshaking";
    this.#startedMs = systemClock.nowMs();
    this.#ticker = Number(setInterval(() => this.channel.tick(), timing.retransmissionTickMs));
    this.#deadline = Number(setTimeout(() => {
      const seconds = timing.handshakeTimeoutMs / 1000;
      this.#failHandshake(
        `No answer within ${seconds} s; check the version of the client's plugin.`,
      );
    }, timing.handshakeTimeoutMs));
    if (this.#options.isSilent("request")) return clearTimeout(this.#deadline);
    this.channel.send(HANDSHAKE_PAYLOAD.request, handshakeRequest(agentVersion, properties));
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

  /** Ends at once and for good; nothing is reported. */
  stop(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    clearInterval(this.#ticker);
    clearTimeout(this.#deadline);
    this.#plugin?.close();
    this.channel.close();
    this.#dialer?.stop();
  }

  #process(payloadType: number, payload: Uint8Array): Verdict {
    switch (this.#state) {
      case "handshaking":
        if (payloadType === HANDSHAKE_PAYLOAD.response) return this.#takeResponse(payload);
        // Acknowledged, counted and lost: a client must wait for HandshakeComplete.
        this.thrownAway++;
        return "processed";
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

  #takeResponse(payload: Uint8Array): Verdict {
    const answer = readHandshakeResponse(payload);
    if (answer.kind === "malformed") return "not_ready";
    // Later in this turn, so that the acknowledgement of the response goes out first.
    queueMicrotask(() => {
      if (this.#state !== "handshaking") return;
      if (answer.kind === "refused") this.#failHandshake(answer.reason);
      else this.#complete(answer.clientVersion);
    });
    return "processed";
  }

  #complete(clientVersion: string): void {
    clearTimeout(this.#deadline);
    if (this.#options.isSilent("complete")) return;
    this.channel.send(
      HANDSHAKE_PAYLOAD.complete,
      handshakeComplete(systemClock.nowMs() - this.#startedMs),
    );
    this.#state = "running";
    this.#startPlugin(clientVersion);
  }

  #startPlugin(clientVersion: string): void {
    const { properties, agentVersion, hosts, vpcCidr, timing, dialDelayMs } = this.#options;
    const isForwarding = properties["type"] === "LocalPortForwarding";
    const isMux = isForwarding && usesMultiplexer(agentVersion, clientVersion);
    if (isMux) this.channel.beginQuiet(timing.quietMs);
    // Agents that do not know the property connect to the instance itself.
    const host = agentHas("remoteHost", agentVersion) ? properties["host"] ?? "" : "";
    const route = routeTo(host, { hosts, vpcCidr });
    if ("forbidden" in route) {
      return this.#fail(`Forwarding to IP address ${route.forbidden} is forbidden.`);
    }
    this.#dialer = new Dialer(route, {
      port: Number(properties["portNumber"]),
      delayMs: dialDelayMs,
    });
    const pluginHost = this.#pluginHost(this.#dialer);
    if (isMux) {
      this.#plugin = new MuxPort(pluginHost, {
        keepAlive: usesKeepAlive(agentVersion, clientVersion)
          ? { intervalMs: timing.keepAliveIntervalMs, timeoutMs: timing.keepAliveTimeoutMs }
          : undefined,
      });
    } else {
      this.#plugin = new BasicPort(pluginHost, { mode: isForwarding ? "basic" : "stdio" });
    }
    this.#plugin.start();
  }

  #pluginHost(dialer: Dialer): PluginHost {
    const options = this.#options;
    return {
      isPaced: options.isPaced,
      canSend: () => this.channel.hasRoom && this.#isInWindow && !options.isBackedUp(),
      send: (payloadType: number, payload: Uint8Array) => {
        if (payloadType === PAYLOAD.output) this.bytesToClient += payload.byteLength;
        this.channel.send(payloadType, payload);
      },
      becameReady: () => this.channel.drain(),
      unblocked: () => options.onUnblocked(),
      dial: () => dialer.dial(),
      fail: (text: string) => this.#fail(text),
      finish: () => this.#beginEnd({ hasFailed: false, output: "" }),
    };
  }

  /**
   * While nothing is received, acknowledgements are not either: waiting for them then would stop the
   * very targets whose output has to go on before they take more input.
   */
  get #isInWindow(): boolean {
    return this.#options.isPaced || this.isBlocked || this.channel.unacknowledged < UNPACED_WINDOW;
  }

  #takePayload(payloadType: number, payload: Uint8Array): Verdict {
    if (payloadType === PAYLOAD.output) {
      const verdict = this.#plugin!.takeOutput(payload);
      if (verdict === "processed") this.bytesFromClient += payload.byteLength;
      return verdict;
    }
    if (payloadType === PAYLOAD.flag && payload.byteLength === 4) {
      const flag = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      if (flag !== FLAG.terminateSession) this.#plugin!.takeFlag(flag);
      else if (agentHas("terminateFlag", this.#options.agentVersion)) {
        this.#beginEnd({ hasFailed: false, output: "" });
      }
    }
    return "processed";
  }

  #failHandshake(reason: string): void {
    this.#fail(`${ERROR_LINE}Encountered error while initiating handshake. ${reason}`);
  }

  #fail(output: string): void {
    this.#beginEnd({ hasFailed: true, output });
  }

  /** Waits for the last acknowledgements before the end is reported. */
  #beginEnd(end: AgentEnd): void {
    if (this.#state === "ending" || this.#state === "ended") return;
    this.#state = "ending";
    this.#end = end;
    clearTimeout(this.#deadline);
    this.#plugin?.close();
    this.#dialer?.stop();
    this.#deadline = Number(setTimeout(() => this.#finishEnd(), this.#options.timing.drainMs));
    // In a turn of its own: the message that brought the end is acknowledged first.
    queueMicrotask(() => this.onRoom());
  }

  #finishEnd(): void {
    const end = this.#end;
    if (this.#state !== "ending" || end === undefined) return;
    this.stop();
    this.#options.onEnd(end);
  }
}
