import assert from "node:assert/strict";
import { hostManagement } from "../../../src/diagnostics/checks/host_management.ts";
import { instanceProfile } from "../../../src/diagnostics/checks/instance_profile.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import type { InstanceProfile, Permissions } from "../../../src/diagnostics/facts/iam.ts";
import type {
  Ec2Instance,
  HostManagementSetting,
} from "../../../src/diagnostics/facts/instance.ts";
import { allowed, HEALTHY, MINUTE_MS, NOW_MS, runCheck, trustOf } from "../../support/facts.ts";
import { findingOf, short } from "./_outcome.ts";

const NONE = failed("not_applicable", "iam:GetInstanceProfile", "no profile");
/** An instance without a profile. */
const BARE: Partial<Facts> = {
  instance: known<Ec2Instance>({ ...HEALTHY.instance, profile: undefined }),
  profileAssociation: known(undefined),
  instanceProfile: NONE,
  rolePermissions: NONE,
};

type Setting = Extract<HostManagementSetting, { supported: true }>;
const setting = (changes: Partial<Setting> = {}) =>
  known<HostManagementSetting>({
    supported: true,
    roleName: "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole",
    status: "Customized",
    lastModifiedAtMs: NOW_MS - 24 * 60 * MINUTE_MS,
    ...changes,
  });
const HOST_ROLE = {
  ...HEALTHY.instanceProfile.roles[0],
  name: "AWSSystemsManagerDefaultEC2InstanceManagementRole",
  trustPolicy: trustOf("ssm.amazonaws.com"),
};
/** Default host management is on, and its role is as it should be. */
const HOSTED: Partial<Facts> = {
  hostManagement: setting(),
  hostManagementRole: known(HOST_ROLE),
  hostManagementPermissions: known<Permissions>(HEALTHY.rolePermissions),
};

const metadata = (changes: Partial<Ec2Instance["metadata"]>, base: Partial<Ec2Instance> = {}) =>
  known<Ec2Instance>({
    ...HEALTHY.instance,
    ...base,
    metadata: { ...HEALTHY.instance.metadata, ...changes },
  });

const profile = (changes: Partial<InstanceProfile>) =>
  known<InstanceProfile>({ ...HEALTHY.instanceProfile, ...changes });

/** The role may do all but what begins so. */
function withoutActions(prefix: string) {
  return known<Permissions>({
    method: "simulated",
    decisions: HEALTHY.rolePermissions.decisions.map((one) =>
      one.action.startsWith(prefix) ? { ...allowed(one.action), decision: "implicitDeny" } : one
    ),
    tried: [],
  });
}

const both = (changes: Partial<Facts>) => [
  ...short(runCheck(instanceProfile, changes)),
  ...short(runCheck(hostManagement, changes)),
];

Deno.test("PR-1 a profile with a role that trusts EC2 is ok; host management is not needed", () => {
  assert.deepEqual(both({}), ["ok PROFILE_OK", "skipped DHMC_NOT_NEEDED (not_applicable)"]);
});

Deno.test("PR-2 no profile and host management off: critical, and one follows the other", () => {
  assert.deepEqual(both(BARE), ["critical PROFILE_MISSING", "critical DHMC_OFF"]);
  const [missing] = runCheck(instanceProfile, BARE).findings;
  assert.deepEqual(missing?.fixIds, ["attach_instance_profile"]);
  const [off] = runCheck(hostManagement, BARE).findings;
  assert.deepEqual(off?.follows, ["instance_profile.PROFILE_MISSING#i-0123456789abcdef0"]);
});

Deno.test("PR-3 no profile and host management on: both ok", () => {
  assert.deepEqual(both({ ...BARE, ...HOSTED }), ["ok PROFILE_MISSING_DHMC", "ok DHMC_ACTIVE"]);
});

Deno.test("PR-4 a profile without a role", () => {
  assert.deepEqual(both({ instanceProfile: profile({ roles: [] }), rolePermissions: NONE }), [
    "critical PROFILE_EMPTY",
    "skipped DHMC_NOT_NEEDED (not_applicable)",
  ]);
});

