import assert from "node:assert/strict";
import { RoundTripEstimator } from "../../../src/protocol/mod.ts";

Deno.test("RoundTripEstimator computes the reference's retransmission timeouts", () => {
  const estimator = new RoundTripEstimator();
  assert.equal(estimator.timeoutMs, 200);
  assert.equal(estimator.roundTripMs, undefined);
  const checks = [[50, 143.75], [50, 169.5312], [50, 182.7148], [400, 513.9771], [20, 506.4243]];
  for (const [sampleMs, wantedMs] of checks as [number, number][]) {
    estimator.sample(sampleMs);
    // The values are given to four decimals.
    const errorMs = Math.abs(estimator.timeoutMs - wantedMs);
    assert.ok(errorMs <= 0.0001, `${estimator.timeoutMs}, wanted ${wantedMs}`);
  }
});

Deno.test("RoundTripEstimator smooths from the first sample with an eighth of each other", () => {
  const estimator = new RoundTripEstimator();
  estimator.sample(2);
  assert.equal(estimator.roundTripMs, 2);
  estimator.sample(10);
  assert.equal(estimator.roundTripMs, 3);
});

Deno.test("RoundTripEstimator keeps the timeout between the granularity and one second", () => {
  const steady = new RoundTripEstimator();
  for (let i = 0; i < 500; i++) steady.sample(3);
  assert.ok(Math.abs(steady.timeoutMs - 13) < 0.001, `${steady.timeoutMs}`);
  const slow = new RoundTripEstimator();
  for (let i = 0; i < 500; i++) slow.sample(30_000);
  assert.equal(slow.timeoutMs, 1000);
});
