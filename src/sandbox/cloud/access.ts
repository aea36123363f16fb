/**
 * What a role or a user may do: its policies, and the boundary that limits them.
 *
 * @module
 */
import type { IamStore, Identity } from "./iam_store.ts";
import {
  evaluate,
  listOf,
  type NamedPolicy,
  type PolicyRequest,
  statementsOf,
  type Verdict,
} from "./policy.ts";

export interface Access extends Verdict {
  /** Whether the boundary allows it; `undefined` without one. */
  boundaryAllows: boolean | undefined;
}

/**
 * @param extra Policies that apply beside the identity's own.
 */
export function accessOf(
  iam: IamStore,
  identity: Identity,
  request: PolicyRequest,
  extra: readonly NamedPolicy[] = [],
): Access {
  const own = evaluate([...iam.policiesOf(identity), ...extra], request);
  const boundary = iam.boundaryOf(identity);
  if (boundary === undefined) return { ...own, boundaryAllows: undefined };
  const limit = evaluate([boundary], request);
  const boundaryAllows = limit.decision === "allowed";
  if (own.decision !== "allowed" || boundaryAllows) return { ...own, boundaryAllows };
  return { ...limit, boundaryAllows };
}

/** Whether a role's trust policy lets a service of AWS assume it. */
export function trusts(role: Identity, service: string): boolean {
  return statementsOf(role.trust).some((statement) => {
    const { Principal: principal } = statement as { Principal?: { Service?: string | string[] } };
    return statement.Effect === "Allow" && listOf(principal?.Service).includes(service);
  });
}

/** Whether the policy of an endpoint lets a role through. */
export function endpointAllows(policy: string, role: Identity, action: string): boolean {
  const concerned = statementsOf(policy).filter((statement) => {
    const { Principal: principal } = statement as {
      Principal?: string | { AWS?: string | string[] };
    };
    const named = typeof principal === "string" ? [principal] : listOf(principal?.AWS);
    return named.includes("*") || named.includes(role.arn);
  });
  const document = JSON.stringify({ Statement: concerned });
  const context = { "aws:PrincipalArn": [role.arn] };
  const verdict = evaluate([{ name: "endpoint", document }], { action, resource: "*", context });
  return verdict.decision === "allowed";
}
