/**
 * The agent's port plugin with a multiplexer: many connections over one session.
 *
 * Source: agent port_mux.go (handleServerConnections, transferDataToMgs); protocol text §7.3.
 *
 * @module
 */
import { Pace } from "./pace.ts";
import { ProtocolError, SmuxSession, type SmuxStream } from "../../protocol/mod.ts";
import type { Verdict } from "./channel.ts";
import { MuxStream } from "./mux_stream.ts";
import { PAYLOAD, PAYLOAD_BYTES, RECEIVE_BUDGET_BYTES } from "./plugin.ts";
import { FLAG, flagPayload, type PortHost, type PortPlugin } from "./port_plugin.ts";
import { type KeepAliveTiming, SilenceWatch } from "./silence_watch.ts";

/** One frame of the largest size. The bytes are cut at 1,024 with no regard to frames. */
const PULL_BYTES = 8 + 32_768;
const NOTHING = new Uint8Array(0);

export class MuxPort implements PortPlugin {
  readonly mode = "mux";
  readonly #host: PortHost;
  readonly #smux: SmuxSession;
  readonly #silence: SilenceWatch | undefined;
  readonly #streams = new Set<MuxStream>();
  /** Streams that wait for their turn to be connected. */
  #backlog: MuxStream[] = [];
  #isDialing = false;
  /** Bytes of the multiplexer's stream that have not been sent. */
  #unsent: Uint8Array = NOTHING;
  #isPumping = false;
  readonly #pace = new Pace();
  #unreadBytes = 0;
  #isClosed = false;

  /** @param options.keepAlive Set when the versions of both ends ask for smux keep-alive. */
  constructor(host: PortHost, options: { keepAlive: KeepAliveTiming | undefined }) {
    this.#host = host;
    this.#smux = new SmuxSession("server", {
      onStream: (stream) => this.#onStream(stream),
      onOutput: () => this.#pump(),
      onFrame: () => this.#silence?.heard(),
    });
    if (options.keepAlive !== undefined) {
      this.#silence = new SilenceWatch(options.keepAlive, {
        sendNop: () => this.#smux.sendNop(),
        isExcused: () => this.isBlocked,
        onSilence: () => host.fail("The multiplexer ended: nothing was heard from the client"),
      });
    }
  }

  get connections(): number {
    let count = 0;
    for (const stream of this.#streams) if (stream.isConnected) count++;
    return count;
  }

  get isBlocked(): boolean {
    return this.#unreadBytes >= RECEIVE_BUDGET_BYTES;
  }

  start(): void {
    this.#silence?.start();
  }

  takeOutput(payload: Uint8Array): Verdict {
    try {
      this.#smux.receive(payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#host.fail(`The multiplexer ended: ${error.message}`);
    }
    // Being blocked changes what may be sent.
    if (this.isBlocked) this.#pump();
    return "processed";
  }

  /** DisconnectToPort belongs to basic mode; here each stream has an end of its own. */
  takeFlag(): void {}

  onRoom(): void {
    this.#pump();
  }

  close(): void {
    this.#isClosed = true;
    this.#pace.cancel();
    this.#silence?.stop();
    this.#backlog = [];
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  #onStream(stream: SmuxStream): void {
    const own = new MuxStream(stream, {
      onUnread: (byteCount) => this.#unreadBytes += byteCount,
      onRead: (byteCount) => this.#onRead(byteCount),
      onDone: () => this.#streams.delete(own),
    });
    this.#streams.add(own);
    this.#backlog.push(own);
    this.#acceptBacklog();
  }

  /** Connects streams one at a time: a slow target delays every stream behind it. */
  async #acceptBacklog(): Promise<void> {
    if (this.#isDialing) return;
    this.#isDialing = true;
    for (let next; (next = this.#backlog.shift()) !== undefined;) {
      try {
        const conn = await this.#host.dial();
        if (this.#isClosed) conn.close();
        else next.connect(conn);
      } catch {
        if (!this.#isClosed) this.#refuse(next);
      }
    }
    this.#isDialing = false;
  }

  /** The flag names no stream; it goes past the multiplexer's queue and so precedes the FIN. */
  #refuse(stream: MuxStream): void {
    this.#host.send(PAYLOAD.flag, flagPayload(FLAG.connectToPortError));
    stream.refuse();
  }

  #onRead(byteCount: number): void {
    const wasBlocked = this.isBlocked;
    this.#unreadBytes -= byteCount;
    if (wasBlocked && !this.isBlocked) this.#host.unblocked();
  }

  #pump(): void {
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    while (!this.#pace.isSleeping && this.#host.canSend()) {
      const payload = this.#nextPayload();
      if (payload === undefined) break;
      this.#host.send(PAYLOAD.output, payload);
      if (this.#host.isPaced) this.#pace.sleep(() => this.#pump());
    }
    this.#isPumping = false;
  }

  /** At most 1,024 bytes; small frames share a payload, large ones are cut anywhere. */
  #nextPayload(): Uint8Array | undefined {
    if (this.#unsent.byteLength < PAYLOAD_BYTES && this.#smux.hasOutput) {
      const more = this.#smux.pull(PULL_BYTES) ?? NOTHING;
      const joined = new Uint8Array(this.#unsent.byteLength + more.byteLength);
      joined.set(this.#unsent);
      joined.set(more, this.#unsent.byteLength);
      this.#unsent = joined;
    }
    if (this.#unsent.byteLength === 0) return undefined;
    const payload = this.#unsent.subarray(0, PAYLOAD_BYTES);
    this.#unsent = this.#unsent.subarray(PAYLOAD_BYTES);
    return payload;
  }
}
