/**
 * The HTTP upgrade that opens a WebSocket, on a connection of our own.
 *
 * Source: RFC 6455 section 4.1.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The gateway answered the upgrade with a status other than 101; `undefined` where it is not told. */
export class UpgradeRefused extends Error {
  constructor(readonly status: number | undefined) {
    super(status === undefined ? "no status told" : `status ${status}`);
    this.name = "UpgradeRefused";
  }
}

const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const LARGEST_HEAD_BYTES = 16 * 1024;

/**
 * Sends the upgrade request and reads the answer's head.
 *
 * @param url Sent verbatim after the host: a raw `+` in the query stays one.
 * @returns Bytes that came behind the head: the first frames.
 * @throws {UpgradeRefused} For any other status than 101.
 * @throws {Error} When the answer is not an HTTP/1.1 upgrade.
 */
export async function upgrade(
  conn: Deno.Conn,
  url: string,
  headers: Record<string, string>,
): Promise<Uint8Array> {
  const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const lines = [
    `GET ${requestTarget(url)} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
  ];
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() !== "host") lines.push(`${name}: ${value}`);
  }
  await writeAll(conn, new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n"));
  const { head, rest } = await readHead(conn);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error("the answer is not HTTP/1.1");
  if (status !== "101") throw new UpgradeRefused(Number(status));
  const accept = /\r\nsec-websocket-accept:\s*(\S+)/i.exec(head)?.[1];
  if (accept !== createHash("sha1").update(key + ACCEPT_SUFFIX).digest("base64")) {
    throw new Error("the answer's Sec-WebSocket-Accept is wrong");
  }
  return rest;
}

/** Path and query as they stand in the address; a URL object would rewrite some of them. */
function requestTarget(url: string): string {
  const target = /^wss?:\/\/[^/?#]+([^#\s]*)(?:#.*)?$/i.exec(url)?.[1];
  if (target === undefined) throw new Error("the address is not one of a WebSocket");
  return target.startsWith("/") ? target : `/${target}`;
}

/** Writes every byte. */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  while (bytes.byteLength > 0) bytes = bytes.subarray(await conn.write(bytes));
}

async function readHead(conn: Deno.Conn): Promise<{ head: string; rest: Uint8Array }> {
  const buffer = new Uint8Array(LARGEST_HEAD_BYTES);
  let used = 0;
  while (used < buffer.byteLength) {
    const count = await conn.read(buffer.subarray(used));
    if (count === null) throw new Error("the connection was closed before an answer");
    used += count;
    // Latin-1: one character a byte, so that an index in the text is one in the buffer.
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, used));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end), rest: buffer.slice(end + 4, used) };
  }
  throw new Error("the answer's head is too long");
}
