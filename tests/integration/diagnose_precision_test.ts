/**
 * What a diagnosis says beside the first cause: nothing of what is healthy, the second cause behind the
 * first, and all of it with one call a fact.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Diagnosis } from "../../src/diagnostics/mod.ts";
import { listScenarios, startSandbox } from "../../src/sandbox/mod.ts";
import { diagnoseLive } from "../support/live_diagnosis.ts";

async function diagnosed(scenario: string): Promise<Diagnosis> {
  await using sandbox = await startSandbox({ scenario, agentPacing: false });
  return await diagnoseLive({
    endpoint: sandbox.endpointUrl,
    region: sandbox.region,
    keys: sandbox.credentials,
    instanceId: sandbox.instances[0]!.instanceId,
  });
}

for (const { name, expected } of listScenarios()) {
  if (expected !== undefined) continue;
  Deno.test(`of scenario ${name} a diagnosis says nothing but ok and what is worth knowing`, async () => {
    const { report, exitCode } = await diagnosed(name);
    const worse = report.checks.flatMap(({ findings }) => findings)
      .filter(({ status }) => status !== "ok" && status !== "skipped");
    assert.deepEqual(worse, []);
    assert.deepEqual(report.root_causes, []);
    assert.equal(report.summary.can_connect, "yes");
    assert.equal(exitCode, 0);
  });
}

for (const { name, expected, also } of listScenarios()) {
  if (also.length === 0) continue;
  Deno.test(`of scenario ${name} a diagnosis names each cause, in the order of its table`, async () => {
    const { report } = await diagnosed(name);
    assert.deepEqual(
      report.root_causes.map(({ finding_ids }) => finding_ids[0]!.split("#")[0]),
      [expected!, ...also].map(({ check, code }) => `${check}.${code}`),
    );
    assert.ok(report.root_causes.every(({ certainty }) => certainty === "proven"));
  });
}

Deno.test("a diagnosis of endpoints and NAT together makes each call once", async () => {
  const { callCounts } = await diagnosed("endpoint-shadows-nat");
  const several = [...callCounts].filter(([, count]) => count > 1);
  // One attribute a call; the instance's subnets and table, then those of what its routes lead to; the
  // actions of the caller on the instance and on the document.
  const allowed = [
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeSubnets",
    "ec2:DescribeRouteTables",
    "iam:SimulatePrincipalPolicy",
  ];
  assert.deepEqual(several.filter(([call]) => !allowed.includes(call)), []);
});
