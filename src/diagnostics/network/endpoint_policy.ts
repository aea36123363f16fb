/**
 * What the policy of an endpoint lets the agent do.
 *
 * Principals and resources are not weighed: a statement that names some of them counts as one with a
 * condition, neither a clear yes nor a clear no.
 *
 * Source: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies".
 *
 * @module
 */

import type { PolicyDocument, PolicyStatement } from "../facts/iam.ts";
import { evaluateDocument } from "../iam/evaluate_policy.ts";
import { parsePolicyDocument } from "../iam/policy_document.ts";
import type { RequiredService } from "./services.ts";

/** What the agent calls on each service. */
export const AGENT_ACTIONS: Readonly<Record<RequiredService, readonly string[]>> = {
  ssm: ["ssm:UpdateInstanceInformation"],
  ssmmessages: [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ],
};

export type EndpointPolicyVerdict =
  | { verdict: "allows" }
  /** Refused without any condition. */
  | { verdict: "refuses"; actions: string[] }
  /** It depends, or the policy cannot be read. */
  | { verdict: "unclear"; actions: string[]; keys: string[] };

/** @param text The policy; undefined: the default one, which allows everything. */
export function judgeEndpointPolicy(
  text: string | undefined,
  service: RequiredService,
): EndpointPolicyVerdict {
  if (text === undefined) return { verdict: "allows" };
  const actions = AGENT_ACTIONS[service];
  const document = parsePolicyDocument(text);
  if (document === undefined) return { verdict: "unclear", actions: [...actions], keys: [] };
  const strict = withLimitsAsConditions(document);
  const verdicts = actions.map((action) => ({
    action,
    ...evaluateDocument(strict, { action, resource: "*" }),
  }));
  const refused = verdicts.filter(({ decision }) =>
    decision === "explicit_deny" || decision === "implicit_deny"
  );
  if (refused.length > 0) {
    return { verdict: "refuses", actions: refused.map(({ action }) => action) };
  }
  const open = verdicts.filter(({ decision }) => decision === "conditional");
  if (open.length === 0) return { verdict: "allows" };
  return {
    verdict: "unclear",
    actions: open.map(({ action }) => action),
    keys: [...new Set(open.flatMap(({ conditionKeys }) => conditionKeys))],
  };
}

function withLimitsAsConditions({ statements }: PolicyDocument): PolicyDocument {
  return {
    statements: statements.map((statement) => {
      const limits = limitsOf(statement);
      return limits.length === 0 ? statement : {
        ...statement,
        resources: ["*"],
        notResources: undefined,
        conditions: {
          ...statement.conditions,
          only: Object.fromEntries(limits.map((limit) => [limit, []])),
        },
      };
    }),
  };
}

function limitsOf(
  { principals, notPrincipals, resources, notResources }: PolicyStatement,
): string[] {
  const isAnyone = notPrincipals === undefined &&
    (principals === undefined || Object.values(principals).flat().includes("*"));
  const isAnything = notResources === undefined &&
    (resources === undefined || resources.includes("*"));
  return [...(isAnyone ? [] : ["Principal"]), ...(isAnything ? [] : ["Resource"])];
}
