/**
 * The data channel of one session: the reliability layer joined to a transport and a clock.
 *
 * It outlives its transports. When one closes, `onLost` tells; `connect` with a new grant goes on
 * where the last one stopped.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import {
  type ChannelClosed,
  type ChannelStatistics,
  CLIENT_VERSION,
  encodeOpenRequest,
  ReliableChannel,
  RETRANSMISSION_TICK_MS,
  type RoundTripCounts,
  type RoundTripHistogram,
} from "../protocol/mod.ts";
import type { OpenTransport, SessionGrant, Transport, TransportClose } from "./contracts.ts";
import { describeFrame } from "./trace.ts";

/** What a data channel tells its session. */
export interface DataChannelEvents {
  /** The transport closed without being asked to. */
  onLost(close: TransportClose): void;
  /** The service ended the session. */
  onClosed(closed: ChannelClosed): void;
}

export interface DataChannelOptions {
  openTransport: OpenTransport;
  clock: Clock;
  events: DataChannelEvents;
  /** Counted on by every channel of the session. */
  roundTrips?: RoundTripHistogram | undefined;
  trace?: ((line: string) => void) | undefined;
}

/** Takes payloads in order. Must not throw. */
export type PayloadHandler = (payloadType: number, payload: Uint8Array) => void;

/** Unsent bytes above which the way out is slower than what is put on it. */
const CONGESTED_BYTES = 64 * 1024;

export class DataChannel {
  readonly #options: DataChannelOptions;
  readonly #reliable: ReliableChannel;
  /** Kept over reconnects: the service knows the client by it. */
  readonly #clientId = crypto.randomUUID();
  #transport: Transport | undefined;
  #handler: PayloadHandler | undefined;
  /** Payloads that came before anyone was there to take them. */
  #unclaimed: [number, Uint8Array][] = [];
  #onRoom: () => void = () => {};
  /** `before`: the first sequence number that is not waited for. */
  readonly #settleWaiters = new Set<{ before: number; finish(isSettled: boolean): void }>();
  #timer: number | undefined;
  #lastIgnored: string | undefined;
  #isHeld = false;
  #hasHeard = false;
  #lastHeardMs = -Infinity;
  #lastMessageMs = -Infinity;
  #lastSentMs = -Infinity;

