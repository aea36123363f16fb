/**
 * Measures one open tunnel from the outside, whoever opened it.
 *
 * @module
 */

/** Ports of the tunnel on this machine, by what they lead to. */
export interface TunnelPorts {
  echo: number;
  http: number;
  sink: number;
}

const HOST = "127.0.0.1";

/** Percentile of sorted numbers. */
export function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return percentile([...values].sort((a, b) => a - b), 0.5);
}

/** Time of `count` round trips of 64 bytes over one connection, in ms. */
export async function roundTrips(
  port: number,
  count: number,
): Promise<{ p50Ms: number; p99Ms: number }> {
  using conn = await Deno.connect({ hostname: HOST, port });
  conn.setNoDelay(true);
  const message = new Uint8Array(64).fill(120);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedMs = performance.now();
    await conn.write(message);
    await readExactly(conn, message.byteLength);
    times.push(performance.now() - startedMs);
  }
  times.sort((a, b) => a - b);
  return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

async function readExactly(conn: Deno.Conn, bytes: number): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (bytes > 0) {
    const count = await conn.read(buffer.subarray(0, Math.min(bytes, buffer.byteLength)));
    if (count === null) throw new Error("the connection was closed");
    bytes -= count;
  }
}

/**
 * Uploads to the sink, which answers the number of bytes it saw, 2 s after the last one.
 *
 * @returns Megabytes a second, the sink's wait taken off.
 */
export async function uploadRate(port: number, bytes: number): Promise<number> {
  using conn = await Deno.connect({ hostname: HOST, port });
  const chunk = crypto.getRandomValues(new Uint8Array(64 * 1024));
  const startedMs = performance.now();
  for (let left = bytes; left > 0;) {
    left -= await conn.write(chunk.subarray(0, Math.min(left, chunk.byteLength)));
  }
  const answer = await readLine(conn);
  if (Number(answer) !== bytes) throw new Error(`the sink saw ${answer} of ${bytes} bytes`);
  const SINK_SILENCE_MS = 2_000;
  return bytes / 1e6 / ((performance.now() - startedMs - SINK_SILENCE_MS) / 1000);
}

async function readLine(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(1024);
  let text = "";
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return text.trim();
    text += new TextDecoder().decode(buffer.subarray(0, count));
    if (text.endsWith("\n")) return text.trim();
  }
}

/** Downloads from the http service; megabytes a second. */
export async function downloadRate(port: number, bytes: number): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(`http://${HOST}:${port}/bytes?n=${bytes}`);
  let received = 0;
  for await (const chunk of response.body!) received += chunk.byteLength;
  if (received !== bytes) throw new Error(`received ${received} of ${bytes} bytes`);
  return bytes / 1e6 / ((performance.now() - startedMs) / 1000);
}

/** Resident memory of a process, and the part that it shares with nobody, in bytes. Linux only. */
export async function residentMemory(pid: number): Promise<{ total: number; private: number }> {
  const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  const sum = (pattern: RegExp) =>
    [...text.matchAll(pattern)].reduce((bytes, match) => bytes + Number(match[1]) * 1024, 0);
  return { total: sum(/^Rss:\s+(\d+) kB/gm), private: sum(/^Private_\w+:\s+(\d+) kB/gm) };
}
