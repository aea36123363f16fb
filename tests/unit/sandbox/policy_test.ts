import assert from "node:assert/strict";
import { accessOf, endpointAllows, trusts } from "../../../src/sandbox/cloud/access.ts";
import { IamStore, trustOf } from "../../../src/sandbox/cloud/iam_store.ts";
import { allowing, policyText } from "../../../src/sandbox/cloud/managed_policies.ts";
import { evaluate, type PolicyContext } from "../../../src/sandbox/cloud/policy.ts";

const INSTANCE = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0";

function decide(
  statements: Record<string, unknown>[],
  request: { action?: string; resource?: string; context?: PolicyContext } = {},
) {
  return evaluate([{ name: "p", document: policyText(...statements) }], {
    action: "ssm:StartSession",
    resource: INSTANCE,
    context: {},
    ...request,
  });
}

const allow = (fields: Record<string, unknown> = {}) => ({
  Effect: "Allow",
  Action: "ssm:StartSession",
  Resource: "*",
  ...fields,
});

for (
  const [what, statement, isMatch] of [
    ["an action by name", allow(), true],
    ["actions have no case", allow({ Action: "SSM:startsession" }), true],
    ["wildcards in actions", allow({ Action: ["s3:*", "ssm:Start*"] }), true],
    ["a question mark is one character", allow({ Action: "ssm:StartSessio?" }), true],
    ["another action", allow({ Action: "ssm:ResumeSession" }), false],
    ["a dot is a dot", allow({ Action: "ssm.StartSession" }), false],
    ["everything", allow({ Action: "*" }), true],
    ["all but others", allow({ Action: undefined, NotAction: "s3:*" }), true],
    ["all but this", allow({ Action: undefined, NotAction: "ssm:*" }), false],
    ["a resource by ARN", allow({ Resource: INSTANCE }), true],
    ["resources by wildcard", allow({ Resource: "arn:aws:ec2:*:*:instance/*" }), true],
    ["resources have case", allow({ Resource: INSTANCE.toUpperCase() }), false],
    ["another resource", allow({ Resource: "arn:aws:ssm:*:*:document/*" }), false],
    ["all resources but this", allow({ Resource: undefined, NotResource: INSTANCE }), false],
    ["all resources but others", allow({ Resource: undefined, NotResource: "x" }), true],
  ] as [string, Record<string, unknown>, boolean][]
) {
  Deno.test(`policy: ${what}`, () => {
    assert.equal(decide([statement]).decision, isMatch ? "allowed" : "implicitDeny");
    // What lets pass as an allow refuses as a deny.
    const { decision } = decide([allow(), { ...statement, Effect: "Deny" }]);
    assert.equal(decision, isMatch ? "explicitDeny" : "allowed");
  });
}

for (
  const [what, condition, context, isMatch] of [
    ["equal text", { StringEquals: { "aws:a": "x" } }, { "aws:a": ["x"] }, true],
    ["any of several", { StringEquals: { "aws:a": ["y", "x"] } }, { "aws:a": ["x"] }, true],
    ["keys have no case", { StringEquals: { "AWS:A": "x" } }, { "aws:a": ["x"] }, true],
    ["values have", { StringEquals: { "aws:a": "X" } }, { "aws:a": ["x"] }, false],
    ["or not", { StringEqualsIgnoreCase: { "aws:a": "X" } }, { "aws:a": ["x"] }, true],
    ["not equal", { StringNotEquals: { "aws:a": "x" } }, { "aws:a": ["x"] }, false],
    ["wildcards", { StringLike: { "aws:a": "x-*" } }, { "aws:a": ["x-1"] }, true],
    ["ARNs", { ArnLike: { "aws:a": "arn:*:role/r*" } }, { "aws:a": ["arn:b:role/rr"] }, true],
    ["true", { Bool: { "aws:a": true } }, { "aws:a": ["true"] }, true],
    ["false", { Bool: { "aws:a": "true" } }, { "aws:a": ["false"] }, false],
    ["optional and absent", { BoolIfExists: { "aws:a": "true" } }, {}, true],
    ["optional and wrong", { BoolIfExists: { "aws:a": "true" } }, { "aws:a": ["false"] }, false],
    ["absent", { StringEquals: { "aws:a": "x" } }, {}, false],
    ["absent and negated", { StringNotEquals: { "aws:a": "x" } }, {}, true],
    ["wanted absent", { Null: { "aws:a": "true" } }, {}, true],
    ["wanted present", { Null: { "aws:a": "false" } }, {}, false],
    [
      "any of a list",
      { "ForAnyValue:StringEquals": { "aws:a": "x" } },
      { "aws:a": ["x", "y"] },
      true,
    ],
    [
      "all of a list",
      { "ForAllValues:StringEquals": { "aws:a": "x" } },
      { "aws:a": ["x", "y"] },
      false,
    ],
    ["an operator that is not known", { NumericLessThan: { "aws:a": "1" } }, {
      "aws:a": ["0"],
    }, false],
    [
      "all conditions at once",
      { StringEquals: { "aws:a": "x", "aws:b": "y" } },
      { "aws:a": ["x"], "aws:b": ["z"] },
      false,
    ],
  ] as [string, Record<string, unknown>, PolicyContext, boolean][]
) {
  Deno.test(`policy condition: ${what}`, () => {
    const { decision } = decide([allow({ Condition: condition })], { context });
    assert.equal(decision, isMatch ? "allowed" : "implicitDeny");
  });
}

