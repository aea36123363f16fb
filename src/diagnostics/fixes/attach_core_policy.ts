/**
 * `attach_core_policy`: AWS's own policy for the agent, on the instance's role.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";
import { shortName } from "../iam/evaluate_policy.ts";

const POLICY = "AmazonSSMManagedInstanceCore";

export const attachCorePolicy: FixDefinition = {
  id: "attach_core_policy",
  title: `attach ${POLICY} to the instance's role`,
  class: "unsafe",
  unsafeBecause: ["widens_access"],
  // The role may serve other machines.
  scope: "account",
  permissions: ["iam:AttachRolePolicy"],
  facts: ["instanceProfile", "rolePermissions"],
  verify: ["iam_permissions", "ssm_agent"],
  verifyTimeoutMs: 300_000,
  async plan({ facts, parameters, look, findings }) {
    const role = valueOf(facts.get("instanceProfile"))?.roles[0];
    if (role === undefined) return undefined;
    const listed = await look("iam", "ListAttachedRolePolicies", { RoleName: role.name });
    const attached = valueOf(listed)?.AttachedPolicies?.map(({ PolicyName }) => PolicyName);
    const isReserved = role.path.startsWith("/aws-reserved/") ||
      role.path.startsWith("/aws-service-role/");
    const params = {
      RoleName: role.name,
      PolicyArn: `arn:${parameters.partition}:iam::aws:policy/${POLICY}`,
    };
    const names = attached?.map((name) => shortName(name ?? ""));
    return {
      steps: [{
        service: "iam",
        action: "AttachRolePolicy",
        params,
        rollback: () => ({ service: "iam", action: "DetachRolePolicy", params }),
      }],
      preconditions: [
        precondition("the policy is not attached", names && !names.includes(POLICY)),
        // A deny would win over whatever is attached.
        precondition(
          "nothing denies the actions",
          !findings.some(({ code }) => code === "role.DENIED"),
        ),
        precondition("the role is not AWS's own", !isReserved),
      ],
      blastRadius: {
        role: role.name,
        warnings: ["every instance with this role may do more afterwards"],
      },
      isDone: names?.includes(POLICY) ?? false,
    };
  },
};
