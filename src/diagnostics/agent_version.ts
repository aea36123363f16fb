/**
 * Comparing agent versions, where "cannot be compared" is an answer of its own.
 *
 * `isVersionAbove` of `protocol` takes what it cannot read for old, as the plugin does: a session must
 * choose. A check must not: a version that nobody can read is no proof of an old agent.
 *
 * @module
 */

/**
 * Numeric, part by part; a missing part counts as 0.
 *
 * @returns Below 0, 0 or above 0; undefined when either is no version.
 */
export function compareVersions(left: string, right: string): number | undefined {
  const [a, b] = [partsOf(left), partsOf(right)];
  if (a === undefined || b === undefined) return undefined;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the version is at least `minimum`; undefined when it cannot be told. */
export function isAtLeast(version: string | undefined, minimum: string): boolean | undefined {
  const order = compareVersions(version ?? "", minimum);
  return order === undefined ? undefined : order >= 0;
}

/** Whether the version is strictly above `bound`; undefined when it cannot be told. */
export function isAbove(version: string | undefined, bound: string): boolean | undefined {
  const order = compareVersions(version ?? "", bound);
  return order === undefined ? undefined : order > 0;
}

function partsOf(version: string): number[] | undefined {
  const parts = version.trim().split(".");
  return parts.every((part) => /^\d{1,9}$/.test(part)) ? parts.map(Number) : undefined;
}
