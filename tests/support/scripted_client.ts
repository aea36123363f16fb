/**
 * A data-channel client by hand: every message it sends is the test's own decision.
 *
 * Framing and envelope are the slow and obvious ones of this folder, not the program's.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AgentMessage } from "../../src/protocol/mod.ts";
import { utf8 } from "./hex.ts";
import { naiveDecode, naiveEncode } from "./naive_envelope.ts";
import { Watched } from "./watched.ts";
import { serverFrame, WebSocketPeer } from "./websocket_peer.ts";

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const MASK = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
/** Long enough for a loaded machine; reaching it is a failure. */
const PATIENCE_MS = 10_000;

/** What came, in order. `garbage` could not be decoded. */
export type Heard =
  | { kind: "message"; message: AgentMessage; frame: Uint8Array }
  | { kind: "garbage"; frame: Uint8Array }
  | { kind: "pong"; text: string }
  | { kind: "close"; code: number; reason: string }
  /** The TCP connection ended. */
  | { kind: "end" };

export interface OpenOptions {
  headers?: Record<string, string>;
  clientVersion?: string | undefined;
  clientId?: string;
  /** False: the first message is left to the test. */
  sendToken?: boolean;
  /** False: the test acknowledges by itself. */
  acknowledges?: boolean;
}

