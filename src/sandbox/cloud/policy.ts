/**
 * IAM policies, evaluated as the service does.
 *
 * Source: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements" and its pages on
 * condition operators, policy variables and NotAction / NotResource.
 *
 * @module
 */
import { holds } from "./policy_condition.ts";

/** Keys of the request's context, as written in the caller's words; matched without case. */
export type PolicyContext = Readonly<Record<string, readonly string[]>>;

export interface PolicyRequest {
  /** `ssm:StartSession` */
  action: string;
  /** An ARN, or `*` for an action that knows no resources. */
  resource: string;
  context: PolicyContext;
}

/** One policy and what it is called in the answer of the simulator. */
export interface NamedPolicy {
  readonly name: string;
  /** JSON text. */
  readonly document: string;
}

export interface Verdict {
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** Names of the policies whose statements decided. */
  matched: string[];
  /** Context keys that conditions asked for and the request did not have. */
  missingContext: string[];
}

interface Statement {
  Effect: "Allow" | "Deny";
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | boolean | (string | boolean)[]>>;
}

/** What these policies say together: a deny wins, no allow is a deny of its own kind. */
export function evaluate(policies: readonly NamedPolicy[], request: PolicyRequest): Verdict {
  const missing = new Set<string>();
  const matching = { Allow: new Set<string>(), Deny: new Set<string>() };
  for (const { name, document } of policies) {
    for (const statement of statementsOf(document)) {
      if (!concerns(statement, request)) continue;
      if (!holds(statement.Condition, request.context, missing)) continue;
      matching[statement.Effect].add(name);
    }
  }
  const missingContext = [...missing];
  if (matching.Deny.size > 0) {
    return { decision: "explicitDeny", matched: [...matching.Deny], missingContext };
  }
  if (matching.Allow.size > 0) {
    return { decision: "allowed", matched: [...matching.Allow], missingContext };
  }
  return { decision: "implicitDeny", matched: [], missingContext };
}

/** The statements of a document; none when it is no policy. */
export function statementsOf(document: string): Statement[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    return [];
  }
  const statement = (parsed as { Statement?: Statement | Statement[] } | null)?.Statement;
  return listOf(statement);
}

function concerns(statement: Statement, request: PolicyRequest): boolean {
  const action = statement.NotAction === undefined
    ? matchesAny(statement.Action, request.action, { isCaseless: true })
    : !matchesAny(statement.NotAction, request.action, { isCaseless: true });
  if (!action) return false;
  // Policies on resources themselves (trust, endpoint) may leave the resource out.
  if (statement.Resource === undefined && statement.NotResource === undefined) return true;
  const fill = (pattern: string) => fillVariables(pattern, request.context);
  return statement.NotResource === undefined
    ? matchesAny(statement.Resource, request.resource, { fill })
    : !matchesAny(statement.NotResource, request.resource, { fill });
}

function matchesAny(
  patterns: string | string[] | undefined,
  value: string,
  options: { isCaseless?: boolean; fill?: (pattern: string) => string | undefined },
): boolean {
  return listOf(patterns).some((pattern) => {
    const filled = options.fill === undefined ? pattern : options.fill(pattern);
    return filled !== undefined && matchesWildcard(filled, value, options.isCaseless);
  });
}

/** `*` is any characters, `?` is one. */
export function matchesWildcard(pattern: string, value: string, isCaseless = false): boolean {
  const quoted = pattern.replace(
    /[\\^$.*+?()[\]{}|/-]/g,
    (char) => char === "*" ? ".*" : char === "?" ? "." : `\\${char}`,
  );
  return new RegExp(`^${quoted}$`, isCaseless ? "is" : "s").test(value);
}

/** `${aws:username}` and its like; `undefined` when the request has no such key: nothing matches. */
function fillVariables(pattern: string, context: PolicyContext): string | undefined {
  let isComplete = true;
  const filled = pattern.replace(/\$\{([^}]+)\}/g, (_, key: string) => {
    if (key === "*" || key === "?" || key === "$") return key;
    const values = contextValues(context, key.split(",")[0]!.trim());
    if (values?.length !== 1) isComplete = false;
    return values?.[0] ?? "";
  });
  return isComplete ? filled : undefined;
}

/** The values of a context key, whatever its case. */
export function contextValues(context: PolicyContext, key: string): readonly string[] | undefined {
  const wanted = key.toLowerCase();
  return Object.entries(context).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

export function listOf<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
