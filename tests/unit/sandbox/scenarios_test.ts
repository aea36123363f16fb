import assert from "node:assert/strict";
import { listScenarios, SCENARIOS, seedCloud } from "../../../src/sandbox/scenarios/catalogue.ts";

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Checks whose trouble keeps an agent from its channel when it is critical. */
const DECISIVE = [
  "instance_state",
  "ssm_agent",
  "instance_profile",
  "host_management",
  "vpc_endpoints",
  "security_groups",
  "network_acls",
  "routing",
];

function isDecisive(check: string, code: string): boolean {
  return DECISIVE.includes(check) || (check === "iam_permissions" && code.startsWith("role."));
}

for (const scenario of SCENARIOS) {
  Deno.test(`the agents of scenario ${scenario.name} are as connected as it says`, () => {
    const { expected } = scenario;
    const cloud = seedCloud({ region: "us-east-1", scenario: scenario.name, nowMs: NOW_MS });
    const isSeenElsewhere = expected?.code === "INSTANCE_NOT_FOUND" ||
      expected?.code === "INSTANCE_NOT_VISIBLE";
    const isBroken = expected !== undefined && !isSeenElsewhere &&
      expected.status !== "warning" && isDecisive(expected.check, expected.code);
    assert.ok(cloud.instances.length > 0);
    for (const instance of cloud.instances) {
      const { pings, hasChannel, because } = cloud.agentState(instance);
      assert.equal(hasChannel, !isBroken, because);
      assert.equal(because === "", pings && hasChannel);
    }
  });
}

Deno.test("together the scenarios are what they are alone: none disturbs another", () => {
  const together = seedCloud({ region: "us-east-1", nowMs: NOW_MS });
  for (const { name, isAlone } of SCENARIOS) {
    const alone = seedCloud({ region: "us-east-1", scenario: name, nowMs: NOW_MS });
    for (const instance of alone.instances) {
      const same = together.instances.find((each) => each.instanceId === instance.instanceId);
      assert.equal(same === undefined, isAlone === true, name);
      if (same === undefined) continue;
      assert.deepEqual(
        { ...together.agentState(same), because: "" },
        { ...alone.agentState(instance), because: "" },
        name,
      );
    }
  }
});

Deno.test("scenarios have names of their own, one line each, and what to expect of them", () => {
  const listed = listScenarios();
  assert.equal(new Set(listed.map(({ name }) => name)).size, listed.length);
  for (const { name, about, instances } of listed) {
    assert.match(name, /^[a-z0-9-]+$/);
    assert.ok(about.length > 0 && about.length < 100 && !about.includes("\n"), name);
    assert.ok(instances.length > 0, name);
  }
});

Deno.test("ids of resources are apart, whatever is seeded together", () => {
  const cloud = seedCloud({ region: "us-east-1", nowMs: NOW_MS });
  const region = cloud.region("us-east-1");
  const { instances, vpcs, interfaces, subnets } = region;
  const rules = [...region.securityGroups.values()].flatMap((group) => group.rules);
  assert.equal(new Set(rules.map(({ ruleId }) => ruleId)).size, rules.length);
  for (const { vpcId, subnetId, state } of instances.values()) {
    if (state === "terminated") continue;
    assert.ok(vpcs.has(vpcId) && subnets.has(subnetId));
  }
  const addresses = [...interfaces.values()].map(({ vpcId, privateIp, networkInterfaceId }) =>
    `${vpcId} ${privateIp || networkInterfaceId}`
  );
  assert.equal(new Set(addresses).size, addresses.length);
});

Deno.test("an instance of another Region is not in this one", () => {
  const cloud = seedCloud({ region: "us-east-1", scenario: "other-region", nowMs: NOW_MS });
  assert.equal(cloud.region("us-east-1").instances.size, 0);
  assert.equal(cloud.region("eu-central-1").instances.size, 1);
});
