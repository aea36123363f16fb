/**
 * The agent's end of a data channel, played by a test: numbering, acknowledgements, the handshake,
 * and either mode of the port plugin. What the target says is the test's.
 *
 * Written from the agent's rules (protocol text sections 5.5, 6.2, 7.2 and 7.3.4). It never loses or
 * repeats anything by itself; over a new connection it sends again what was not acknowledged.
 *
 * @module
 */
import {
  dataMessage,
  decodeMessage,
  encodeAcknowledge,
  encodeMessage,
  FLAG,
  MESSAGE_TYPE,
  parseAcknowledge,
  parseFlag,
  PAYLOAD_TYPE,
  SmuxSession,
  type SmuxStream,
} from "../../src/protocol/mod.ts";
import { Watched } from "./watched.ts";

export interface AgentScript {
  agentVersion?: string;
  /** Default `Port`. */
  sessionType?: string;
  /** Default: those of AWS-StartPortForwardingSession. */
  properties?: Record<string, string>;
  customerMessage?: string;
  /** When the client has sent its token. Default: send the handshake request. */
  onStart?(agent: ScriptedAgent): void;
  /** At the client's answer. Default: complete the handshake. */
  onResponse?(agent: ScriptedAgent): void;
  /** Multiplexed: a new connection to the target, its handlers to be set here. Default: an echo. */
  onStream?(stream: SmuxStream, agent: ScriptedAgent): void;
  /** One at a time: bytes for the target. Default: an echo. */
  onBytes?(bytes: Uint8Array, agent: ScriptedAgent): void;
}

/** One data message from the client, as the agent took it. */
export interface TakenMessage {
  payloadType: number;
  payload: Uint8Array;
}

/** Above every version gate. */
export const NEW_AGENT = "3.3.987.0";
/** The last one that knows no multiplexer. */
export const BASIC_AGENT = "3.0.196.0";

export class ScriptedAgent extends Watched {
  /** Data messages of the client, each once, in order. */
  readonly taken: TakenMessage[] = [];
  /** Data messages that came again. */
  duplicates = 0;
  /** False: nothing is acknowledged, as if the agent hung. */
  acknowledges = true;
  /** False: what arrives is dropped, as if the network ate it. */
  hears = true;
  readonly #script: AgentScript;
  readonly #smux: SmuxSession;
  readonly #unacknowledged = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly #ahead = new Map<number, TakenMessage>();
  #transmit: ((frame: Uint8Array<ArrayBuffer>) => void) | undefined;
  #nextSequence = 0;
  #expected = 0;
  #hasStarted = false;
  #isMux = false;

