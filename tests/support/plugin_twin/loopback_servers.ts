/**
 * Servers for the far end of a tunnel, on loopback.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { closeQuietly, writeAll } from "./connection_bytes.ts";

/** A server that is open until disposed of. */
export interface LoopbackServer extends AsyncDisposable {
  port: number;
}

/** Returns every byte of every connection. With `port`, on that one. */
export function startEchoServer(port = 0): LoopbackServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const open = new Map<Deno.TcpConn, Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      open.set(connection, echo(connection).finally(() => open.delete(connection)));
    }
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      // The other end may be a session that lingers: it does not close first.
      const echoes = [...open.values()];
      for (const connection of open.keys()) closeQuietly(connection);
      await Promise.all(echoes);
    },
  };
}

async function echo(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) break;
      await writeAll(connection, buffer.subarray(0, count));
    }
  } catch {
    // A peer that is gone before all was returned is no matter.
  }
  closeQuietly(connection);
}

/** `GET` answers `bytes`; `POST` answers the SHA-256 of what it got, in hex. */
export function startChecksumServer(bytes: Uint8Array<ArrayBuffer>): LoopbackServer {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      if (request.method === "GET") return new Response(bytes);
      const hash = createHash("sha256");
      for await (const part of request.body ?? []) hash.update(part);
      return new Response(hash.digest("hex"));
    },
  );
  return {
    port: server.addr.port,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
