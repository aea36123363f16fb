/**
 * A small HTTP proxy on loopback: tunnels CONNECT to where it says, and answers absolute-form
 * requests itself.
 *
 * @module
 */

export class FakeProxy implements AsyncDisposable {
  /** First line of every request: `CONNECT host:port HTTP/1.1`, `POST http://host/ HTTP/1.1`. */
  readonly requests: string[] = [];
  readonly url: string;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;

  /** @param answer Body of a JSON answer to absolute-form requests. */
  constructor(answer: string) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#accepting = this.#accept(answer);
  }

  async #accept(answer: string): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      void this.#serve(client, answer).catch(() => {}).finally(() => this.#close(client));
    }
  }

  async #serve(client: Deno.Conn, answer: string): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    const length = await client.read(buffer);
    // A client may open a connection that it finds no use for.
    if (length === null) return;
    const [line = ""] = new TextDecoder().decode(buffer.subarray(0, length)).split("\r\n", 1);
    this.requests.push(line);
    const tunnel = /^CONNECT ([^ ]+):(\d+) /.exec(line);
    if (tunnel === null) {
      const head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n" +
        `content-length: ${answer.length}\r\nconnection: close\r\n\r\n`;
      await client.write(new TextEncoder().encode(head + answer));
      return;
    }
    const [, hostname = "", port] = tunnel;
    const server = await Deno.connect({ hostname, port: Number(port) });
    this.#open.add(server);
    await client.write(new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"));
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  }

  #close(connection: Deno.Conn): void {
    try {
      connection.close();
    } catch {
      // Piping closes both ends by itself.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#open) this.#close(connection);
  }
}
