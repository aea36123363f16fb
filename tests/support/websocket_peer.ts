/**
 * The server's end of a WebSocket by hand, so that a test can also send what no library would.
 *
 * Written from RFC 6455, apart from the program's own framing.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The client's upgrade request. */
export interface UpgradeRequest {
  /** Path and query as they were on the wire. */
  target: string;
  /** Names in lower case. */
  headers: Map<string, string>;
}

/** One frame as it was on the wire, unmasked. */
export interface PeerFrame {
  isFinal: boolean;
  opcode: number;
  isMasked: boolean;
  mask: Uint8Array;
  payload: Uint8Array;
}

/** Bytes of one frame from a server. `reserved` and `mask` let it be wrong on purpose. */
export function serverFrame(
  opcode: number,
  payload: Uint8Array,
  options: { isFinal?: boolean; reserved?: number; mask?: Uint8Array } = {},
): Uint8Array<ArrayBuffer> {
  const { isFinal = true, reserved = 0, mask } = options;
  const length = payload.byteLength;
  const head = [(isFinal ? 0x80 : 0) | (reserved << 4) | opcode];
  const maskBit = mask === undefined ? 0 : 0x80;
  if (length < 126) head.push(maskBit | length);
  else if (length < 0x1_0000) head.push(maskBit | 126, length >> 8, length & 0xff);
  else {
    head.push(maskBit | 127, 0, 0, 0, 0);
    for (const shift of [24, 16, 8, 0]) head.push((length >>> shift) & 0xff);
  }
  head.push(...mask ?? []);
  const frame = new Uint8Array(head.length + length);
  frame.set(head);
  frame.set(mask === undefined ? payload : payload.map((b, i) => b ^ mask[i % 4]!), head.length);
  return frame;
}

/** The head of the answer that accepts the client's key. */
export function acceptingHead(key: string): string {
  const hash = createHash("sha1").update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${hash.digest("base64")}\r\n\r\n`;
}

export class WebSocketPeer {
  readonly conn: Deno.Conn;
  #buffered = new Uint8Array(0);

  constructor(conn: Deno.Conn) {
    this.conn = conn;
  }

  /** Reads the client's request up to the empty line. */
  async readRequest(): Promise<UpgradeRequest> {
    let head = "";
    while (!head.endsWith("\r\n\r\n")) head += String.fromCharCode((await this.#take(1))[0]!);
    const [first, ...lines] = head.trimEnd().split("\r\n");
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    return { target: first!.split(" ")[1]!, headers };
  }

  /** Answers with 101. `behind` goes into the same write. */
  async accept(request: UpgradeRequest, behind: Uint8Array = new Uint8Array(0)): Promise<void> {
    const key = request.headers.get("sec-websocket-key")! + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${createHash("sha1").update(key).digest("base64")}\r\n\r\n`;
    const bytes = new Uint8Array(head.length + behind.byteLength);
    bytes.set(new TextEncoder().encode(head));
    bytes.set(behind, head.length);
    await this.write(bytes);
  }

  /** The next frame, or `undefined` when the client is gone. */
  async readFrame(): Promise<PeerFrame | undefined> {
    try {
      const [first, second] = await this.#take(2);
      let length = second! & 0x7f;
      if (length === 126) length = new DataView((await this.#take(2)).buffer).getUint16(0);
      else if (length === 127) length = new DataView((await this.#take(8)).buffer).getUint32(4);
      const isMasked = (second! & 0x80) !== 0;
      const mask = isMasked ? await this.#take(4) : new Uint8Array(4);
      const payload = (await this.#take(length)).map((byte, i) => byte ^ mask[i % 4]!);
      return { isFinal: (first! & 0x80) !== 0, opcode: first! & 0x0f, isMasked, mask, payload };
    } catch {
      return undefined;
    }
  }

  /** Writes every byte; a client that is gone is no error. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      while (bytes.byteLength > 0) bytes = bytes.subarray(await this.conn.write(bytes));
    } catch {
      // The reader notices.
    }
  }

  /** Ends the TCP connection without a close frame. */
  cut(): void {
    try {
      this.conn.close();
    } catch {
      // Cut already.
    }
  }

  async #take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const chunk = new Uint8Array(64 * 1024);
    while (this.#buffered.byteLength < count) {
      const read = await this.conn.read(chunk);
      if (read === null) throw new Error("the client closed the connection");
      const joined = new Uint8Array(this.#buffered.byteLength + read);
      joined.set(this.#buffered);
      joined.set(chunk.subarray(0, read), this.#buffered.byteLength);
      this.#buffered = joined;
    }
    const taken = this.#buffered.slice(0, count);
    this.#buffered = this.#buffered.subarray(count);
    return taken;
  }
}
