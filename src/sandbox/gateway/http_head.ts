/**
 * The HTTP/1.1 request that opens a WebSocket, read from a bare TCP connection.
 *
 * The gateway speaks TCP itself because Deno's own server hides what faults need: a connection that
 * goes away without a close frame, one that hangs, back-pressure.
 *
 * @module
 */
import { createHash } from "node:crypto";

export interface RequestHead {
  method: string;
  /** As sent; the StreamUrl's raw `+` stays. */
  path: string;
  /** What follows `?`, as sent. */
  query: string;
  header(name: string): string | undefined;
  /** Bytes that came behind the head. */
  rest: Uint8Array;
}

const MAX_HEAD_BYTES = 16 * 1024;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** @returns `undefined` when the connection ends, or the head is too long or not HTTP/1.1. */
export async function readRequestHead(conn: Deno.Conn): Promise<RequestHead | undefined> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  let length = 0;
  while (length < MAX_HEAD_BYTES) {
    const count = await conn.read(buffer.subarray(length));
    if (count === null) return undefined;
    // The end may lie across two reads: look again at the last three bytes.
    const from = Math.max(0, length - 3);
    length += count;
    const end = indexOfBlankLine(buffer, from, length);
    if (end >= 0) {
      return parseHead(decoder.decode(buffer.subarray(0, end)), {
        rest: buffer.subarray(end + 4, length),
      });
    }
  }
  return undefined;
}

function indexOfBlankLine(bytes: Uint8Array, from: number, length: number): number {
  for (let i = from; i + 3 < length; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) {
      return i;
    }
  }
  return -1;
}

function parseHead(text: string, { rest }: { rest: Uint8Array }): RequestHead | undefined {
  const [requestLine, ...lines] = text.split("\r\n");
  const match = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(requestLine!);
  if (match === null) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  const target = match[2]!;
  const at = target.indexOf("?");
  return {
    method: match[1]!,
    path: at < 0 ? target : target.slice(0, at),
    query: at < 0 ? "" : target.slice(at + 1),
    header: (name) => headers.get(name.toLowerCase()),
    rest,
  };
}

/** What is wrong with the head as a WebSocket upgrade; `undefined` when nothing is. */
export function upgradeProblem(head: RequestHead): string | undefined {
  const has = (name: string, token: string) =>
    head.header(name)?.split(",").some((each) => each.trim().toLowerCase() === token) ?? false;
  if (head.method !== "GET") return "a WebSocket is opened with GET";
  if (!has("connection", "upgrade") || !has("upgrade", "websocket")) {
    return "the request does not ask for a WebSocket";
  }
  if (head.header("sec-websocket-version") !== "13") return "the WebSocket version must be 13";
  if (!/^[A-Za-z0-9+/]{22}==$/.test(head.header("sec-websocket-key") ?? "")) {
    return "Sec-WebSocket-Key is missing or malformed";
  }
  return undefined;
}

/** The whole answer that accepts an upgrade. No subprotocol and no extension is ever offered. */
export function acceptUpgrade(head: RequestHead): Uint8Array {
  // Source: RFC 6455 section 1.3.
  const accept = createHash("sha1")
    .update(`${head.header("sec-websocket-key")}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  return encoder.encode(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** The whole answer that refuses one. */
export function refuseUpgrade(status: number, text: string): Uint8Array {
  const body = `${text}\n`;
  return encoder.encode(
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Refused"}\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${encoder.encode(body).byteLength}\r\nConnection: close\r\n\r\n${body}`,
  );
}
