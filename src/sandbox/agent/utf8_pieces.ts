/**
 * Cuts output so that no piece ends within a character.
 *
 * Source: agent shell.go processStdoutData: what is no character among the last three bytes is kept
 * for the next piece; anything else that is no character passes as it is. What is still kept when the
 * output ends is lost there, and so it is here.
 *
 * @module
 */

/** A character has at most so many bytes. */
const MAX_BYTES = 4;
const NOTHING = new Uint8Array(0);

export class Utf8Pieces {
  #kept: Uint8Array = NOTHING;

  /** What of the bytes may be sent now; up to 3 more than were given, possibly none. */
  take(bytes: Uint8Array): Uint8Array {
    const all = new Uint8Array(this.#kept.byteLength + bytes.byteLength);
    all.set(this.#kept);
    all.set(bytes, this.#kept.byteLength);
    const end = completeLength(all);
    this.#kept = all.subarray(end);
    return all.subarray(0, end);
  }
}

function completeLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.byteLength) {
    const length = characterLength(bytes, at);
    if (length === 0 && bytes.byteLength - at < MAX_BYTES) return at;
    at += length || 1;
  }
  return at;
}

/** Bytes of the character at `at`; 0 where there is none, or not all of one. Source: RFC 3629. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length === 0 || at + length > bytes.byteLength) return 0;
  const second = bytes[at + 1]!;
  // No character in a longer form than it needs, no surrogates, nothing beyond U+10FFFF.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i++) {
    if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  }
  return length;
}