  constructor(script: AgentScript = {}) {
    super();
    this.#script = script;
    this.#smux = new SmuxSession("server", {
      onStream: (stream) => (script.onStream ?? echo)(stream, this),
      onOutput: () => this.#pump(),
    });
  }

  /** Flags that the client sent. */
  get flags(): number[] {
    return this.taken.filter((message) => message.payloadType === PAYLOAD_TYPE.flag)
      .map((message) => parseFlag(message.payload));
  }

  get unacknowledged(): number {
    return this.#unacknowledged.size;
  }

  /** Streams of the multiplexer that are open. */
  get streams(): ReadonlyMap<number, SmuxStream> {
    return this.#smux.streams;
  }

  /** The client is connected: what it has not acknowledged goes out again. */
  connect(transmit: (frame: Uint8Array<ArrayBuffer>) => void): void {
    this.#transmit = transmit;
    for (const frame of this.#unacknowledged.values()) transmit(frame);
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    (this.#script.onStart ?? ((agent) => agent.requestHandshake()))(this);
  }

  /** The connection is gone. */
  disconnect(): void {
    this.#transmit = undefined;
  }

  /** One binary message of the client. */
  receive(frame: Uint8Array): void {
    if (!this.hears) return;
    const message = decodeMessage(frame);
    if (message.messageType === MESSAGE_TYPE.acknowledge) {
      this.#unacknowledged.delete(parseAcknowledge(message.payload));
    } else if (message.messageType === MESSAGE_TYPE.inputStreamData) {
      if (message.sequenceNumber < this.#expected) this.duplicates++;
      else this.#ahead.set(message.sequenceNumber, message);
      this.#takeInOrder();
      if (this.acknowledges) {
        this.#transmit?.(encodeAcknowledge(message, {
          messageId: crypto.randomUUID(),
          createdDateMs: Date.now(),
        }));
      }
    }
    this.changed();
  }

  requestHandshake(): void {
    const { agentVersion = NEW_AGENT, sessionType = "Port", properties } = this.#script;
    this.sendJson(PAYLOAD_TYPE.handshakeRequest, {
      AgentVersion: agentVersion,
      RequestedClientActions: [{
        ActionType: "SessionType",
        ActionParameters: {
          SessionType: sessionType,
          Properties: properties ?? { portNumber: "80", type: "LocalPortForwarding" },
        },
      }],
    });
  }

  completeHandshake(): void {
    this.sendJson(PAYLOAD_TYPE.handshakeComplete, {
      HandshakeTimeToComplete: 1_000_000,
      CustomerMessage: this.#script.customerMessage ?? "",
    });
  }

  sendJson(payloadType: number, json: unknown): void {
    this.send(payloadType, new TextEncoder().encode(JSON.stringify(json)));
  }

  /** Bytes of the target, one at a time mode: at most 1,024 to a message. */
  sendBytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += 1024) {
      this.send(PAYLOAD_TYPE.output, bytes.subarray(at, at + 1024));
    }
  }

  /** What an agent does that cannot connect to the target: a flag that names no stream, then FIN. */
  refuse(stream: SmuxStream): void {
    this.sendFlag(FLAG.connectToPortError);
    stream.end();
  }

  sendFlag(flag: number): void {
    this.send(PAYLOAD_TYPE.flag, new Uint8Array([0, 0, 0, flag]));
  }

  /** One data message. */
  send(payloadType: number, payload: Uint8Array): void {
    const sequenceNumber = this.#nextSequence++;
    const frame = encodeMessage(dataMessage(MESSAGE_TYPE.outputStreamData, {
      sequenceNumber,
      payloadType,
      payload,
      messageId: crypto.randomUUID(),
      createdDateMs: Date.now(),
      flags: sequenceNumber === 0 ? 1 : 0,
    }));
    this.#unacknowledged.set(sequenceNumber, frame);
    this.#transmit?.(frame);
  }

  /** A message of the service itself, without a number. */
  sendControl(messageType: string, json: unknown): void {
    this.#transmit?.(encodeMessage({
      ...dataMessage(messageType, {
        sequenceNumber: 0,
        payloadType: PAYLOAD_TYPE.none,
        payload: new TextEncoder().encode(JSON.stringify(json)),
        messageId: crypto.randomUUID(),
        createdDateMs: Date.now(),
      }),
    }));
  }

  /** The service ends the session. */
  closeChannel(output = ""): void {
    this.sendControl(MESSAGE_TYPE.channelClosed, {
      MessageId: crypto.randomUUID(),
      CreatedDate: String(Date.now()),
      DestinationId: "i-0123456789abcdef0",
      SessionId: "session",
      MessageType: MESSAGE_TYPE.channelClosed,
      SchemaVersion: 1,
      Output: output,
    });
  }

  #takeInOrder(): void {
    for (;;) {
      const next = this.#ahead.get(this.#expected);
      if (next === undefined) return;
      this.#ahead.delete(this.#expected++);
      this.taken.push(next);
      this.#act(next);
    }
  }

  #act({ payloadType, payload }: TakenMessage): void {
    if (payloadType === PAYLOAD_TYPE.handshakeResponse) {
      const type = this.#script.properties === undefined
        ? "LocalPortForwarding"
        : this.#script.properties["type"];
      const { agentVersion = NEW_AGENT } = this.#script;
      this.#isMux = type === "LocalPortForwarding" && !/^(2|3\.0)\./.test(agentVersion);
      return (this.#script.onResponse ?? ((agent) => agent.completeHandshake()))(this);
    }
    if (payloadType !== PAYLOAD_TYPE.output) return;
    if (this.#isMux) this.#smux.receive(payload);
    else (this.#script.onBytes ?? ((bytes, agent) => agent.sendBytes(bytes)))(payload, this);
  }

  #pump(): void {
    for (;;) {
      const payload = this.#smux.pull(1024);
      if (payload === undefined) return;
      this.send(PAYLOAD_TYPE.output, payload);
    }
  }
}

/** Returns every byte; the end comes back at once, as the agent's copy loops do it. */
function echo(stream: SmuxStream): void {
  stream.onData = (bytes) => stream.write(bytes.slice());
  stream.onEnd = () => stream.end();
}
