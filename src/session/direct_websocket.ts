/**
 * A WebSocket on a TCP or TLS connection of our own, with TCP_NODELAY.
 *
 * Deno's WebSocket turns TCP_NODELAY off and cannot turn it on: an acknowledgement that is followed by
 * a small request waits 40 ms for the peer's delayed TCP acknowledgement. See
 * docs/decisions/websocket.md. This one can also ping, so that a connection that died in silence is
 * found without a message to the agent.
 *
 * @module
 */
import type { Clock } from "../platform/mod.ts";
import {
  clientFrameBytes,
  ProtocolError,
  WEBSOCKET_OPCODE,
  WebSocketParser,
  writeClientFrame,
} from "../protocol/mod.ts";
import type { Transport, TransportClose, TransportEvents } from "./contracts.ts";
import { streamEndpoint } from "./stream_endpoint.ts";
import { upgrade, writeAll } from "./upgrade.ts";

export interface DirectWebSocketOptions {
  headers: Record<string, string>;
  /** PEM certificates trusted beside the default ones. */
  caCerts: string[];
  events: TransportEvents;
  clock: Clock;
  signal: AbortSignal;
}

const PING_PAYLOAD = new TextEncoder().encode("keepalive");
const READ_BYTES = 64 * 1024;
/** Bytes joined into one write at most. */
const LARGEST_WRITE_BYTES = 256 * 1024;
/** Frames joined into one write: their masks are as many random bytes as can be had at once. */
const LARGEST_WRITE_FRAMES = 16 * 1024;
/** Unsent bytes past which nothing more is read: a peer that sends must also read. */
const LARGEST_QUEUE_BYTES = 4 * 1024 * 1024;
/** How long a close waits for what is queued before it. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Connects, upgrades and starts reading.
 *
 * @throws {UpgradeRefused} For a status other than 101; errors of Deno's for the rest; the signal's
 * reason when it was aborted.
 */
export async function openDirectWebSocket(
  url: string,
  options: DirectWebSocketOptions,
): Promise<Transport> {
  const { signal, caCerts, headers } = options;
  const { hostname, port, isTls } = streamEndpoint(url);
  signal.throwIfAborted();
  const tcp = await Deno.connect({ hostname, port, signal });
  let conn: Deno.Conn = tcp;
  const onAbort = () => closeQuietly(conn);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    tcp.setNoDelay(true);
    if (isTls) {
      conn = await Deno.startTls(tcp, { hostname, caCerts, alpnProtocols: ["http/1.1"] });
    }
    const rest = await upgrade(conn, url, headers);
    signal.throwIfAborted();
    return new DirectWebSocket(conn, rest, options);
  } catch (error) {
    closeQuietly(conn);
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

class DirectWebSocket implements Transport {
  readonly #conn: Deno.Conn;
  readonly #events: TransportEvents;
  readonly #clock: Clock;
  readonly #parser: WebSocketParser;
  /** Frames for the next write. */
  #queue: { opcode: number; payload: Uint8Array }[] = [];
  #queuedBytes = 0;
  #isWriting = false;
  #isClosing = false;
  #isClosed = false;
  #close: TransportClose = { code: 1006, reason: "" };
  #closeTimer: number | undefined;
  #isHeld = false;
  /** Called when reading may go on. */
  #onReadable: () => void = () => {};

  constructor(conn: Deno.Conn, firstBytes: Uint8Array, options: DirectWebSocketOptions) {
    this.#conn = conn;
    this.#events = options.events;
    this.#clock = options.clock;
    this.#parser = new WebSocketParser({
      onMessage: (payload) => {
        if (!this.#isClosing) this.#events.onMessage(payload);
      },
      onPing: (payload) => this.#enqueue(WEBSOCKET_OPCODE.pong, payload),
      onPong: () => this.#events.onPong(),
      onClose: (close) => this.#onPeerClose(close),
    });
    this.#read(firstBytes);
  }

  get bufferedBytes(): number {
    return this.#queuedBytes;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#enqueue(WEBSOCKET_OPCODE.binary, frame);
  }

  sendText(text: string): void {
    this.#enqueue(WEBSOCKET_OPCODE.text, new TextEncoder().encode(text));
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (!isHeld) this.#onReadable();
  }

  ping(): void {
    this.#enqueue(WEBSOCKET_OPCODE.ping, PING_PAYLOAD);
  }

  close(): void {
    if (this.#isClosing) return;
    this.#enqueue(WEBSOCKET_OPCODE.close, new Uint8Array([0x03, 0xe8])); // 1000
    this.#close = { code: 1000, reason: "" };
    this.#isClosing = true;
    // A peer that does not read must not hold us: what is queued gets this long.
    this.#closeTimer = this.#clock.setTimeout(() => this.#end(), CLOSE_TIMEOUT_MS);
  }

  #enqueue(opcode: number, payload: Uint8Array): void {
    if (this.#isClosing) return;
    this.#queue.push({ opcode, payload });
    this.#queuedBytes += clientFrameBytes(payload.byteLength);
    if (!this.#isWriting) this.#write();
  }

  /** Writes what is queued, many frames at a time; what comes meanwhile joins the next write. */
  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      // One turn of the microtask queue: frames of the same burst share a write.
      await undefined;
      while (this.#queue.length > 0) {
        const frames = this.#takeFrames();
        await writeAll(this.#conn, frames);
        this.#queuedBytes -= frames.byteLength;
        this.#onReadable();
      }
    } catch {
      return this.#end();
    }
    this.#isWriting = false;
    if (this.#isClosing) this.#end();
  }

  #takeFrames(): Uint8Array {
    let count = 0;
    let size = 0;
    while (
      count < Math.min(this.#queue.length, LARGEST_WRITE_FRAMES) &&
      (count === 0 || size < LARGEST_WRITE_BYTES)
    ) {
      size += clientFrameBytes(this.#queue[count]!.payload.byteLength);
      count++;
    }
    const bytes = new Uint8Array(size);
    const masks = crypto.getRandomValues(new Uint8Array(4 * count));
    let at = 0;
    for (let i = 0; i < count; i++) {
      const { opcode, payload } = this.#queue[i]!;
      at = writeClientFrame(bytes, at, { opcode, payload, mask: masks.subarray(4 * i, 4 * i + 4) });
    }
    this.#queue = count === this.#queue.length ? [] : this.#queue.slice(count);
    return bytes;
  }

  async #read(firstBytes: Uint8Array): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      // The owner learns of the transport first.
      await undefined;
      this.#parser.feed(firstBytes);
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null || this.#isClosed) break;
        this.#parser.feed(buffer.subarray(0, count));
        while (this.#mayNotRead) await new Promise<void>((resolve) => this.#onReadable = resolve);
      }
    } catch (error) {
      // Bytes that are not WebSocket end the connection like a broken one.
      if (error instanceof ProtocolError) this.#close = { code: 1002, reason: error.message };
    }
    this.#end();
  }

  get #mayNotRead(): boolean {
    return !this.#isClosed && (this.#isHeld || this.#queuedBytes > LARGEST_QUEUE_BYTES);
  }

  #onPeerClose(close: TransportClose): void {
    if (this.#isClosing) return;
    const code = new Uint8Array([0x03, 0xe8]);
    this.#enqueue(WEBSOCKET_OPCODE.close, code);
    this.#close = close;
    this.#isClosing = true;
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isClosing = true;
    this.#queue = [];
    this.#onReadable();
    if (this.#closeTimer !== undefined) this.#clock.clearTimeout(this.#closeTimer);
    this.#closeTimer = undefined;
    closeQuietly(this.#conn);
    this.#events.onClose(this.#close);
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
