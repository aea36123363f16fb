import assert from "node:assert/strict";
import {
  countRoundTrips,
  mergeRoundTrips,
  RoundTripHistogram,
  roundTripPercentile,
  roundTripsSince,
  sumRoundTrips,
} from "../../../src/protocol/mod.ts";
import { seeded } from "../../support/seeded.ts";

function histogramOf(times: Iterable<number>): RoundTripHistogram {
  const histogram = new RoundTripHistogram();
  for (const time of times) histogram.record(time);
  return histogram;
}

/** The exact percentile, by sorting: the slow and obvious way. */
function exactPercentile(times: readonly number[], share: number): number {
  return [...times].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * times.length)) - 1]!;
}

Deno.test("percentiles are within 5 % of the exact ones", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const times = Array.from({ length: 1 + seed * 37 }, () => 0.02 * 10 ** (6 * random()));
    const { counts } = histogramOf(times);
    for (const share of [0, 0.5, 0.95, 0.99, 1]) {
      const exact = exactPercentile(times, share);
      const found = roundTripPercentile(counts, share)!;
      assert.ok(Math.abs(found / exact - 1) < 0.05, `seed ${seed}, ${share}: ${found}, ${exact}`);
    }
  }
});

Deno.test("the sum is within 5 % of the exact one", () => {
  const times = Array.from({ length: 100 }, (_, index) => 0.5 + index ** 2);
  const exact = times.reduce((sum, time) => sum + time, 0);
  assert.ok(Math.abs(sumRoundTrips(histogramOf(times).counts) / exact - 1) < 0.05);
  assert.equal(sumRoundTrips([]), 0);
});

Deno.test("nothing counted has no percentile; times out of range count as the nearest", () => {
  assert.equal(roundTripPercentile([], 0.5), undefined);
  const { counts } = histogramOf([0, -1, NaN, 1e-9, 1e12, Infinity]);
  assert.equal(countRoundTrips(counts), 6);
  assert.deepEqual(counts.map(([, count]) => count), [4, 2]);
});

Deno.test("periods joined are what one histogram over all would be", () => {
  const [first, second] = [[1, 1, 20, 300], [1, 5, 20, 20]];
  const joined = mergeRoundTrips([histogramOf(first).counts, histogramOf(second).counts, []]);
  assert.deepEqual(joined, histogramOf([...first, ...second]).counts);
});

Deno.test("what came since an earlier look is the difference", () => {
  const histogram = histogramOf([1, 20]);
  const before = histogram.counts;
  assert.deepEqual(roundTripsSince(histogram.counts, before), []);
  histogram.record(20);
  histogram.record(400);
  assert.deepEqual(roundTripsSince(histogram.counts, before), histogramOf([20, 400]).counts);
});

Deno.test("a histogram that began anew is new as a whole", () => {
  const after = histogramOf([20]).counts;
  assert.deepEqual(roundTripsSince(after, histogramOf([1, 20]).counts), after);
});
