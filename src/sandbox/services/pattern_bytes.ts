/**
 * Bytes that look random and are the same each time: what `GET /bytes?n=N` streams.
 *
 * @module
 */
import { createHash } from "node:crypto";

const BLOCK_BYTES = 64 * 1024;

/** The first `count` bytes of the pattern in blocks; each block is good until the next is asked for. */
export function* patternBytes(count: number): Generator<Uint8Array<ArrayBuffer>> {
  const words = new Uint32Array(BLOCK_BYTES / 4);
  const block = new Uint8Array(words.buffer);
  let state = 0x2545f491;
  for (let left = count; left > 0; left -= BLOCK_BYTES) {
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    yield left < BLOCK_BYTES ? block.subarray(0, left) : block;
  }
}

/** Lower-case hexadecimal SHA-256 of the first `count` bytes of the pattern. */
export function patternDigest(count: number): string {
  const hash = createHash("sha256");
  for (const block of patternBytes(count)) hash.update(block);
  return hash.digest("hex");
}
