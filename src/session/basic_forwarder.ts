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
import { encodeFlag, FLAG, PAYLOAD_TYPE, STREAM_PAYLOAD_BYTES } from "../protocol/mod.ts";
import { ByteBudget, ByteQueue } from "./byte_queue.ts";
import type { DataChannel } from "./data_channel.ts";
import { acceptAll, type Forwarder, type ForwarderOptions } from "./forwarder.ts";
import { LocalConnection, type RemoteStream } from "./local_connection.ts";

const UNREAD_LIMIT_BYTES = 64 * 1024 * 1024;
/** How long the agent may take to acknowledge a DisconnectToPort flag. */
const DISCONNECT_TIMEOUT_MS = 5_000;

export class BasicForwarder implements Forwarder {
  readonly #channel: DataChannel;
  readonly #options: ForwarderOptions;
  readonly #budget = new ByteBudget(UNREAD_LIMIT_BYTES);
  /** What the target said before a local program came: a server's greeting. */
  readonly #early: ByteQueue;
  #stream: SessionStream | undefined;
  #local: LocalConnection | undefined;
  #count = 0;

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

  async serve(listener: Deno.TcpListener): Promise<void> {
    for await (const conn of acceptAll(listener, this.#options.clock)) {
      this.#local?.hurry();
      await this.#local?.done;
      await this.#serveConnection(conn);
    }
  }

  stop(): void {
    this.#local?.reset("the session ended");
    this.#early.clear();
    this.#channel.onRoom = () => {};
  }

  async #serveConnection(conn: Deno.TcpConn): Promise<void> {
    const connection = ++this.#count;
    const { clock, events } = this.#options;
    // The last connection's bytes must not reach this one: its flag is acknowledged first.
    await this.#stream?.disconnected;
    events.onConnection({ connection, status: "opened" });
    conn.setNoDelay(true);
    const stream = new SessionStream(this.#channel);
    this.#stream = stream;
    const local = new LocalConnection(conn, stream, {
      clock,
      budget: this.#budget,
      onBytesUp: (count) => events.onBytes({ up: count, down: 0 }),
      onBytesDown: (count) => events.onBytes({ up: 0, down: count }),
    });
    this.#local = local;
    for (let chunk = this.#early.take(Infinity); chunk !== undefined;) {
      stream.onData(chunk);
      chunk = this.#early.take(Infinity);
    }
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
  /** Resolves when the agent has been told of the end and acknowledged it. */
  readonly disconnected: Promise<void> = this.#disconnected.promise;
  #pending: Uint8Array = new Uint8Array(0);
  #isEnding = false;

  constructor(channel: DataChannel) {
    this.#channel = channel;
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
    this.#channel.settle(DISCONNECT_TIMEOUT_MS).then(() => {
      this.#disconnected.resolve();
      this.onEnd();
    });
  }

  discard(): void {
    this.end();
  }

  /** Sends while the window has room. */
  pump(): void {
    if (this.#pending.byteLength === 0) return;
    while (this.#pending.byteLength > 0 && this.#channel.hasRoom) {
      this.#channel.send(PAYLOAD_TYPE.output, this.#pending.subarray(0, STREAM_PAYLOAD_BYTES));
      this.#pending = this.#pending.subarray(STREAM_PAYLOAD_BYTES);
    }
    if (this.#pending.byteLength === 0) this.onDrain();
  }

  receive(payload: Uint8Array): void {
    if (!this.#isEnding) this.onData(payload);
  }
}
