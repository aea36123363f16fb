import assert from "node:assert/strict";
import fc from "fast-check";
import type { CheckId } from "../../../src/diagnostics/contracts.ts";
import { critical, skipped } from "../../../src/diagnostics/findings.ts";
import type { CheckResult } from "../../../src/diagnostics/results.ts";
import {
  checksOfGroups,
  formatScore,
  SCORE_GROUPS,
  scoreExitCode,
  type ScoreGroup,
  scoreOf,
} from "../../../src/diagnostics/scoring.ts";
import { allBut, plain, result } from "../../support/check_results.ts";

const ALL = checksOfGroups(Object.keys(SCORE_GROUPS) as ScoreGroup[]);
const IAM: Partial<Record<CheckId, CheckResult>> = {
  instance_profile: plain("instance_profile", "unknown"),
  iam_permissions: plain("iam_permissions", "unknown"),
  host_management: plain("host_management", "unknown"),
};
const scored = (changes: Partial<Record<CheckId, CheckResult>>, minimum = 75, ids = ALL) => {
  const results = allBut(changes, ids);
  const score = scoreOf(results, minimum);
  return { ...score, exit: scoreExitCode(score, results), shown: formatScore(score.value) };
};

Deno.test("SC-1 everything ok is 100.0, and passes", () => {
  const { value, upper, result, exit, shown } = scored({});
  assert.deepEqual({ value, upper, result, exit, shown }, {
    value: 100,
    upper: 100,
    result: "pass",
    exit: 0,
    shown: "100.0",
  });
});

Deno.test("SC-2 everything but IAM proven is 75.0 of at most 100, which passes at 75", () => {
  const { value, upper, result, exit } = scored(IAM);
  assert.deepEqual({ value, upper, result, exit }, {
    value: 75,
    upper: 100,
    result: "pass",
    exit: 0,
  });
});

Deno.test("SC-3 a weakness beside the unproven is undetermined, exit 4 where only permission lacks", () => {
  const { shown, upper, result, exit } = scored({
    ...IAM,
    clock_skew: plain("clock_skew", "medium"),
  });
  assert.deepEqual({ shown, upper, result, exit }, {
    shown: "74.4",
    upper: 99.4,
    result: "undetermined",
    exit: 4,
  });
  const mixed = { ...IAM, clock_skew: plain("clock_skew", "unknown", "timeout") };
  assert.equal(scored(mixed).exit, 1);
});

Deno.test("SC-4 a high warning of the endpoints is 94.0", () => {
  const { value, result } = scored({ vpc_endpoints: plain("vpc_endpoints", "high") });
  assert.deepEqual({ value, result }, { value: 94, result: "pass" });
});

Deno.test("SC-5 a blocked path is 75 and capped at 49, exit 3", () => {
  const { value, cap, result, exit } = scored({
    security_groups: plain("security_groups", "critical"),
    ssm_agent: plain("ssm_agent", "critical"),
  });
  assert.deepEqual({ value, cap, result, exit }, { value: 49, cap: 49, result: "fail", exit: 3 });
});

Deno.test("SC-6 only the credentials are scored when only they are included, with the base", () => {
  const ids = checksOfGroups(["credentials"]);
  const { value, shown } = scored({ region_match: plain("region_match", "low") }, 75, ids);
  assert.ok(Math.abs(value - 100 * (45 - 0.4) / 45) < 1e-6, String(value));
  assert.equal(shown, "99.1");
});

Deno.test("SC-6b a score just below the minimum is never shown as the minimum", () => {
  assert.equal(formatScore(74.96), "74.9");
  assert.equal(formatScore(75), "75.0");
  assert.equal(formatScore(74.999999), "74.9");
  assert.equal(formatScore(100), "100.0");
});

Deno.test("SC-8 a disabled check lowers nothing and is listed", () => {
  const off = result("routing", skipped("DISABLED", "disabled", "off"));
  const { value, excluded, weights } = scored({ routing: off });
  assert.equal(value, 100);
  assert.deepEqual(excluded, ["routing"]);
  assert.equal(weights["routing"], undefined);
});

Deno.test("SC-9 turning one check from worse to better never lowers the score", () => {
  const levels = ["critical", "unknown", "high", "medium", "low", "ok"] as const;
  const level = fc.integer({ min: 0, max: levels.length - 1 });
  fc.assert(fc.property(
    fc.array(level, { minLength: ALL.length, maxLength: ALL.length }),
    fc.nat(ALL.length - 1),
    (chosen, at) => {
      const results = (better: number) =>
        ALL.map((id, index) =>
          plain(
            id,
            levels[Math.min(levels.length - 1, chosen[index]! + (index === at ? better : 0))]!,
          )
        );
      const [before, after] = [scoreOf(results(0), 75), scoreOf(results(1), 75)];
      assert.ok(after.value >= before.value, `${before.value} -> ${after.value}`);
    },
  ));
});

Deno.test("the weights make 100, and an instance that is not there scores 0", () => {
  const weights = Object.values(SCORE_GROUPS).flatMap((group) => Object.values(group));
  assert.equal(weights.reduce((sum, weight) => sum + weight, 0), 100);
  const gone = result("instance_state", critical("INSTANCE_NOT_FOUND", "no such instance"));
  assert.equal(scored({ instance_state: gone }).value, 0);
});

Deno.test("CO-5 no profile and no host management count once in the score", () => {
  const both = {
    instance_profile: result("instance_profile", critical("PROFILE_MISSING", "none")),
    host_management: result("host_management", critical("DHMC_OFF", "off")),
  };
  const { weights } = scored(both);
  assert.equal(weights["instance_profile"], 8);
  assert.equal(weights["host_management"], undefined);
});
