import assert from "node:assert/strict";
import { instanceState } from "../../../src/diagnostics/checks/instance_state.ts";
import { isManagedNodeId, parseSelector } from "../../../src/aws/selector.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Ec2Instance, InstanceStatus } from "../../../src/diagnostics/facts/instance.ts";
import { HEALTHY, INSTANCE_ID, NOW_MS, runCheck } from "../../support/facts.ts";
import { coverage, findingOf, short } from "./_outcome.ts";

const instance = (changes: Partial<Ec2Instance>) => known({ ...HEALTHY.instance, ...changes });

function status(changes: Partial<InstanceStatus>) {
  return known({ ...HEALTHY.instanceStatus, ...changes });
}

const IMPAIRED = { status: "impaired", impairedSinceMs: NOW_MS - 600_000 };

Deno.test("IS-1 a running instance is ok, with its type and zone", () => {
  const outcome = runCheck(instanceState);
  assert.deepEqual(short(outcome), ["ok INSTANCE_RUNNING"]);
  assert.equal(
    outcome.findings[0]?.message,
    `${INSTANCE_ID} is running (t3.micro, us-east-1a), status checks passed`,
  );
  assert.equal(coverage(outcome), 1);
});

Deno.test("IS-2 a stopped instance is critical, and can be started", () => {
  const outcome = runCheck(instanceState, {
    instance: instance({
      state: "stopped",
      stateTransitionReason: "User initiated (2026-01-01 10:00:00 GMT)",
    }),
  });
  assert.deepEqual(short(outcome), ["critical INSTANCE_STOPPED"]);
  const [finding] = outcome.findings;
  assert.match(finding!.message, /is stopped \(User initiated \(2026-01-01/);
  assert.deepEqual(finding!.fixIds, ["start_instance"]);
  assert.ok(finding!.remediation.some((line) => line.startsWith("ec2-connect fix -i i-0123")));
});

Deno.test("IS-3 an unknown id is critical; the Region that holds it is named when looked for", () => {
  const none = runCheck(instanceState, { instance: known(undefined) });
  assert.deepEqual(short(none), ["critical INSTANCE_NOT_FOUND"]);
  assert.equal(
    none.findings[0]?.message,
    `${INSTANCE_ID} not found in us-east-1, account 123456789012`,
  );
  assert.ok(none.findings[0]?.remediation.some((line) => line.includes("--search-regions")));
  const elsewhere = runCheck(
    instanceState,
    { instance: known(undefined), otherRegions: known(["eu-west-1"]) },
    { searchRegions: true },
  );
  assert.deepEqual(short(elsewhere), ["critical INSTANCE_NOT_FOUND"]);
  assert.match(elsewhere.findings[0]!.message, /it is in eu-west-1/);
  assert.deepEqual(elsewhere.findings[0]?.remediation, ["Choose the Region: --region eu-west-1"]);
});

Deno.test("IS-4 a terminated instance is critical, and no fix is offered", () => {
  for (const state of ["shutting-down", "terminated"] as const) {
    const outcome = runCheck(instanceState, { instance: instance({ state }) });
    assert.deepEqual(short(outcome), ["critical INSTANCE_TERMINATED"]);
    assert.deepEqual(outcome.findings[0]?.fixIds, []);
  }
});

Deno.test("IS-5 an impaired system is critical before correlation", () => {
  const outcome = runCheck(instanceState, { instanceStatus: status({ system: IMPAIRED }) });
  assert.deepEqual(short(outcome), ["critical SYSTEM_STATUS_IMPAIRED"]);
  assert.match(outcome.findings[0]!.message, /since 2026-01-02 02:54:05Z/);
});

Deno.test("IS-6 without permission for status checks a running instance is ok, and less covered", () => {
  const outcome = runCheck(instanceState, {
    instanceStatus: denied("ec2:DescribeInstanceStatus"),
  });
  assert.deepEqual(short(outcome), [
    "ok INSTANCE_RUNNING",
    "+ unknown STATUS_NOT_VISIBLE (access_denied)",
  ]);
  assert.equal(coverage(outcome), 0.5);
  assert.deepEqual(findingOf(outcome, "STATUS_NOT_VISIBLE").needs, ["ec2:DescribeInstanceStatus"]);
  assert.doesNotMatch(outcome.findings[0]!.message, /passed/);
});

Deno.test("IS-7 an instance that could not be read for throttling is unknown", () => {
  const outcome = runCheck(instanceState, {
    instance: failed("throttled", "ec2:DescribeInstances", "Request limit exceeded."),
  });
  assert.deepEqual(short(outcome), ["unknown INSTANCE_NOT_VISIBLE (throttled)"]);
});

Deno.test("an instance that may not be seen is unknown, with the permission", () => {
  const outcome = runCheck(instanceState, { instance: denied("ec2:DescribeInstances") });
  assert.deepEqual(short(outcome), ["unknown INSTANCE_NOT_VISIBLE (access_denied)"]);
  assert.deepEqual(outcome.findings[0]?.needs, ["ec2:DescribeInstances"]);
});

Deno.test("states on the way", () => {
  const cases = [
    ["pending", "warning/medium INSTANCE_PENDING", ["wait_running"]],
    ["stopping", "critical INSTANCE_STOPPING", []],
  ] as const;
  for (const [state, expected, fixIds] of cases) {
    const outcome = runCheck(instanceState, { instance: instance({ state }) });
    assert.deepEqual(short(outcome), [expected]);
    assert.deepEqual(outcome.findings[0]?.fixIds, fixIds);
  }
});

Deno.test("status checks: each that is bad is told", () => {
  const initializing = { status: "initializing", impairedSinceMs: undefined };
  const cases: [Partial<InstanceStatus>, string[]][] = [
    [{ instance: IMPAIRED }, ["critical INSTANCE_STATUS_IMPAIRED"]],
    [{ ebs: IMPAIRED }, ["warning/high EBS_STATUS_IMPAIRED"]],
    [{ ebs: undefined }, ["ok INSTANCE_RUNNING"]],
    [{ system: initializing }, ["warning/medium INSTANCE_INITIALIZING"]],
    [
      { instance: { status: "insufficient-data", impairedSinceMs: undefined } },
      ["warning/medium INSTANCE_INITIALIZING"],
    ],
    [
      { system: { status: "not-applicable", impairedSinceMs: undefined } },
      ["ok INSTANCE_RUNNING"],
    ],
    [
      { system: IMPAIRED, instance: IMPAIRED },
      ["critical SYSTEM_STATUS_IMPAIRED", "critical INSTANCE_STATUS_IMPAIRED"],
    ],
  ];
  for (const [changes, expected] of cases) {
    const outcome = runCheck(instanceState, { instanceStatus: status(changes) });
    assert.deepEqual(short(outcome), expected);
  }
});

Deno.test("a hybrid node is skipped", () => {
  const outcome = runCheck(
    instanceState,
    { instance: failed("not_applicable", "ec2:DescribeInstances", "hybrid") },
    { instanceId: "mi-0123456789abcdef0", isHybrid: true },
  );
  assert.deepEqual(short(outcome), ["skipped INSTANCE_HYBRID (not_applicable)"]);
});

Deno.test("IS-8 ids: 8 or 17 hexadecimal digits, hybrid ones told apart, others refused", () => {
  for (const text of ["i-12345678", "i-0123456789abcdef0", "mi-0123456789abcdef0"]) {
    assert.deepEqual(parseSelector(text), { by: "id", instanceId: text });
  }
  assert.equal(isManagedNodeId("mi-0123456789abcdef0"), true);
  assert.equal(isManagedNodeId("i-0123456789abcdef0"), false);
  for (const text of ["i-XYZ", "i-123"]) {
    assert.throws(() => parseSelector(text), { kind: "usage", exitCode: 2 });
  }
});
