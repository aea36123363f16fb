/**
 * A small TCP server on loopback, one of the services behind the instances.
 *
 * @module
 */
import { listenTcp } from "../../platform/mod.ts";

export class TcpService {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #tasks = new Set<Promise<void>>();
  #isStopped = false;

  private constructor(listener: Deno.TcpListener, serve: (conn: Deno.TcpConn) => Promise<void>) {
    this.#listener = listener;
    this.port = listener.addr.port;
    this.#run(this.#accept(serve));
  }

  /** @param serve Talks to one client; the connection is closed when it is done, or fails. */
  static async open(
    hostname: string,
    serve: (conn: Deno.TcpConn) => Promise<void>,
  ): Promise<TcpService> {
    return new TcpService(await listenTcp({ bind: hostname, port: 0 }), serve);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#listener.close();
    for (const conn of this.#connections) close(conn);
    await Promise.all(this.#tasks);
  }

  #run(task: Promise<void>): void {
    this.#tasks.add(task);
    task.finally(() => this.#tasks.delete(task));
  }

  async #accept(serve: (conn: Deno.TcpConn) => Promise<void>): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch {
        if (this.#isStopped) return;
        continue; // One that went away before it was accepted; the next may be whole.
      }
      this.#run(this.#serve(conn, serve));
    }
  }

  async #serve(conn: Deno.TcpConn, serve: (conn: Deno.TcpConn) => Promise<void>): Promise<void> {
    this.#connections.add(conn);
    try {
      conn.setNoDelay(true);
      await serve(conn);
    } catch {
      // The client went away, or the sandbox stopped.
    }
    this.#connections.delete(conn);
    close(conn);
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

/** Writes all of `bytes`. */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await conn.write(bytes.subarray(at));
}
