/**
 * WebSocket frames of a client, read from bytes that were cut anywhere.
 *
 * Source: RFC 6455 section 5. Messages are unmasked in place and handed on as views.
 *
 * @module
 */

export const OPCODE = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** Close codes that the server gives. Source: RFC 6455 section 7.4.1. */
export const CLOSE_CODE = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  none: 1005,
  policyViolation: 1008,
  tooBig: 1009,
} as const;

export interface FrameEvents {
  /** A whole message; fragments have been joined. */
  onMessage(message: { isText: boolean; payload: Uint8Array }): void;
  onPing(payload: Uint8Array): void;
  /** `code` is 1005 when the client gave none. */
  onClose(code: number, reason: string): void;
}

/** The client broke the protocol; close with `code`. */
export class FrameError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
    this.name = "FrameError";
  }
}

/** No data-channel message comes near this; a client that sends more is broken. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** What is kept to read into. Small enough to throw away, large enough to be worth a read. */
const SLAB_BYTES = 256 * 1024;
const MIN_ROOM_BYTES = 16 * 1024;

export class FrameReader {
  readonly #events: FrameEvents;
  /** Bytes already handed on stay where they are: their owners hold views into the slab. */
  #slab = new Uint8Array(SLAB_BYTES);
  #start = 0;
  #end = 0;
  #fragments: { isText: boolean; parts: Uint8Array[]; bytes: number } | undefined;

  constructor(events: FrameEvents) {
    this.#events = events;
  }

  /** Where to put the next bytes; tell how many with `filled`. */
  get room(): Uint8Array {
    const pending = this.#end - this.#start;
    if (this.#slab.byteLength - this.#end < MIN_ROOM_BYTES) {
      const slab = new Uint8Array(SLAB_BYTES + pending);
      slab.set(this.#slab.subarray(this.#start, this.#end));
      this.#slab = slab;
      this.#start = 0;
      this.#end = pending;
    }
    return this.#slab.subarray(this.#end);
  }

  /**
   * Reads the frames that are complete now.
   *
   * @param shouldStop Asked before each frame; the rest waits for the next call.
   * @throws {FrameError} Nothing can be read after that.
   */
  filled(byteCount: number, shouldStop: () => boolean): void {
    this.#end += byteCount;
    while (!shouldStop() && this.#readFrame());
  }

  /** Reads one frame; false when it is not all there. */
  #readFrame(): boolean {
    const available = this.#end - this.#start;
    if (available < 2) return false;
    const slab = this.#slab;
    const first = slab[this.#start]!;
    const second = slab[this.#start + 1]!;
    if ((first & 0x70) !== 0) {
      throw new FrameError(CLOSE_CODE.protocolError, "reserved bits are set");
    }
    if ((second & 0x80) === 0) {
      throw new FrameError(CLOSE_CODE.protocolError, "a client's frame must be masked");
    }
    const shortLength = second & 0x7f;
    const lengthBytes = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0;
    const headerBytes = 2 + lengthBytes + 4;
    if (available < headerBytes) return false;
    const length = lengthBytes === 0 ? shortLength : readLength(slab, this.#start + 2, lengthBytes);
    if (length > MAX_MESSAGE_BYTES) {
      throw new FrameError(CLOSE_CODE.tooBig, `a frame of ${length} bytes`);
    }
    if (available < headerBytes + length) return false;
    const maskAt = this.#start + 2 + lengthBytes;
    const payload = slab.subarray(maskAt + 4, maskAt + 4 + length);
    unmask(payload, slab.subarray(maskAt, maskAt + 4));
    this.#start += headerBytes + length;
    this.#take({ isFinal: (first & 0x80) !== 0, opcode: first & 0x0f, payload });
    return true;
  }

  #take(frame: { isFinal: boolean; opcode: number; payload: Uint8Array }): void {
    const { opcode, payload, isFinal } = frame;
    if (opcode >= OPCODE.close && (!isFinal || payload.byteLength > 125)) {
      throw new FrameError(CLOSE_CODE.protocolError, "a control frame is too long or in parts");
    }
    switch (opcode) {
      case OPCODE.text:
      case OPCODE.binary:
        if (this.#fragments !== undefined) {
          throw new FrameError(CLOSE_CODE.protocolError, "a message begins inside another");
        }
        if (isFinal) return this.#events.onMessage({ isText: opcode === OPCODE.text, payload });
        this.#fragments = { isText: opcode === OPCODE.text, parts: [], bytes: 0 };
        return this.#addFragment(payload, isFinal);
      case OPCODE.continuation:
        return this.#addFragment(payload, isFinal);
      case OPCODE.ping:
        return this.#events.onPing(payload);
      case OPCODE.pong:
        return;
      case OPCODE.close:
        return this.#takeClose(payload);
      default:
        throw new FrameError(CLOSE_CODE.protocolError, `unknown opcode ${opcode}`);
    }
  }

  #addFragment(payload: Uint8Array, isFinal: boolean): void {
    const message = this.#fragments;
    if (message === undefined) {
      throw new FrameError(CLOSE_CODE.protocolError, "a continuation of nothing");
    }
    message.parts.push(payload);
    message.bytes += payload.byteLength;
    if (message.bytes > MAX_MESSAGE_BYTES) {
      throw new FrameError(CLOSE_CODE.tooBig, "the parts of a message are too long together");
    }
    if (!isFinal) return;
    this.#fragments = undefined;
    const whole = new Uint8Array(message.bytes);
    let at = 0;
    for (const part of message.parts) {
      whole.set(part, at);
      at += part.byteLength;
    }
    this.#events.onMessage({ isText: message.isText, payload: whole });
  }

  #takeClose(payload: Uint8Array): void {
    if (payload.byteLength < 2) return this.#events.onClose(CLOSE_CODE.none, "");
    const code = (payload[0]! << 8) | payload[1]!;
    this.#events.onClose(code, new TextDecoder().decode(payload.subarray(2)));
  }
}

function readLength(bytes: Uint8Array, at: number, count: number): number {
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + bytes[at + i]!;
  return length;
}

function unmask(payload: Uint8Array, mask: Uint8Array): void {
  const [a, b, c, d] = mask as unknown as [number, number, number, number];
  const length = payload.byteLength;
  let i = 0;
  // Four at a time: this loop sees every byte that a client sends.
  for (; i + 3 < length; i += 4) {
    payload[i]! ^= a;
    payload[i + 1]! ^= b;
    payload[i + 2]! ^= c;
    payload[i + 3]! ^= d;
  }
  for (; i < length; i++) payload[i]! ^= mask[i & 3]!;
}
