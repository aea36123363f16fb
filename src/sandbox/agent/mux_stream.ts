/**
 * One stream of the multiplexer and its connection to the target.
 *
 * There is no half-close: whichever end comes first closes the whole connection. Source: agent
 * port_mux.go; protocol text §7.3.4.
 *
 * @module
 */
import type { SmuxStream } from "../../protocol/mod.ts";
import { TargetConnection } from "./target_connection.ts";

export interface MuxStreamEvents {
  /** The client's bytes arrived and wait for the target. */
  onUnread(byteCount: number): void;
  /** They wait no longer. */
  onRead(byteCount: number): void;
  /** The stream has ended on the agent's side. */
  onDone(): void;
}

type State =
  /** Waiting for its connection; what the client sends in the meantime is kept. */
  | { phase: "waiting"; early: Uint8Array[]; hasClientEnded: boolean }
  | { phase: "connected"; target: TargetConnection }
  | { phase: "ended" };

export class MuxStream {
  readonly #stream: SmuxStream;
  readonly #events: MuxStreamEvents;
  #state: State = { phase: "waiting", early: [], hasClientEnded: false };

  constructor(stream: SmuxStream, events: MuxStreamEvents) {
    this.#stream = stream;
    this.#events = events;
    stream.onData = (bytes) => this.#takeData(bytes);
    stream.onEnd = () => this.#takeEnd();
  }

  get isConnected(): boolean {
    return this.#state.phase === "connected";
  }

  connect(conn: Deno.TcpConn): void {
    const state = this.#state;
    if (state.phase !== "waiting") return conn.close();
    const stream = this.#stream;
    const target = new TargetConnection(conn, {
      // The view is good until the next read, and that waits until the stream has let go of it.
      onData: (bytes) => stream.write(bytes),
      onEnd: () => this.#endStream(),
      onWritten: (byteCount) => this.#events.onRead(byteCount),
    });
    stream.onDrain = () => target.read();
    this.#state = { phase: "connected", target };
    for (const bytes of state.early) target.write(bytes);
    if (state.hasClientEnded) target.finish();
    else target.read();
  }

  /** The target could not be reached: FIN. */
  refuse(): void {
    this.#dropEarly();
    this.#endStream();
  }

  /** The session ends: nothing more is sent. */
  close(): void {
    this.#dropEarly();
    if (this.#state.phase === "connected") this.#state.target.close();
    this.#state = { phase: "ended" };
  }

  #takeData(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.phase === "ended") return;
    this.#events.onUnread(bytes.byteLength);
    if (state.phase === "waiting") state.early.push(bytes);
    else state.target.write(bytes);
  }

  #takeEnd(): void {
    const state = this.#state;
    if (state.phase === "waiting") state.hasClientEnded = true;
    // What is buffered is still written; then the connection is closed in both directions.
    else if (state.phase === "connected") state.target.finish();
  }

  #endStream(): void {
    const state = this.#state;
    if (state.phase === "ended") return;
    this.#state = { phase: "ended" };
    if (state.phase === "connected") state.target.close();
    const stream = this.#stream;
    // FIN right behind the last data; then the stream is forgotten and what comes is discarded.
    if (stream.pendingBytes === 0) {
      stream.discard();
    } else {
      stream.onDrain = () => stream.discard();
      stream.end();
    }
    this.#events.onDone();
  }

  #dropEarly(): void {
    if (this.#state.phase !== "waiting") return;
    for (const bytes of this.#state.early.splice(0)) this.#events.onRead(bytes.byteLength);
  }
}
