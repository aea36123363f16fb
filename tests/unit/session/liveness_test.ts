import assert from "node:assert/strict";
import {
  judge,
  type LivenessFacts,
  type LivenessRules,
  type Verdict,
} from "../../../src/session/liveness.ts";

const START: LivenessFacts = {
  sinceMs: 0,
  heardMs: 0,
  messageMs: 0,
  askedMs: -Infinity,
  sentMs: 0,
  unansweredMs: undefined,
};
const ALWAYS: LivenessRules = { intervalMs: 5_000, canAsk: true, activityMs: 25_000 };
const POLICY: LivenessRules = { ...ALWAYS, activityMs: undefined };
const NEVER: LivenessRules = { ...POLICY, canAsk: false };

/** [what, facts, rules, now, verdict, ask] */
const CASES: [string, Partial<LivenessFacts>, LivenessRules, number, Verdict["is"], boolean][] = [
  ["just heard", {}, ALWAYS, 1_000, "fine", false],
  ["half an interval of silence asks", {}, ALWAYS, 2_500, "fine", true],
  ["once is enough", { askedMs: 2_500 }, ALWAYS, 4_999, "fine", false],
  ["and no answer is silence", { askedMs: 2_500 }, ALWAYS, 5_000, "silent", false],
  ["asked late, answered late", { askedMs: 4_000 }, ALWAYS, 6_499, "fine", false],
  ["never asked is never silent", {}, NEVER, 1e9, "fine", false],
  [
    "but data that is not acknowledged is",
    { unansweredMs: 1e6 },
    NEVER,
    1e6 + 2_500,
    "silent",
    false,
  ],
  ["given time", { unansweredMs: 1e6 }, NEVER, 1e6 + 2_499, "fine", false],
  ["an older connection's data begins anew", { unansweredMs: -1e6 }, NEVER, 4_999, "fine", false],
  ["and counts from there", { unansweredMs: -1e6 }, NEVER, 5_000, "silent", false],
  [
    "the gateway answers, the agent does not",
    { heardMs: 5_000, askedMs: 4_900, unansweredMs: 2_500 },
    ALWAYS,
    5_000,
    "unanswered",
    false,
  ],
  [
    "and the gateway is asked on",
    { heardMs: 5_000, askedMs: 4_900, unansweredMs: 2_500 },
    ALWAYS,
    7_500,
    "unanswered",
    true,
  ],
  [
    "not for ever",
    { heardMs: 29_900, askedMs: 29_800, unansweredMs: 2_500 },
    ALWAYS,
    30_000,
    "agent_lost",
    false,
  ],
  [
    "long downloads are activity now and then",
    { heardMs: 24_990, messageMs: 24_990 },
    ALWAYS,
    25_000,
    "fine",
    true,
  ],
  [
    "not where the idle timeout is obeyed",
    { heardMs: 24_990, messageMs: 24_990 },
    POLICY,
    25_000,
    "fine",
    false,
  ],
];

for (const [what, facts, rules, nowMs, is, ask] of CASES) {
  Deno.test(`judge(): ${what}`, () => {
    const verdict = judge({ ...START, ...facts }, rules, nowMs);
    assert.deepEqual([verdict.is, verdict.ask], [is, ask]);
  });
}

Deno.test("judge() says when to look again: nothing is due before, and it is never in the past", () => {
  for (const [, partial, rules, nowMs] of CASES) {
    const facts = { ...START, ...partial };
    const verdict = judge(facts, rules, nowMs);
    if (verdict.is !== "fine") continue;
    assert.ok(verdict.againMs > nowMs);
    // Asked where it wanted to, nothing heard since: the next look finds what is due then.
    const after = verdict.ask ? { ...facts, askedMs: nowMs, sentMs: nowMs } : facts;
    const before = judge(after, rules, verdict.againMs - 1);
    assert.deepEqual([before.is, before.ask], ["fine", false]);
  }
});
