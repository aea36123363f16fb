/**
 * The frames between the sandbox and the program that holds a pseudo-terminal: one letter, the length
 * as 4 bytes with the highest first, that many bytes.
 *
 * To the program: `D` what is typed, `R` the size (rows, columns, 2 bytes each). From it: `S` the
 * command's process id (4 bytes), `D` what it prints, `X` its exit status (4 bytes), the last one.
 *
 * @module
 */

export type Frame =
  | { kind: "started"; pid: number }
  | { kind: "data"; bytes: Uint8Array }
  /** 128 and the signal's number when a signal ended it. */
  | { kind: "exited"; status: number };

const HEADER_BYTES = 5;
/** Far more than the program ever sends at a time: beyond it, what comes are not frames. */
const MAX_BYTES = 1024 * 1024;
const NOTHING = new Uint8Array(0);

export function dataFrame(bytes: Uint8Array): Uint8Array {
  return frame("D", bytes);
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** Sizes beyond what a terminal can have, 65,535, are cut to it. */
export function sizeFrame({ columns, rows }: TerminalSize): Uint8Array {
  const payload = new DataView(new ArrayBuffer(4));
  payload.setUint16(0, Math.min(rows, 0xffff));
  payload.setUint16(2, Math.min(columns, 0xffff));
  return frame("R", new Uint8Array(payload.buffer));
}

function frame(letter: string, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.byteLength);
  bytes[0] = letter.charCodeAt(0);
  new DataView(bytes.buffer).setUint32(1, payload.byteLength);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Takes bytes in any pieces, gives whole frames. */
export class FrameParser {
  #unread: Uint8Array = NOTHING;

  push(bytes: Uint8Array): void {
    if (this.#unread.byteLength === 0) {
      this.#unread = bytes;
      return;
    }
    const joined = new Uint8Array(this.#unread.byteLength + bytes.byteLength);
    joined.set(this.#unread);
    joined.set(bytes, this.#unread.byteLength);
    this.#unread = joined;
  }

  /** `undefined` when the next frame is not whole yet. @throws {Error} For what is no frame. */
  next(): Frame | undefined {
    const unread = this.#unread;
    if (unread.byteLength < HEADER_BYTES) return undefined;
    const view = new DataView(unread.buffer, unread.byteOffset, unread.byteLength);
    const letter = String.fromCharCode(unread[0]!);
    const length = view.getUint32(1);
    const isNumber = letter === "S" || letter === "X";
    if ((letter !== "D" && !isNumber) || length > MAX_BYTES || (isNumber && length !== 4)) {
      throw new Error("the program that holds the terminal sent something else than frames");
    }
    if (unread.byteLength < HEADER_BYTES + length) return undefined;
    this.#unread = unread.subarray(HEADER_BYTES + length);
    if (letter === "D") {
      return { kind: "data", bytes: unread.subarray(HEADER_BYTES, HEADER_BYTES + length) };
    }
    const value = view.getUint32(HEADER_BYTES);
    return letter === "S" ? { kind: "started", pid: value } : { kind: "exited", status: value };
  }
}
