import assert from "node:assert/strict";
import {
  callerPermissions,
  iamPermissions,
} from "../../../src/diagnostics/checks/iam_permissions.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type {
  CallerPermissions,
  NamedPolicy,
  Permissions,
  SimulatedDecision,
} from "../../../src/diagnostics/facts/iam.ts";
import { parsePolicyDocument } from "../../../src/diagnostics/iam/policy_document.ts";
import { ACCOUNT, allowed, HEALTHY, INSTANCE_ID, REGION, runCheck } from "../../support/facts.ts";
import { coverage, findingOf, short } from "./_outcome.ts";

const INSTANCE_ARN = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${INSTANCE_ID}`;
const DOCUMENT_ARN = `arn:aws:ssm:${REGION}::document/AWS-StartPortForwardingSession`;
const OK = ["ok role.PERMITTED", "ok caller.PERMITTED"];

function policy(name: string, ...statements: Record<string, unknown>[]): NamedPolicy {
  const document = parsePolicyDocument(JSON.stringify({ Statement: statements }));
  assert.ok(document);
  return { name, isInline: true, document };
}

const allow = (Action: unknown, more: Record<string, unknown> = {}) => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...more,
});

/** The actions of AmazonSSMManagedInstanceCore. */
const CORE = policy(
  "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
  allow(["ssm:*", "ssmmessages:*", "ec2messages:*"]),
);

const evaluated = (policies: NamedPolicy[], boundary?: NamedPolicy) =>
  known<Permissions>({ method: "evaluated", policies, boundary, tried: [] });

/** The healthy role's decisions with some in the place of theirs. */
function roleDecisions(change: (decision: SimulatedDecision) => SimulatedDecision) {
  const { decisions } = HEALTHY.rolePermissions;
  return known<Permissions>({ method: "simulated", decisions: decisions.map(change), tried: [] });
}

type Simulatable = Extract<CallerPermissions, { simulatable: true }>;

function caller(permissions: Permissions, changes: Partial<Simulatable> = {}) {
  return known<CallerPermissions>({ ...HEALTHY.callerPermissions, permissions, ...changes });
}

function callerDecisions(change: (decision: SimulatedDecision) => SimulatedDecision) {
  const { decisions } = HEALTHY.callerPermissions.permissions;
  return caller({ method: "simulated", decisions: decisions.map(change), tried: [] });
}

const refuse = (decision: SimulatedDecision, how: Partial<SimulatedDecision> = {}) => ({
  ...decision,
  decision: "implicitDeny" as const,
  matchedPolicies: [],
  ...how,
});

Deno.test("both halves allowed is ok, and says what the simulator leaves out", () => {
  const outcome = runCheck(iamPermissions);
  assert.deepEqual(short(outcome), OK);
  const { evidence } = findingOf(outcome, "role.PERMITTED");
  assert.equal(evidence["method"], "simulated");
  assert.ok(Array.isArray(evidence["caveats"]));
});

Deno.test("IP-1 the simulator is not offered: the policies are evaluated, and the method is told", () => {
  const failure = failed("not_supported", "iam:SimulatePrincipalPolicy", "not implemented");
  const outcome = runCheck(iamPermissions, {
    rolePermissions: known<Permissions>({
      method: "evaluated",
      policies: [CORE],
      boundary: undefined,
      tried: [{ method: "simulated", failure }],
    }),
  });
  assert.deepEqual(short(outcome), OK);
  const { evidence } = findingOf(outcome, "role.PERMITTED");
  assert.equal(evidence["method"], "evaluated");
  assert.deepEqual(evidence["tried"], ["simulated"]);
});

Deno.test("IP-2 a deny beside the managed policy is critical, and named", () => {
  const no = policy("no-sessions", { ...allow("ssmmessages:*"), Effect: "Deny" });
  const outcome = runCheck(iamPermissions, { rolePermissions: evaluated([CORE, no]) });
  assert.deepEqual(short(outcome), ["critical role.DENIED", "ok caller.PERMITTED"]);
  assert.match(findingOf(outcome, "role.DENIED").message, /policy no-sessions denies ssmmessages:/);
});

Deno.test("IP-3 ssm:* alone lacks the four channel actions", () => {
  const outcome = runCheck(iamPermissions, {
    rolePermissions: evaluated([policy("own", allow("ssm:*"))]),
  });
  assert.deepEqual(short(outcome), ["critical role.MISSING_ACTIONS", "ok caller.PERMITTED"]);
  const finding = findingOf(outcome, "role.MISSING_ACTIONS");
  assert.deepEqual(finding.evidence["actions"], [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ]);
  assert.deepEqual(finding.fixIds, ["attach_core_policy"]);
});

Deno.test("IP-4 a permissions boundary that lets nothing through is critical, and said to be one", () => {
  const boundary = policy("arn:aws:iam::aws:policy/ReadOnlyAccess", allow(["ssm:Get*", "s3:Get*"]));
  const outcome = runCheck(iamPermissions, { rolePermissions: evaluated([CORE], boundary) });
  assert.deepEqual(short(outcome), ["critical role.DENIED", "ok caller.PERMITTED"]);
  assert.match(
    findingOf(outcome, "role.DENIED").message,
    /permissions boundary ReadOnlyAccess denies/,
  );
  const simulated = runCheck(iamPermissions, {
    rolePermissions: roleDecisions((one) => refuse(one, { allowedByBoundary: false })),
  });
  assert.match(findingOf(simulated, "role.DENIED").message, /the permissions boundary denies/);
});

Deno.test("IP-5 names of policies only, and none of AWS's: unknown, never critical", () => {
  const named = (attachedPolicyArns: string[]) =>
    known<Permissions>({ method: "name_match", attachedPolicyArns, tried: [] });
  const own = runCheck(iamPermissions, {
    rolePermissions: named([`arn:aws:iam::${ACCOUNT}:policy/own`]),
  });
  assert.deepEqual(short(own), [
    "unknown role.NOT_VISIBLE (access_denied)",
    "ok caller.PERMITTED",
  ]);
  const core = runCheck(iamPermissions, {
    rolePermissions: named(["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]),
  });
  assert.deepEqual(short(core), OK);
  assert.equal(core.confidence, "low");
});

Deno.test("IP-6 context that is missing makes the caller's half unknown, with the keys", () => {
  const outcome = runCheck(iamPermissions, {
    callerPermissions: callerDecisions((one) =>
      one.action === "ssm:StartSession"
        ? refuse(one, { missingContextValues: ["ssm:resourceTag/Env"] })
        : one
    ),
  });
  assert.deepEqual(short(outcome), [
    "ok role.PERMITTED",
    "unknown caller.CONDITIONAL (not_visible)",
  ]);
  assert.match(findingOf(outcome, "caller.CONDITIONAL").message, /ssm:resourceTag\/Env/);
});

Deno.test("IP-7 allowed on the instance and not on the document", () => {
  const outcome = runCheck(iamPermissions, {
    callerPermissions: callerDecisions((one) => one.resource === DOCUMENT_ARN ? refuse(one) : one),
  });
  assert.deepEqual(short(outcome), ["ok role.PERMITTED", "critical caller.DOCUMENT_NOT_ALLOWED"]);
  assert.match(
    findingOf(outcome, "caller.DOCUMENT_NOT_ALLOWED").message,
    /but not with AWS-StartPortForwardingSession/,
  );
});

Deno.test("IP-8 an assumed role is simulated as its role, and told so", () => {
  const principalArn = `arn:aws:iam::${ACCOUNT}:role/team/R1`;
  const { permissions } = HEALTHY.callerPermissions;
  const decisions = permissions.decisions.map((one) => ({
    ...one,
    resource: one.resource.replace("session/alice-", "session/bob-"),
  }));
  const outcome = runCheck(iamPermissions, {
    callerPermissions: caller(
      { ...permissions, decisions },
      { principalArn, sessionPrefix: "bob", isAssumedRole: true },
    ),
  });
  assert.deepEqual(short(outcome), OK);
  assert.equal(findingOf(outcome, "caller.PERMITTED").evidence["principal"], principalArn);
});

Deno.test("IP-9 a deny at the end of a long answer is seen", () => {
  const outcome = runCheck(iamPermissions, {
    rolePermissions: roleDecisions((one) =>
      one.action === "ssmmessages:OpenDataChannel"
        ? refuse(one, { decision: "explicitDeny", matchedPolicies: ["page-two"] })
        : one
    ),
  });
  assert.deepEqual(short(outcome), ["critical role.DENIED", "ok caller.PERMITTED"]);
  assert.match(findingOf(outcome, "role.DENIED").message, /policy page-two denies/);
});

Deno.test("IP-11 nothing of IAM may be read: both halves unknown, with the permissions", () => {
  const outcome = runCheck(iamPermissions, {
    instanceProfile: denied("iam:GetInstanceProfile"),
    rolePermissions: denied("iam:GetInstanceProfile"),
    callerPermissions: denied("iam:SimulatePrincipalPolicy"),
  });
  assert.deepEqual(short(outcome), [
    "unknown role.NOT_VISIBLE (access_denied)",
    "unknown caller.NOT_VISIBLE (access_denied)",
  ]);
  assert.deepEqual(findingOf(outcome, "role.NOT_VISIBLE").needs, [
    "iam:GetInstanceProfile",
    "iam:SimulatePrincipalPolicy",
  ]);
  assert.equal(coverage(outcome), 1);
});

Deno.test("an organization's policy is named as what denies", () => {
  const outcome = runCheck(iamPermissions, {
    rolePermissions: roleDecisions((one) => refuse(one, { allowedByOrganization: false })),
  });
  assert.match(findingOf(outcome, "role.DENIED").message, /a service control policy denies/);
});

Deno.test("a conditional statement of the role decides nothing", () => {
  const tagged = policy(
    "tagged",
    allow(["ssm:*", "ssmmessages:*"], {
      Condition: { StringEquals: { "aws:ResourceTag/Env": "dev" } },
    }),
  );
  const outcome = runCheck(iamPermissions, { rolePermissions: evaluated([tagged]) });
  assert.deepEqual(short(outcome), [
    "unknown role.CONDITIONAL (not_visible)",
    "ok caller.PERMITTED",
  ]);
  assert.match(findingOf(outcome, "role.CONDITIONAL").message, /aws:ResourceTag\/Env/);
});

Deno.test("pings allowed on this instance alone are enough", () => {
  const own = policy(
    "own",
    allow("ssm:UpdateInstanceInformation", { Resource: `arn:aws:ec2:*:*:instance/${INSTANCE_ID}` }),
    allow(["ssmmessages:*", "ec2messages:*", "ssm:List*", "ssm:Describe*", "ssm:Get*"]),
    allow(["ssm:UpdateInstanceAssociationStatus", "ssm:PutInventory"]),
  );
  assert.deepEqual(short(runCheck(iamPermissions, { rolePermissions: evaluated([own]) })), OK);
});

Deno.test("only ec2messages missing is a low warning; for an old agent a medium one", () => {
  const own = policy("own", allow(["ssm:*", "ssmmessages:*"]));
  const rolePermissions = evaluated([own]);
  assert.deepEqual(short(runCheck(iamPermissions, { rolePermissions })), [
    "ok role.PERMITTED",
    "+ warning/low role.LEGACY_ACTIONS_MISSING",
    "ok caller.PERMITTED",
  ]);
  const node = known({ ...HEALTHY.node, agentVersion: "3.3.39.9" });
  assert.deepEqual(
    short(runCheck(iamPermissions, { rolePermissions, node }))[1],
    "+ warning/medium role.LEGACY_ACTIONS_MISSING",
  );
});

Deno.test("no role is left to the checks of profile and host management", () => {
  const none = failed("not_applicable", "iam:SimulatePrincipalPolicy", "no role");
  assert.deepEqual(short(runCheck(iamPermissions, { rolePermissions: none })), [
    "skipped role.NO_ROLE (not_applicable)",
    "ok caller.PERMITTED",
  ]);
  const hostManagement = known({
    supported: true as const,
    roleName: "service-role/X",
    status: "Customized",
    lastModifiedAtMs: undefined,
  });
  const idle = evaluated([policy("s3", allow("s3:*"))]);
  assert.deepEqual(short(runCheck(iamPermissions, { rolePermissions: idle, hostManagement })), [
    "skipped role.NO_ROLE (not_applicable)",
    "ok caller.PERMITTED",
  ]);
});

Deno.test("the caller: not allowed, denied, root, not to be simulated", () => {
  const start = (how: Partial<SimulatedDecision>) =>
    callerDecisions((one) => one.resource === INSTANCE_ARN ? refuse(one, how) : one);
  const cases: [Parameters<typeof runCheck>[1], string][] = [
    [{ callerPermissions: start({}) }, "critical caller.NOT_ALLOWED"],
    [{ callerPermissions: start({ decision: "explicitDeny" }) }, "critical caller.DENIED"],
    [
      { callerPermissions: known<CallerPermissions>({ simulatable: false, why: "root" }) },
      "warning/low caller.ROOT_IDENTITY",
    ],
    [
      {
        callerPermissions: known<CallerPermissions>({
          simulatable: false,
          why: "principal_kind",
          arn: "arn:aws:sts::123456789012:user/moto",
        }),
      },
      "unknown caller.NOT_SIMULATABLE (not_supported)",
    ],
  ];
  for (const [changes, expected] of cases) {
    assert.deepEqual(short(runCheck(callerPermissions, changes)), [expected]);
  }
});

Deno.test("what else the caller lacks is a warning, never critical", () => {
  const without = (...actions: string[]) =>
    callerDecisions((one) => actions.includes(one.action) ? refuse(one) : one);
  const changes = {
    callerPermissions: without(
      "ssmmessages:OpenDataChannel",
      "ssm:TerminateSession",
      "ssm:DescribeSessions",
    ),
  };
  assert.deepEqual(short(runCheck(callerPermissions, changes)), [
    "ok caller.PERMITTED",
    "+ warning/high caller.DATA_CHANNEL_NOT_ALLOWED",
    "+ warning/medium caller.SESSION_ACTIONS_NOT_ALLOWED",
    "+ warning/low caller.READ_ACTIONS_NOT_ALLOWED",
  ]);
});

Deno.test("the session's key matters to the caller of a shell", () => {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
  const kmsKey = known({ keyId: "1", arn, state: "Enabled", deletionAtMs: undefined });
  const permissions = caller({
    method: "simulated",
    decisions: [
      ...HEALTHY.callerPermissions.permissions.decisions,
      refuse(allowed("kms:GenerateDataKey", arn)),
    ],
    tried: [],
  });
  const changes = { kmsKey, callerPermissions: permissions };
  assert.deepEqual(short(runCheck(callerPermissions, changes)), ["ok caller.PERMITTED"]);
  assert.deepEqual(short(runCheck(callerPermissions, changes, { connection: "shell" })), [
    "ok caller.PERMITTED",
    "critical caller.KEY_NOT_ALLOWED",
  ]);
});

Deno.test("evaluated policies of the caller: ${aws:username} of a role, sessions without a document", () => {
  const permissions: Permissions = {
    method: "evaluated",
    policies: [
      policy("start", allow(["ssm:StartSession", "ssmmessages:OpenDataChannel", "*:Describe*"])),
      policy("read", allow(["ssm:GetConnectionStatus"])),
      policy(
        "own-sessions",
        allow(["ssm:TerminateSession", "ssm:ResumeSession"], {
          Resource: "arn:aws:ssm:*:*:session/${aws:username}-*",
        }),
      ),
    ],
    boundary: undefined,
    tried: [],
  };
  const asRole = runCheck(callerPermissions, {
    callerPermissions: caller(permissions, { isAssumedRole: true }),
  });
  assert.deepEqual(short(asRole), [
    "ok caller.PERMITTED",
    "+ warning/medium caller.SESSION_ACTIONS_NOT_ALLOWED",
    "+ warning/medium caller.TERMINATE_USERNAME_VARIABLE",
    "+ ok caller.DOCUMENT_UNRESTRICTED",
  ]);
  const restricted = policy(
    "checked",
    allow("ssm:StartSession", {
      Condition: { BoolIfExists: { "ssm:SessionDocumentAccessCheck": "true" } },
    }),
  );
  const checked = runCheck(callerPermissions, {
    callerPermissions: caller({ ...permissions, policies: [restricted] }),
  });
  assert.equal(short(checked)[0], "unknown caller.CONDITIONAL (not_visible)");
});
