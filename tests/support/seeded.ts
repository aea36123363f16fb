/**
 * Repeatable randomness: the same seed gives the same faults, bytes and cuts.
 *
 * @module
 */

/** Numbers from 0 below 1. */
export type Random = () => number;

/**
 * A generator that depends on `seed` alone.
 *
 * Source: G. Marsaglia, "Xorshift RNGs", 2003: the 32-bit triple (13, 17, 5).
 */
export function seeded(seed: number): Random {
  // Seeds are small and alike; spread over all bits they start far apart. State 0 would stay 0.
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A whole number from `min` to `max`, both included. */
export function randomInt(random: Random, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}

export function randomBytes(random: Random, count: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: count }, () => random() * 256);
}

/** Views of `bytes` in order, each of 1 to `mostBytes`. */
export function cutRandomly(random: Random, bytes: Uint8Array, mostBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + randomInt(random, 1, mostBytes);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
