/**
 * What policies say of one action, evaluated here when IAM's simulator may not be asked.
 *
 * Source: IAM User Guide, "Policy evaluation logic": an explicit deny wins, then an allow is needed;
 * a permissions boundary must allow as well. Organization policies are not among the documents, so
 * `allowed` is evidence and no proof.
 *
 * @module
 */

import type { NamedPolicy, PolicyDocument, PolicyStatement } from "../facts/iam.ts";

/** The policies that decide for one principal. */
export interface PrincipalPolicies {
  identity: readonly NamedPolicy[];
  /** undefined: no boundary is set. */
  boundary: NamedPolicy | undefined;
}

/** An action and the ARN it is about; `*` for an action that knows no resources. */
export interface PolicyRequest {
  action: string;
  resource: string;
}

/** `conditional`: a statement with a condition decides, and its context is not known here. */
export type PolicyDecision = "allowed" | "explicit_deny" | "implicit_deny" | "conditional";

export interface PolicyVerdict {
  decision: PolicyDecision;
  /** Who decided: `policy NAME` or `permissions boundary NAME`. Empty for an implicit deny. */
  by: string;
  /** Condition keys that the decision hangs on. */
  conditionKeys: string[];
}

/** Evaluates one action on one resource. */
export function evaluatePolicies(
  { identity, boundary }: PrincipalPolicies,
  request: PolicyRequest,
): PolicyVerdict {
  const granted = evaluateGroup(identity, request, "policy");
  if (boundary === undefined) return granted;
  const bounded = evaluateGroup([boundary], request, "permissions boundary");
  if (bounded.decision !== "implicit_deny") return worse(granted, bounded);
  // Without an allow of its own the principal lacks the action, whatever the boundary says.
  if (granted.decision === "implicit_deny" || granted.decision === "explicit_deny") return granted;
  const by = `permissions boundary ${shortName(boundary.name)}`;
  return { decision: "explicit_deny", by, conditionKeys: [] };
}

/** A document on its own: an endpoint policy, where no identity policy is at stake. */
export function evaluateDocument(document: PolicyDocument, request: PolicyRequest): PolicyVerdict {
  return evaluateGroup([{ name: "", isInline: true, document }], request, "policy");
}

/** The pattern of an action or resource: `*` and `?`; actions compare without case. */
export function matchesPattern(
  pattern: string,
  value: string,
  { isCaseless }: { isCaseless: boolean },
): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, isCaseless ? "is" : "s").test(value);
}

/** The name of a policy without the rest of its ARN. */
export function shortName(nameOrArn: string): string {
  return nameOrArn.split("/").at(-1) ?? nameOrArn;
}

/** Condition keys of a statement; empty for an unconditional one. */
export function conditionKeys(statement: PolicyStatement): string[] {
  return Object.values(statement.conditions ?? {}).flatMap((keys) => Object.keys(keys));
}

function evaluateGroup(
  group: readonly NamedPolicy[],
  request: PolicyRequest,
  word: string,
): PolicyVerdict {
  const deciding = group.flatMap(({ name, document }) =>
    document.statements.filter((statement) => appliesTo(statement, request))
      .map((statement) => ({ statement, by: `${word} ${shortName(name)}` }))
  );
  const find = (effect: PolicyStatement["effect"], isConditional: boolean) =>
    deciding.filter(({ statement }) =>
      statement.effect === effect && (statement.conditions !== undefined) === isConditional
    );
  const [denied] = find("Deny", false);
  if (denied !== undefined) {
    return { decision: "explicit_deny", by: denied.by, conditionKeys: [] };
  }
  const [allowed] = find("Allow", false);
  const allowedMaybe = find("Allow", true);
  if (allowed === undefined && allowedMaybe.length === 0) {
    return { decision: "implicit_deny", by: "", conditionKeys: [] };
  }
  const open = [...find("Deny", true), ...(allowed === undefined ? allowedMaybe : [])];
  if (open.length === 0) return { decision: "allowed", by: allowed!.by, conditionKeys: [] };
  const keys = open.flatMap(({ statement }) => conditionKeys(statement));
  return { decision: "conditional", by: open[0]!.by, conditionKeys: [...new Set(keys)] };
}

/** Whether a statement is about the request; its condition is not looked at. */
function appliesTo(statement: PolicyStatement, { action, resource }: PolicyRequest): boolean {
  const { actions, notActions, resources, notResources } = statement;
  const names = (patterns: readonly string[], value: string, isCaseless: boolean) =>
    patterns.some((pattern) => matchesPattern(pattern, value, { isCaseless }));
  const isAction = notActions === undefined
    ? names(actions ?? [], action, true)
    : !names(notActions, action, true);
  const isResource = notResources === undefined
    ? names(resources ?? [], resource, false)
    : !names(notResources, resource, false);
  return isAction && isResource;
}

/** Least favourable first. */
const ORDER: readonly PolicyDecision[] = [
  "explicit_deny",
  "implicit_deny",
  "conditional",
  "allowed",
];

function worse(a: PolicyVerdict, b: PolicyVerdict): PolicyVerdict {
  return ORDER.indexOf(a.decision) <= ORDER.indexOf(b.decision) ? a : b;
}
