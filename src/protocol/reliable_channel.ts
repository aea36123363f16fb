/**
 * The reliability layer of one session: numbering, acknowledgements, order, retransmission, window.
 *
 * Pure: time comes in as an argument, frames go out through `transmit`. It outlives its connections:
 * counters and unacknowledged messages stay when one is lost, and the next one replays them. An owner
 * calls `tick` every `RETRANSMISSION_TICK_MS` while `needsTicks`.
 *
 * @module
 */
import { encodeAcknowledge, parseAcknowledge } from "./acknowledge.ts";
import { type ChannelClosed, parseChannelClosed } from "./channel_closed.ts";
import { MESSAGE_TYPE, PAYLOAD_TYPE } from "./constants.ts";
import { IncomingOrder } from "./incoming_order.ts";
import { type AgentMessage, dataMessage, decodeMessage, encodeMessage } from "./message.ts";
import { ProtocolError } from "./protocol_error.ts";
import { ReplayBuffer } from "./replay_buffer.ts";
import { RoundTripEstimator } from "./round_trip.ts";
import { type RoundTripCounts, RoundTripHistogram } from "./round_trip_histogram.ts";
import { SendWindow } from "./send_window.ts";

/** What the channel reports. Handlers run inside `receive`; `onData` must not throw. */
export interface ReliableChannelEvents {
  /** Put this on the wire. The channel keeps the bytes: do not change them. */
  transmit(frame: Uint8Array<ArrayBuffer>): void;
  /** The peer's payloads, each once, in order. A view into the received frame. */
  onData(payloadType: number, payload: Uint8Array): void;
  /** The service ended the session. */
  onClosed(closed: ChannelClosed): void;
  /** There is room in the window again. */
  onRoom(): void;
  /** A message was dropped, and why: for the log. */
  onIgnored(reason: string): void;
}

export interface ReliableChannelOptions {
  /** A new lower-case UUID. */
  newMessageId(): string;
  /** Wall clock for CreatedDate, epoch ms. */
  epochMs(): number;
  window?: SendWindow;
  /** Counted on, where it belongs to a session that outlives its channels. */
  roundTrips?: RoundTripHistogram;
}

/** Counters for the person and the log. */
export interface ChannelStatistics {
  messagesSent: number;
  messagesReceived: number;
  retransmissions: number;
  duplicates: number;
  ignored: number;
  unacknowledged: number;
  /** Smoothed, ms; `undefined` before the first acknowledgement. */
  roundTripMs: number | undefined;
  windowMessages: number;
}

/** Retransmissions in one tick: a lost burst comes back in pieces, not as another burst. */
const RETRANSMISSIONS_A_TICK = 64;
/**
 * On a quick path the computed timeout is 10 ms, which any busy moment of either end exceeds. The
 * WebSocket loses nothing by itself, so patience costs nothing and spares needless repetition.
 */
const SHORTEST_TIMEOUT_MS = 200;
/** A lost `start_publication` must not stop a session for ever. */
const LONGEST_PAUSE_MS = 10_000;

/** Payloads acknowledged before they are acted on: acting may be slow (KMS), the agent waits. */
const ACKNOWLEDGED_FIRST: readonly number[] = [
  PAYLOAD_TYPE.handshakeRequest,
  PAYLOAD_TYPE.handshakeComplete,
  PAYLOAD_TYPE.encChallengeRequest,
];

/** Acknowledgements that a new connection repeats, at least: a quarter of a second of a full path. */
const REPEATED_ACKNOWLEDGEMENTS = 256;

type Received = Pick<AgentMessage, "messageType" | "messageId" | "sequenceNumber">;

export class ReliableChannel {
  readonly #events: ReliableChannelEvents;
  readonly #options: ReliableChannelOptions;
  readonly #replay = new ReplayBuffer();
  readonly #roundTrip = new RoundTripEstimator();
  readonly #roundTrips: RoundTripHistogram;
  readonly #window: SendWindow;
  readonly #incoming: IncomingOrder<AgentMessage>;
  /** What was acknowledged last, oldest first. */
  #acknowledged: Received[] = [];
  #nextSequence = 0;
  #isConnected = false;
  #pausedSinceMs: number | undefined;
  #messagesReceived = 0;
  #retransmissions = 0;
  #duplicates = 0;
  #ignored = 0;

