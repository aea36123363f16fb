/**
 * smux version 1 frames the slow and obvious way: whole streams joined in memory, then cut.
 *
 * Tests hold it against the incremental parser; benches take it as the baseline.
 *
 * @module
 */

export type SmuxCommandName = "SYN" | "FIN" | "PSH" | "NOP";

const COMMANDS: readonly SmuxCommandName[] = ["SYN", "FIN", "PSH", "NOP"];

export interface NaiveFrame {
  command: SmuxCommandName;
  streamId: number;
  data: Uint8Array;
}

const NO_DATA = new Uint8Array(0);

export function frame(
  command: SmuxCommandName,
  streamId: number,
  data: Uint8Array = NO_DATA,
): NaiveFrame {
  return { command, streamId, data };
}

export function naiveFrameBytes({ command, streamId, data }: NaiveFrame): Uint8Array {
  const bytes = new Uint8Array(8 + data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, COMMANDS.indexOf(command));
  view.setUint16(2, data.byteLength, true);
  view.setUint32(4, streamId, true);
  bytes.set(data, 8);
  return bytes;
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** @throws {Error} Unless `bytes` are whole frames of version 1. */
export function naiveParse(bytes: Uint8Array): NaiveFrame[] {
  const frames: NaiveFrame[] = [];
  let rest = bytes.slice();
  while (rest.byteLength > 0) {
    const view = new DataView(rest.buffer);
    const command = COMMANDS[view.getUint8(1)];
    const end = 8 + view.getUint16(2, true);
    if (view.getUint8(0) !== 1 || command === undefined || end > rest.byteLength) {
      throw new Error(`no frame: ${rest.slice(0, 8)}`);
    }
    frames.push({ command, streamId: view.getUint32(4, true), data: rest.slice(8, end) });
    rest = rest.slice(end);
  }
  return frames;
}

/** Frames as a person reads them: `SYN 3, PSH 3 hello`. */
export function describeFrames(bytes: Uint8Array): string {
  return naiveParse(bytes).map(({ command, streamId, data }) =>
    `${command} ${streamId}` + (data.byteLength > 0 ? ` ${new TextDecoder().decode(data)}` : "")
  ).join(", ");
}
