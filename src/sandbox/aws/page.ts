/**
 * Pages of a list: what NextToken stands for.
 *
 * @module
 */

export interface Page<T> {
  items: T[];
  /** `undefined` on the last page. */
  nextToken: string | undefined;
}

/**
 * One page of `all`.
 *
 * @param options.key What the request asked for; a token of one request does not fit another.
 * @returns `undefined` when the token is not one of ours.
 */
export function pageOf<T>(
  all: readonly T[],
  options: { size: number; token: string | undefined; key: string },
): Page<T> | undefined {
  const start = options.token === undefined ? 0 : readToken(options.token, options.key);
  if (start === undefined || start > all.length) return undefined;
  const end = start + options.size;
  return {
    items: all.slice(start, end),
    nextToken: end < all.length ? btoa(JSON.stringify([end, checksum(options.key)])) : undefined,
  };
}

function readToken(token: string, key: string): number | undefined {
  try {
    const value: unknown = JSON.parse(atob(token));
    if (!Array.isArray(value) || value[1] !== checksum(key)) return undefined;
    return Number.isInteger(value[0]) && value[0] >= 0 ? value[0] : undefined;
  } catch {
    return undefined;
  }
}

/** FNV-1a: tells requests apart, nothing more. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
