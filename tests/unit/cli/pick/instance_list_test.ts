import assert from "node:assert/strict";
import type { ListedInstance } from "../../../../src/aws/mod.ts";
import { InstanceList } from "../../../../src/cli/pick/instance_list.ts";
import { fakeInstance } from "../../../support/fake_tunnels.ts";

function listed(partial: Partial<ListedInstance> = {}): ListedInstance {
  return {
    instanceId: "i-1",
    name: "web",
    state: "running",
    ping: "online",
    platform: "linux",
    privateIp: "10.0.0.5",
    privateDns: undefined,
    ...partial,
  };
}

const pings = (list: InstanceList) =>
  Object.fromEntries(list.instances.map(({ instanceId, ping }) => [instanceId, ping]));

Deno.test("what is remembered stays until EC2 has named all", () => {
  const list = new InstanceList([listed(), listed({ instanceId: "i-gone" })]);
  list.addInstances([fakeInstance({ instanceId: "i-1", name: "renamed" })]);
  list.addInstances([fakeInstance({ instanceId: "i-new" })]);
  assert.deepEqual(list.instances.map(({ instanceId }) => instanceId), ["i-1", "i-gone", "i-new"]);
  assert.equal(list.instances[0]!.name, "renamed");
  list.endInstances();
  assert.deepEqual(list.instances.map(({ instanceId }) => instanceId), ["i-1", "i-new"]);
});

Deno.test("an instance that has not changed is the same object", () => {
  const list = new InstanceList([listed()]);
  const [before] = list.instances;
  list.addInstances([fakeInstance({ instanceId: "i-1" })]);
  list.addReports([{ instanceId: "i-1", ping: "online" }]);
  list.endReports("all");
  assert.equal(list.instances[0], before);
});

Deno.test("agents: as remembered, then as reported, in whatever order answers come", () => {
  const remembered = [listed(), listed({ instanceId: "i-2", ping: "connection-lost" })];
  const instances = [
    fakeInstance({ instanceId: "i-1" }),
    fakeInstance({ instanceId: "i-2" }),
    fakeInstance({ instanceId: "i-3" }),
    fakeInstance({ instanceId: "i-4", state: "stopped" }),
  ];
  const reports = [{ instanceId: "i-1", ping: "inactive" as const }, {
    instanceId: "mi-elsewhere",
    ping: "online" as const,
  }];
  const steps = [
    (list: InstanceList) => list.addInstances(instances),
    (list: InstanceList) => (list.addReports(reports), list.endReports("all")),
  ];
  for (const order of [steps, steps.toReversed()]) {
    const list = new InstanceList(remembered);
    for (const step of order) step(list);
    list.endInstances();
    assert.deepEqual(pings(list), {
      "i-1": "inactive",
      "i-2": "none",
      "i-3": "none",
      "i-4": "unknown",
    });
  }
});

Deno.test("agents: refused means that nobody knows, stopped that it is as before", () => {
  for (const [outcome, expected] of [["refused", "unknown"], ["stopped", "online"]] as const) {
    const list = new InstanceList([listed()]);
    list.endReports(outcome);
    list.addInstances([fakeInstance({ instanceId: "i-1" })]);
    assert.deepEqual(pings(list), { "i-1": expected });
  }
});
