/**
 * smux frames read from all the bytes at once, the last of which may not be there yet.
 *
 * @module
 */

export interface SmuxFrame {
  command: number;
  id: number;
  data: Uint8Array;
}

/** The whole frames in `bytes`; a last one that is cut off is left out. */
export function readSmuxFrames(bytes: Uint8Array): SmuxFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: SmuxFrame[] = [];
  for (let at = 0; at + 8 <= bytes.byteLength;) {
    if (bytes[at] !== 1) throw new Error(`smux version ${bytes[at]} at byte ${at}`);
    const end = at + 8 + view.getUint16(at + 2, true);
    if (end > bytes.byteLength) break;
    frames.push({
      command: bytes[at + 1]!,
      id: view.getUint32(at + 4, true),
      data: bytes.slice(at + 8, end),
    });
    at = end;
  }
  return frames;
}
