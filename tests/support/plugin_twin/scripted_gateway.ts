/**
 * A gateway without a mind of its own: a test reads what the client sent and decides what to answer.
 *
 * It takes one data channel at a time over plain TCP, so that pings and lost connections show, and the
 * SSM calls that a running session makes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import {
  type AgentMessage,
  decodeMessage,
  encodeMessage,
  MESSAGE_TYPE,
  PAYLOAD_TYPE,
} from "../../../src/protocol/mod.ts";
import { ByteReader, closeQuietly, type RequestHead, writeAll } from "./connection_bytes.ts";

/** What the client did, in order. */
export type GatewayEvent =
  | { kind: "opened"; target: string }
  | { kind: "text"; text: string }
  | { kind: "message"; message: AgentMessage; frame: Uint8Array }
  | { kind: "ping"; text: string }
  | { kind: "pong"; text: string }
  | { kind: "lost" }
  | { kind: "call"; operation: string; body: string; headers: Headers };

const OPCODE = { text: 1, binary: 2, ping: 9, pong: 10 } as const;
const TEXT_KINDS: Readonly<Record<number, "text" | "ping" | "pong">> = {
  [OPCODE.text]: "text",
  [OPCODE.ping]: "ping",
  [OPCODE.pong]: "pong",
};
/** A client that is silent for so long is stuck; no test comes near it. */
const SILENCE_MS = 20_000;
// RFC 6455 section 1.3.
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const decoder = new TextDecoder();

export class ScriptedGateway {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #events: GatewayEvent[] = [];
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work: Promise<void>[] = [];
  readonly #takenIds = new Set<string>();
  #wake = () => {};
  #channel: Deno.TcpConn | undefined;
  #sending = Promise.resolve();
  /** The body that the next SSM call is answered with. */
  callAnswer: Record<string, string> = {};

