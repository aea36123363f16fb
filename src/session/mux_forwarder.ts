/**
 * Serves a local port over the multiplexer: any number of connections over one session.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import {
  FLAG,
  FLAG_BYTES,
  parseFlag,
  PAYLOAD_TYPE,
  ProtocolError,
  SmuxKeepAlive,
  SmuxSession,
  type SmuxStream,
  STREAM_PAYLOAD_BYTES,
} from "../protocol/mod.ts";
import { ByteBudget } from "./byte_queue.ts";
import type { DataChannel } from "./data_channel.ts";
import type { ConnectionForwarder, ConnectionForwarderOptions } from "./forwarder.ts";
import { LocalConnection } from "./local_connection.ts";

/** Bytes that may wait for slow local readers of one session. 80 s of what an agent can send. */
const UNREAD_LIMIT_BYTES = 64 * 1024 * 1024;
const KEEP_ALIVE_TICK_MS = 1_000;
/** The FIN of a refused stream comes right behind the flag that tells of it. */
const REFUSAL_LIFE_MS = 5_000;

export class MuxForwarder implements ConnectionForwarder {
  readonly #channel: DataChannel;
  readonly #options: ConnectionForwarderOptions;
  readonly #smux: SmuxSession;
  readonly #budget = new ByteBudget(UNREAD_LIMIT_BYTES);
  readonly #open = new Set<LocalConnection>();
  /** When dial errors were told, without a stream: the next ones that end without data are theirs. */
  #refusedAtMs: number[] = [];
  #isStopped = false;
  #keepAliveTimer: number | undefined;

  constructor(
    channel: DataChannel,
    options: ConnectionForwarderOptions & { needsKeepAlive: boolean },
  ) {
    this.#channel = channel;
    this.#options = options;
    const keepAlive = options.needsKeepAlive ? new SmuxKeepAlive(options.clock.nowMs()) : undefined;
    this.#smux = new SmuxSession("client", {
      onOutput: () => this.#pump(),
      onFrame: () => keepAlive?.heard(),
    });
    channel.onRoom = () => this.#pump();
    channel.handlePayloads((type, payload) => this.#onPayload(type, payload));
    if (keepAlive !== undefined) this.#keepAlive(keepAlive, options.clock);
  }

  get openConnections(): number {
    return this.#open.size;
  }

  serve(conn: Deno.TcpConn, connection: number): Promise<boolean> {
    if (this.#isStopped) return Promise.resolve(false);
    this.#serveConnection(conn, connection);
    return Promise.resolve(true);
  }

  heartbeat(): void {
    this.#smux.sendNop();
  }

  stop(reason: string): void {
    this.#isStopped = true;
    for (const local of this.#open) local.reset(reason);
    if (this.#keepAliveTimer !== undefined) this.#options.clock.clearTimeout(this.#keepAliveTimer);
    this.#keepAliveTimer = undefined;
    this.#channel.onRoom = () => {};
  }

  #serveConnection(conn: Deno.TcpConn, connection: number): void {
    const { clock, events, isFrugal, refusalText } = this.#options;
    let stream: SmuxStream;
    try {
      conn.setNoDelay(true);
      stream = this.#smux.openStream();
    } catch (error) {
      conn.close();
      const reason = error instanceof ProtocolError ? error.message : "it was closed at once";
      return events.onConnection({ connection, status: "refused", reason });
    }
    const local = new LocalConnection(conn, stream, {
      clock,
      budget: this.#budget,
      isFrugal,
      onBytesUp: (count) => events.onBytes({ up: count, down: 0 }),
      onBytesDown: (count) => events.onBytes({ up: 0, down: count }),
    });
    this.#open.add(local);
    // Told when it counts as open.
    events.onConnection({ connection, status: "opened" });
    let wasRefused = false;
    const { onEnd } = stream;
    stream.onEnd = () => {
      wasRefused = this.#takeRefusal(stream);
      if (wasRefused) local.reset(refusalText);
      else onEnd();
    };
    local.done.then((end) => {
      this.#open.delete(local);
      if (end.how === "closed") return events.onConnection({ connection, status: "closed" });
      const status = wasRefused ? "refused" : "reset";
      events.onConnection({ connection, status, reason: end.reason });
    });
  }

  /**
   * Whether the end of `stream` is a dial error. The agent tells those without a stream id, ahead of
   * the FIN: the next stream that ends without a byte from the target is the one.
   */
  #takeRefusal(stream: SmuxStream): boolean {
    this.#forgetOldRefusals();
    return stream.receivedBytes === 0 && this.#refusedAtMs.shift() !== undefined;
  }

  /** Old ones belonged to streams that the local program had reset by then. */
  #forgetOldRefusals(): void {
    const youngestMs = this.#options.clock.nowMs() - REFUSAL_LIFE_MS;
    this.#refusedAtMs = this.#refusedAtMs.filter((atMs) => atMs >= youngestMs);
  }

  #onPayload(payloadType: number, payload: Uint8Array): void {
    // Other payload types are none of a port session's, and flags of another length mean nothing.
    if (payloadType === PAYLOAD_TYPE.output) this.#onOutput(payload);
    else if (payloadType === PAYLOAD_TYPE.flag && payload.byteLength === FLAG_BYTES) {
      this.#onFlag(parseFlag(payload));
    }
  }

  #onOutput(payload: Uint8Array): void {
    try {
      this.#smux.receive(payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#options.events.onBroken(error.message);
    }
  }

  #onFlag(flag: number): void {
    if (flag !== FLAG.connectToPortError) return;
    this.#forgetOldRefusals();
    if (this.#refusedAtMs.length >= this.#open.size) return;
    this.#refusedAtMs.push(this.#options.clock.nowMs());
  }

  /** Moves frames into messages while the window has room. */
  #pump(): void {
    while (this.#channel.hasRoom && this.#smux.hasOutput) {
      const payload = this.#smux.pull(STREAM_PAYLOAD_BYTES);
      if (payload === undefined) return;
      this.#channel.send(PAYLOAD_TYPE.output, payload);
    }
  }

  #keepAlive(keepAlive: SmuxKeepAlive, clock: Clock): void {
    this.#keepAliveTimer = clock.setTimeout(() => {
      // Nobody can be heard while the channel is down; the session sees to that.
      if (!this.#channel.isConnected) keepAlive.heard();
      const due = keepAlive.tick(clock.nowMs());
      if (due === "send_nop" && this.#channel.isConnected) this.#smux.sendNop();
      if (due === "expired") return this.#options.events.onBroken("the agent fell silent");
      this.#keepAlive(keepAlive, clock);
    }, KEEP_ALIVE_TICK_MS);
  }
}
