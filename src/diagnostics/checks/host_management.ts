/**
 * `host_management`: where there is no usable profile, does default host management (DHMC) cover the
 * instance.
 *
 * The agent tries an instance profile first. One that allows `ssm:UpdateInstanceInformation` and no
 * session channel therefore switches a working DHMC off.
 *
 * Source: Systems Manager User Guide, "Managing EC2 instances automatically with Default Host
 * Management Configuration".
 *
 * @module
 */

import { isAtLeast } from "../agent_version.ts";
import { MINIMUM_AGENT } from "../agent_versions.ts";
import {
  type CheckOutcome,
  defineCheck,
  type FactReader,
  type Finding,
  findingId,
} from "../contracts.ts";
import { firstUnknown, valueOf } from "../facts/fact.ts";
import type { HostManagementSetting } from "../facts/instance.ts";
import { critical, info, ok, skipped, unknownBecause, warning } from "../findings.ts";
import {
  instanceArn,
  REQUIRED_ROLE_ACTIONS,
  roleRequest,
  UPDATE_INSTANCE_INFORMATION,
} from "../iam/actions.ts";
import { type Grants, grantsOf } from "../iam/grant.ts";
import { SSM_SERVICES, trustsService } from "../iam/trust.ts";
import type { CheckParameters } from "../parameters.ts";
import { describeDuration, fixCommand, itemCommand } from "../remedies.ts";

const MINUTE_MS = 60_000;
/** Instances may need this long after a change. */
const SETTLING_MS = 30 * MINUTE_MS;

const FACTS = [
  "hostManagement",
  "hostManagementRole",
  "hostManagementPermissions",
  "instance",
  "profileAssociation",
  "instanceProfile",
  "rolePermissions",
  "identity",
  "node",
] as const;
type HostReader = FactReader<(typeof FACTS)[number]>;

/** The setting, its role, what the role may do. */
const PLANNED = 3;

const CONSOLE = "AWS console, Systems Manager, Fleet Manager, Account management, " +
  "Configure Default Host Management Configuration";

export const hostManagement = defineCheck({
  id: "host_management",
  title: "Default host management",
  category: "iam",
  isSeedItem: false,
  primaryQuestion: "if there is no usable profile, does DHMC cover the instance",
  facts: FACTS,
  requires: { aws: true, instance: "exists", ec2: true },
  actions: ["ssm:GetServiceSetting", "iam:GetRole"],
  run(facts, parameters): CheckOutcome {
    return { findings: judge(facts, parameters), planned: PLANNED };
  },
});

/**
 * What the instance's own profile means to the agent.
 *
 * - `usable`: all that sessions need. `shadowing`: registers the agent and gives it no sessions.
 * - `idle`: there is one, and it does not register the agent, which then uses DHMC.
 * - `broken`: attached, and without a role that could be used.
 * - `unseen`: there is one, and what it allows is not known.
 */
type ProfileState = "none" | "usable" | "shadowing" | "idle" | "broken" | "unseen" | "hidden";

function judge(facts: HostReader, parameters: CheckParameters): Finding[] {
  const setting = facts.get("hostManagement");
  const { state: profile, grants } = profileState(facts, parameters);
  if (profile === "usable") {
    return [skipped("DHMC_NOT_NEEDED", "not_applicable", "the instance's own role is enough")];
  }
  if (setting.state !== "known") {
    const message = "whether default host management is on could not be read";
    return [unknownBecause("DHMC_NOT_VISIBLE", setting, message)];
  }
  if (!setting.value.supported) {
    const message = `${parameters.region} does not know default host management`;
    return [skipped("DHMC_NOT_SUPPORTED", "not_applicable", message)];
  }
  if (setting.value.roleName === undefined) return offFindings(profile, facts, parameters);
  switch (profile) {
    case "shadowing":
      return [shadowed(grants, facts, parameters)];
    case "unseen":
    case "hidden": {
      const fact = firstUnknown(facts.get("instance"), facts.get("rolePermissions"));
      const message =
        "default host management is on; whether the instance's role shadows it could " +
        "not be read";
      return fact === undefined
        ? [skipped("DHMC_NOT_NEEDED", "not_applicable", message)]
        : [unknownBecause("DHMC_NOT_VISIBLE", fact, message)];
    }
    case "broken":
      return [
        skipped("DHMC_NOT_NEEDED", "not_applicable", "a profile is attached; mend that one first"),
      ];
    case "none":
    case "idle":
      return onFindings(setting.value, facts, parameters);
    default:
      profile satisfies never;
      return [];
  }
}

