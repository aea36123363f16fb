/**
 * WebSocket frames, client side: what is sent is masked, what arrives must not be.
 *
 * Source: RFC 6455 sections 5.2 (framing), 5.3 (masking), 5.4 (fragmentation), 5.5 (control frames).
 *
 * @module
 */
import { ProtocolError } from "./protocol_error.ts";

export const WEBSOCKET_OPCODE = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

const FIN_BIT = 0x80;
const MASK_BIT = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
const LARGEST_CONTROL_PAYLOAD = 125;
/** Far above any message of the data channel; a peer cannot make us keep more. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** The largest message in the smallest pieces that common servers cut: their 4 KiB write buffers. */
const MAX_FRAGMENTS = 4096;

/** Bytes that a masked frame with this payload takes. */
export function clientFrameBytes(payloadBytes: number): number {
  return headerBytes(payloadBytes) + MASK_BYTES + payloadBytes;
}

function headerBytes(payloadBytes: number): number {
  return payloadBytes < LENGTH_16 ? 2 : payloadBytes < 0x1_0000 ? 4 : 10;
}

/**
 * Writes one whole masked frame at `offset`. The payload is masked while it is copied.
 *
 * @param frame.mask 4 random bytes.
 * @returns The offset behind the frame.
 */
export function writeClientFrame(
  target: Uint8Array,
  offset: number,
  frame: { opcode: number; payload: Uint8Array; mask: Uint8Array },
): number {
  const { opcode, payload, mask } = frame;
  const length = payload.byteLength;
  target[offset++] = FIN_BIT | opcode;
  if (length < LENGTH_16) {
    target[offset++] = MASK_BIT | length;
  } else if (length < 0x1_0000) {
    target[offset++] = MASK_BIT | LENGTH_16;
    target[offset++] = length >>> 8;
    target[offset++] = length & 0xff;
  } else {
    target[offset++] = MASK_BIT | LENGTH_64;
    target.fill(0, offset, offset + 4);
    new DataView(target.buffer, target.byteOffset).setUint32(offset + 4, length);
    offset += 8;
  }
  target.set(mask, offset);
  offset += MASK_BYTES;
  for (let i = 0; i < length; i++) target[offset + i] = payload[i]! ^ mask[i & 3]!;
  return offset + length;
}

/** What a parser reports; every view is a copy of its own, to be kept by the handler. */
export interface WebSocketFrameEvents {
  /** A whole message, put together from its fragments. */
  onMessage(payload: Uint8Array): void;
  onPing(payload: Uint8Array): void;
  onPong(): void;
  onClose(close: { code: number; reason: string }): void;
}

/** Reads frames from a server, cut anywhere. */
export class WebSocketParser {
  readonly #events: WebSocketFrameEvents;
  readonly #header = new Uint8Array(10);
  #headerBytes = 0;
  #opcode = 0;
  #isFinal = false;
  /** The payload being filled, once its header is complete. */
  #payload: Uint8Array | undefined;
  #payloadBytes = 0;
  #fragments: Uint8Array[] = [];
  #fragmentBytes = 0;
  #isInMessage = false;

  constructor(events: WebSocketFrameEvents) {
    this.#events = events;
  }

  /**
   * Reads the next bytes. They are copied; the caller may reuse its buffer.
   *
   * @throws {ProtocolError} `payload_malformed` or `limit_exceeded`: close the connection.
   */
  feed(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#payload === undefined) {
        at = this.#readHeader(bytes, at);
        continue;
      }
      const count = Math.min(this.#payload.byteLength - this.#payloadBytes, bytes.byteLength - at);
      this.#payload.set(bytes.subarray(at, at + count), this.#payloadBytes);
      this.#payloadBytes += count;
      at += count;
      this.#endFrameIfWhole();
    }
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    while (at < bytes.byteLength) {
      this.#header[this.#headerBytes++] = bytes[at++]!;
      const wanted = this.#headerBytes < 2 ? 2 : this.#wantedHeaderBytes();
      if (this.#headerBytes < wanted) continue;
      this.#headerBytes = 0;
      this.#startPayload(wanted);
      this.#endFrameIfWhole();
      return at;
    }
    return at;
  }

