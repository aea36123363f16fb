/**
 * `iam_permissions`: may the instance's role talk to Systems Manager, and may the caller start this
 * session. Codes of the two halves begin with `role.` and `caller.`.
 *
 * @module
 */

import { type CheckOutcome, defineCheck } from "../contracts.ts";
import type { FactReader } from "../contracts.ts";
import type { CheckParameters } from "../parameters.ts";
import { callerFindings } from "../iam/caller_findings.ts";
import { roleFindings } from "../iam/role_findings.ts";

const CALLER_FACTS = ["callerPermissions", "identity", "kmsKey"] as const;
const ROLE_FACTS = [
  "rolePermissions",
  "instance",
  "instanceProfile",
  "hostManagement",
  "node",
] as const;

const SHARED = {
  id: "iam_permissions",
  title: "IAM permissions",
  category: "iam",
  isSeedItem: true,
} as const;

const CALLER_ACTIONS = ["iam:GetRole", "iam:SimulatePrincipalPolicy"];

export const iamPermissions = defineCheck({
  ...SHARED,
  primaryQuestion: "may the instance role talk to SSM, and may the caller start this session",
  facts: [...ROLE_FACTS, ...CALLER_FACTS],
  requires: { aws: true, instance: "exists", ec2: false },
  actions: [
    "iam:GetInstanceProfile",
    ...CALLER_ACTIONS,
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
  ],
  run(facts, parameters): CheckOutcome {
    const role = roleFindings(facts, parameters);
    const caller = callerHalf(facts, parameters);
    const isNameOnly = role.findings.some(({ evidence, status }) =>
      status === "ok" && evidence["method"] === "name_match"
    );
    return {
      findings: [...role.findings, ...caller.findings],
      planned: role.planned + caller.planned,
      ...(isNameOnly ? { confidence: "low" } : {}),
    };
  },
});

/** The half that needs nothing of the instance's role, for a check that must be quick. */
export const callerPermissions = defineCheck({
  ...SHARED,
  primaryQuestion: "may the caller start this session",
  facts: CALLER_FACTS,
  requires: { aws: true, instance: "none", ec2: false },
  actions: CALLER_ACTIONS,
  run: callerHalf,
});

function callerHalf(
  facts: FactReader<(typeof CALLER_FACTS)[number]>,
  parameters: CheckParameters,
): { findings: CheckOutcome["findings"]; planned: number } {
  return { findings: callerFindings(facts, parameters), planned: 1 };
}