Deno.test("PR-5 a role that trusts another service", () => {
  const [role] = HEALTHY.instanceProfile.roles;
  const changed = profile({ roles: [{ ...role, trustPolicy: trustOf("ssm.amazonaws.com") }] });
  assert.deepEqual(short(runCheck(instanceProfile, { instanceProfile: changed })), [
    "critical ROLE_TRUST_INVALID",
  ]);
  const china = profile({ roles: [{ ...role, trustPolicy: trustOf("ec2.amazonaws.com.cn") }] });
  assert.deepEqual(short(runCheck(instanceProfile, { instanceProfile: china })), ["ok PROFILE_OK"]);
  const odd = profile({ roles: [{ ...role, trustPolicy: undefined }] });
  assert.deepEqual(short(runCheck(instanceProfile, { instanceProfile: odd })), [
    "unknown PROFILE_NOT_VISIBLE (service_error)",
  ]);
});

Deno.test("PR-6 the metadata service is disabled", () => {
  const outcome = runCheck(instanceProfile, {
    instance: metadata({ httpEndpoint: "disabled" }),
  });
  assert.deepEqual(short(outcome), ["critical IMDS_DISABLED"]);
  assert.deepEqual(outcome.findings[0]?.fixIds, ["enable_imds"]);
});

Deno.test("PR-7 the profile may not be read: unknown", () => {
  const outcome = runCheck(instanceProfile, {
    instanceProfile: denied("iam:GetInstanceProfile"),
  });
  assert.deepEqual(short(outcome), ["unknown PROFILE_NOT_VISIBLE (access_denied)"]);
  assert.deepEqual(outcome.findings[0]?.needs, ["iam:GetInstanceProfile"]);
});

Deno.test("an association in motion, a profile that is gone, one that was made again", () => {
  const moving = known({ ...HEALTHY.profileAssociation, state: "associating" });
  assert.deepEqual(short(runCheck(instanceProfile, { profileAssociation: moving })), [
    "warning/medium PROFILE_ASSOCIATING",
  ]);
  assert.deepEqual(short(runCheck(instanceProfile, { instanceProfile: known(undefined) })), [
    "critical PROFILE_DANGLING",
  ]);
  const again = profile({ id: "AIPAANOTHEREXAMPLE123" });
  assert.deepEqual(short(runCheck(instanceProfile, { instanceProfile: again })), [
    "critical PROFILE_DANGLING",
  ]);
  // An emulator tells the id of the association in place of the profile's.
  const emulated = known<Ec2Instance>({
    ...HEALTHY.instance,
    profile: { ...HEALTHY.instance.profile, id: "iip-assoc-1" },
  });
  assert.deepEqual(short(runCheck(instanceProfile, { instance: emulated })), ["ok PROFILE_OK"]);
});

Deno.test("HM-1 a profile that registers the agent and gives it no channel shadows host management", () => {
  const changes = { ...HOSTED, rolePermissions: withoutActions("ssmmessages:") };
  const outcome = runCheck(hostManagement, changes);
  assert.deepEqual(short(outcome), ["critical DHMC_SHADOWED"]);
  assert.match(
    outcome.findings[0]!.message,
    /role ssm-core comes first.*ssmmessages:OpenDataChannel/,
  );
  assert.deepEqual(outcome.findings[0]?.resources, [{ type: "role", id: "ssm-core" }]);
});

Deno.test("HM-2 a Region that does not know the setting: skipped", () => {
  const hostManagementFact = known<HostManagementSetting>({ supported: false });
  assert.deepEqual(both({ ...BARE, hostManagement: hostManagementFact }), [
    "critical PROFILE_MISSING",
    "skipped DHMC_NOT_SUPPORTED (not_applicable)",
  ]);
});

Deno.test("HM-3 no profile, and the setting may not be read: unknown", () => {
  const changes = { ...BARE, hostManagement: denied("ssm:GetServiceSetting") };
  assert.deepEqual(both(changes), [
    "unknown PROFILE_AND_DHMC_UNKNOWN (access_denied)",
    "unknown DHMC_NOT_VISIBLE (access_denied)",
  ]);
  assert.deepEqual(short(runCheck(hostManagement, { hostManagement: changes.hostManagement })), [
    "skipped DHMC_NOT_NEEDED (not_applicable)",
  ]);
});

