/**
 * The role half of `iam_permissions`.
 *
 * @module
 */

import { isAtLeast } from "../agent_version.ts";
import { MINIMUM_AGENT } from "../agent_versions.ts";
import { type FactReader, type Finding, findingId } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { Permissions } from "../facts/iam.ts";
import { critical, info, ok, skipped, unknown, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, fixCommand, itemCommand } from "../remedies.ts";
import {
  instanceArn,
  LEGACY_ROLE_ACTIONS,
  RECOMMENDED_ROLE_ACTIONS,
  REQUIRED_ROLE_ACTIONS,
  roleRequest,
  SUFFICIENT_POLICIES,
  UPDATE_INSTANCE_INFORMATION,
} from "./actions.ts";
import { shortName } from "./evaluate_policy.ts";
import { type Grants, grantsOf, SIMULATOR_CAVEATS } from "./grant.ts";

type RoleReader = FactReader<
  "rolePermissions" | "instance" | "instanceProfile" | "hostManagement" | "node" | "identity"
>;

/** Smallest set that would show what a role may do. */
const NEEDS = ["iam:GetInstanceProfile", "iam:SimulatePrincipalPolicy"];

export function roleFindings(
  facts: RoleReader,
  parameters: CheckParameters,
): { findings: Finding[]; planned: number } {
  const permissions = facts.get("rolePermissions");
  const instance = facts.get("instance");
  const role = valueOf(facts.get("instanceProfile"))?.roles[0]?.name;
  const resources = role === undefined
    ? [{ type: "instance", id: parameters.instanceId }]
    : [{ type: "role", id: role }];
  const one = (finding: Finding) => ({ findings: [{ ...finding, resources }], planned: 1 });
  if (permissions.state === "failed" && permissions.reason === "not_applicable") {
    return one(
      skipped(
        "role.NO_ROLE",
        "not_applicable",
        "the instance has no role of its own; instance_profile and host_management judge that",
      ),
    );
  }
  if (permissions.state !== "known") {
    const reason = permissions.state === "denied" ? "access_denied" : permissions.reason;
    const isInstanceHidden = instance.state === "denied";
    return one(
      notVisible(reason, {
        needs: reason !== "access_denied"
          ? []
          : isInstanceHidden
          ? ["ec2:DescribeInstances", ...NEEDS]
          : NEEDS,
        detail: permissions.detail,
      }),
    );
  }
  const accountId = valueOf(facts.get("identity"))?.accountId ?? "*";
  const arn = instanceArn(parameters, accountId);
  const grants = (actions: readonly string[]) =>
    grantsOf(permissions.value, actions.map((action) => roleRequest(action, arn)));
  const required = grants(REQUIRED_ROLE_ACTIONS);
  const hosting = valueOf(facts.get("hostManagement"));
  const isHosted = hosting?.supported === true && hosting.roleName !== undefined;
  if (isHosted && required.missing.includes(UPDATE_INSTANCE_INFORMATION)) {
    return one(
      skipped(
        "role.NO_ROLE",
        "not_applicable",
        `role ${role ?? "of the instance"} does not register with Systems Manager, ` +
          "so the agent uses default host management; host_management judges that",
      ),
    );
  }
  const context = { role: role ?? "of the instance", isHosted, parameters };
  const verdict = permissions.value.method === "name_match"
    ? nameMatch(permissions.value, context.role)
    : requiredFinding(required, permissions.value, context);
  const findings = [verdict];
  if (verdict.status === "ok" && permissions.value.method !== "name_match") {
    const version = valueOf(facts.get("node"))?.agentVersion;
    findings.push(
      ...legacyFindings(grants(LEGACY_ROLE_ACTIONS), version, context),
      ...recommendedFindings(grants(RECOMMENDED_ROLE_ACTIONS)),
    );
  }
  return { findings: findings.map((finding) => ({ ...finding, resources })), planned: 1 };
}

interface RoleContext {
  role: string;
  /** Default host management is on, and the role keeps the agent from using it. */
  isHosted: boolean;
  parameters: CheckParameters;
}

