/**
 * Small servers on loopback that a test scripts, and what a transport reports.
 *
 * @module
 */
import type { TransportClose, TransportEvents } from "../../src/session/contracts.ts";
import { Watched } from "./watched.ts";
import { WebSocketPeer } from "./websocket_peer.ts";

/** What a transport reported, in order. */
export class TransportLog extends Watched implements TransportEvents {
  readonly messages: Uint8Array[] = [];
  readonly closes: TransportClose[] = [];
  pongs = 0;

  onMessage(frame: Uint8Array): void {
    this.messages.push(frame);
    this.changed();
  }

  onPong(): void {
    this.pongs++;
    this.changed();
  }

  onClose(close: TransportClose): void {
    this.closes.push(close);
    this.changed();
  }

  /** Resolves with the close. */
  async closed(): Promise<TransportClose> {
    await this.when(() => this.closes.length > 0);
    return this.closes[0]!;
  }

  async message(index = 0): Promise<Uint8Array> {
    await this.when(() => this.messages.length > index);
    return this.messages[index]!;
  }
}

/** Accepts connections and plays `script` with each. Disposing waits for the scripts to end. */
export class LocalServer implements AsyncDisposable {
  readonly #listener: Deno.Listener<Deno.Conn>;
  readonly #conns: Deno.Conn[] = [];
  readonly #scripts: Promise<void>[] = [];
  readonly #serving: Promise<void>;
  readonly #failures: unknown[] = [];
  connections = 0;

  constructor(
    script: (peer: WebSocketPeer) => Promise<void>,
    listener: Deno.Listener<Deno.Conn> = Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  ) {
    this.#listener = listener;
    this.#serving = this.#serve(script);
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) closeQuietly(conn);
    await this.#serving;
    await Promise.all(this.#scripts);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async #serve(script: (peer: WebSocketPeer) => Promise<void>): Promise<void> {
    for (;;) {
      let conn: Deno.Conn;
      try {
        conn = await this.#listener.accept();
      } catch {
        return;
      }
      this.connections++;
      this.#conns.push(conn);
      this.#scripts.push(
        script(new WebSocketPeer(conn)).catch((error) => {
          // A client that hangs up ends a script early; a failed assertion is the test's.
          if (error instanceof Error && error.name === "AssertionError") this.#failures.push(error);
        }).finally(() => closeQuietly(conn)),
      );
    }
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
