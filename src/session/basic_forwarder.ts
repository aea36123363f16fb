/**
 * Serves a local port for agents that know no multiplexer: one connection at a time, and the session's
 * payloads are its bytes.
 *
 * The agent connects to the target when the session starts and again with the first byte after a
 * DisconnectToPort flag. It does not tell when the target closes.
 *
 * Source: plugin portsession/basicportforwarding.go; agent plugins/port/port_basic.go.
 *
 * @module
 */
import { encodeFlag, FLAG, PAYLOAD_TYPE } from "../protocol/mod.ts";
import { ByteBudget, ByteQueue } from "./byte_queue.ts";
import type { DataChannel } from "./data_channel.ts";
import { type ConnectionForwarder, type ForwarderOptions, sendOutput } from "./forwarder.ts";
import { LocalConnection, type RemoteStream } from "./local_connection.ts";

const UNREAD_LIMIT_BYTES = 64 * 1024 * 1024;

export class BasicForwarder implements ConnectionForwarder {
  readonly #channel: DataChannel;
  readonly #options: ForwarderOptions;
  readonly #budget = new ByteBudget(UNREAD_LIMIT_BYTES);
  /** What the target said before a local program came: a server's greeting. */
  readonly #early: ByteQueue;
  #stream: SessionStream | undefined;
  #local: LocalConnection | undefined;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;

  constructor(channel: DataChannel, options: ForwarderOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#early = new ByteQueue(this.#budget, () => {
      this.#early.clear();
      options.events.onBroken("the target said too much before a local program connected");
    });
    channel.onRoom = () => this.#stream?.pump();
    channel.handlePayloads((type, payload) => {
      // Only Output is data; the reference writes flags into the socket too.
      if (type === PAYLOAD_TYPE.output) this.#onOutput(payload);
    });
  }

  get openConnections(): number {
    return this.#local === undefined ? 0 : 1;
  }

  async serve(conn: Deno.TcpConn, connection: number): Promise<boolean> {
    await Promise.race([this.#hasRoom(), this.#stopped.promise]);
    if (this.#isStopped) return false;
    this.#serveConnection(conn, connection);
    return true;
  }

  stop(reason: string): void {
    this.#isStopped = true;
    this.#stopped.resolve();
    this.#local?.reset(reason);
    this.#early.clear();
    this.#channel.onRoom = () => {};
  }

  /** Resolves when the connection before is over, here and at the agent. */
  async #hasRoom(): Promise<void> {
    this.#local?.hurry();
    await this.#local?.done;
    // Its last bytes must not reach the next one.
    await this.#stream?.disconnected;
  }

  #serveConnection(conn: Deno.TcpConn, connection: number): void {
    const { clock, events, isFrugal } = this.#options;
    try {
      conn.setNoDelay(true);
    } catch {
      conn.close();
      const reason = "it was closed at once";
      return events.onConnection({ connection, status: "refused", reason });
    }
    const stream = new SessionStream(this.#channel, { isFirst: this.#stream === undefined });
    this.#stream = stream;
    const local = new LocalConnection(conn, stream, {
      clock,
      budget: this.#budget,
      isFrugal,
      onBytesUp: (count) => events.onBytes({ up: count, down: 0 }),
      onBytesDown: (count) => events.onBytes({ up: 0, down: count }),
    });
    this.#local = local;
    // Told when it counts as open.
    events.onConnection({ connection, status: "opened" });
    const greeting = this.#early.take(Infinity);
    if (greeting !== undefined) stream.onData(greeting);
    local.done.then((end) => {
      this.#local = undefined;
      events.onConnection(
        end.how === "closed"
          ? { connection, status: "closed" }
          : { connection, status: "reset", reason: end.reason },
      );
    });
  }

  #onOutput(payload: Uint8Array): void {
    if (this.#stream === undefined) this.#early.push(payload);
    else this.#stream.receive(payload);
  }
}

/** The session's payloads as the stream of one connection. */
class SessionStream implements RemoteStream {
  onData: (bytes: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  readonly #channel: DataChannel;
  readonly #disconnected = Promise.withResolvers<void>();
  /** Resolves when the agent has acknowledged the end, or the channel is closed. */
  readonly disconnected: Promise<void> = this.#disconnected.promise;
  #pending: Uint8Array = new Uint8Array(0);
  #isEnding = false;
  /**
   * Whether the agent can be connected for this stream: from the start for the first one, for others
   * from their first byte on. What comes before is the last one's.
   */
  #isConnected: boolean;

  constructor(channel: DataChannel, { isFirst }: { isFirst: boolean }) {
    this.#channel = channel;
    this.#isConnected = isFirst;
  }

  get pendingBytes(): number {
    return this.#pending.byteLength;
  }

  /** The caller writes again only when the last bytes are taken. */
  write(bytes: Uint8Array): void {
    if (this.#isEnding) return;
    this.#pending = bytes;
    this.pump();
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#pending = this.#pending.subarray(0, 0);
    this.#channel.send(PAYLOAD_TYPE.flag, encodeFlag(FLAG.disconnectToPort));
    this.#channel.settle().then(() => {
      this.#disconnected.resolve();
      this.onEnd();
    });
  }

  discard(): void {
    this.end();
  }

  /** Sends while the window has room. */
  pump(): void {
    const before = this.#pending.byteLength;
    if (before === 0) return;
    this.#pending = sendOutput(this.#channel, this.#pending);
    if (this.#pending.byteLength < before) this.#isConnected = true;
    if (this.#pending.byteLength === 0) this.onDrain();
  }

  receive(payload: Uint8Array): void {
    if (this.#isConnected && !this.#isEnding) this.onData(payload);
  }
}