function profileState(
  facts: HostReader,
  parameters: CheckParameters,
): { state: ProfileState; grants: Grants | undefined } {
  const instance = facts.get("instance");
  const nothing = { grants: undefined };
  if (instance.state !== "known") return { state: "hidden", ...nothing };
  const association = valueOf(facts.get("profileAssociation"));
  if (instance.value?.profile === undefined && association === undefined) {
    return { state: "none", ...nothing };
  }
  const profile = facts.get("instanceProfile");
  if (profile.state === "known" && (profile.value?.roles.length ?? 0) === 0) {
    return { state: "broken", ...nothing };
  }
  const permissions = valueOf(facts.get("rolePermissions"));
  if (permissions === undefined || permissions.method === "name_match") {
    return { state: "unseen", ...nothing };
  }
  const accountId = valueOf(facts.get("identity"))?.accountId ?? "*";
  const arn = instanceArn(parameters, accountId);
  const grants = grantsOf(
    permissions,
    REQUIRED_ROLE_ACTIONS.map((action) => roleRequest(action, arn)),
  );
  const refused = [...grants.missing, ...grants.denied.map(({ action }) => action)];
  const isRegistering = grants.allowed.includes(UPDATE_INSTANCE_INFORMATION);
  if (grants.allowed.length === REQUIRED_ROLE_ACTIONS.length) return { state: "usable", grants };
  if (isRegistering && refused.length > 0) return { state: "shadowing", grants };
  if (refused.includes(UPDATE_INSTANCE_INFORMATION)) return { state: "idle", grants };
  return { state: "unseen", grants };
}

function offFindings(
  profile: ProfileState,
  facts: HostReader,
  parameters: CheckParameters,
): Finding[] {
  if (profile === "hidden") {
    const fact = firstUnknown(facts.get("instance"));
    const message =
      "default host management is off; whether a profile is attached could not be read";
    if (fact !== undefined) return [unknownBecause("DHMC_NOT_VISIBLE", fact, message)];
  }
  if (profile !== "none") {
    const message = "off, and the instance has a profile; iam_permissions judges that";
    return [skipped("DHMC_NOT_NEEDED", "not_applicable", message)];
  }
  const resources = [{ type: "instance", id: parameters.instanceId }];
  return [
    critical("DHMC_OFF", "default host management is off, and no profile is attached", {
      remediation: [
        `Attach a profile: ${
          fixCommand("attach_instance_profile", parameters)
        } --instance-profile NAME`,
        `Or switch it on for the account: ${CONSOLE}`,
      ],
      resources,
      follows: [findingId("instance_profile", { code: "PROFILE_MISSING", resources })],
    }),
  ];
}

function shadowed(
  grants: Grants | undefined,
  facts: HostReader,
  parameters: CheckParameters,
): Finding {
  const role = valueOf(facts.get("instanceProfile"))?.roles[0]?.name ?? "of the instance";
  const lacking = [
    ...(grants?.missing ?? []),
    ...(grants?.denied ?? []).map(({ action }) => action),
  ];
  return critical(
    "DHMC_SHADOWED",
    `default host management is on, but role ${role} comes first: it allows ` +
      `${UPDATE_INSTANCE_INFORMATION} and lacks ${lacking.join(", ")}`,
    {
      remediation: [
        `Take ${UPDATE_INSTANCE_INFORMATION} away from role ${role}: AWS console, IAM, Roles, ${role}`,
        `Or add what is missing: ${fixCommand("attach_core_policy", parameters)}`,
      ],
      resources: [{ type: "role", id: role }],
      evidence: { missing: lacking },
      fixIds: ["attach_core_policy"],
    },
  );
}

function onFindings(
  setting: Extract<HostManagementSetting, { supported: true }>,
  facts: HostReader,
  parameters: CheckParameters,
): Finding[] {
  const problems = [
    ...metadataFindings(facts, parameters),
    ...agentFindings(facts, parameters),
    ...roleFindings(setting.roleName ?? "", facts, parameters),
    ...recentFindings(setting, parameters),
  ];
  const isAnswered = problems.some(({ status, primary }) => primary && status !== "ok");
  if (isAnswered) return problems;
  const message = `default host management covers the instance with role ${setting.roleName}`;
  return [
    ok("DHMC_ACTIVE", message, {
      evidence: { role: setting.roleName ?? "", setting_status: setting.status },
    }),
    ...problems,
  ];
}

