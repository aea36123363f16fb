/**
 * The agent's port plugin without a multiplexer: one connection at a time (old agents and clients), or
 * one for the whole session (SSH: a document without a type).
 *
 * Source: agent port_basic.go; protocol text §7.2, §9.
 *
 * @module
 */
import { Pace } from "./pace.ts";
import { messageOf } from "../../errors/mod.ts";
import type { Verdict } from "./channel.ts";
import { PAYLOAD, PAYLOAD_BYTES, RECEIVE_BUDGET_BYTES } from "./plugin.ts";
import { FLAG, type PortHost, type PortPlugin } from "./port_plugin.ts";
import { COPY_BYTES, TargetConnection } from "./target_connection.ts";

type State =
  /** The first connection: until it stands, output is not acknowledged. */
  | { phase: "starting" }
  /** A later one: it was an Output that asked for it. */
  | { phase: "dialing"; first: Uint8Array }
  | { phase: "connected"; target: TargetConnection }
  /** Closed by either end; the next Output connects again. */
  | { phase: "idle" }
  | { phase: "closed" };

const NOTHING = new Uint8Array(0);

export class BasicPort implements PortPlugin {
  readonly mode: "basic" | "stdio";
  readonly #host: PortHost;
  #state: State = { phase: "starting" };
  /** The target's bytes that have not been sent. */
  #unsent: Uint8Array = NOTHING;
  readonly #pace = new Pace();
  #unwrittenBytes = 0;
  #hasRefused = false;

  constructor(host: PortHost, options: { mode: "basic" | "stdio" }) {
    this.#host = host;
    this.mode = options.mode;
  }

  get connections(): number {
    return this.#state.phase === "connected" ? 1 : 0;
  }

  get isBlocked(): boolean {
    return this.#unwrittenBytes >= RECEIVE_BUDGET_BYTES;
  }

  start(): void {
    this.#connect();
  }

  takeOutput(payload: Uint8Array): Verdict {
    switch (this.#state.phase) {
      case "connected":
        this.#unwrittenBytes += payload.byteLength;
        this.#state.target.write(payload);
        // Being blocked changes what may be sent.
        if (this.isBlocked) this.#pump();
        return "processed";
      case "idle":
        this.#state = { phase: "dialing", first: payload };
        this.#connect();
        return "processed";
      case "starting":
      case "dialing":
        break;
      case "closed":
        return "processed";
      default:
        this.#state satisfies never;
    }
    this.#hasRefused = true;
    return "not_ready";
  }

  takeFlag(flag: number): void {
    if (flag !== FLAG.disconnectToPort || this.mode === "stdio") return;
    if (this.#state.phase === "connected") this.#disconnect(this.#state.target);
  }

  onRoom(): void {
    this.#pump();
  }

  close(): void {
    this.#pace.cancel();
    const state = this.#state;
    this.#state = { phase: "closed" };
    if (state.phase === "connected") state.target.close();
  }

  async #connect(): Promise<void> {
    let conn: Deno.TcpConn;
    try {
      conn = await this.#host.dial();
    } catch (error) {
      if (this.#state.phase === "closed") return;
      return this.#host.fail(`Unable to connect to specified port: ${messageOf(error)}`);
    }
    const state = this.#state;
    if (state.phase === "closed") return conn.close();
    // Paced like the reference, which reads at most a payload; else more at once, cut the same way.
    const readBytes = this.#host.isPaced ? PAYLOAD_BYTES : COPY_BYTES;
    const target: TargetConnection = new TargetConnection(conn, {
      onData: (bytes) => {
        this.#unsent = bytes;
        this.#pump();
      },
      onEnd: (error) => this.#onTargetEnd(target, error),
      onWritten: (byteCount) => this.#onWritten(byteCount),
    }, { readBytes });
    this.#state = { phase: "connected", target };
    if (state.phase === "dialing") {
      this.#unwrittenBytes += state.first.byteLength;
      target.write(state.first);
    }
    if (this.#hasRefused) this.#host.becameReady();
    this.#hasRefused = false;
    this.#pump();
  }

  #onTargetEnd(target: TargetConnection, error: unknown): void {
    if (this.#state.phase !== "connected" || this.#state.target !== target) return;
    // The client of a port session is not told; only the next Output shows it a new connection.
    if (this.mode === "basic") return this.#disconnect(target);
    if (error === undefined) this.#host.finish();
    else this.#host.fail(`The connection to the port broke: ${messageOf(error)}`);
  }

  #disconnect(target: TargetConnection): void {
    this.#state = { phase: "idle" };
    this.#unsent = NOTHING;
    target.close();
  }

  #onWritten(byteCount: number): void {
    const wasBlocked = this.isBlocked;
    this.#unwrittenBytes -= byteCount;
    if (wasBlocked && !this.isBlocked) this.#host.unblocked();
  }

  /** Sends what was read, a payload at a time; reads on when it is gone. */
  #pump(): void {
    while (!this.#pace.isSleeping && this.#state.phase === "connected" && this.#host.canSend()) {
      if (this.#unsent.byteLength === 0) return this.#state.target.read();
      const payload = this.#unsent.subarray(0, PAYLOAD_BYTES);
      this.#unsent = this.#unsent.subarray(PAYLOAD_BYTES);
      this.#host.send(PAYLOAD.output, payload);
      if (this.#host.isPaced) this.#pace.sleep(() => this.#pump());
    }
  }
}
