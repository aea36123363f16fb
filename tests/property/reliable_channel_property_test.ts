import assert from "node:assert/strict";
import fc from "fast-check";
import { type SessionPlan, SimulatedSession } from "../support/simulated_session.ts";

const FAULTS_END_MS = 15_000;

const moment = fc.integer({ min: 0, max: FAULTS_END_MS - 1 });

/** Busy directions and nearly silent ones: some rules only matter while nothing else happens. */
function messageCount(max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max }));
}

const anyPlan: fc.Arbitrary<SessionPlan> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 2 }),
  loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
  repetition: fc.double({ min: 0, max: 0.5, noNaN: true }),
  damage: fc.double({ min: 0, max: 0.3, noNaN: true }),
  unready: fc.double({ min: 0, max: 0.5, noNaN: true }),
  minDelayMs: fc.integer({ min: 0, max: 300 }),
  jitterMs: fc.integer({ min: 0, max: 600 }),
  clientMessages: messageCount(150),
  agentMessages: messageCount(60),
  faultsEndMs: fc.constant(FAULTS_END_MS),
  cuts: fc.array(fc.record({ atMs: moment, downMs: fc.integer({ min: 0, max: 5_000 }) }), {
    maxLength: 4,
  }),
  pauses: fc.array(
    fc.record({
      atMs: moment,
      of: fc.constantFrom("client" as const, "agent" as const),
      isStartLost: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  windowMessages: fc.integer({ min: 2, max: 64 }),
  agentCapacity: fc.integer({ min: 0, max: 20 }),
});

/**
 * When everything must have come through once the network behaves. The agent sends its oldest message
 * alone, at most a second after the last time; the client may be down for five seconds and paused for
 * ten, and an agent that keeps nothing out of order takes one of its messages a second.
 */
function limitMs(plan: SessionPlan): number {
  return plan.faultsEndMs + 20_000 + 2_500 * (plan.agentMessages + plan.clientMessages);
}

Deno.test("any loss, repetition, order, damage, cut and pause delivers everything once and in order", () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const outcome = new SimulatedSession(plan).run(limitMs(plan));
      assert.deepEqual(outcome.agentTaken, outcome.clientSent);
      assert.deepEqual(outcome.clientTaken, outcome.agentSent);
      assert.ok(outcome.isFinished, `not over after ${outcome.nowMs} ms`);
      assert.equal(outcome.clientSent.length, plan.clientMessages);
      assert.equal(outcome.agentSent.length, plan.agentMessages);
    }),
    { numRuns: 200 },
  );
});
