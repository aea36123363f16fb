/**
 * Trouble with the instance's role, or with what the caller may do to it.
 *
 * @module
 */
import { SSM_TRUST } from "../cloud/iam_store.ts";
import { allowing, CHANNEL_ACTIONS, policyText } from "../cloud/managed_policies.ts";
import { clearRules } from "./network_builder.ts";
import { critical, type Scenario } from "./scenario.ts";

const CORE = ["AmazonSSMManagedInstanceCore"];
const WAS = { wasRegistered: true };

export const IDENTITY_SCENARIOS: readonly Scenario[] = [
  {
    name: "profile-empty",
    about: "the instance profile holds no role",
    expected: critical("instance_profile", "PROFILE_EMPTY"),
    seed(seeder) {
      const { profile, name } = seeder.roleWithProfile({ attached: CORE });
      profile.roleName = undefined;
      seeder.instance(natNetwork(seeder), { ...WAS, profile: name });
    },
  },
  {
    name: "profile-deleted",
    about: "the instance profile was deleted, and another of the same name made",
    expected: critical("instance_profile", "PROFILE_DANGLING"),
    seed(seeder) {
      const { name } = seeder.roleWithProfile({ attached: CORE });
      seeder.instance(natNetwork(seeder), { ...WAS, profile: name });
      seeder.cloud.iam.addProfile(name, { roleName: name, id: "AIPASANDBOX0ANOTHER0" });
    },
  },
  {
    name: "role-trust",
    about: "the role may not be assumed by EC2",
    expected: critical("instance_profile", "ROLE_TRUST_INVALID"),
    seed(seeder) {
      const { name } = seeder.roleWithProfile({ attached: CORE, trust: SSM_TRUST });
      seeder.instance(natNetwork(seeder), { ...WAS, profile: name });
    },
  },
  {
    name: "metadata-disabled",
    about: "the instance metadata service is off, so the agent gets no credentials",
    expected: critical("instance_profile", "IMDS_DISABLED"),
    seed(seeder) {
      seeder.instance(natNetwork(seeder), WAS).metadata.endpoint = "disabled";
    },
  },
  {
    name: "role-missing-actions",
    about: "the role may report to SSM but not open session channels: Online, no sessions",
    expected: critical("iam_permissions", "role.MISSING_ACTIONS"),
    seed(seeder) {
      const { role, name } = seeder.roleWithProfile();
      role.inline.set("node", allowing(["ssm:*"]));
      seeder.instance(natNetwork(seeder), { profile: name });
    },
  },
  {
    name: "role-denied",
    about: "the role has the right policy, and another that explicitly denies session channels",
    expected: critical("iam_permissions", "role.DENIED"),
    seed(seeder) {
      const { role, name } = seeder.roleWithProfile({ attached: CORE });
      const statement = { Effect: "Deny", Action: "ssmmessages:*", Resource: "*" };
      role.inline.set("no-sessions", policyText(statement));
      seeder.instance(natNetwork(seeder), { profile: name });
    },
  },
  {
    name: "role-boundary",
    about: "the role has the right policy, and a permissions boundary that leaves nothing of it",
    expected: critical("iam_permissions", "role.DENIED"),
    seed(seeder) {
      const { role, name } = seeder.roleWithProfile({ attached: CORE });
      const limit = allowing(["s3:Get*", "s3:List*", "logs:*"]);
      role.boundary = seeder.cloud.iam.addPolicy("sandbox-only-logs", limit).arn;
      seeder.instance(natNetwork(seeder), { ...WAS, profile: name });
    },
  },
  {
    name: "caller-denied",
    about: "the agent is connected; the caller is explicitly denied sessions to this instance",
    expected: critical("iam_permissions", "caller.DENIED"),
    seed(seeder) {
      const target = seeder.instance(natNetwork(seeder));
      const statement = {
        Effect: "Deny",
        Action: "ssm:StartSession",
        Resource: seeder.arnOf(target),
      };
      seeder.caller.inline.set("not-caller-denied-1", policyText(statement));
    },
  },
  {
    name: "two-causes",
    about: "no instance profile, and a security group that lets nothing out",
    expected: critical("instance_profile", "PROFILE_MISSING"),
    also: [critical("security_groups", "SG_EGRESS_BLOCKED")],
    seed(seeder) {
      const network = natNetwork(seeder);
      clearRules(network.group, "out");
      seeder.instance(network, { ...WAS, profile: "none" });
    },
  },
  {
    name: "endpoint-and-role",
    about: "the endpoints' group refuses the instance, and its role may not open channels",
    expected: critical("iam_permissions", "role.MISSING_ACTIONS"),
    also: [critical("security_groups", "SG_ENDPOINT_INGRESS_BLOCKED")],
    seed(seeder) {
      const network = seeder.network();
      network.addEndpoints();
      clearRules(network.endpointGroup, "in");
      const { role, name } = seeder.roleWithProfile();
      role.inline.set("node", allowing(["ssm:UpdateInstanceInformation"]));
      seeder.instance(network, { ...WAS, profile: name });
    },
  },
  {
    name: "legacy-only",
    about: "works: the role lacks only the older actions of Run Command",
    expected: {
      check: "iam_permissions",
      code: "role.LEGACY_ACTIONS_MISSING",
      status: "warning",
    },
    seed(seeder) {
      const { role, name } = seeder.roleWithProfile();
      role.inline.set("node", allowing(["ssm:*"], CHANNEL_ACTIONS));
      seeder.instance(natNetwork(seeder), { profile: name });
    },
  },
];

function natNetwork(seeder: Parameters<Scenario["seed"]>[0]) {
  const network = seeder.network();
  network.addNat();
  return network;
}
