/**
 * Whom a role trusts.
 *
 * @module
 */

import type { PolicyDocument } from "../facts/iam.ts";
import { matchesPattern } from "./evaluate_policy.ts";

/** Whether a service may assume the role; a statement with a condition counts as a yes. */
export function trustsService(trust: PolicyDocument, services: readonly string[]): boolean {
  const concerned = trust.statements.filter(({ actions, principals }) =>
    (actions ?? []).some((pattern) =>
      matchesPattern(pattern, "sts:AssumeRole", { isCaseless: true })
    ) &&
    (principals?.["*"] !== undefined ||
      (principals?.["Service"] ?? []).some((name) => name === "*" || services.includes(name)))
  );
  const isDenied = concerned.some(({ effect, conditions }) =>
    effect === "Deny" && conditions === undefined
  );
  return !isDenied && concerned.some(({ effect }) => effect === "Allow");
}

/** EC2 is written differently in China. */
export const EC2_SERVICES = ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"] as const;
export const SSM_SERVICES = ["ssm.amazonaws.com"] as const;
