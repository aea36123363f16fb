/**
 * Whether a principal may do something, from whatever method told what it may do.
 *
 * @module
 */

import type { Permissions, SimulatedDecision } from "../facts/iam.ts";
import {
  evaluatePolicies,
  type PolicyRequest,
  type PolicyVerdict,
  shortName,
} from "./evaluate_policy.ts";

/**
 * The verdict on one request.
 *
 * @param options.isExact What was asked of no resource does not count: a policy that names one key
 * refuses "all keys".
 * @returns undefined when the method does not tell: names of policies do not, and the simulator says
 * nothing about what it was not asked.
 */
export function grantOf(
  permissions: Permissions,
  request: PolicyRequest,
  { isExact = false } = {},
): PolicyVerdict | undefined {
  switch (permissions.method) {
    case "simulated": {
      const about = permissions.decisions.filter(({ action }) =>
        action.toLowerCase() === request.action.toLowerCase()
      );
      const decision = about.find(({ resource }) => resource === request.resource) ??
        (isExact ? undefined : about.find(({ resource }) => resource === "*"));
      return decision === undefined ? undefined : simulatedVerdict(decision);
    }
    case "evaluated":
      return evaluatePolicies(
        { identity: permissions.policies, boundary: permissions.boundary },
        request,
      );
    case "name_match":
      return undefined;
    default:
      permissions satisfies never;
      return undefined;
  }
}

/** Worst verdict over some requests, and what it is about; undefined when one is not told. */
export interface Grants {
  allowed: string[];
  /** Forbidden in so many words, with who forbids it. */
  denied: { action: string; by: string }[];
  missing: string[];
  conditional: { action: string; keys: string[] }[];
  untold: string[];
}

export function grantsOf(permissions: Permissions, requests: readonly PolicyRequest[]): Grants {
  const grants: Grants = { allowed: [], denied: [], missing: [], conditional: [], untold: [] };
  for (const request of requests) {
    const { action } = request;
    const verdict = grantOf(permissions, request);
    switch (verdict?.decision) {
      case "allowed":
        grants.allowed.push(action);
        break;
      case "explicit_deny":
        grants.denied.push({ action, by: verdict.by });
        break;
      case "implicit_deny":
        grants.missing.push(action);
        break;
      case "conditional":
        grants.conditional.push({ action, keys: verdict.conditionKeys });
        break;
      case undefined:
        grants.untold.push(action);
        break;
      default:
        verdict?.decision satisfies undefined;
    }
  }
  return grants;
}

/** What the simulator does not look at, for whoever relies on its "allowed". Source: IAM User Guide,
 * "IAM policy testing with the IAM policy simulator". */
export const SIMULATOR_CAVEATS = [
  "real context values are not used",
  "resource control policies, endpoint policies and session policies are not simulated",
  "access from other accounts is not simulated",
  "resource-based policies are not simulated for roles",
] as const;

function simulatedVerdict(found: SimulatedDecision): PolicyVerdict {
  if (found.allowedByOrganization === false) {
    return { decision: "explicit_deny", by: "a service control policy", conditionKeys: [] };
  }
  if (found.allowedByBoundary === false) {
    return { decision: "explicit_deny", by: "the permissions boundary", conditionKeys: [] };
  }
  switch (found.decision) {
    case "allowed":
      return { decision: "allowed", by: namesOf(found), conditionKeys: [] };
    case "explicitDeny":
      return { decision: "explicit_deny", by: namesOf(found), conditionKeys: [] };
    default:
      return found.missingContextValues.length === 0
        ? { decision: "implicit_deny", by: "", conditionKeys: [] }
        : {
          decision: "conditional",
          by: namesOf(found),
          conditionKeys: [...found.missingContextValues],
        };
  }
}

function namesOf({ matchedPolicies }: SimulatedDecision): string {
  const names = matchedPolicies.map(shortName);
  return names.length === 0 ? "a policy" : `policy ${names.join(", ")}`;
}