  #wantedHeaderBytes(): number {
    const length = this.#header[1]! & 0x7f;
    return length === LENGTH_64 ? 10 : length === LENGTH_16 ? 4 : 2;
  }

  #startPayload(headerLength: number): void {
    const header = this.#header;
    if ((header[0]! & 0x70) !== 0) {
      throw malformed("a reserved bit is set, no extension was agreed");
    }
    if ((header[1]! & MASK_BIT) !== 0) throw malformed("a frame from the server is masked");
    this.#isFinal = (header[0]! & FIN_BIT) !== 0;
    this.#opcode = header[0]! & 0x0f;
    const view = new DataView(header.buffer);
    let length = header[1]! & 0x7f;
    if (headerLength === 4) length = view.getUint16(2);
    if (headerLength === 10) length = Number(view.getBigUint64(2));
    if (this.#isControl) this.#checkControl(length);
    else this.#checkFragment(length);
    this.#payload = new Uint8Array(length);
    this.#payloadBytes = 0;
  }

  #checkControl(length: number): void {
    if (this.#opcode > WEBSOCKET_OPCODE.pong) throw malformed(`unknown opcode ${this.#opcode}`);
    if (length > LARGEST_CONTROL_PAYLOAD || !this.#isFinal) {
      throw malformed("a control frame is too long or fragmented");
    }
    // Section 5.5.1: a body starts with a code of two bytes.
    if (this.#opcode === WEBSOCKET_OPCODE.close && length === 1) {
      throw malformed("a close frame has half a code");
    }
  }

  #checkFragment(length: number): void {
    if (this.#opcode > WEBSOCKET_OPCODE.binary) throw malformed(`unknown opcode ${this.#opcode}`);
    const isStart = this.#opcode !== WEBSOCKET_OPCODE.continuation;
    if (isStart === this.#isInMessage) throw malformed("a fragment is out of place");
    if (length + this.#fragmentBytes > MAX_MESSAGE_BYTES) {
      throw tooLarge(`message of more than ${MAX_MESSAGE_BYTES} bytes`);
    }
    if (this.#fragments.length >= MAX_FRAGMENTS) {
      throw tooLarge(`message of more than ${MAX_FRAGMENTS} fragments`);
    }
  }

  get #isControl(): boolean {
    return this.#opcode >= WEBSOCKET_OPCODE.close;
  }

  #endFrameIfWhole(): void {
    const payload = this.#payload;
    if (payload === undefined || this.#payloadBytes < payload.byteLength) return;
    this.#payload = undefined;
    if (this.#isControl) this.#endControl(payload);
    else this.#endData(payload);
  }

  #endControl(payload: Uint8Array): void {
    if (this.#opcode === WEBSOCKET_OPCODE.ping) return this.#events.onPing(payload);
    if (this.#opcode === WEBSOCKET_OPCODE.pong) return this.#events.onPong();
    // 1005: the peer gave no code (RFC 6455 section 7.4.1).
    const code = payload.byteLength === 0 ? 1005 : (payload[0]! << 8) | payload[1]!;
    this.#events.onClose({ code, reason: new TextDecoder().decode(payload.subarray(2)) });
  }

  #endData(payload: Uint8Array): void {
    if (this.#isFinal && !this.#isInMessage) return this.#events.onMessage(payload);
    this.#isInMessage = !this.#isFinal;
    this.#fragments.push(payload);
    this.#fragmentBytes += payload.byteLength;
    if (!this.#isFinal) return;
    const message = new Uint8Array(this.#fragmentBytes);
    let at = 0;
    for (const fragment of this.#fragments) {
      message.set(fragment, at);
      at += fragment.byteLength;
    }
    this.#fragments = [];
    this.#fragmentBytes = 0;
    this.#events.onMessage(message);
  }
}

function tooLarge(message: string): ProtocolError {
  return new ProtocolError("limit_exceeded", `WebSocket: ${message}`);
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("payload_malformed", `WebSocket: ${message}`);
}
