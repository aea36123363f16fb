/**
 * A small generator whose choices come back when its seed does.
 *
 * @module
 */

/** Numbers in [0, 1) by 32-bit xorshift (Marsaglia 2003); good enough to choose messages. */
export function seededRandom(seed: number): () => number {
  // The generator stands still at 0, and near seeds must not start alike: spread them first.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
