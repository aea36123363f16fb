/**
 * The services that are plain TCP: echo, sink and the SSH version line.
 *
 * @module
 */
import { TcpService, writeAll } from "./tcp_service.ts";

const BUFFER_BYTES = 64 * 1024;
const encoder = new TextEncoder();

/** Returns every byte, and the end when it comes. */
export function openEcho(hostname: string): Promise<TcpService> {
  return TcpService.open(hostname, async (conn) => {
    const buffer = new Uint8Array(BUFFER_BYTES);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      await writeAll(conn, buffer.subarray(0, count));
    }
  });
}

/**
 * Counts bytes until the client half-closes or says nothing for `silenceMs`, then answers the count in
 * decimal with a line feed and closes. Through an agent only the silence works: it closes the whole
 * connection at the client's end.
 */
export function openSink(hostname: string, silenceMs: number): Promise<TcpService> {
  return TcpService.open(hostname, async (conn) => {
    const total = await countBytes(conn, silenceMs);
    await writeAll(conn, encoder.encode(`${total}\n`));
  });
}

async function countBytes(conn: Deno.TcpConn, silenceMs: number): Promise<number> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let total = 0;
  let heardMs = performance.now();
  const silent = Promise.withResolvers<null>();
  // Looks at the time of the last byte instead of being set again for each read.
  let timer = 0;
  const watch = (delayMs: number) => {
    timer = Number(setTimeout(() => {
      const leftMs = heardMs + silenceMs - performance.now();
      if (leftMs > 0) watch(leftMs);
      else silent.resolve(null);
    }, delayMs));
  };
  watch(silenceMs);
  try {
    for (;;) {
      const read = conn.read(buffer);
      // The read that is left behind ends with the connection; nobody waits for it.
      read.catch(() => {});
      const count = await Promise.race([read, silent.promise]);
      if (count === null) return total;
      total += count;
      heardMs = performance.now();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Says an SSH version line and listens: enough to see that a tunnel leads to an SSH port. */
export function openSshBanner(hostname: string): Promise<TcpService> {
  return TcpService.open(hostname, async (conn) => {
    // Source: RFC 4253 section 4.2.
    await writeAll(conn, encoder.encode("SSH-2.0-ec2connect_sandbox banner only\r\n"));
    const buffer = new Uint8Array(1024);
    while (await conn.read(buffer) !== null);
  });
}