Deno.test("policy: every context key that is missing is named", () => {
  const condition = { StringEquals: { "ssm:resourceTag/Env": "dev", "aws:other": "x" } };
  const { missingContext } = decide([allow({ Condition: condition })]);
  assert.deepEqual(missingContext, ["ssm:resourceTag/Env", "aws:other"]);
});

Deno.test("policy: variables are filled from the context, and match nothing without it", () => {
  const statement = allow({ Resource: "arn:aws:ssm:*:*:session/${aws:username}-*" });
  const resource = "arn:aws:ssm:us-east-1:123456789012:session/alice-0abc";
  const asAlice = { resource, context: { "aws:username": ["alice"] } };
  assert.equal(decide([statement], asAlice).decision, "allowed");
  const asBob = { resource, context: { "aws:username": ["bob"] } };
  assert.equal(decide([statement], asBob).decision, "implicitDeny");
  assert.equal(decide([statement], { resource }).decision, "implicitDeny");
});

Deno.test("policy: text that is no policy says nothing", () => {
  for (const document of ["", "{}", "null", "[1]", '{"Statement": []}']) {
    const request = { action: "a:b", resource: "*", context: {} };
    assert.equal(evaluate([{ name: "p", document }], request).decision, "implicitDeny");
  }
});

Deno.test("a boundary takes away, and gives nothing", () => {
  const iam = new IamStore(0);
  const role = iam.addRole("r", { attached: ["AmazonSSMManagedInstanceCore"] });
  const ask = (action: string) => accessOf(iam, role, { action, resource: "*", context: {} });
  assert.equal(ask("ssm:PutInventory").decision, "allowed");
  assert.equal(ask("ssm:PutInventory").boundaryAllows, undefined);
  role.boundary = iam.addPolicy("limit", allowing(["ssm:*", "s3:*"])).arn;
  assert.equal(ask("ssm:PutInventory").decision, "allowed");
  const channel = ask("ssmmessages:OpenDataChannel");
  assert.deepEqual([channel.decision, channel.boundaryAllows], ["implicitDeny", false]);
  const bucket = ask("s3:GetObject");
  assert.deepEqual([bucket.decision, bucket.boundaryAllows], ["implicitDeny", true]);
});

Deno.test("who may assume a role, and whom an endpoint lets through", () => {
  const iam = new IamStore(0);
  const role = iam.addRole("r", { trust: trustOf("ec2.amazonaws.com") });
  assert.ok(trusts(role, "ec2.amazonaws.com"));
  assert.ok(!trusts(role, "ssm.amazonaws.com"));
  const policy = (Principal: unknown, Effect = "Allow") =>
    JSON.stringify({ Statement: [{ Effect, Principal, Action: "ssm:*", Resource: "*" }] });
  assert.ok(endpointAllows(policy("*"), role, "ssm:UpdateInstanceInformation"));
  assert.ok(endpointAllows(policy({ AWS: ["*"] }), role, "ssm:UpdateInstanceInformation"));
  assert.ok(endpointAllows(policy({ AWS: role.arn }), role, "ssm:UpdateInstanceInformation"));
  assert.ok(!endpointAllows(policy({ AWS: "arn:aws:iam::1:role/x" }), role, "ssm:Get"));
  assert.ok(!endpointAllows(policy("*"), role, "ssmmessages:OpenDataChannel"));
  assert.ok(!endpointAllows(policy("*", "Deny"), role, "ssm:UpdateInstanceInformation"));
});
