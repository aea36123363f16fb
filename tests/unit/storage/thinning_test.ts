import assert from "node:assert/strict";
import { countRoundTrips, mergeRoundTrips } from "../../../src/protocol/mod.ts";
import { planThinning, type Sample } from "../../../src/storage/mod.ts";
import { randomInt, seeded } from "../../support/seeded.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A whole number of hours. */
const NOW_MS = Date.UTC(2024, 5, 1);

function sample(atMs: number, facts: Partial<Sample> = {}): Sample {
  return {
    atMs,
    spanMs: 0,
    roundTrips: [[50, 1]],
    bytesIn: 0,
    bytesOut: 0,
    retransmissions: 0,
    activeMs: 0,
    openConnections: 0,
    ...facts,
  };
}

/** The samples after joining, in order. */
function thinned(samples: readonly Sample[], nowMs: number): Sample[] {
  const plan = planThinning(samples, nowMs);
  const gone = new Set(plan.flatMap(({ from }) => from));
  return [...samples.filter((each) => !gone.has(each)), ...plan.map(({ into }) => into)]
    .sort((a, b) => a.atMs - b.atMs);
}

Deno.test("planThinning() leaves the last hour as it is", () => {
  const samples = [sample(NOW_MS - HOUR_MS + 1), sample(NOW_MS - 10_000), sample(NOW_MS)];
  assert.deepEqual(planThinning(samples, NOW_MS), []);
});

Deno.test("planThinning() joins what is older than an hour by the minute", () => {
  const start = NOW_MS - 2 * HOUR_MS;
  const first = sample(start + 1_000, { bytesIn: 5, openConnections: 4, roundTrips: [[50, 2]] });
  const second = sample(start + 59_999, { bytesIn: 9, openConnections: 1, activeMs: 7 });
  const next = sample(start + 60_000, { bytesIn: 11 });
  assert.deepEqual(planThinning([first, second, next], NOW_MS), [
    {
      from: [first, second],
      into: {
        atMs: start + 59_999,
        spanMs: MINUTE_MS,
        roundTrips: [[50, 3]],
        bytesIn: 9,
        bytesOut: 0,
        retransmissions: 0,
        activeMs: 7,
        openConnections: 4,
      },
    },
    { from: [next], into: { ...next, spanMs: MINUTE_MS } },
  ]);
});

Deno.test("planThinning() joins what is older than a day by the hour", () => {
  const start = NOW_MS - 2 * DAY_MS;
  const samples = [
    sample(start, { spanMs: MINUTE_MS }),
    sample(start + 30 * MINUTE_MS, { spanMs: MINUTE_MS }),
    sample(start + 59 * MINUTE_MS),
  ];
  const [joined] = planThinning(samples, NOW_MS);
  assert.deepEqual(joined!.from, samples);
  assert.equal(joined!.into.spanMs, HOUR_MS);
  assert.equal(countRoundTrips(joined!.into.roundTrips), 3);
});

Deno.test("planThinning() waits until the whole minute, or hour, is old enough", () => {
  const inMinute = NOW_MS - HOUR_MS - 30_000;
  assert.deepEqual(planThinning([sample(inMinute)], NOW_MS - 1), []);
  assert.equal(planThinning([sample(inMinute)], NOW_MS).length, 1);
  const inHour = sample(NOW_MS - DAY_MS - 30 * MINUTE_MS, { spanMs: MINUTE_MS });
  assert.deepEqual(planThinning([inHour], NOW_MS - 1), []);
  assert.equal(planThinning([inHour], NOW_MS).length, 1);
});

Deno.test("thinning again and again ends where thinning once does, and loses no round trip", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    let atMs = NOW_MS - 3 * DAY_MS;
    const samples: Sample[] = [];
    while (atMs < NOW_MS) {
      samples.push(
        sample(atMs, { bytesIn: samples.length, roundTrips: [[randomInt(random, 0, 9), 1]] }),
      );
      atMs += randomInt(random, 1_000, 20 * MINUTE_MS);
    }
    const once = thinned(samples, NOW_MS);
    let often = samples;
    for (let nowMs = NOW_MS - 2 * DAY_MS; nowMs <= NOW_MS; nowMs += 7 * MINUTE_MS) {
      often = thinned(often, nowMs);
    }
    often = thinned(often, NOW_MS);
    assert.deepEqual(often, once, `seed ${seed}`);
    assert.deepEqual(planThinning(once, NOW_MS), [], `seed ${seed}`);
    const all = (list: Sample[]) => mergeRoundTrips(list.map(({ roundTrips }) => roundTrips));
    assert.deepEqual(all(once), all(samples), `seed ${seed}`);
  }
});