function requiredFinding(
  grants: Grants,
  permissions: Permissions,
  { role, isHosted, parameters }: RoleContext,
): Finding {
  const evidence = evidenceOf(permissions);
  const follows = isHosted
    ? [
      findingId("host_management", {
        code: "DHMC_SHADOWED",
        resources: [{ type: "role", id: role }],
      }),
    ]
    : [];
  const [denied] = grants.denied;
  if (denied !== undefined) {
    const actions = grants.denied.map(({ action }) => action);
    return critical("role.DENIED", `role ${role}: ${denied.by} denies ${actions.join(", ")}`, {
      remediation: [
        `Change ${denied.by} so that it no longer denies them: ` +
        `AWS console, IAM, Roles, ${role}, Permissions`,
        `See what applies: ${
          awsCli(`iam list-attached-role-policies --role-name ${role}`, parameters)
        }`,
      ],
      evidence: { ...evidence, actions, denied_by: denied.by },
      follows,
    });
  }
  if (grants.missing.length > 0) {
    return critical(
      "role.MISSING_ACTIONS",
      `role ${role} lacks ${grants.missing.join(", ")}`,
      {
        remediation: [
          fixCommand("attach_core_policy", parameters),
          `Or ${
            awsCli(
              `iam attach-role-policy --role-name ${role} --policy-arn ` +
                `arn:${parameters.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore`,
              parameters,
            )
          }`,
        ],
        evidence: { ...evidence, actions: grants.missing },
        fixIds: ["attach_core_policy"],
        follows,
      },
    );
  }
  if (grants.conditional.length > 0 || grants.untold.length > 0) {
    const keys = [...new Set(grants.conditional.flatMap((one) => one.keys))];
    const actions = [...grants.conditional.map(({ action }) => action), ...grants.untold];
    return unknown(
      "role.CONDITIONAL",
      "not_visible",
      `whether role ${role} may ${actions.join(", ")} depends on ${
        keys.join(", ") || "values that are not known here"
      }`,
      {
        remediation: [
          `Read the conditions: AWS console, IAM, Roles, ${role}, Permissions`,
          `Or look at the agent: ${itemCommand("ssm_agent", parameters)}`,
        ],
        evidence: { ...evidence, actions, condition_keys: keys },
      },
    );
  }
  return ok("role.PERMITTED", `role ${role} may do all that a session needs`, { evidence });
}

function nameMatch(
  permissions: Extract<Permissions, { method: "name_match" }>,
  role: string,
): Finding {
  const names = permissions.attachedPolicyArns.map(shortName);
  const sufficient = names.find((name) => SUFFICIENT_POLICIES.some((wanted) => wanted === name));
  const evidence = { ...evidenceOf(permissions), attached_policies: names };
  if (sufficient !== undefined) {
    return ok(
      "role.PERMITTED",
      `role ${role} has ${sufficient}; its other policies were not read`,
      {
        evidence: {
          ...evidence,
          caveats: ["a deny, a permissions boundary or an organization policy may still block"],
        },
      },
    );
  }
  // A policy of the account's own may hold the actions: not having AWS's proves nothing.
  return notVisible("access_denied", {
    needs: ["iam:SimulatePrincipalPolicy"],
    detail: `role ${role} has none of AWS's own policies for it, and others were not read`,
    evidence,
  });
}

function notVisible(
  reason: NonNullable<Finding["reason"]>,
  { needs, detail, evidence = {} }: {
    needs: readonly string[];
    detail: string;
    evidence?: Finding["evidence"];
  },
): Finding {
  return unknown(
    "role.NOT_VISIBLE",
    reason,
    `what the instance's role may do could not be read: ${detail}`,
    {
      needs,
      remediation: needs.length === 0
        ? ["Run the diagnosis again"]
        : [`Allow ${needs.join(" and ")} to the identity you use`],
      evidence,
    },
  );
}

function legacyFindings(
  { missing, denied }: Grants,
  agentVersion: string | undefined,
  { role, parameters }: RoleContext,
): Finding[] {
  const actions = [...missing, ...denied.map(({ action }) => action)];
  if (actions.length === 0) return [];
  const isOld = isAtLeast(agentVersion, MINIMUM_AGENT.withoutEc2Messages) === false;
  return [
    warning(
      "role.LEGACY_ACTIONS_MISSING",
      isOld ? "medium" : "low",
      `role ${role} lacks ${actions.join(", ")}: sessions work, Run Command ${
        isOld ? `of agent ${agentVersion} does not` : "of older agents would not"
      }`,
      {
        primary: false,
        remediation: [fixCommand("attach_core_policy", parameters)],
        evidence: { actions },
      },
    ),
  ];
}

function recommendedFindings({ missing }: Grants): Finding[] {
  if (missing.length === 0) return [];
  return [
    info(
      "role.RECOMMENDED_ACTIONS_MISSING",
      `State Manager, inventory and updates lack ${missing.join(", ")}`,
      { evidence: { actions: missing } },
    ),
  ];
}

/** How it was found out, and what an "allowed" leaves open. */
export function evidenceOf(permissions: Permissions): Finding["evidence"] {
  return {
    method: permissions.method,
    tried: permissions.tried.map(({ method }) => method),
    ...(permissions.method === "simulated" ? { caveats: SIMULATOR_CAVEATS } : {}),
  };
}
