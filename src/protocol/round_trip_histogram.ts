/**
 * Round-trip times counted by size, so that percentiles cost a fixed, small memory however long a
 * session lasts, and so that two periods can be joined without loss.
 *
 * A bucket is 9 % wider than the one before (eight to a doubling): a percentile is within 5 % of the
 * measured time. The same idea as HdrHistogram's, without its exact digits.
 *
 * @module
 */

/** Middle of the first bucket. Loopback takes longer. */
const FIRST_MS = 0.01;
const BUCKETS_A_DOUBLING = 8;
/** The last bucket holds everything from some 5 minutes on: no acknowledgement is waited for so long. */
const BUCKETS = 200;

/** How many round trips fell into which bucket. Only those with any, by bucket, ascending. */
export type RoundTripCounts = readonly (readonly [bucket: number, count: number])[];

/** Counts round trips of a session since it began. */
export class RoundTripHistogram {
  readonly #counts = new Uint32Array(BUCKETS);

  record(elapsedMs: number): void {
    this.#counts[bucketOf(elapsedMs)]!++;
  }

  get counts(): RoundTripCounts {
    const found: [number, number][] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket]!;
      if (count > 0) found.push([bucket, count]);
    }
    return found;
  }
}

/** The bucket of a time; 0 and less than nothing count as the shortest. */
function bucketOf(elapsedMs: number): number {
  const steps = Math.round(Math.log2(elapsedMs / FIRST_MS) * BUCKETS_A_DOUBLING);
  return Math.min(Math.max(Number.isNaN(steps) ? 0 : steps, 0), BUCKETS - 1);
}

/** The counts of several periods together. */
export function mergeRoundTrips(periods: Iterable<RoundTripCounts>): RoundTripCounts {
  const sums = new Map<number, number>();
  for (const period of periods) {
    for (const [bucket, count] of period) sums.set(bucket, (sums.get(bucket) ?? 0) + count);
  }
  return [...sums].sort(([a], [b]) => a - b);
}

/**
 * What came between two looks at the same histogram.
 *
 * Where the later one counted less than the earlier, it began anew meanwhile, and all of it is new.
 */
export function roundTripsSince(now: RoundTripCounts, before: RoundTripCounts): RoundTripCounts {
  const earlier = new Map(before);
  const later = new Map(now);
  if (before.some(([bucket, count]) => (later.get(bucket) ?? 0) < count)) return now;
  return now.map(([bucket, count]) => [bucket, count - (earlier.get(bucket) ?? 0)] as const)
    .filter(([, count]) => count > 0);
}

export function countRoundTrips(counts: RoundTripCounts): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

/**
 * The time in ms that `share` of the round trips did not exceed, within 5 %.
 *
 * @param share 0.5 for the median, 0.99 for the slowest hundredth.
 * @returns `undefined` when none was counted.
 */
export function roundTripPercentile(counts: RoundTripCounts, share: number): number | undefined {
  const rank = Math.max(1, Math.ceil(share * countRoundTrips(counts)));
  let passed = 0;
  for (const [bucket, count] of counts) {
    passed += count;
    if (passed >= rank) return middleOf(bucket);
  }
  return undefined;
}

/** All round trips together, in ms, within 5 %. */
export function sumRoundTrips(counts: RoundTripCounts): number {
  return counts.reduce((sum, [bucket, count]) => sum + count * middleOf(bucket), 0);
}

function middleOf(bucket: number): number {
  return FIRST_MS * 2 ** (bucket / BUCKETS_A_DOUBLING);
}
