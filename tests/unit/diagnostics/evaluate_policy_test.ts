import assert from "node:assert/strict";
import {
  evaluatePolicies,
  matchesPattern,
  type PolicyVerdict,
} from "../../../src/diagnostics/iam/evaluate_policy.ts";
import { parsePolicyDocument } from "../../../src/diagnostics/iam/policy_document.ts";

const CHANNEL = { action: "ssmmessages:CreateDataChannel", resource: "*" };

function policy(name: string, ...statements: Record<string, unknown>[]) {
  const document = { Version: "2012-10-17", Statement: statements };
  return { name, isInline: true, document: parsePolicyDocument(JSON.stringify(document))! };
}

const allow = (Action: unknown, more: Record<string, unknown> = {}) => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...more,
});
const deny = (Action: unknown, more: Record<string, unknown> = {}) => ({
  ...allow(Action, more),
  Effect: "Deny",
});

function decide(
  identity: ReturnType<typeof policy>[],
  request = CHANNEL,
  boundary?: ReturnType<typeof policy>,
): PolicyVerdict {
  return evaluatePolicies({ identity, boundary }, request);
}

Deno.test("IP-10 the evaluator: wildcards, NotAction, case, resource lists, conditions", () => {
  const cases: [string, Record<string, unknown>[], PolicyVerdict["decision"], typeof CHANNEL?][] = [
    ["a wildcard over services", [allow("ssm*:*")], "allowed"],
    ["a question mark", [allow("ssmmessages:CreateDataChanne?")], "allowed"],
    [
      "a question mark is one character",
      [allow("ssmmessages:CreateDataChannel?")],
      "implicit_deny",
    ],
    ["case of the action", [allow("SSMMessages:createdatachannel")], "allowed"],
    ["a prefix is no match", [allow("ssmmessages:Create")], "implicit_deny"],
    ["a dot is a dot", [allow("ssm.essages:*")], "implicit_deny"],
    ["NotAction without it", [{ Effect: "Allow", NotAction: "iam:*", Resource: "*" }], "allowed"],
    [
      "NotAction that names it",
      [{ Effect: "Allow", NotAction: ["ssmmessages:*"], Resource: "*" }],
      "implicit_deny",
    ],
    [
      "a Deny by NotAction",
      [allow("*"), { Effect: "Deny", NotAction: "s3:*", Resource: "*" }],
      "explicit_deny",
    ],
    ["an explicit deny wins", [allow("*"), deny("ssmmessages:*")], "explicit_deny"],
    ["nothing", [allow("s3:*")], "implicit_deny"],
    [
      "a deny with a condition",
      [allow("*"), deny("*", { Condition: { Bool: { "aws:ViaAWSService": "false" } } })],
      "conditional",
    ],
    [
      "a deny with a condition and no allow",
      [deny("*", { Condition: { Bool: { "aws:ViaAWSService": "false" } } })],
      "implicit_deny",
    ],
    [
      "an allow with a condition",
      [allow("*", { Condition: { StringEquals: { "ssm:resourceTag/Env": "dev" } } })],
      "conditional",
    ],
    [
      "an allow with a condition beside one without",
      [allow("*", { Condition: { StringEquals: { "ssm:resourceTag/Env": "dev" } } }), allow("*")],
      "allowed",
    ],
    [
      "a resource out of a list",
      [allow("ssm:StartSession", { Resource: ["arn:aws:s3:::x", "arn:aws:ec2:*:*:instance/*"] })],
      "allowed",
      { action: "ssm:StartSession", resource: "arn:aws:ec2:us-east-1:1:instance/i-1" },
    ],
    [
      "a resource outside of it",
      [allow("ssm:StartSession", { Resource: ["arn:aws:ec2:*:*:instance/*"] })],
      "implicit_deny",
      {
        action: "ssm:StartSession",
        resource: "arn:aws:ssm:us-east-1::document/AWS-StartSSHSession",
      },
    ],
    [
      "case of a resource counts",
      [allow("ssm:StartSession", { Resource: "arn:aws:ssm:*::DOCUMENT/*" })],
      "implicit_deny",
      { action: "ssm:StartSession", resource: "arn:aws:ssm:us-east-1::document/x" },
    ],
    [
      "NotResource",
      [{ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::*" }],
      "allowed",
    ],
  ];
  for (const [what, statements, expected, request] of cases) {
    assert.equal(decide([policy("p", ...statements)], request).decision, expected, what);
  }
});

Deno.test("a verdict names the policy, and the keys that it hangs on", () => {
  const conditional = policy("tags", {
    Effect: "Allow",
    Action: "*",
    Resource: "*",
    Condition: { StringEquals: { "ssm:resourceTag/Env": "dev", "aws:PrincipalTag/Team": "a" } },
  });
  assert.deepEqual(decide([conditional]), {
    decision: "conditional",
    by: "policy tags",
    conditionKeys: ["ssm:resourceTag/Env", "aws:PrincipalTag/Team"],
  });
  assert.deepEqual(decide([policy("all", allow("*")), policy("no", deny("ssmmessages:*"))]), {
    decision: "explicit_deny",
    by: "policy no",
    conditionKeys: [],
  });
});

Deno.test("a boundary must allow as well", () => {
  const all = policy("all", allow("*"));
  const readOnly = policy("ReadOnlyAccess", allow("ssm:Get*"));
  assert.deepEqual(decide([all], CHANNEL, readOnly), {
    decision: "explicit_deny",
    by: "permissions boundary ReadOnlyAccess",
    conditionKeys: [],
  });
  assert.equal(decide([all], CHANNEL, all).decision, "allowed");
  assert.equal(decide([policy("none")], CHANNEL, readOnly).decision, "implicit_deny");
  assert.equal(decide([policy("none")], CHANNEL, all).decision, "implicit_deny");
  const maybe = policy(
    "maybe",
    allow("*", { Condition: { Bool: { "aws:SecureTransport": "true" } } }),
  );
  assert.equal(decide([all], CHANNEL, maybe).decision, "conditional");
  assert.equal(decide([maybe], CHANNEL, readOnly).decision, "explicit_deny");
});

Deno.test("policy documents: URL-encoded, single values for lists, what is none", () => {
  const text = JSON.stringify({ Statement: { Effect: "Allow", Action: "s3:*", Resource: "*" } });
  assert.deepEqual(parsePolicyDocument(encodeURIComponent(text)), parsePolicyDocument(text));
  assert.deepEqual(parsePolicyDocument(text)?.statements[0]?.actions, ["s3:*"]);
  const trust = { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "a" };
  assert.deepEqual(
    parsePolicyDocument(JSON.stringify({ Statement: [trust] }))?.statements[0]?.principals,
    { Service: ["ec2.amazonaws.com"] },
  );
  for (
    const none of ["", "null", "[]", "%7B%", '{"Statement":[1]}', '{"Statement":{"Effect":"x"}}']
  ) {
    assert.equal(parsePolicyDocument(none), undefined, none);
  }
});

Deno.test("patterns are literal but for * and ?", () => {
  assert.ok(matchesPattern("a+(b)*", "a+(b)/c\nd", { isCaseless: false }));
  assert.ok(!matchesPattern("a|b", "a", { isCaseless: false }));
  assert.ok(!matchesPattern("A", "a", { isCaseless: false }));
});
