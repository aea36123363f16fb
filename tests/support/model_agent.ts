/**
 * The agent's half of the reliability layer, written from what the agent is known to do and with a
 * codec of its own, so that the client's half is tested against something it shares nothing with.
 *
 * | received number     | what the agent does                                      |
 * | ------------------- | -------------------------------------------------------- |
 * | expected            | process, acknowledge, go on with what is stored          |
 * | expected, not ready | nothing: no acknowledgement                              |
 * | ahead, room         | acknowledge, store                                       |
 * | ahead, no room      | nothing                                                  |
 * | behind              | acknowledge again                                        |
 *
 * It sends again the oldest unacknowledged message alone, when that is older than the timeout.
 *
 * Source: aws/amazon-ssm-agent, agent/session/datachannel/datachannel.go.
 *
 * @module
 */
import type { AgentMessage } from "../../src/protocol/mod.ts";
import { utf8 } from "./hex.ts";
import { naiveDecode, naiveEncode } from "./naive_envelope.ts";

/** What one data message carries. */
export interface Payload {
  payloadType: number;
  payload: Uint8Array;
}

export interface ModelAgentOptions {
  transmit(frame: Uint8Array): void;
  /** Whether the plugin takes data now. */
  isReady(): boolean;
  /** Messages ahead of their turn that are kept. The real agent keeps 100,000. */
  incomingCapacity: number;
}

interface Unacknowledged {
  sequenceNumber: number;
  frame: Uint8Array;
  lastSentMs: number;
}

export class ModelAgent {
  /** Everything processed, in the order it was. */
  readonly taken: Payload[] = [];
  readonly #options: ModelAgentOptions;
  readonly #stored = new Map<number, AgentMessage>();
  readonly #outgoing: Unacknowledged[] = [];
  #expected = 0;
  #nextNumber = 0;
  #messages = 0;
  #isPaused = false;
  #smoothedMs = 100;
  #varianceMs = 0;
  #timeoutMs = 200;

  constructor(options: ModelAgentOptions) {
    this.#options = options;
  }

  /** Whether everything sent was acknowledged. */
  get isSettled(): boolean {
    return this.#outgoing.length === 0;
  }

  /** Numbers, stores and, unless paused, sends. */
  send({ payloadType, payload }: Payload, nowMs: number): void {
    const sequenceNumber = this.#nextNumber++;
    const frame = this.#frame({
      messageType: "output_stream_data",
      sequenceNumber,
      flags: sequenceNumber === 0 ? 1 : 0,
      payloadType,
      payload,
    });
    this.#outgoing.push({ sequenceNumber, frame, lastSentMs: nowMs });
    if (!this.#isPaused) this.#options.transmit(frame);
  }

  receive(frame: Uint8Array, nowMs: number): void {
    const message = naiveDecode(frame);
    switch (message.messageType) {
      case "input_stream_data":
        this.#isPaused = false;
        return this.#receiveData(message);
      case "acknowledge":
        this.#isPaused = false;
        return this.#receiveAcknowledge(message, nowMs);
      case "pause_publication":
        this.#isPaused = true;
        return;
      case "start_publication":
        this.#isPaused = false;
        return;
      default:
        throw new Error(`not for an agent: ${message.messageType}`);
    }
  }

  /** To be called every 100 ms. */
  tick(nowMs: number): void {
    const head = this.#outgoing[0];
    if (head === undefined || this.#isPaused || nowMs - head.lastSentMs <= this.#timeoutMs) return;
    head.lastSentMs = nowMs;
    this.#options.transmit(head.frame);
  }

  #receiveData(message: AgentMessage): void {
    if (message.sequenceNumber < this.#expected) return this.#acknowledge(message);
    if (message.sequenceNumber > this.#expected) {
      if (this.#stored.size >= this.#options.incomingCapacity) return;
      this.#stored.set(message.sequenceNumber, message);
      return this.#acknowledge(message);
    }
    if (!this.#options.isReady()) return;
    this.#process(message);
    this.#acknowledge(message);
    for (;;) {
      const next = this.#stored.get(this.#expected);
      if (next === undefined) return;
      this.#stored.delete(this.#expected);
      this.#process(next);
    }
  }

  #process({ payloadType, payload }: AgentMessage): void {
    this.#expected++;
    this.taken.push({ payloadType, payload });
  }

  #acknowledge(message: AgentMessage): void {
    const content = {
      AcknowledgedMessageType: message.messageType,
      AcknowledgedMessageId: message.messageId,
      AcknowledgedMessageSequenceNumber: message.sequenceNumber,
      IsSequentialMessage: true,
    };
    this.#options.transmit(this.#frame({
      messageType: "acknowledge",
      sequenceNumber: 0,
      flags: 3,
      payloadType: 0,
      payload: utf8(JSON.stringify(content)),
    }));
  }

  #receiveAcknowledge(message: AgentMessage, nowMs: number): void {
    const content = JSON.parse(new TextDecoder().decode(message.payload));
    const at = this.#outgoing.findIndex((entry) =>
      entry.sequenceNumber === content.AcknowledgedMessageSequenceNumber
    );
    if (at < 0) return;
    const [entry] = this.#outgoing.splice(at, 1);
    const sampleMs = nowMs - entry!.lastSentMs;
    this.#varianceMs = (3 * this.#varianceMs + Math.abs(this.#smoothedMs - sampleMs)) / 4;
    this.#smoothedMs = (7 * this.#smoothedMs + sampleMs) / 8;
    this.#timeoutMs = Math.min(1000, this.#smoothedMs + Math.max(10, 4 * this.#varianceMs));
  }

  #frame(fields: Omit<AgentMessage, "schemaVersion" | "createdDateMs" | "messageId">): Uint8Array {
    const number = (this.#messages++).toString(16).padStart(12, "0");
    return naiveEncode({
      schemaVersion: 1,
      createdDateMs: 1_700_000_000_000,
      messageId: `a9e27000-0000-4000-8000-${number}`,
      ...fields,
    });
  }
}
