import assert from "node:assert/strict";
import { defineCheck, findingId } from "../../../src/diagnostics/contracts.ts";
import { denied, failed, firstUnknown, known } from "../../../src/diagnostics/facts/fact.ts";
import { critical, ok, rankOf, unknownBecause } from "../../../src/diagnostics/findings.ts";
import { healthyFacts, readerOf, runCheck } from "../../support/facts.ts";

Deno.test("findingId() is check, code and first resource", () => {
  const resources = [{ type: "security-group", id: "sg-1" }, { type: "vpc", id: "vpc-1" }];
  const blocked = critical("SG_EGRESS_BLOCKED", "closed", { resources });
  assert.equal(findingId("security_groups", blocked), "security_groups.SG_EGRESS_BLOCKED#sg-1");
  assert.equal(findingId("clock_skew", ok("CLOCK_OK", "fine")), "clock_skew.CLOCK_OK");
});

Deno.test("unknownBecause() names the missing permission, and the reason of another failure", () => {
  const refused = unknownBecause(
    "SG_NOT_VISIBLE",
    denied("ec2:DescribeSecurityGroups"),
    "no groups",
  );
  assert.equal(refused.status, "unknown");
  assert.equal(refused.reason, "access_denied");
  assert.deepEqual(refused.needs, ["ec2:DescribeSecurityGroups"]);
  assert.match(refused.remediation[0]!, /^Allow ec2:DescribeSecurityGroups /);

  const late = failed("timeout", "ec2:DescribeSecurityGroups", "no answer in 10 s");
  const unanswered = unknownBecause("SG_NOT_VISIBLE", late, "no groups");
  assert.equal(unanswered.reason, "timeout");
  assert.deepEqual(unanswered.needs, []);
  assert.equal(unanswered.message, "no groups: ec2:DescribeSecurityGroups: no answer in 10 s");
});

Deno.test("rankOf() orders as the aggregation does: critical, unknown, warning, ok, skipped", () => {
  const statuses = ["ok", "critical", "skipped", "warning", "unknown"] as const;
  assert.deepEqual(statuses.toSorted((a, b) => rankOf(b) - rankOf(a)), [
    "critical",
    "unknown",
    "warning",
    "ok",
    "skipped",
  ]);
});

Deno.test("firstUnknown() gives the first fact that is not known", () => {
  const refused = denied("ec2:DescribeVpcs");
  assert.equal(firstUnknown(known([]), refused, failed("timeout", "x", "y")), refused);
  assert.equal(firstUnknown(known(undefined)), undefined);
});

Deno.test("a check's reader refuses facts that it did not declare", () => {
  const reader = readerOf(healthyFacts(), ["instance"]);
  assert.equal(reader.get("instance").state, "known");
  assert.throws(() => reader.get("node"), /"node" is not among/);
  const check = defineCheck({
    id: "instance_state",
    title: "Instance state",
    category: "instance",
    isSeedItem: true,
    primaryQuestion: "is it running",
    facts: ["instance"],
    requires: { aws: true, instance: "none", ec2: true },
    actions: ["ec2:DescribeInstances"],
    run: (facts) => {
      const instance = facts.get("instance");
      return { planned: 1, findings: [ok("SEEN", `state ${instance.state}`)] };
    },
  });
  assert.equal(runCheck(check).findings[0]?.message, "state known");
});
