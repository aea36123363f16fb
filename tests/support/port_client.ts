/**
 * A scripted client that has done the handshake of a port session.
 *
 * @module
 */
import assert from "node:assert/strict";
import { utf8 } from "./hex.ts";
import type { SessionGrant, TestSandbox } from "./sandbox.ts";
import { type OpenOptions, ScriptedClient } from "./scripted_client.ts";

export const PAYLOAD = {
  output: 1,
  size: 3,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  flag: 10,
};

/** The answer that plugin 1.2.677.0 gives. Source: protocol text §5.3. */
export function handshakeResponse(clientVersion = "1.2.677.0", status = 1, error = ""): Uint8Array {
  return utf8(
    `{"ClientVersion":"${clientVersion}","ProcessedClientActions":[{"ActionType":"SessionType",` +
      `"ActionStatus":${status},"ActionResult":null,"Error":"${error}"}],"Errors":null}`,
  );
}

/** A flag's payload. */
export const flag = (value: number): Uint8Array => Uint8Array.of(0, 0, 0, value);

export interface PortClientOptions extends OpenOptions {
  target?: string;
  document?: string;
  parameters?: Record<string, string[]>;
  /** In the handshake response. */
  handshakeVersion?: string;
}

/** Starts a session and goes through its handshake. The caller disposes the client. */
export async function openPortClient(
  test: TestSandbox,
  options: PortClientOptions = {},
): Promise<{ client: ScriptedClient; grant: SessionGrant }> {
  const grant = await test.startSession(options);
  const client = await ScriptedClient.open(grant, options);
  try {
    await client.data(PAYLOAD.handshakeRequest);
    await client.sendData(PAYLOAD.handshakeResponse, handshakeResponse(options.handshakeVersion));
    const complete = await client.data(PAYLOAD.handshakeComplete);
    assert.equal(complete.sequenceNumber, 1);
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
  return { client, grant };
}

/** Numbers that the agent acknowledged, in the order of what was heard. */
export function acknowledgedNumbers(heard: ScriptedClient["heard"]): number[] {
  return heard.flatMap((each) =>
    each.kind === "message" && each.message.messageType === "acknowledge"
      ? [
        JSON.parse(new TextDecoder().decode(each.message.payload))
          .AcknowledgedMessageSequenceNumber as number,
      ]
      : []
  );
}

/** The Output of a `channel_closed` message. */
export async function closingText(client: ScriptedClient): Promise<string> {
  const { payload } = await client.message("channel_closed");
  return JSON.parse(new TextDecoder().decode(payload)).Output;
}

/** A TCP server that a test answers by hand; disposing closes everything. */
export class Target implements Disposable {
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.TcpConn[] = [];
  #isListening = true;

  constructor() {
    this.port = this.#listener.addr.port;
  }

  /** The next connection of the agent. */
  async accept(): Promise<Deno.TcpConn> {
    const conn = await this.#listener.accept();
    this.#conns.push(conn);
    return conn;
  }

  /** From now on connections are refused. */
  stopListening(): void {
    this.#isListening = false;
    this.#listener.close();
  }

  [Symbol.dispose](): void {
    if (this.#isListening) this.stopListening();
    for (const conn of this.#conns) {
      try {
        conn.close();
      } catch {
        // The test did.
      }
    }
  }
}

/** Reads exactly `count` bytes as text. */
export async function readText(conn: Deno.Conn, count: number): Promise<string> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await conn.read(bytes.subarray(at));
    assert.ok(read !== null, `the connection ended after ${at} of ${count} bytes`);
    at += read;
  }
  return new TextDecoder().decode(bytes);
}

/** Reads and forgets exactly `count` bytes. */
export async function readBytes(conn: Deno.Conn, count: number): Promise<void> {
  const buffer = new Uint8Array(256 * 1024);
  for (let left = count; left > 0;) {
    const read = await conn.read(buffer.subarray(0, Math.min(left, buffer.byteLength)));
    assert.ok(read !== null, `the connection ended with ${left} of ${count} bytes to come`);
    left -= read;
  }
}

/** Waits for what the sandbox comes to by itself. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!await isSo()) {
    assert.ok(performance.now() < deadlineMs, `not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
