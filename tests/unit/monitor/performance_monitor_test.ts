import assert from "node:assert/strict";
import { measurePerformance, withNow } from "../../../src/monitor/mod.ts";
import { RoundTripHistogram } from "../../../src/protocol/mod.ts";
import { measuredSession, reading, STARTED_MS } from "../../support/measured_session.ts";

const HOUR_MS = 3_600_000;

function roundTrips(...times: number[]) {
  const histogram = new RoundTripHistogram();
  for (const time of times) histogram.record(time);
  return histogram.counts;
}

function measure(session = measuredSession(), sinceMs?: number, afterMs = 10_000) {
  return measurePerformance(session, { sinceMs, nowMs: STARTED_MS + afterMs });
}

Deno.test("a session without readings has no round trip, no bytes and no suggestion but availability", () => {
  const { roundTrip, bytesIn, rateIn, reconnects, fromMs, toMs } = measure();
  assert.deepEqual(
    { roundTrip, bytesIn, rateIn, reconnects, fromMs, toMs },
    {
      roundTrip: undefined,
      bytesIn: 0,
      rateIn: 0,
      reconnects: 0,
      fromMs: STARTED_MS,
      toMs: STARTED_MS + 10_000,
    },
  );
});

Deno.test("figures since the beginning: percentiles, rates, peaks, availability", () => {
  const figures = measure(measuredSession({
    // Opening is no time in which data could have been carried.
    connectMs: 1_000,
    readings: [
      reading(2_000, { bytesIn: 4_000, bytesOut: 100, roundTrips: roundTrips(1, 1, 1) }),
      reading(10_000, {
        bytesIn: 5_000,
        bytesOut: 900,
        roundTrips: roundTrips(1, 100),
        retransmissions: 1,
        activeMs: 8_991,
      }),
    ],
  }));
  assert.equal(figures.roundTrip!.count, 5);
  assert.ok(Math.abs(figures.roundTrip!.p50Ms - 1) < 0.05);
  assert.ok(Math.abs(figures.roundTrip!.p99Ms - 100) < 5);
  assert.deepEqual([figures.rateIn, figures.rateOut], [500, 90]);
  assert.deepEqual([figures.peakIn, figures.peakOut], [2_000, 100]);
  assert.equal(figures.retransmissions, 1);
  assert.equal(figures.retransmissionShare, 0.2);
  assert.equal(figures.availability, 0.999);
  assert.deepEqual(figures.suggestions, []);
});

Deno.test("a period counts from the last reading before it", () => {
  const session = measuredSession({
    reconnects: 2,
    changes: [
      { atMs: STARTED_MS + 1_000, from: "resuming", to: "active" },
      { atMs: STARTED_MS + 7_000, from: "restarting", to: "active" },
      { atMs: STARTED_MS + 8_000, from: "suspect", to: "active" },
    ],
    readings: [
      reading(2_000, { bytesIn: 4_000, roundTrips: roundTrips(900) }),
      reading(6_000, { bytesIn: 4_400, roundTrips: roundTrips(900) }),
      reading(10_000, { bytesIn: 5_000, roundTrips: roundTrips(2) }),
    ],
  });
  const figures = measure(session, STARTED_MS + 6_500);
  assert.equal(figures.fromMs, STARTED_MS + 6_000);
  assert.equal(figures.bytesIn, 600);
  assert.equal(figures.rateIn, 150);
  assert.equal(figures.roundTrip!.count, 1);
  assert.equal(figures.reconnects, 1);
  assert.equal(measure(session).reconnects, 2);
});

Deno.test("a session that ended counts to its end, not to now", () => {
  const session = measuredSession({
    endedAtMs: STARTED_MS + 5_000,
    readings: [reading(5_000, { bytesIn: 500 })],
  });
  const { rateIn, toMs, availability } = measure(session, undefined, HOUR_MS);
  assert.deepEqual([rateIn, toMs, availability], [100, STARTED_MS + 5_000, 1]);
});

Deno.test("each poor figure has its suggestion", () => {
  const times = (count: number, ms: number) => Array<number>(count).fill(ms);
  const cases: [Parameters<typeof measuredSession>[0], RegExp][] = [
    [{ readings: [reading(10_000, { roundTrips: roundTrips(...times(20, 400)) })] }, /are slow/],
    [
      { readings: [reading(10_000, { roundTrips: roundTrips(...times(60, 5), 200, 210) })] },
      /far longer than most/,
    ],
    [
      {
        readings: [
          reading(10_000, { roundTrips: roundTrips(...times(100, 5)), retransmissions: 20 }),
        ],
      },
      /20\.0 % of the messages were sent again/,
    ],
    [{ connectMs: 0, readings: [reading(10_000, { activeMs: 9_000 })] }, /90\.0 % of the time/],
    [{ reconnects: 4, readings: [reading(10_000)] }, /lost 4 times/],
    [{ connectMs: 9_000, readings: [reading(10_000)] }, /Opening took 9000 ms/],
    [{ readings: [reading(10_000, { bytesIn: 9_000_000 })] }, /what the agent sends/],
  ];
  for (const [facts, expected] of cases) {
    const { suggestions } = measure(measuredSession(facts));
    assert.equal(suggestions.length, 1, suggestions.join("; "));
    assert.match(suggestions[0]!, expected);
  }
});

Deno.test("withNow() adds what is new of the live counters to what was kept", () => {
  const kept = [reading(1_000, { roundTrips: [[5, 2]] }), reading(3_000, { roundTrips: [[5, 1]] })];
  const now = { ...reading(2_500), roundTrips: [[5, 4], [9, 1]] as const };
  assert.deepEqual(withNow(kept, now), [kept[0], { ...now, roundTrips: [[5, 2], [9, 1]] }]);
  assert.deepEqual(withNow([], now), [now]);
});