Deno.test("HM-4 a change of five minutes ago may not have arrived", () => {
  const recent = { hostManagement: setting({ lastModifiedAtMs: NOW_MS - 5 * MINUTE_MS }) };
  assert.deepEqual(short(runCheck(hostManagement, { ...BARE, ...HOSTED, ...recent })), [
    "warning/low DHMC_RECENT",
  ]);
});

Deno.test("HM-5 the setting's value decides, whatever its status is called", () => {
  for (const status of ["Custom", "Customized", "Default", "PendingUpdate"]) {
    const on = { ...BARE, ...HOSTED, hostManagement: setting({ status }) };
    assert.deepEqual(short(runCheck(hostManagement, on)), ["ok DHMC_ACTIVE"], status);
    const off = { ...BARE, hostManagement: setting({ status, roleName: undefined }) };
    assert.deepEqual(short(runCheck(hostManagement, off)), ["critical DHMC_OFF"], status);
  }
});

Deno.test("host management on, and something of it is wrong", () => {
  const node = (agentVersion: string) => known({ ...HEALTHY.node, agentVersion });
  const cases: [string, Partial<Facts>, string[]][] = [
    ["agent too old", { node: node("3.2.581.9") }, ["critical DHMC_AGENT_TOO_OLD"]],
    ["agent just new enough", { node: node("3.2.582.0") }, ["ok DHMC_ACTIVE"]],
    ["agent unknown", { node: node("") }, ["warning/medium DHMC_AGENT_TOO_OLD"]],
    [
      "no metadata service",
      { instance: metadata({ httpEndpoint: "disabled" }, { profile: undefined }) },
      ["critical DHMC_IMDS"],
    ],
    [
      "version 1 of the metadata service too",
      { instance: metadata({ httpTokens: "optional" }, { profile: undefined }) },
      ["ok DHMC_ACTIVE", "+ ok DHMC_IMDS"],
    ],
    ["role gone", { hostManagementRole: known(undefined) }, ["critical DHMC_ROLE_MISSING"]],
    [
      "role of another service",
      { hostManagementRole: known({ ...HOST_ROLE, trustPolicy: trustOf("ec2.amazonaws.com") }) },
      ["critical DHMC_ROLE_TRUST"],
    ],
    [
      "role without actions",
      { hostManagementPermissions: withoutActions("ssmmessages:") },
      ["critical DHMC_ROLE_POLICY"],
    ],
    [
      "role not to be read",
      { hostManagementRole: denied("iam:GetRole") },
      ["ok DHMC_ACTIVE", "+ unknown DHMC_NOT_VISIBLE (access_denied)"],
    ],
  ];
  for (const [what, changes, expected] of cases) {
    const outcome = runCheck(hostManagement, { ...BARE, ...HOSTED, ...changes });
    assert.deepEqual(short(outcome), expected, what);
  }
});

Deno.test("a profile that does not register the agent leaves it to host management", () => {
  const idle = withoutActions("ssm");
  assert.deepEqual(short(runCheck(hostManagement, { ...HOSTED, rolePermissions: idle })), [
    "ok DHMC_ACTIVE",
  ]);
  assert.deepEqual(short(runCheck(hostManagement, { rolePermissions: idle })), [
    "skipped DHMC_NOT_NEEDED (not_applicable)",
  ]);
});

Deno.test("host management on, and what the profile allows may not be read: unknown", () => {
  const outcome = runCheck(hostManagement, {
    ...HOSTED,
    rolePermissions: denied("iam:SimulatePrincipalPolicy"),
  });
  assert.deepEqual(short(outcome), ["unknown DHMC_NOT_VISIBLE (access_denied)"]);
  assert.deepEqual(findingOf(outcome, "DHMC_NOT_VISIBLE").needs, ["iam:SimulatePrincipalPolicy"]);
});
