/**
 * The agent's end of the reliable channel: its rules, not the client's.
 *
 * Source: agent datachannel.go; protocol text §6.2 and §6.3 ("agent" columns), §6.5, §13.4.
 *
 * @module
 */
import {
  EnvelopeError,
  readAcknowledgedNumber,
  readEnvelope,
  type ReceivedMessage,
  writeAcknowledge,
  writeEnvelope,
} from "./envelope.ts";
import { OutgoingQueue } from "./outgoing_queue.ts";
import type { Clock } from "../../platform/mod.ts";

/** What became of a payload. `not_ready` leaves it unacknowledged: the client will send it again. */
export type Verdict = "processed" | "not_ready";

export interface AgentChannelEvents {
  /** Puts a frame on the wire to the gateway. */
  transmit(frame: Uint8Array): void;
  /** Takes the client's payloads, each once, in order. */
  process(payloadType: number, payload: Uint8Array): Verdict;
  /** There may be room for more; called often. */
  onRoom(): void;
}

export interface AgentChannelOptions {
  /**
   * Most messages without acknowledgement. The real agent sends on beyond its 100,000 and stops
   * keeping them; this one stops reading its targets instead, so that nothing is lost.
   */
  outgoingLimit: number;
  clock: Clock;
}

/** Source: agent config.go. */
export const OUTGOING_LIMIT = 100_000;
const INCOMING_LIMIT = 100_000;
/** The sandbox's own limit on what waits for a gap to close, or for a plugin to get ready. */
const INCOMING_LIMIT_BYTES = 8 * 1024 * 1024;

const TYPE = {
  input: "input_stream_data",
  output: "output_stream_data",
  acknowledge: "acknowledge",
  pause: "pause_publication",
  start: "start_publication",
} as const;

const SYN = 1;

export class AgentChannel {
  readonly #events: AgentChannelEvents;
  readonly #outgoingLimit: number;
  readonly #clock: Clock;
  readonly #outgoing = new OutgoingQueue();
  readonly #stored = new Map<number, ReceivedMessage>();
  #storedBytes = 0;
  #nextSequence = 0;
  #expected = 0;
  #isPaused = false;
  /** Frames kept back while the client may not be spoken to. */
  #quiet: { frames: Uint8Array[]; timer: number } | undefined;
  retransmissions = 0;
  duplicates = 0;
  notReady = 0;

  constructor(events: AgentChannelEvents, options: AgentChannelOptions) {
    this.#events = events;
    this.#outgoingLimit = options.outgoingLimit;
    this.#clock = options.clock;
  }

  get unacknowledged(): number {
    return this.#outgoing.size;
  }

  /** The service has asked to send nothing: the client is away. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether targets may be read: not while paused, nor with a full buffer. */
  get hasRoom(): boolean {
    return !this.#isPaused && this.#outgoing.size < this.#outgoingLimit;
  }

  /** Whether the client may not be spoken to; `onRoom` says when it may. */
  get isQuiet(): boolean {
    return this.#quiet !== undefined;
  }

  /** Numbers, keeps and sends one payload. The payload is copied. */
  send(payloadType: number, payload: Uint8Array): void {
    const sequenceNumber = this.#nextSequence++;
    const frame = writeEnvelope({
      type: TYPE.output,
      sequenceNumber,
      flags: sequenceNumber === 0 ? SYN : 0,
      payloadType,
      payload,
      createdMs: this.#clock.epochMs(),
    });
    this.#outgoing.store(sequenceNumber, frame, this.#clock.nowMs());
    // Paused: numbered and kept, but not sent.
    if (!this.#isPaused) this.#transmit(frame);
  }

  /** Repeats the oldest message when it is overdue. */
  tick(): void {
    if (this.#isPaused || this.#quiet !== undefined) return;
    const frame = this.#outgoing.takeOverdue(this.#clock.nowMs());
    if (frame === undefined) return;
    this.retransmissions++;
    this.#transmit(frame);
  }

  /**
   * Says nothing until the client sends new data, for at most `durationMs`: the reference plugin hangs
   * when anything reaches it while it sets its multiplexer up (protocol text §13.6, rule 3).
   */
  beginQuiet(durationMs: number): void {
    this.#endQuiet();
    const timer = this.#clock.setTimeout(() => this.#endQuiet(), durationMs);
    this.#quiet = { frames: [], timer };
  }

  /** Processes what waited for its turn; call it when the plugin has become ready. */
  drain(): void {
    for (;;) {
      const next = this.#stored.get(this.#expected);
      if (next === undefined || this.#process(next) === "not_ready") return;
      this.#stored.delete(next.sequenceNumber);
      this.#storedBytes -= next.payload.byteLength;
      this.#expected++;
    }
  }

  /** Takes one frame from the gateway. What is not a message is dropped, as the agent does. */
  receive(frame: Uint8Array): void {
    let message: ReceivedMessage;
    try {
      message = readEnvelope(frame);
    } catch (error) {
      if (error instanceof EnvelopeError) return;
      throw error;
    }
    switch (message.type) {
      case TYPE.input:
        this.#resume();
        return this.#receiveData(message);
      case TYPE.acknowledge:
        this.#resume();
        return this.#receiveAcknowledge(message);
      case TYPE.pause:
        this.#isPaused = true;
        return;
      case TYPE.start:
        return this.#resume();
    }
  }

  /** Forgets everything: the session has ended. */
  close(): void {
    if (this.#quiet !== undefined) this.#clock.clearTimeout(this.#quiet.timer);
    this.#quiet = undefined;
    this.#stored.clear();
    this.#outgoing.clear();
  }

  #receiveData(message: ReceivedMessage): void {
    const { sequenceNumber } = message;
    if (sequenceNumber < this.#expected || this.#stored.has(sequenceNumber)) {
      this.duplicates++;
      return this.#acknowledge(message);
    }
    if (sequenceNumber > this.#expected) {
      const bytes = this.#storedBytes + message.payload.byteLength;
      // Full: dropped without a word, so that the client sends it again.
      if (this.#stored.size >= INCOMING_LIMIT || bytes > INCOMING_LIMIT_BYTES) return;
      this.#stored.set(sequenceNumber, message);
      this.#storedBytes = bytes;
      this.#endQuiet();
      return this.#acknowledge(message);
    }
    if (this.#process(message) === "not_ready") {
      this.notReady++;
      return;
    }
    this.#endQuiet();
    this.#acknowledge(message);
    this.#expected++;
    this.drain();
  }

  #process(message: ReceivedMessage): Verdict {
    // An empty payload carries nothing; the agent's reader only logs it.
    if (message.payload.byteLength === 0) return "processed";
    return this.#events.process(message.payloadType, message.payload);
  }

  #receiveAcknowledge(message: ReceivedMessage): void {
    const number = readAcknowledgedNumber(message.payload);
    if (number === undefined) return;
    if (this.#outgoing.acknowledge(number, this.#clock.nowMs())) this.#events.onRoom();
  }

  #acknowledge(message: ReceivedMessage): void {
    this.#transmit(writeAcknowledge(message, this.#clock.epochMs()));
  }

  #transmit(frame: Uint8Array): void {
    if (this.#quiet !== undefined) this.#quiet.frames.push(frame);
    else this.#events.transmit(frame);
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#events.onRoom();
  }

  #endQuiet(): void {
    const quiet = this.#quiet;
    if (quiet === undefined) return;
    this.#clock.clearTimeout(quiet.timer);
    this.#quiet = undefined;
    for (const frame of quiet.frames) this.#events.transmit(frame);
    this.#events.onRoom();
  }
}