  constructor() {
    this.#work.push(this.#accept());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** The next thing the client does. */
  async next(): Promise<GatewayEvent> {
    while (this.#events.length === 0) await this.#somethingNew();
    return this.#events.shift()!;
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error("the client does nothing")), SILENCE_MS);
      this.#wake = () => {
        clearTimeout(deadline);
        resolve();
      };
    });
  }

  /** The next event, which must be of this kind. Repeated messages count as messages only. */
  async take<K extends GatewayEvent["kind"]>(kind: K): Promise<GatewayEvent & { kind: K }> {
    for (;;) {
      const event = await this.next();
      if (event.kind === kind) return event as GatewayEvent & { kind: K };
      const isRepeated = event.kind === "message" && this.#takenIds.has(event.message.messageId);
      assert.ok(isRepeated, `wanted ${kind}, found ${JSON.stringify(event)}`);
    }
  }

  /** The next message that is not a repetition of one taken before. */
  async takeNew(): Promise<{ message: AgentMessage; frame: Uint8Array }> {
    for (;;) {
      const { message, frame } = await this.take("message");
      if (this.#takenIds.has(message.messageId)) continue;
      this.#takenIds.add(message.messageId);
      return { message, frame };
    }
  }

  /** The next new message that is not an acknowledgement. */
  async takeData(): Promise<AgentMessage> {
    for (;;) {
      const { message } = await this.takeNew();
      if (message.messageType !== MESSAGE_TYPE.acknowledge) return message;
    }
  }

  /** Sends a message from the agent or the gateway and returns it. */
  send(fields: Partial<AgentMessage> & { payload: Uint8Array }): AgentMessage {
    const message: AgentMessage = {
      messageType: MESSAGE_TYPE.outputStreamData,
      schemaVersion: 1,
      createdDateMs: Date.now(),
      sequenceNumber: 0,
      flags: 0,
      messageId: randomUUID(),
      payloadType: PAYLOAD_TYPE.output,
      ...fields,
    };
    this.sendFrame(encodeMessage(message));
    return message;
  }

  acknowledge(message: AgentMessage): void {
    const payload = {
      AcknowledgedMessageType: message.messageType,
      AcknowledgedMessageId: message.messageId,
      AcknowledgedMessageSequenceNumber: message.sequenceNumber,
      IsSequentialMessage: true,
    };
    this.send({
      messageType: MESSAGE_TYPE.acknowledge,
      flags: 3,
      payloadType: PAYLOAD_TYPE.none,
      payload: jsonBytes(payload),
    });
  }

  /** Sends a ping. Its pong comes when everything sent before has been dealt with. */
  ping(): void {
    this.#sendWebSocketFrame(OPCODE.ping, new Uint8Array());
  }

  /** Sends any bytes as one binary WebSocket message of at most 65,535 bytes. */
  sendFrame(payload: Uint8Array): void {
    this.#sendWebSocketFrame(OPCODE.binary, payload);
  }

  #sendWebSocketFrame(opcode: number, payload: Uint8Array): void {
    const length = payload.byteLength;
    const sizes = length < 126 ? [length] : [126, length >>> 8, length & 0xff];
    const bytes = Uint8Array.of(0x80 | opcode, ...sizes, ...payload);
    const channel = this.#channel!;
    this.#sending = this.#sending.then(() => writeAll(channel, bytes)).catch(() => {});
  }

  /** Drops the data channel's connection. */
  async cut(): Promise<void> {
    await this.#sending;
    closeQuietly(this.#channel);
  }

  async close(): Promise<void> {
    await this.#sending;
    this.#listener.close();
    for (const connection of this.#connections) closeQuietly(connection);
    await Promise.all(this.#work);
  }

  #report(event: GatewayEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      this.#work.push(this.#serve(connection));
    }
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const bytes = new ByteReader(connection);
    try {
      const head = await bytes.readHead();
      if (head.headers.get("upgrade") === "websocket") {
        await this.#upgrade(connection, head);
        await this.#readFrames(bytes);
      } else {
        const body = await bytes.read(Number(head.headers.get("content-length")));
        const operation = (head.headers.get("x-amz-target") ?? "").split(".")[1] ?? "";
        const { headers } = head;
        this.#report({ kind: "call", operation, body: decoder.decode(body), headers });
        await writeAll(connection, httpAnswer(JSON.stringify(this.callAnswer)));
      }
    } catch {
      if (connection === this.#channel) this.#report({ kind: "lost" });
    } finally {
      closeQuietly(connection);
    }
  }

  async #upgrade(connection: Deno.TcpConn, head: RequestHead): Promise<void> {
    const key = (head.headers.get("sec-websocket-key") ?? "") + ACCEPT_SUFFIX;
    const accept = createHash("sha1").update(key).digest("base64");
    this.#channel = connection;
    this.#report({ kind: "opened", target: head.target });
    await writeAll(
      connection,
      new TextEncoder().encode(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      ),
    );
  }

  async #readFrames(bytes: ByteReader): Promise<void> {
    for (;;) {
      const [first, second] = await bytes.read(2) as unknown as [number, number];
      assert.equal(first & 0xf0, 0x80, "a whole frame");
      let length = second & 0x7f;
      if (length === 126) {
        const [high, low] = await bytes.read(2) as unknown as [number, number];
        length = high * 256 + low;
      }
      const mask = await bytes.read(4);
      const payload = (await bytes.read(length)).map((byte, i) => byte ^ mask[i & 3]!);
      const opcode = first & 0x0f;
      if (opcode === OPCODE.binary) {
        this.#report({ kind: "message", message: decodeMessage(payload), frame: payload });
      } else {
        const kind = TEXT_KINDS[opcode];
        assert.ok(kind !== undefined, `opcode ${opcode}`);
        this.#report({ kind, text: decoder.decode(payload) });
      }
    }
  }
}

export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function httpAnswer(body: string): Uint8Array {
  return new TextEncoder().encode(
    `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