  constructor(options: DataChannelOptions) {
    this.#options = options;
    this.#reliable = new ReliableChannel({
      transmit: (frame) => this.#transmit(frame),
      onData: (type, payload) => this.#onData(type, payload),
      onClosed: (closed) => options.events.onClosed(closed),
      onRoom: () => this.#onRoom(),
      onIgnored: (reason) => this.#onIgnored(reason),
    }, {
      newMessageId: () => crypto.randomUUID(),
      epochMs: () => options.clock.epochMs(),
      ...(options.roundTrips === undefined ? {} : { roundTrips: options.roundTrips }),
    });
  }

  get isConnected(): boolean {
    return this.#transport !== undefined;
  }

  /** Whether anything came over the present connection, or the last one. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** When anything last came, the answer to a ping too. Monotonic clock, ms. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  /** When a message last came. Monotonic clock, ms. */
  get lastMessageMs(): number {
    return this.#lastMessageMs;
  }

  /** When a data message was last sent for the first time. Monotonic clock, ms. */
  get lastSentMs(): number {
    return this.#lastSentMs;
  }

  /** When the oldest message without an acknowledgement was first sent. Monotonic clock, ms. */
  get oldestUnacknowledgedMs(): number | undefined {
    return this.#reliable.oldestUnacknowledgedMs;
  }

  /** Whether the present connection can be asked for a sign of life. */
  get canPing(): boolean {
    return this.#transport?.ping !== undefined;
  }

  /** Asks the gateway for a sign of life; `lastHeardMs` shows it. */
  ping(): void {
    this.#transport?.ping?.();
  }

  /** Whether bulk data may be sent now; `onRoom` tells when it may again. */
  get hasRoom(): boolean {
    return this.#reliable.hasRoom;
  }

  /** Of every acknowledgement so far, but those that a reconnect lay before. */
  get roundTrips(): RoundTripCounts {
    return this.#reliable.roundTrips;
  }

  /** Whether nothing can be heard because nothing is read. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  get statistics(): ChannelStatistics {
    return this.#reliable.statistics;
  }

  /** Why the last dropped message was dropped, for an error that must explain a silence. */
  get lastIgnored(): string | undefined {
    return this.#lastIgnored;
  }

  /** Called when the window has room again. */
  set onRoom(callback: () => void) {
    this.#onRoom = callback;
  }

  /** Hands all payloads to `handler` from now on, starting with those that nobody took yet. */
  handlePayloads(handler: PayloadHandler | undefined): void {
    this.#handler = handler;
    while (this.#handler !== undefined && this.#unclaimed.length > 0) {
      const [type, payload] = this.#unclaimed.shift()!;
      this.#handler(type, payload);
    }
  }

  /**
   * Opens a transport with a fresh grant, sends the token and replays what was not acknowledged.
   *
   * @throws {AppError} From the transport. The channel is then without one.
   */
  async connect(grant: SessionGrant, signal: AbortSignal): Promise<void> {
    this.#detach();
    // The transport may call back before its promise is seen here: that waits for its turn.
    const early: Uint8Array[] = [];
    const current: { transport?: Transport; closed?: TransportClose } = {};
    const opened = await this.#options.openTransport(grant.streamUrl, {
      onMessage: (frame) => {
        if (current.transport === undefined) early.push(frame);
        else this.#onMessage(current.transport, frame);
      },
      onPong: () => {
        if (current.transport === this.#transport) {
          this.#lastHeardMs = this.#options.clock.nowMs();
        }
      },
      onClose: (close) => {
        current.closed = close;
        if (current.transport !== undefined) this.#onTransportClose(current.transport, close);
      },
    }, signal);
    if (signal.aborted) {
      // Whoever gave up may have connected anew since.
      opened.close();
      throw signal.reason;
    }
    current.transport = opened;
    this.#transport = opened;
    this.#hasHeard = false;
    opened.sendText(encodeOpenRequest({
      requestId: crypto.randomUUID(),
      tokenValue: grant.tokenValue,
      clientId: this.#clientId,
      clientVersion: CLIENT_VERSION,
    }));
    this.#reliable.connected(this.#options.clock.nowMs());
    this.#watch();
    for (const frame of early) this.#onMessage(opened, frame);
    if (this.#isHeld) opened.hold?.(true);
    if (current.closed !== undefined) this.#onTransportClose(opened, current.closed);
  }

  /** Numbers and sends one payload; it is kept until the peer acknowledges it. */
  send(payloadType: number, payload: Uint8Array): void {
    this.#lastSentMs = this.#options.clock.nowMs();
    this.#reliable.send(payloadType, payload, this.#lastSentMs);
    this.#watch();
  }

  /** Stops reading from the peer (true) or goes on, this connection and the next ones. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#transport?.hold?.(isHeld);
  }

  /** Whether everything sent has been acknowledged. */
  get isSettled(): boolean {
    return this.#reliable.isSettled;
  }

  /**
   * Resolves when everything sent so far is acknowledged: true. Also over a reconnect; false when the
   * channel is closed or `timeoutMs` pass before.
   */
  settle(timeoutMs?: number): Promise<boolean> {
    if (this.#reliable.isSettled) return Promise.resolve(true);
    const { clock } = this.#options;
    const before = this.#reliable.nextSequence;
    return new Promise((resolve) => {
      const waiter = {
        before,
        finish: (isSettled: boolean) => {
          if (timer !== undefined) clock.clearTimeout(timer);
          this.#settleWaiters.delete(waiter);
          resolve(isSettled);
        },
      };
      const timer = timeoutMs === undefined
        ? undefined
        : clock.setTimeout(() => waiter.finish(false), timeoutMs);
      this.#settleWaiters.add(waiter);
    });
  }

  /** Closes the connection, if any; whoever waits goes on waiting. No event follows. */
  disconnect(): void {
    this.#detach();
  }

  /** Closes the connection, if any, and ends every wait. No event follows; `connect` may be called again. */
  close(): void {
    this.#detach();
    for (const { finish } of this.#settleWaiters) finish(false);
  }

  #detach(): void {
    const transport = this.#transport;
    this.#transport = undefined;
    this.#reliable.disconnected();
    this.#stopTimer();
    transport?.close();
  }

  #transmit(frame: Uint8Array<ArrayBuffer>): void {
    this.#options.trace?.(describeFrame("->", frame));
    this.#transport?.send(frame);
  }

  #onData(payloadType: number, payload: Uint8Array): void {
    if (this.#handler === undefined) this.#unclaimed.push([payloadType, payload]);
    else this.#handler(payloadType, payload);
  }

  #onMessage(transport: Transport, frame: Uint8Array): void {
    if (transport !== this.#transport) return;
    this.#hasHeard = true;
    const nowMs = this.#options.clock.nowMs();
    this.#lastHeardMs = nowMs;
    this.#lastMessageMs = nowMs;
    this.#options.trace?.(describeFrame("<-", frame));
    this.#reliable.receive(frame, nowMs);
    this.#watch();
  }

  #onIgnored(reason: string): void {
    this.#lastIgnored = reason;
    this.#options.trace?.(`dropped: ${reason}`);
  }

  #onTransportClose(transport: Transport, close: TransportClose): void {
    if (transport !== this.#transport) return;
    this.#transport = undefined;
    this.#reliable.disconnected();
    this.#stopTimer();
    this.#options.events.onLost(close);
  }

  /** Keeps the timer running exactly while the reliability layer needs one. */
  #watch(): void {
    for (const { before, finish } of this.#settleWaiters) {
      if (this.#reliable.isAcknowledgedBefore(before)) finish(true);
    }
    if (!this.#reliable.needsTicks) return this.#stopTimer();
    if (this.#timer !== undefined || this.#transport === undefined) return;
    const timer = this.#options.clock.setTimeout(() => {
      // One that was cleared as it fell due may fire all the same, and there is no connection then.
      if (this.#timer !== timer) return;
      this.#timer = undefined;
      this.#tick();
      this.#watch();
    }, RETRANSMISSION_TICK_MS);
    this.#timer = timer;
  }

  /** What still waits here to be sent is not overdue: again beside it, it would only wait longer. */
  #tick(): void {
    if (this.#transport!.bufferedBytes > CONGESTED_BYTES) return;
    this.#reliable.tick(this.#options.clock.nowMs());
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
