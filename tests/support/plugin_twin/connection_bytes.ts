/**
 * Exact counts of bytes over a TCP connection, and the head of an HTTP request.
 *
 * @module
 */

const decoder = new TextDecoder();

/** The first line and the headers of a request. */
export interface RequestHead {
  target: string;
  headers: Headers;
}

/** Reads exact counts from a connection; throws at its end. */
export class ByteReader {
  readonly #connection: Deno.TcpConn;
  #rest = new Uint8Array();

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  async read(count: number): Promise<Uint8Array> {
    while (this.#rest.byteLength < count) await this.#fill();
    const bytes = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return bytes;
  }

  async readHead(): Promise<RequestHead> {
    for (;;) {
      const text = decoder.decode(this.#rest);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) {
        await this.#fill();
        continue;
      }
      const [line = "", ...lines] = text.slice(0, end).split("\r\n");
      this.#rest = this.#rest.slice(end + 4);
      const headers = new Headers(lines.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }));
      return { target: line.split(" ")[1] ?? "", headers };
    }
  }

  async #fill(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const count = await this.#connection.read(buffer);
    if (count === null) throw new Deno.errors.UnexpectedEof();
    const joined = new Uint8Array(this.#rest.byteLength + count);
    joined.set(this.#rest);
    joined.set(buffer.subarray(0, count), this.#rest.byteLength);
    this.#rest = joined;
  }
}

/** Writes all of `bytes`. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await connection.write(bytes.subarray(at));
}

/** Closes a connection that may be closed already. */
export function closeQuietly(connection: Deno.TcpConn | undefined): void {
  try {
    connection?.close();
  } catch {
    // Closed before.
  }
}
