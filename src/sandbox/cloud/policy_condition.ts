/**
 * Conditions of policy statements.
 *
 * Source: IAM user guide, "IAM JSON policy elements: Condition operators". Those for dates, numbers,
 * addresses and binary values are not emulated; a statement that uses one does not hold.
 *
 * @module
 */
import { contextValues, listOf, matchesWildcard, type PolicyContext } from "./policy.ts";

type Conditions = Record<string, Record<string, string | boolean | (string | boolean)[]>>;
type Test = (actual: string, wanted: string) => boolean;

const same: Test = (actual, wanted) => actual === wanted;
const caseless: Test = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();
const like: Test = (actual, wanted) => matchesWildcard(wanted, actual);

const OPERATORS: Readonly<Record<string, { test: Test; isNegated: boolean }>> = {
  StringEquals: { test: same, isNegated: false },
  StringNotEquals: { test: same, isNegated: true },
  StringEqualsIgnoreCase: { test: caseless, isNegated: false },
  StringNotEqualsIgnoreCase: { test: caseless, isNegated: true },
  StringLike: { test: like, isNegated: false },
  StringNotLike: { test: like, isNegated: true },
  ArnEquals: { test: like, isNegated: false },
  ArnLike: { test: like, isNegated: false },
  ArnNotEquals: { test: like, isNegated: true },
  ArnNotLike: { test: like, isNegated: true },
  Bool: { test: caseless, isNegated: false },
};

/**
 * Whether every condition holds.
 *
 * @param missing Gets the keys that were asked for and are not in the context.
 */
export function holds(
  conditions: Conditions | undefined,
  context: PolicyContext,
  missing: Set<string>,
): boolean {
  let all = true;
  for (const [operator, keys] of Object.entries(conditions ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const actual = contextValues(context, key);
      if (actual === undefined) missing.add(key);
      // No early end: the simulator names every key that is missing.
      if (!holdsOne(operator, actual, listOf(wanted).map(String))) all = false;
    }
  }
  return all;
}

function holdsOne(
  written: string,
  actual: readonly string[] | undefined,
  wanted: readonly string[],
): boolean {
  if (written === "Null") return wanted.includes(String(actual === undefined));
  const forAll = written.startsWith("ForAllValues:");
  const bare = written.replace(/^For(?:All|Any)Values?:/, "");
  const isOptional = bare.endsWith("IfExists");
  const name = isOptional ? bare.slice(0, -"IfExists".length) : bare;
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined) return false;
  // A key that is not there: no match, which is what a negated operator wants.
  if (actual === undefined) return isOptional || forAll || operator.isNegated;
  const matches = (value: string) => wanted.some((each) => operator.test(value, each));
  const isMatch = forAll ? actual.every(matches) : actual.some(matches);
  return isMatch !== operator.isNegated;
}
