/**
 * Reading IAM policy documents, leniently: IAM writes one-element lists as plain strings.
 *
 * @module
 */

import type { PolicyDocument, PolicyStatement } from "../facts/iam.ts";

/**
 * A policy document as IAM gives it.
 *
 * @param text JSON, URL-encoded where it starts with `%7B` (IAM's query API encodes documents).
 * @returns undefined when the text is no policy: what it grants is then not known.
 */
export function parsePolicyDocument(text: string): PolicyDocument | undefined {
  let document: unknown;
  try {
    document = JSON.parse(/^%7B/i.test(text) ? decodeURIComponent(text) : text);
  } catch {
    return undefined;
  }
  if (!isRecord(document)) return undefined;
  const listed = document["Statement"];
  const statements = (Array.isArray(listed) ? listed : [listed]).map(readStatement);
  return statements.every((statement) => statement !== undefined) ? { statements } : undefined;
}

function readStatement(value: unknown): PolicyStatement | undefined {
  if (!isRecord(value)) return undefined;
  const { Sid, Effect } = value;
  if (Effect !== "Allow" && Effect !== "Deny") return undefined;
  return {
    sid: typeof Sid === "string" ? Sid : undefined,
    effect: Effect,
    actions: readTexts(value["Action"]),
    notActions: readTexts(value["NotAction"]),
    resources: readTexts(value["Resource"]),
    notResources: readTexts(value["NotResource"]),
    principals: readPrincipals(value["Principal"]),
    notPrincipals: readPrincipals(value["NotPrincipal"]),
    conditions: readConditions(value["Condition"]),
  };
}

function readPrincipals(value: unknown): PolicyStatement["principals"] {
  if (value === "*") return { "*": ["*"] };
  if (!isRecord(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([kind, ids]) => [kind, texts(ids)]));
}

/** An empty condition block is no condition. */
function readConditions(value: unknown): PolicyStatement["conditions"] {
  if (!isRecord(value) || Object.keys(value).length === 0) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(isRecord(keys) ? keys : {}).map(([key, values]) => [key, texts(values)]),
      ),
    ]),
  );
}

function readTexts(value: unknown): string[] | undefined {
  return value === undefined ? undefined : texts(value);
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
