/**
 * Settings of the whole account or Region: each of these is seeded only when it is asked for.
 *
 * @module
 */
import { EC2_TRUST, SSM_TRUST } from "../cloud/iam_store.ts";
import { allowing, policyText } from "../cloud/managed_policies.ts";
import { DEFAULT_PREFERENCES } from "../cloud/preferences.ts";
import { addKey } from "./encryption_scenarios.ts";
import { clearRules } from "./network_builder.ts";
import { critical, type Scenario, unknown, warning } from "./scenario.ts";
import { HOST_MANAGEMENT_ROLE, type InstanceOptions, type Seeder } from "./seeder.ts";

const DHMC_POLICY = ["AmazonSSMManagedEC2InstanceDefaultPolicy"];
const WAS = { wasRegistered: true };

function alone(
  fields: Omit<Scenario, "seed" | "isAlone">,
  seed: (seeder: Seeder) => void,
): Scenario {
  return { ...fields, isAlone: true, seed };
}

function inNat(seeder: Seeder, options: InstanceOptions = {}) {
  const network = seeder.network();
  network.addNat();
  return { network, instance: seeder.instance(network, options) };
}

/** Default host management, with the role that the setting names unless it is left out. */
function hostManagement(
  seeder: Seeder,
  role: { trust?: string; attached?: readonly string[] } | undefined,
): void {
  seeder.enableHostManagement();
  if (role === undefined) return;
  seeder.cloud.iam.addRole(HOST_MANAGEMENT_ROLE, {
    path: "/service-role/",
    trust: SSM_TRUST,
    attached: DHMC_POLICY,
    ...role,
  });
}

function deny(seeder: Seeder, actions: readonly string[], resource = "*"): void {
  const statement = { Effect: "Deny", Action: actions, Resource: resource };
  seeder.caller.inline.set("denied", policyText(statement));
}

export const ACCOUNT_SCENARIOS: readonly Scenario[] = [
  alone({
    name: "host-management",
    about: "nothing is wrong: no instance profile, and default host management is on",
    expected: undefined,
  }, (seeder) => {
    hostManagement(seeder, {});
    inNat(seeder, { profile: "none" });
  }),
  alone({
    name: "profile-shadows-host-management",
    about: "host management is on, but a profile that may only report takes its place",
    expected: critical("host_management", "DHMC_SHADOWED"),
  }, (seeder) => {
    hostManagement(seeder, {});
    const { role, name } = seeder.roleWithProfile();
    role.inline.set("report", allowing(["ssm:UpdateInstanceInformation", "s3:GetObject"]));
    inNat(seeder, { profile: name });
  }),
  alone({
    name: "host-management-old-agent",
    about: "host management is on, and the agent is too old for it",
    expected: critical("host_management", "DHMC_AGENT_TOO_OLD"),
  }, (seeder) => {
    hostManagement(seeder, {});
    inNat(seeder, { ...WAS, profile: "none", agentVersion: "3.1.1732.0" });
  }),
  alone({
    name: "host-management-no-role",
    about: "host management names a role that does not exist",
    expected: critical("host_management", "DHMC_ROLE_MISSING"),
  }, (seeder) => {
    hostManagement(seeder, undefined);
    inNat(seeder, { ...WAS, profile: "none" });
  }),
  alone({
    name: "host-management-trust",
    about: "host management's role may not be assumed by Systems Manager",
    expected: critical("host_management", "DHMC_ROLE_TRUST"),
  }, (seeder) => {
    hostManagement(seeder, { trust: EC2_TRUST });
    inNat(seeder, { ...WAS, profile: "none" });
  }),
  alone({
    name: "host-management-policy",
    about: "host management's role has no permissions",
    expected: critical("host_management", "DHMC_ROLE_POLICY"),
  }, (seeder) => {
    hostManagement(seeder, { attached: [] });
    inNat(seeder, { ...WAS, profile: "none" });
  }),
  alone({
    name: "groups-not-visible",
    about: "a security group lets nothing out, and the caller may not read security groups",
    expected: unknown("security_groups", "SG_NOT_VISIBLE"),
  }, (seeder) => {
    clearRules(inNat(seeder, WAS).network.group, "out");
    deny(seeder, ["ec2:DescribeSecurityGroups"]);
  }),
  alone({
    name: "nothing-visible",
    about: "the caller may do nothing at all",
    expected: unknown("instance_state", "INSTANCE_NOT_VISIBLE"),
  }, (seeder) => {
    inNat(seeder);
    seeder.caller.attached.clear();
  }),
  alone({
    name: "caller-document-denied",
    about: "the caller may open shells, but may not forward ports",
    expected: critical("iam_permissions", "caller.DOCUMENT_NOT_ALLOWED"),
  }, (seeder) => {
    inNat(seeder);
    deny(seeder, ["ssm:StartSession"], "arn:aws:ssm:*::document/AWS-StartPortForwardingSession*");
  }),
  alone({
    name: "key-disabled",
    about: "the preferences name a key that is disabled: no shells, and ports still work",
    expected: warning("session_preferences", "PREFS_KMS_KEY_UNUSABLE"),
  }, (seeder) => {
    inNat(seeder);
    const arn = addKey(seeder, "Disabled");
    seeder.home.preferences = { ...DEFAULT_PREFERENCES, kmsKeyId: arn };
  }),
  alone({
    name: "idle-timeout-short",
    about: "works; the preferences end sessions that are silent for three minutes",
    expected: warning("session_preferences", "PREFS_IDLE_SHORT"),
  }, (seeder) => {
    inNat(seeder);
    seeder.home.preferences = { ...DEFAULT_PREFERENCES, idleSessionTimeout: "3" };
  }),
  alone({
    name: "maximum-duration",
    about: "works; the preferences end every session after thirty minutes",
    expected: warning("session_preferences", "PREFS_MAX_DURATION"),
  }, (seeder) => {
    inNat(seeder);
    seeder.home.preferences = { ...DEFAULT_PREFERENCES, maxSessionDuration: "30" };
  }),
  alone({
    name: "other-region",
    about: "the instance is in another Region than the one that is asked",
    expected: critical("instance_state", "INSTANCE_NOT_FOUND"),
  }, (seeder) => {
    const region = seeder.home.name === "eu-central-1" ? "us-east-1" : "eu-central-1";
    const network = seeder.network({ region });
    network.addNat();
    seeder.instance(network);
  }),
];
