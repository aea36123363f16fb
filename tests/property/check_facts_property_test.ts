import assert from "node:assert/strict";
import fc from "fast-check";
import { CHECKS } from "../../src/diagnostics/checks/registry.ts";
import {
  denied,
  type Fact,
  failed,
  type FailureReason,
  known,
} from "../../src/diagnostics/facts/fact.ts";
import type { FactId, Facts } from "../../src/diagnostics/facts/facts.ts";
import { CHECK_IDS, type CheckOutcome } from "../../src/diagnostics/contracts.ts";
import { rankOf, severityRank } from "../../src/diagnostics/findings.ts";
import type { CheckParameters } from "../../src/diagnostics/parameters.ts";
import { HEALTHY, healthyFacts, healthyParameters, readerOf } from "../support/facts.ts";

const FACT_IDS = Object.keys(healthyFacts()) as FactId[];

const ODD_TEXTS = [
  "",
  "?",
  "0.0.0.0/0",
  "::/0",
  "10.0.1.0/33",
  "999.1.1.1",
  "-1",
  "tcp",
  "6",
  "available",
  "deleted",
  "blackhole",
  "igw-1",
  "nat-1",
  "com.amazonaws.us-east-1.ssm",
  "{",
  '{"Statement":[]}',
  "__proto__",
  "valueOf",
];
const ODD_NUMBERS = [0, -1, 1, 443, 1023, 1024, 65535, 65536, 32767, 1e15, 1.5];

/** Words and flags that decide which other fields there are: another one would be no valid fact. */
const CLOSED = new Set([
  ...["found", "reached", "exists", "supported", "simulatable", "method", "bind", "provider"],
  ...["platform", "source", "optIn", "httpEndpoint", "httpTokens", "connectivity", "direction"],
  ...["action", "decision", "effect", "service", "platformType"],
]);

const INSTANCE_STATES = [
  "pending",
  "running",
  "shutting-down",
  "terminated",
  "stopping",
  "stopped",
] as const;

/** The value with some of its leaves and lists changed into odd ones of the same type. */
function shaken(value: unknown, key = ""): fc.Arbitrary<unknown> {
  if (CLOSED.has(key)) return fc.constant(value);
  const same = { weight: 6, arbitrary: fc.constant(value) };
  if (Array.isArray(value)) {
    const items = fc.tuple(...value.map((item) => shaken(item))).chain((items) =>
      fc.subarray([...items])
    );
    const twice = items.map((list) => [...list, ...list]);
    return fc.oneof({ weight: 6, arbitrary: items }, { weight: 1, arbitrary: twice });
  }
  switch (typeof value) {
    case "string":
      if (key === "state" && value === "running") return fc.constantFrom(...INSTANCE_STATES);
      return fc.oneof(
        same,
        { weight: 1, arbitrary: fc.constantFrom(...ODD_TEXTS) },
        { weight: 1, arbitrary: fc.string() },
      );
    case "number":
      return fc.oneof(same, { weight: 1, arbitrary: fc.constantFrom(...ODD_NUMBERS) });
    case "boolean":
      return fc.oneof(same, { weight: 2, arbitrary: fc.boolean() });
    case "object":
      if (value === null) return fc.constant(null);
      return fc.tuple(...Object.entries(value).map(([key, item]) => shaken(item, key)))
        .map((values) =>
          Object.fromEntries(Object.keys(value).map((key, index) => [key, values[index]]))
        );
    default:
      return fc.constant(value);
  }
}

const REASONS: readonly FailureReason[] = [
  "auth_failed",
  "clock_skew",
  "region_disabled",
  "throttled",
  "not_found",
  "timeout",
  "network",
  "service_error",
  "not_supported",
  "aborted",
  "not_applicable",
];

const unread: fc.Arbitrary<Fact<never>> = fc.oneof(
  fc.constant(denied("ec2:Describe")),
  fc.constantFrom(...REASONS).map((reason) => failed(reason, "ec2:Describe", "did not work")),
);

/** Facts that no permission shows: they are of this computer, or need none. */
const LOCAL: readonly FactId[] = [
  "identity",
  "clock",
  "localCredentials",
  "regionChoice",
  "localSessions",
  "localPort",
  "localTools",
  "clientProbes",
];
const DENIABLE = FACT_IDS.filter((id) => !LOCAL.includes(id));

