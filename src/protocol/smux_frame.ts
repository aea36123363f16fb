/**
 * Frames of the smux multiplexer, version 1: 8 bytes of header, then data for PSH alone.
 *
 * | offset | length | field                                |
 * | ------ | ------ | ------------------------------------ |
 * | 0      | 1      | version = 1                          |
 * | 1      | 1      | command: 0 SYN, 1 FIN, 2 PSH, 3 NOP  |
 * | 2      | 2      | data length, little-endian           |
 * | 4      | 4      | stream id, little-endian             |
 *
 * Source: xtaci/smux frame.go, session.go sendLoop and recvLoop.
 *
 * @module
 */
import { SMUX_COMMAND, SMUX_HEADER_BYTES, SMUX_VERSION } from "./constants.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Writes a frame's header at `offset`. */
export function writeSmuxHeader(
  target: Uint8Array,
  offset: number,
  frame: { command: number; streamId: number; dataBytes: number },
): void {
  target[offset] = SMUX_VERSION;
  target[offset + 1] = frame.command;
  target[offset + 2] = frame.dataBytes & 0xff;
  target[offset + 3] = frame.dataBytes >>> 8;
  target[offset + 4] = frame.streamId & 0xff;
  target[offset + 5] = (frame.streamId >>> 8) & 0xff;
  target[offset + 6] = (frame.streamId >>> 16) & 0xff;
  target[offset + 7] = frame.streamId >>> 24;
}

/** What a parser reports. `onPush` may be called several times for the data of one frame. */
export interface SmuxFrameEvents {
  onSyn(streamId: number): void;
  onFin(streamId: number): void;
  /** @param data A view into the bytes that were fed. */
  onPush(streamId: number, data: Uint8Array): void;
  onNop(): void;
}

/**
 * Reads frames from a byte stream that was cut anywhere.
 *
 * Holds at most one header: data is handed on as it comes, so a frame of 65,535 bytes costs nothing.
 */
export class SmuxParser {
  readonly #events: SmuxFrameEvents;
  readonly #header = new Uint8Array(SMUX_HEADER_BYTES);
  #headerBytes = 0;
  /** Data bytes of the current frame still to come. */
  #dataBytes = 0;
  #streamId = 0;
  #command = 0;

  constructor(events: SmuxFrameEvents) {
    this.#events = events;
  }

  /**
   * Reads the next bytes of the stream.
   *
   * @throws {ProtocolError} `smux_version` or `smux_command`. The stream has no way to resynchronise:
   * feed nothing more.
   */
  feed(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#dataBytes > 0) {
        const end = Math.min(at + this.#dataBytes, bytes.byteLength);
        this.#dataBytes -= end - at;
        // Only PSH defines data; the reference skips what another command carries.
        if (this.#command === SMUX_COMMAND.psh) {
          this.#events.onPush(this.#streamId, bytes.subarray(at, end));
        }
        at = end;
        continue;
      }
      while (at < bytes.byteLength && this.#headerBytes < SMUX_HEADER_BYTES) {
        this.#header[this.#headerBytes++] = bytes[at++]!;
      }
      if (this.#headerBytes === SMUX_HEADER_BYTES) {
        this.#headerBytes = 0;
        this.#readHeader();
      }
    }
  }

  #readHeader(): void {
    const header = this.#header;
    if (header[0] !== SMUX_VERSION) {
      throw new ProtocolError("smux_version", `smux version ${header[0]}, wanted ${SMUX_VERSION}`);
    }
    this.#command = header[1]!;
    this.#dataBytes = header[2]! | (header[3]! << 8);
    this.#streamId = (header[4]! | (header[5]! << 8) | (header[6]! << 16) | (header[7]! << 24)) >>>
      0;
    switch (this.#command) {
      case SMUX_COMMAND.syn:
        return this.#events.onSyn(this.#streamId);
      case SMUX_COMMAND.fin:
        return this.#events.onFin(this.#streamId);
      case SMUX_COMMAND.nop:
        return this.#events.onNop();
      case SMUX_COMMAND.psh:
        return;
      default:
        throw new ProtocolError("smux_command", `unknown smux command ${this.#command}`);
    }
  }
}