  constructor(events: ReliableChannelEvents, options: ReliableChannelOptions) {
    this.#events = events;
    this.#options = options;
    this.#window = options.window ?? new SendWindow();
    this.#roundTrips = options.roundTrips ?? new RoundTripHistogram();
    this.#incoming = new IncomingOrder((message) => this.#deliver(message));
  }

  /** Whether another data message may be sent now. `onRoom` tells when it may again. */
  get hasRoom(): boolean {
    return this.#isConnected && this.#pausedSinceMs === undefined &&
      this.#replay.size < this.#window.messages;
  }

  /** Whether everything sent has been acknowledged. */
  get isSettled(): boolean {
    return this.#replay.size === 0;
  }

  /** When the oldest message without an acknowledgement was first sent; undefined: there is none. */
  get oldestUnacknowledgedMs(): number | undefined {
    return this.#replay.oldestSentMs;
  }

  /** Sequence number of the next message. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Whether every message with a smaller sequence number has been acknowledged. */
  isAcknowledgedBefore(sequenceNumber: number): boolean {
    return (this.#replay.oldestSequence ?? Infinity) >= sequenceNumber;
  }

  /** Whether time alone may change something, so that `tick` must be called. */
  get needsTicks(): boolean {
    return this.#replay.size > 0 || this.#pausedSinceMs !== undefined;
  }

  get statistics(): ChannelStatistics {
    return {
      messagesSent: this.#nextSequence,
      messagesReceived: this.#messagesReceived,
      retransmissions: this.#retransmissions,
      duplicates: this.#duplicates,
      ignored: this.#ignored,
      unacknowledged: this.#replay.size,
      roundTripMs: this.#roundTrip.roundTripMs,
      windowMessages: this.#window.messages,
    };
  }

  /** Of every acknowledgement so far, but those that a reconnect lay before. */
  get roundTrips(): RoundTripCounts {
    return this.#roundTrips.counts;
  }

  /**
   * Numbers, keeps and sends one payload. Bulk data asks `hasRoom` first; the few messages of the
   * handshake and of the end need not. Without a connection the message waits for the next one.
   */
  send(payloadType: number, payload: Uint8Array, nowMs: number): void {
    const sequenceNumber = this.#nextSequence;
    const frame = encodeMessage(dataMessage(MESSAGE_TYPE.inputStreamData, {
      sequenceNumber,
      payloadType,
      payload,
      messageId: this.#options.newMessageId(),
      createdDateMs: this.#options.epochMs(),
    }));
    // Counted when nothing can fail any more: the peer waits for a missing number for ever.
    this.#nextSequence++;
    this.#replay.store(sequenceNumber, frame, nowMs);
    if (this.#isConnected) this.#events.transmit(frame);
  }

  /**
   * A connection is open: everything unacknowledged goes out again, oldest first, and so do the last
   * acknowledgements, which the old connection may have lost. The agent would ask for each by a
   * message of its own, one every 100 ms.
   */
  connected(nowMs: number): void {
    this.#isConnected = true;
    this.#pausedSinceMs = undefined;
    for (const frame of this.#replay.takeAll(nowMs)) this.#events.transmit(frame);
    for (const received of this.#acknowledged) this.#transmitAcknowledge(received);
    if (this.hasRoom) this.#events.onRoom();
  }

  /** The connection is gone: nothing is transmitted until the next one. */
  disconnected(): void {
    this.#isConnected = false;
  }

  /** Sends what is overdue. */
  tick(nowMs: number): void {
    if (this.#pausedSinceMs !== undefined) {
      if (nowMs - this.#pausedSinceMs < LONGEST_PAUSE_MS) return;
      this.#resumePublication();
    }
    if (!this.#isConnected) return;
    const overdue = this.#replay.takeOverdue(nowMs, {
      timeoutMs: Math.max(this.#roundTrip.timeoutMs, SHORTEST_TIMEOUT_MS),
      limit: RETRANSMISSIONS_A_TICK,
    });
    if (overdue.length === 0) return;
    this.#retransmissions += overdue.length;
    // Before the first round trip the timeout is a guess, and nothing says that anything was lost.
    const { roundTripMs } = this.#roundTrip;
    if (roundTripMs !== undefined) this.#window.lost(roundTripMs, nowMs);
    for (const frame of overdue) this.#events.transmit(frame);
  }

  /** Takes one whole WebSocket message. A bad one is dropped and reported; it never throws. */
  receive(frame: Uint8Array, nowMs: number): void {
    try {
      this.#receive(decodeMessage(frame), nowMs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#ignore(error.message);
    }
  }

  #receive(message: AgentMessage, nowMs: number): void {
    switch (message.messageType) {
      case MESSAGE_TYPE.outputStreamData:
        return this.#receiveData(message);
      case MESSAGE_TYPE.acknowledge:
        return this.#receiveAcknowledge(message, nowMs);
      case MESSAGE_TYPE.channelClosed:
        return this.#events.onClosed(this.#readClosed(message.payload));
      case MESSAGE_TYPE.pausePublication:
        this.#pausedSinceMs ??= nowMs;
        return;
      case MESSAGE_TYPE.startPublication:
        return this.#resumePublication();
      default:
        return this.#ignore(`unknown message type "${message.messageType}"`);
    }
  }

  /** The message itself is the end of the session; its payload only says why. */
  #readClosed(payload: Uint8Array): ChannelClosed {
    try {
      return parseChannelClosed(payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#ignore(error.message);
      return { sessionId: "", output: "" };
    }
  }

  #receiveData(message: AgentMessage): void {
    this.#resumePublication();
    this.#messagesReceived++;
    const isExpected = message.sequenceNumber === this.#incoming.expected;
    const acknowledgeFirst = isExpected && ACKNOWLEDGED_FIRST.includes(message.payloadType);
    if (acknowledgeFirst) this.#acknowledge(message);
    const offered = this.#incoming.offer(message);
    if (offered === "duplicate") this.#duplicates++;
    if (offered === "overflow") {
      return this.#ignore(`no room for message ${message.sequenceNumber}, ahead of its turn`);
    }
    if (!acknowledgeFirst) this.#acknowledge(message);
  }

  #deliver(message: AgentMessage): void {
    // An empty payload may come; it means nothing.
    if (message.payload.byteLength === 0) return;
    this.#events.onData(message.payloadType, message.payload);
  }

  #acknowledge({ messageType, messageId, sequenceNumber }: AgentMessage): void {
    // Only these fields: the message holds on to its whole frame.
    const received = { messageType, messageId, sequenceNumber };
    this.#acknowledged.push(received);
    if (this.#acknowledged.length >= 2 * REPEATED_ACKNOWLEDGEMENTS) {
      this.#acknowledged = this.#acknowledged.slice(-REPEATED_ACKNOWLEDGEMENTS);
    }
    if (this.#isConnected) this.#transmitAcknowledge(received);
  }

  #transmitAcknowledge(received: Received): void {
    this.#events.transmit(encodeAcknowledge(received, {
      messageId: this.#options.newMessageId(),
      createdDateMs: this.#options.epochMs(),
    }));
  }

  #receiveAcknowledge(message: AgentMessage, nowMs: number): void {
    const sequenceNumber = parseAcknowledge(message.payload);
    this.#resumePublication();
    const hadRoom = this.hasRoom;
    const wasFull = this.#replay.size >= this.#window.messages - 1;
    const settled = this.#replay.acknowledge(sequenceNumber, nowMs);
    if (settled === undefined) return;
    if (settled.roundTripMs !== undefined) {
      this.#roundTrip.sample(settled.roundTripMs);
      this.#roundTrips.record(settled.roundTripMs);
      this.#window.acknowledged(settled.roundTripMs, nowMs, { wasFull });
    }
    if (!hadRoom && this.hasRoom) this.#events.onRoom();
  }

  #resumePublication(): void {
    if (this.#pausedSinceMs === undefined) return;
    this.#pausedSinceMs = undefined;
    if (this.hasRoom) this.#events.onRoom();
  }

  #ignore(reason: string): void {
    this.#ignored++;
    this.#events.onIgnored(reason);
  }
}