const anyFacts: fc.Arbitrary<Facts> = fc.record(
  Object.fromEntries(FACT_IDS.map((id) => {
    const healthy = (HEALTHY as Partial<Record<FactId, unknown>>)[id];
    const read = healthy === undefined ? unread : shaken(healthy).map(known);
    return [id, fc.oneof({ weight: 8, arbitrary: read }, { weight: 1, arbitrary: unread })];
  })),
) as unknown as fc.Arbitrary<Facts>;

const anyParameters: fc.Arbitrary<CheckParameters> = fc.record({
  connection: fc.constantFrom(
    "port" as const,
    "remote_host" as const,
    "ssh" as const,
    "shell" as const,
  ),
  isHybrid: fc.boolean(),
  remoteHost: fc.option(fc.constantFrom("10.0.0.2", "db.internal", "::1", ""), { nil: undefined }),
  searchRegions: fc.boolean(),
  region: fc.constantFrom("us-east-1", "cn-north-1", "moon"),
}).map((changes) => healthyParameters(changes));

function everyOutcome(facts: Facts, parameters: CheckParameters): [string, CheckOutcome][] {
  return CHECKS.map((check) => [check.id, check.run(readerOf(facts, check.facts), parameters)]);
}

Deno.test("the registry holds every check, in the order of the catalogue", () => {
  assert.deepEqual(CHECKS.map(({ id }) => id), [...CHECK_IDS]);
});

Deno.test("XX-7 no facts, however odd, make a check throw or say something that is none", () => {
  fc.assert(
    fc.property(anyFacts, anyParameters, (facts, parameters) => {
      for (const [id, { findings, planned }] of everyOutcome(facts, parameters)) {
        assert.ok(findings.some(({ primary }) => primary), `${id}: no answer`);
        assert.ok(planned >= 1, id);
        for (const finding of findings) {
          const { status, severity, message, reason, code } = finding;
          assert.notEqual(message, "", `${id} ${code}`);
          assert.equal(status === "critical", severity === "critical", `${id} ${code}`);
          assert.equal(reason !== undefined, status === "unknown" || status === "skipped", code);
          assert.ok(finding.remediation.length <= 5, `${id} ${code}`);
          assert.ok(rankOf(status) >= 0 && severityRank(severity) >= 0);
          // Goes into a report as JSON, and comes back as it was.
          assert.deepEqual(JSON.parse(JSON.stringify(finding.evidence)), finding.evidence);
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("what is denied makes nothing critical", () => {
  fc.assert(
    fc.property(fc.subarray(DENIABLE, { minLength: 1 }), (hidden) => {
      const refusals = Object.fromEntries(hidden.map((id) => [id, denied("ec2:Describe")]));
      for (const [id, { findings }] of everyOutcome(healthyFacts(refusals), healthyParameters())) {
        const critical = findings.filter(({ status }) => status === "critical");
        assert.deepEqual(critical.map(({ code }) => code), [], `${id} without ${hidden}`);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("whatever is wrong, hiding facts makes no network check critical that was not", () => {
  const network = CHECKS.filter(({ category }) => category === "network");
  fc.assert(
    fc.property(anyFacts, fc.subarray(DENIABLE, { minLength: 1 }), (facts, hidden) => {
      const refusals = Object.fromEntries(hidden.map((id) => [id, denied("ec2:Describe")]));
      const isCritical = (check: typeof network[number], seen: Facts) =>
        check.run(readerOf(seen), healthyParameters()).findings
          .some(({ status }) => status === "critical");
      for (const check of network) {
        if (isCritical(check, facts)) continue;
        assert.ok(!isCritical(check, { ...facts, ...refusals }), `${check.id} without ${hidden}`);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("XX-1 everything of AWS denied: no check that asks AWS answers with ok", () => {
  const refusals = Object.fromEntries(DENIABLE.map((id) => [id, denied("service:Action")]));
  // Who one is needs no permission, and our own count of sessions answers without AWS's.
  const answers = ["credentials", "session_limits"];
  const asks = CHECKS.filter(({ requires, id }) => requires.aws && !answers.includes(id));
  for (const check of asks) {
    const { findings } = check.run(readerOf(healthyFacts(refusals)), healthyParameters());
    const primary = findings.filter((finding) => finding.primary);
    assert.ok(primary.every(({ status }) => status !== "ok"), check.id);
    for (const { needs } of primary.filter(({ status }) => status === "unknown")) {
      assert.ok(needs.length > 0, check.id);
    }
  }
});
