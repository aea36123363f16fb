import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import {
  AmbiguousInstanceError,
  explainNotConnected,
  type Instance,
  type InstanceLookup,
  type InstanceSelector,
  type InstanceState,
  parseSelector,
  resolveInstance,
  TargetNotConnectedError,
} from "../../../src/aws/mod.ts";

function instance(id: number, state: InstanceState, name = "web"): Instance {
  return {
    instanceId: `i-${id.toString(16).padStart(17, "0")}`,
    name,
    state,
    privateIp: state === "terminated" ? undefined : `10.0.0.${id}`,
    privateDns: undefined,
    platform: "linux",
    instanceType: "t3.micro",
    vpcId: undefined,
    subnetId: undefined,
    tags: {},
  };
}

/** Answers from a list and remembers what it was asked. */
function lookup(
  answers: readonly Instance[] | ((selector: InstanceSelector) => readonly Instance[]),
  state: InstanceState | "unknown" | Error = "unknown",
): InstanceLookup & { asked: InstanceSelector[] } {
  const asked: InstanceSelector[] = [];
  return {
    asked,
    profile: "work",
    region: () => Promise.resolve("eu-west-1"),
    findInstances(selector) {
      asked.push(selector);
      return Promise.resolve([...(typeof answers === "function" ? answers(selector) : answers)]);
    },
    instanceState: () => state instanceof Error ? Promise.reject(state) : Promise.resolve(state),
  };
}

Deno.test("resolveInstance() takes an id at its word, without a call", async () => {
  const aws = lookup([]);
  const resolved = await resolveInstance(aws, parseSelector("i-0123456789abcdef0"));
  assert.deepEqual(resolved, { instanceId: "i-0123456789abcdef0", name: undefined });
  assert.deepEqual(aws.asked, []);
});

Deno.test("resolveInstance() finds the only match", async () => {
  const resolved = await resolveInstance(
    lookup([instance(1, "running")]),
    parseSelector("tag:Role=web"),
  );
  assert.deepEqual(resolved, { instanceId: "i-00000000000000001", name: "web" });
});

Deno.test("resolveInstance() prefers the only one that runs", async () => {
  const matches = [instance(1, "stopped"), instance(2, "running"), instance(3, "shutting-down")];
  const resolved = await resolveInstance(lookup(matches), parseSelector("web"));
  assert.equal(resolved.instanceId, "i-00000000000000002");
});

Deno.test("resolveInstance() looks a dotted text up as a name when no host has it", async () => {
  const aws = lookup(({ by }) => by === "name" ? [instance(1, "running", "db.staging")] : []);
  const resolved = await resolveInstance(aws, parseSelector("db.staging"));
  assert.equal(resolved.name, "db.staging");
  assert.deepEqual(aws.asked.map(({ by }) => by), ["dns", "name"]);
});

Deno.test("no match names selector, region and profile", async () => {
  const found = resolveInstance(lookup([]), parseSelector("web"));
  await assert.rejects(found, {
    kind: "target",
    exitCode: 3,
    message:
      'Cannot find an instance: there is none named "web" (region eu-west-1, profile "work")',
  });
});

Deno.test("several that run are an error of usage that lists every match", async () => {
  const matches = [
    instance(1, "running"),
    { ...instance(2, "running"), name: undefined },
    instance(3, "stopped"),
  ];
  await assert.rejects(resolveInstance(lookup(matches), parseSelector("web")), (error) => {
    assert.ok(error instanceof AmbiguousInstanceError);
    assert.equal(error.kind, "usage");
    assert.equal(error.exitCode, 2);
    assert.deepEqual(error.matches, matches);
    assert.equal(
      error.why,
      "i-00000000000000001 (web, running, 10.0.0.1), " +
        "i-00000000000000002 (no name, running, 10.0.0.2), " +
        "i-00000000000000003 (web, stopped, 10.0.0.3)",
    );
    return true;
  });
});

Deno.test("several of which none runs are ambiguous too", async () => {
  const matches = [instance(1, "stopped"), instance(2, "stopping")];
  await assert.rejects(
    resolveInstance(lookup(matches), parseSelector("web")),
    AmbiguousInstanceError,
  );
});

const NOT_RUNNING: readonly (readonly [InstanceState, RegExp])[] = [
  ["stopped", /aws ec2 start-instances --instance-ids i-00000000000000001$/],
  ["stopping", /aws ec2 start-instances/],
  ["pending", /aws ec2 wait instance-running/],
  ["shutting-down", /choose another/],
];

Deno.test("the only match must run; its state decides the way out", async () => {
  for (const [state, hint] of NOT_RUNNING) {
    await assert.rejects(
      resolveInstance(lookup([instance(1, state)]), parseSelector("web")),
      (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.kind, "target");
        assert.ok(error.message.endsWith(`it is ${state}`), error.message);
        assert.match(error.hint ?? "", hint);
        return true;
      },
    );
  }
});

const target = "i-0123456789abcdef0";
const notConnected = new TargetNotConnectedError(target, "Cannot start a session", {});

Deno.test("explainNotConnected() says that a stopped instance is stopped", async () => {
  const error = await explainNotConnected(lookup([], "stopped"), notConnected);
  assert.equal(error.message, `Cannot connect to ${target}: it is stopped`);
  assert.match(error.hint ?? "", /start-instances --instance-ids i-0123456789abcdef0/);
});

Deno.test("explainNotConnected() says that a terminated instance is gone", async () => {
  const error = await explainNotConnected(lookup([], "terminated"), notConnected);
  assert.equal(error.message, `Cannot connect to ${target}: it is terminated`);
});

Deno.test("explainNotConnected() says where an unknown instance was looked for", async () => {
  const error = await explainNotConnected(lookup([], "unknown"), notConnected);
  assert.equal(error.kind, "target");
  assert.match(error.message, /there is none with id i-0123456789abcdef0 \(region eu-west-1/);
});

Deno.test("explainNotConnected() keeps the error when the instance runs", async () => {
  assert.equal(await explainNotConnected(lookup([], "running"), notConnected), notConnected);
});

Deno.test("explainNotConnected() keeps the error when EC2 may not be asked", async () => {
  const denied = new AppError("auth", "Cannot look up instances: not allowed");
  assert.equal(await explainNotConnected(lookup([], denied), notConnected), notConnected);
});

Deno.test("explainNotConnected() asks nothing about managed nodes", async () => {
  const managed = new TargetNotConnectedError("mi-0123456789abcdef0", "Cannot start a session", {});
  assert.equal(await explainNotConnected(lookup([], "stopped"), managed), managed);
});
