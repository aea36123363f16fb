/**
 * `instance_profile`: is a usable role attached to the instance, and can the agent fetch its
 * credentials.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type FactReader, type Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { InstanceProfile } from "../facts/iam.ts";
import type { Ec2Instance } from "../facts/instance.ts";
import { critical, ok, unknown, unknownBecause, warning } from "../findings.ts";
import { EC2_SERVICES, trustsService } from "../iam/trust.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, fixCommand, itemCommand } from "../remedies.ts";

const FACTS = ["instance", "profileAssociation", "instanceProfile", "hostManagement"] as const;
type ProfileReader = FactReader<(typeof FACTS)[number]>;

/** Ids of instance profiles; an emulator puts that of the association in their place. */
const PROFILE_ID = /^AIPA/;

export const instanceProfile = defineCheck({
  id: "instance_profile",
  title: "Instance profile",
  category: "iam",
  isSeedItem: false,
  primaryQuestion: "is a usable role attached to the instance",
  facts: FACTS,
  requires: { aws: true, instance: "exists", ec2: true },
  actions: ["ec2:DescribeIamInstanceProfileAssociations", "iam:GetInstanceProfile"],
  run(facts, parameters): CheckOutcome {
    const instance = facts.get("instance");
    const resources = [{ type: "instance", id: parameters.instanceId }];
    if (instance.state !== "known" || instance.value === undefined) {
      const message = "the profile of the instance could not be read";
      const finding = instance.state === "known"
        ? unknown("PROFILE_NOT_VISIBLE", "not_found", message)
        : unknownBecause("PROFILE_NOT_VISIBLE", instance, message);
      return { findings: [{ ...finding, resources }], planned: 1 };
    }
    const findings = [profileFinding(instance.value, facts, parameters)];
    if (instance.value.metadata.httpEndpoint === "disabled") findings.push(metadataOff(parameters));
    // What is wrong comes first; a good profile is no use without the metadata service.
    const isBroken = findings.some(({ status }) => status === "critical");
    return {
      findings: findings.filter(({ status }) => !isBroken || status !== "ok")
        .map((finding) => ({ ...finding, resources })),
      planned: 1,
    };
  },
});

function profileFinding(
  instance: Ec2Instance,
  facts: ProfileReader,
  parameters: CheckParameters,
): Finding {
  const association = valueOf(facts.get("profileAssociation"));
  const arn = instance.profile?.arn ?? association?.profileArn;
  if (arn === undefined) return withoutProfile(facts, parameters);
  const name = arn.split("/").at(-1) ?? arn;
  if (association?.state === "associating" || association?.state === "disassociating") {
    return warning("PROFILE_ASSOCIATING", "medium", `profile ${name} is ${association.state}`, {
      remediation: [
        `Wait a minute: ${itemCommand("instance_profile", parameters)}`,
      ],
      evidence: { profile_arn: arn, state: association.state },
    });
  }
  const profile = facts.get("instanceProfile");
  if (profile.state !== "known") {
    return unknownBecause("PROFILE_NOT_VISIBLE", profile, `profile ${name} could not be read`, {
      evidence: { profile_arn: arn },
    });
  }
  const attachedId = instance.profile?.id ?? "";
  const isRecreated = profile.value !== undefined && PROFILE_ID.test(attachedId) &&
    PROFILE_ID.test(profile.value.id) && attachedId !== profile.value.id;
  if (profile.value === undefined || isRecreated) {
    return dangling(name, association?.associationId, { isRecreated, parameters });
  }
  return roleFinding(profile.value, parameters);
}

function roleFinding(profile: InstanceProfile, parameters: CheckParameters): Finding {
  const { name, roles } = profile;
  const [role] = roles;
  if (role === undefined) {
    return critical("PROFILE_EMPTY", `profile ${name} holds no role`, {
      remediation: [
        awsCli(
          `iam add-role-to-instance-profile --instance-profile-name ${name} --role-name ROLE`,
          parameters,
        ),
      ],
      evidence: { profile: name },
    });
  }
  const evidence = { profile: name, role: role.name };
  if (role.trustPolicy === undefined) {
    return unknown(
      "PROFILE_NOT_VISIBLE",
      "service_error",
      `the trust policy of role ${role.name} is not one`,
      { remediation: [`AWS console, IAM, Roles, ${role.name}, Trust relationships`], evidence },
    );
  }
  if (!trustsService(role.trustPolicy, EC2_SERVICES)) {
    return critical("ROLE_TRUST_INVALID", `role ${role.name} does not trust EC2`, {
      remediation: [
        `Let ec2.amazonaws.com assume it: AWS console, IAM, Roles, ${role.name}, Trust relationships`,
        `Or ${
          awsCli(
            `iam update-assume-role-policy --role-name ${role.name} --policy-document file://trust.json`,
            parameters,
          )
        }`,
      ],
      evidence,
    });
  }
  return ok("PROFILE_OK", `profile ${name} gives role ${role.name}`, { evidence });
}

function withoutProfile(facts: ProfileReader, parameters: CheckParameters): Finding {
  const hosting = facts.get("hostManagement");
  const attach = [
    `Attach one: ${fixCommand("attach_instance_profile", parameters)} --instance-profile NAME`,
    `Or ${
      awsCli(
        `ec2 associate-iam-instance-profile --instance-id ${parameters.instanceId} ` +
          "--iam-instance-profile Name=NAME",
        parameters,
      )
    }`,
    "Or switch on default host management: AWS console, Systems Manager, Fleet Manager, " +
    "Account management",
  ];
  if (hosting.state !== "known") {
    return unknownBecause(
      "PROFILE_AND_DHMC_UNKNOWN",
      hosting,
      "no profile is attached, and whether default host management is on could not be read",
    );
  }
  if (hosting.value.supported && hosting.value.roleName !== undefined) {
    return ok(
      "PROFILE_MISSING_DHMC",
      "no profile is attached; the instance is managed through default host management",
      { evidence: { role: hosting.value.roleName } },
    );
  }
  return critical(
    "PROFILE_MISSING",
    "no instance profile is attached, and default host management is off: the agent has no credentials",
    { remediation: attach, fixIds: ["attach_instance_profile"] },
  );
}

function dangling(
  name: string,
  associationId: string | undefined,
  { isRecreated, parameters }: { isRecreated: boolean; parameters: CheckParameters },
): Finding {
  const association = associationId ?? "ASSOCIATION_ID";
  return critical(
    "PROFILE_DANGLING",
    isRecreated
      ? `profile ${name} was deleted and made again: the instance still has the old one`
      : `profile ${name} does not exist any more`,
    {
      remediation: [
        awsCli(
          `ec2 replace-iam-instance-profile-association --association-id ${association} ` +
            `--iam-instance-profile Name=${isRecreated ? name : "NAME"}`,
          parameters,
        ),
      ],
      evidence: { profile: name, association_id: associationId ?? null },
    },
  );
}

function metadataOff(parameters: CheckParameters): Finding {
  return critical(
    "IMDS_DISABLED",
    "the instance's metadata service is disabled: the agent cannot fetch credentials",
    {
      remediation: [
        fixCommand("enable_imds", parameters),
        `Or ${
          awsCli(
            `ec2 modify-instance-metadata-options --instance-id ${parameters.instanceId} ` +
              "--http-endpoint enabled --http-tokens required",
            parameters,
          )
        }`,
      ],
      evidence: { http_endpoint: "disabled" },
      fixIds: ["enable_imds"],
    },
  );
}
