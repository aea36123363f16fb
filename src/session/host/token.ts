/**
 * The secret that a control endpoint asks for.
 *
 * @module
 */

const TOKEN_BYTES = 32;

/** 256 random bits, as 64 hexadecimal digits. */
export function createToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether two secrets are the same. How long it takes tells nothing about where they differ. */
export function isSameSecret(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length;
  // Past the end of `given` is NaN, which counts as 0 here; the length has told the difference.
  for (let at = 0; at < wanted.length; at++) {
    difference |= given.charCodeAt(at) ^ wanted.charCodeAt(at);
  }
  return difference === 0;
}
