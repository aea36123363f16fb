/**
 * What this program never does itself: the steps are told, and for IAM a policy to copy.
 *
 * @module
 */

import type { Json } from "../contracts.ts";
import type { ReportedFinding } from "../results.ts";
import { REQUIRED_ROLE_ACTIONS } from "../iam/actions.ts";
import type { FixPlan, FixScope } from "./contracts.ts";

interface ManualKind {
  id: string;
  /** Codes of findings. */
  codes: RegExp;
  scope: FixScope;
}

const KINDS: readonly ManualKind[] = [
  { id: "manual_routing", codes: /^ROUTE_/, scope: "vpc" },
  { id: "manual_network_acl", codes: /^NACL_/, scope: "subnet" },
  { id: "manual_endpoint_policy", codes: /^VPCE_POLICY_/, scope: "vpc" },
  { id: "manual_host_management", codes: /^DHMC_/, scope: "account" },
  { id: "manual_session_key", codes: /^PREFS_KMS_/, scope: "account" },
  { id: "manual_preferences", codes: /^PREFS_/, scope: "account" },
  {
    id: "manual_role_policy",
    codes: /^(?:role\.DENIED|ROLE_TRUST_INVALID|PROFILE_)/,
    scope: "account",
  },
  { id: "manual_caller_policy", codes: /^caller\./, scope: "account" },
  { id: "manual_system_impairment", codes: /^SYSTEM_STATUS_IMPAIRED$/, scope: "instance" },
];

/** Plans for critical findings that no fix of the program mends, one for each kind. */
export function manualPlans(findings: readonly ReportedFinding[]): FixPlan[] {
  const mended = findings.filter(({ fixIds }) => fixIds.length > 0).map(({ id }) => id);
  const open = findings.filter(({ status, fixIds, follows }) =>
    // What follows from something that a fix mends goes with it.
    status === "critical" && fixIds.length === 0 && !follows.some((id) => mended.includes(id))
  );
  return KINDS.flatMap((kind) => {
    const own = open.filter(({ code }) => kindOf(code) === kind);
    return own.length === 0 ? [] : [planOf(kind, own)];
  });
}

/** The first kind that fits: codes of keys are codes of preferences too. */
function kindOf(code: string): ManualKind | undefined {
  return KINDS.find(({ codes }) => codes.test(code));
}

function planOf({ id, scope }: ManualKind, findings: readonly ReportedFinding[]): FixPlan {
  const policy = policyFor(id, findings);
  return {
    id,
    class: "manual",
    unsafeBecause: [],
    scope,
    findings,
    steps: [],
    permissions: [],
    preconditions: [],
    blastRadius: {},
    verify: { checks: [], timeoutMs: 0 },
    isDone: false,
    isInteractive: false,
    manualSteps: [
      ...new Set(findings.flatMap(({ remediation }) => remediation)),
      ...(policy === undefined ? [] : [`Smallest policy: ${JSON.stringify(policy)}`]),
    ],
  };
}

function policyFor(
  id: string,
  findings: readonly ReportedFinding[],
): { readonly [key: string]: Json } | undefined {
  switch (id) {
    case "manual_role_policy":
      return policyOf([...REQUIRED_ROLE_ACTIONS], ["*"]);
    case "manual_caller_policy": {
      const documents = findings.map(({ evidence }) => evidence["document"])
        .filter((arn) => typeof arn === "string");
      return policyOf(
        ["ssm:StartSession"],
        documents.length > 0 ? documents : ["arn:aws:ec2:*:*:instance/INSTANCE_ID"],
      );
    }
    default:
      return undefined;
  }
}

function policyOf(actions: string[], resources: string[]): { readonly [key: string]: Json } {
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: actions, Resource: resources }],
  };
}