function metadataFindings(facts: HostReader, parameters: CheckParameters): Finding[] {
  const metadata = valueOf(facts.get("instance"))?.metadata;
  if (metadata?.httpEndpoint === "disabled") {
    const resources = [{ type: "instance", id: parameters.instanceId }];
    return [
      critical("DHMC_IMDS", "default host management needs the instance's metadata service", {
        remediation: [fixCommand("enable_imds", parameters)],
        fixIds: ["enable_imds"],
        follows: [findingId("instance_profile", { code: "IMDS_DISABLED", resources })],
        resources,
      }),
    ];
  }
  if (metadata?.httpTokens !== "optional") return [];
  return [info("DHMC_IMDS", "IMDSv2 is used; version 1 is allowed as well")];
}

function agentFindings(facts: HostReader, parameters: CheckParameters): Finding[] {
  const version = valueOf(facts.get("node"))?.agentVersion;
  const minimum = MINIMUM_AGENT.hostManagement;
  switch (isAtLeast(version, minimum)) {
    case true:
      return [];
    case false:
      return [
        critical(
          "DHMC_AGENT_TOO_OLD",
          `agent ${version} is too old for default host management, which needs ${minimum}`,
          {
            remediation: [
              `Attach a profile first: ${
                fixCommand("attach_instance_profile", parameters)
              } --instance-profile NAME`,
              `Then update the agent: ${fixCommand("update_agent", parameters)}`,
            ],
            evidence: { agent_version: version ?? null, minimum },
            resources: [{ type: "instance", id: parameters.instanceId }],
          },
        ),
      ];
    default:
      return [
        warning(
          "DHMC_AGENT_TOO_OLD",
          "medium",
          `default host management needs agent ${minimum}; this one's version is not known`,
          {
            remediation: [
              `See the version once it is connected: ${itemCommand("agent_features", parameters)}`,
            ],
            evidence: { agent_version: null, minimum },
            resources: [{ type: "instance", id: parameters.instanceId }],
          },
        ),
      ];
  }
}

function roleFindings(
  roleName: string,
  facts: HostReader,
  parameters: CheckParameters,
): Finding[] {
  const role = facts.get("hostManagementRole");
  const name = roleName.split("/").at(-1) ?? roleName;
  const resources = [{ type: "role", id: name }];
  const place = `AWS console, IAM, Roles, ${name}`;
  if (role.state !== "known") {
    const message = `role ${name} of default host management could not be read`;
    return [
      { ...unknownBecause("DHMC_NOT_VISIBLE", role, message, { primary: false }), resources },
    ];
  }
  if (role.value === undefined) {
    return [
      critical("DHMC_ROLE_MISSING", `role ${name} of default host management does not exist`, {
        remediation: [`Choose a role again: ${CONSOLE}`],
        resources,
      }),
    ];
  }
  const { trustPolicy } = role.value;
  if (trustPolicy !== undefined && !trustsService(trustPolicy, SSM_SERVICES)) {
    return [
      critical("DHMC_ROLE_TRUST", `role ${name} does not trust ssm.amazonaws.com`, {
        remediation: [`${place}, Trust relationships`],
        resources,
      }),
    ];
  }
  const permissions = facts.get("hostManagementPermissions");
  if (permissions.state !== "known" || permissions.value.method === "name_match") {
    const fact = permissions.state === "known" ? permissions.value.tried[0]?.failure : permissions;
    const message = `what role ${name} may do could not be read`;
    if (fact === undefined) return [];
    return [
      { ...unknownBecause("DHMC_NOT_VISIBLE", fact, message, { primary: false }), resources },
    ];
  }
  const accountId = valueOf(facts.get("identity"))?.accountId ?? "*";
  const arn = instanceArn(parameters, accountId);
  const grants = grantsOf(
    permissions.value,
    REQUIRED_ROLE_ACTIONS.map((action) => roleRequest(action, arn)),
  );
  const lacking = [...grants.missing, ...grants.denied.map(({ action }) => action)];
  if (lacking.length === 0) return [];
  return [
    critical("DHMC_ROLE_POLICY", `role ${name} lacks ${lacking.join(", ")}`, {
      remediation: [
        `Attach AmazonSSMManagedEC2InstanceDefaultPolicy: ${place}, Permissions`,
      ],
      resources,
      evidence: { missing: lacking },
    }),
  ];
}

function recentFindings(
  { lastModifiedAtMs }: Extract<HostManagementSetting, { supported: true }>,
  { nowMs }: CheckParameters,
): Finding[] {
  if (lastModifiedAtMs === undefined || nowMs - lastModifiedAtMs >= SETTLING_MS) return [];
  return [
    warning(
      "DHMC_RECENT",
      "low",
      `default host management was changed ${
        describeDuration(nowMs - lastModifiedAtMs)
      } ago: instances may need 30 min`,
      { remediation: ["Wait half an hour, then run the diagnosis again"] },
    ),
  ];
}
