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
  trace?: ((line: string) => void) | undefined;
}

/** Takes payloads in order. Must not throw. */
export type PayloadHandler = (payloadType: number, payload: Uint8Array) => void;

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
  readonly #settleWaiters = new Set<() => void>();
  #timer: number | undefined;
  #lastIgnored: string | undefined;

  constructor(options: DataChannelOptions) {
    this.#options = options;
    this.#reliable = new ReliableChannel({
      transmit: (frame) => this.#transmit(frame),
      onData: (type, payload) => this.#onData(type, payload),
      onClosed: (closed) => options.events.onClosed(closed),
      onRoom: () => this.#onRoom(),
      onIgnored: (reason) => this.#onIgnored(reason),
    }, { newMessageId: () => crypto.randomUUID(), epochMs: () => options.clock.epochMs() });
  }

  get isConnected(): boolean {
    return this.#transport !== undefined;
  }

  /** Whether bulk data may be sent now; `onRoom` tells when it may again. */
  get hasRoom(): boolean {
    return this.#reliable.hasRoom;
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
   * @throws {AppError} From the transport. The channel is then as it was.
   */
  async connect(grant: SessionGrant, signal: AbortSignal): Promise<void> {
    const { openTransport, trace } = this.#options;
    this.close();
    // The transport may call back before its promise is seen here; only the newest one counts.
    const current: { transport?: Transport; closed?: TransportClose } = {};
    const transport = await openTransport(grant.streamUrl, {
      onMessage: (frame) => {
        trace?.(describeFrame("<-", frame));
        this.#reliable.receive(frame, this.#options.clock.nowMs());
        this.#watch();
      },
      onClose: (close) => {
        current.closed = close;
        if (current.transport !== undefined) this.#onTransportClose(current.transport, close);
      },
    }, signal);
    current.transport = transport;
    this.#transport = transport;
    transport.sendText(encodeOpenRequest({
      requestId: crypto.randomUUID(),
      tokenValue: grant.tokenValue,
      clientId: this.#clientId,
      clientVersion: CLIENT_VERSION,
    }));
    this.#reliable.connected(this.#options.clock.nowMs());
    this.#watch();
    if (current.closed !== undefined) this.#onTransportClose(transport, current.closed);
  }

  /** Numbers and sends one payload; it is kept until the peer acknowledges it. */
  send(payloadType: number, payload: Uint8Array): void {
    this.#reliable.send(payloadType, payload, this.#options.clock.nowMs());
    this.#watch();
  }

  /** Resolves when everything sent is acknowledged, or after `timeoutMs`: true when it was. */
  settle(timeoutMs: number): Promise<boolean> {
    if (this.#reliable.isSettled) return Promise.resolve(true);
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const finish = (isSettled: boolean) => {
        clock.clearTimeout(timer);
        this.#settleWaiters.delete(onSettled);
        resolve(isSettled);
      };
      const onSettled = () => finish(true);
      const timer = clock.setTimeout(() => finish(false), timeoutMs);
      this.#settleWaiters.add(onSettled);
    });
  }

  /** Closes the transport, if any. No event follows; `connect` may be called again. */
  close(): void {
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
    if (this.#reliable.isSettled) { for (const onSettled of this.#settleWaiters) onSettled(); }
    if (!this.#reliable.needsTicks) {
      this.#stopTimer();
    } else if (this.#timer === undefined && this.#transport !== undefined) {
      this.#timer = this.#options.clock.setTimeout(() => {
        this.#timer = undefined;
        this.#reliable.tick(this.#options.clock.nowMs());
        this.#watch();
      }, RETRANSMISSION_TICK_MS);
    }
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