/** The upgrade was answered with another status than 101. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`the upgrade was refused with ${status}`);
  }
}

export class ScriptedClient extends Watched implements AsyncDisposable {
  readonly heard: Heard[] = [];
  acknowledges = true;
  /** Number of the next data message. */
  nextSequence = 0;
  readonly #conn: Deno.Conn;
  readonly #peer: WebSocketPeer;
  #taken = 0;
  #reading: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  #pings = 0;

  private constructor(conn: Deno.Conn) {
    super();
    this.#conn = conn;
    this.#peer = new WebSocketPeer(conn);
  }

  /** Opens a stream URL verbatim and sends the token. @throws {Refused} */
  static async open(
    grant: { StreamUrl: string; TokenValue: string },
    options: OpenOptions = {},
  ): Promise<ScriptedClient> {
    const [, host, port, target] = /^ws:\/\/([^:/]+):(\d+)(\/.*)$/.exec(grant.StreamUrl)!;
    const conn = await Deno.connect({ hostname: host!, port: Number(port) });
    conn.setNoDelay(true);
    const client = new ScriptedClient(conn);
    client.acknowledges = options.acknowledges ?? true;
    try {
      await client.#upgrade(target!, `${host}:${port}`, options.headers ?? {});
    } catch (error) {
      client.#conn.close();
      throw error;
    }
    client.#reading = client.#read();
    if (options.sendToken !== false) await client.sendToken(grant.TokenValue, options);
    return client;
  }

  async sendToken(token: string, options: OpenOptions = {}): Promise<void> {
    await this.sendText(JSON.stringify({
      MessageSchemaVersion: "1.0",
      RequestId: crypto.randomUUID(),
      TokenValue: token,
      ClientId: options.clientId ?? "0f0e0d0c-0b0a-4908-8706-050403020100",
      ...("clientVersion" in options
        ? options.clientVersion === undefined ? {} : { ClientVersion: options.clientVersion }
        : { ClientVersion: "1.2.677.0" }),
    }));
  }

  sendText(text: string): Promise<void> {
    return this.sendFrame(OPCODE.text, utf8(text));
  }

  sendBinary(bytes: Uint8Array): Promise<void> {
    return this.sendFrame(OPCODE.binary, bytes);
  }

  /** Sends one frame, masked; `isFinal` false begins or continues a message in parts. */
  sendFrame(opcode: number, payload: Uint8Array, isFinal = true): Promise<void> {
    const frame = serverFrame(opcode, payload, { isFinal, mask: MASK });
    // One after the other: a frame may take several writes, and no other may come between them.
    this.#writing = this.#writing.then(() => this.#peer.write(frame));
    return this.#writing;
  }

  /** Sends a data message with the next number, or with one of the test's. */
  async sendData(
    payloadType: number,
    payload: Uint8Array,
    sequenceNumber = this.nextSequence++,
  ): Promise<void> {
    await this.sendBinary(naiveEncode({
      messageType: "input_stream_data",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber,
      flags: 0,
      messageId: crypto.randomUUID(),
      payloadType,
      payload,
    }));
  }

  async acknowledge(message: AgentMessage): Promise<void> {
    await this.sendBinary(naiveEncode({
      messageType: "acknowledge",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber: 0,
      flags: 3,
      messageId: crypto.randomUUID(),
      payloadType: 0,
      payload: utf8(JSON.stringify({
        AcknowledgedMessageType: message.messageType,
        AcknowledgedMessageId: message.messageId,
        AcknowledgedMessageSequenceNumber: message.sequenceNumber,
        IsSequentialMessage: true,
      })),
    }));
  }

  /** Takes everything up to the first thing that fits, and returns that. */
  async until(what: string, fits: (heard: Heard) => boolean): Promise<Heard> {
    const find = () => this.heard.findIndex((heard, i) => i >= this.#taken && fits(heard));
    await this.#patiently(what, this.when(() => find() >= 0));
    const index = find();
    this.#taken = index + 1;
    return this.heard[index]!;
  }

  /** The next message of that type. */
  async message(messageType: string): Promise<AgentMessage> {
    const heard = await this.until(
      messageType,
      (each) => each.kind === "message" && each.message.messageType === messageType,
    );
    return (heard as Heard & { kind: "message" }).message;
  }

  /** The next data message with that payload type. */
  async data(payloadType: number): Promise<AgentMessage> {
    const heard = await this.until(
      `data of type ${payloadType}`,
      (each) =>
        each.kind === "message" && each.message.messageType === "output_stream_data" &&
        each.message.payloadType === payloadType,
    );
    return (heard as Heard & { kind: "message" }).message;
  }

  async closed(): Promise<{ code: number; reason: string }> {
    const heard = await this.until(
      "the close",
      ({ kind }) => kind === "close" || kind === "end",
    );
    return heard.kind === "close" ? heard : { code: 1006, reason: "" };
  }

  /**
   * Everything not taken yet that the gateway sent before it saw a ping that is sent now. What the
   * agent answers at once to earlier messages is in it, and so what is missing was not sent.
   */
  async settled(): Promise<Heard[]> {
    const from = this.#taken;
    const text = `settled ${this.#pings++}`;
    await this.sendFrame(OPCODE.ping, utf8(text));
    await this.until("pong", (heard) => heard.kind === "pong" && heard.text === text);
    return this.heard.slice(from, this.#taken - 1);
  }

  /** Output payloads so far, each once and in order, joined. */
  get output(): Uint8Array {
    const parts = new Map<number, Uint8Array>();
    for (const heard of this.heard) {
      if (heard.kind !== "message" || heard.message.messageType !== "output_stream_data") continue;
      if (heard.message.payloadType === 1) {
        parts.set(heard.message.sequenceNumber, heard.message.payload);
      }
    }
    const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, payload]) => payload);
    return new Uint8Array(inOrder.flatMap((payload) => [...payload]));
  }

  /** Ends the TCP connection without a word. */
  cut(): void {
    try {
      this.#conn.close();
    } catch {
      // The gateway was quicker.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await Promise.all([this.#reading, this.#writing]);
  }

  async #upgrade(target: string, host: string, headers: Record<string, string>): Promise<void> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    await this.#peer.write(utf8(
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${lines}\r\n`,
    ));
    let head = "";
    const byte = new Uint8Array(1);
    while (!head.endsWith("\r\n\r\n")) {
      if (await this.#conn.read(byte) === null) throw new Refused(0);
      head += String.fromCharCode(byte[0]!);
    }
    const status = Number(head.split(" ")[1]);
    if (status !== 101) throw new Refused(status);
    // Source: RFC 6455 section 1.3, the example's key and its answer.
    assert.match(head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
  }

  async #read(): Promise<void> {
    for (let frame; (frame = await this.#peer.readFrame()) !== undefined;) {
      assert.equal(frame.isMasked, false);
      this.#take(frame.opcode, frame.payload);
      this.changed();
    }
    this.heard.push({ kind: "end" });
    this.changed();
  }

  #take(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE.pong) {
      this.heard.push({ kind: "pong", text: new TextDecoder().decode(payload) });
    } else if (opcode === OPCODE.close) {
      const code = payload.byteLength < 2 ? 1005 : (payload[0]! << 8) | payload[1]!;
      const reason = new TextDecoder().decode(payload.subarray(2));
      this.heard.push({ kind: "close", code, reason });
      // As a proper client: the same close back.
      this.sendFrame(OPCODE.close, payload);
    } else {
      this.#takeMessage(payload);
    }
  }

  #takeMessage(frame: Uint8Array): void {
    let message: AgentMessage;
    try {
      message = naiveDecode(frame);
    } catch {
      this.heard.push({ kind: "garbage", frame });
      return;
    }
    this.heard.push({ kind: "message", message, frame });
    if (message.messageType !== "output_stream_data" || !this.acknowledges) return;
    // Not waited for: a client that stops reading until it could write would lock up.
    this.acknowledge(message);
  }

  async #patiently(what: string, promise: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const came = this.heard.slice(this.#taken).map(describe).join(", ");
      late.reject(new Error(`no ${what} within ${PATIENCE_MS} ms; came: ${came || "nothing"}`));
    }, PATIENCE_MS);
    try {
      await Promise.race([promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function describe(heard: Heard): string {
  if (heard.kind !== "message") return heard.kind;
  const { messageType, sequenceNumber, payloadType } = heard.message;
  return `${messageType} #${sequenceNumber} type ${payloadType}`;
}
