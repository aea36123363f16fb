/**
 * `attach_instance_profile`: a role for an instance that has none.
 *
 * @module
 */

import { type Fact, valueOf } from "../facts/fact.ts";
import { REQUIRED_ROLE_ACTIONS } from "../iam/actions.ts";
import { parsePolicyDocument } from "../iam/policy_document.ts";
import { EC2_SERVICES, trustsService } from "../iam/trust.ts";
import {
  type FixDefinition,
  FROM_RESPONSE,
  type Look,
  type Precondition,
  precondition,
} from "./contracts.ts";

interface AssociateAnswer {
  IamInstanceProfileAssociation?: { AssociationId?: string };
}

export const attachInstanceProfile: FixDefinition = {
  id: "attach_instance_profile",
  title: "attach an instance profile",
  class: "unsafe",
  unsafeBecause: ["widens_access"],
  scope: "instance",
  permissions: ["ec2:AssociateIamInstanceProfile", "iam:PassRole"],
  facts: ["instance", "profileAssociation"],
  verify: ["instance_profile", "ssm_agent"],
  verifyTimeoutMs: 300_000,
  async plan({ facts, parameters, look, options }) {
    const { instanceId } = parameters;
    const name = options.instanceProfile;
    const association = facts.get("profileAssociation");
    const isFree = association.state === "known" ? association.value === undefined : undefined;
    return {
      steps: [{
        service: "ec2",
        action: "AssociateIamInstanceProfile",
        params: {
          InstanceId: instanceId,
          IamInstanceProfile: { Name: name ?? "<--instance-profile NAME>" },
        },
        rollback: (answer) => ({
          service: "ec2",
          action: "DisassociateIamInstanceProfile",
          params: {
            AssociationId: (answer as AssociateAnswer | undefined)
              ?.IamInstanceProfileAssociation?.AssociationId ?? FROM_RESPONSE,
          },
        }),
      }],
      preconditions: [
        precondition("a profile is named (--instance-profile NAME)", name !== undefined),
        precondition("no association present", isFree),
        ...(name === undefined ? [] : await roleConditions(look, name)),
      ],
      blastRadius: {
        instances: 1,
        warnings: ["an agent that hibernates may need up to an hour to notice"],
      },
    };
  },
};

async function roleConditions(look: Look, name: string): Promise<Precondition[]> {
  const found = await look("iam", "GetInstanceProfile", { InstanceProfileName: name });
  const [role] = valueOf(found)?.InstanceProfile?.Roles ?? [];
  const trust = parsePolicyDocument(role?.AssumeRolePolicyDocument ?? "");
  return [
    precondition(`profile ${name} exists and has a role`, existence(found, role !== undefined)),
    precondition(
      "its role trusts EC2",
      trust === undefined ? undefined : trustsService(trust, EC2_SERVICES),
    ),
    precondition("its role may do what a session needs", await isSufficient(look, role?.Arn)),
    // Whether the caller may hand the role on is told by the call alone.
    precondition("iam:PassRole", undefined),
  ];
}

function existence(found: Fact<unknown>, hasRole: boolean): boolean | undefined {
  if (found.state === "known") return hasRole;
  return found.state === "failed" && found.reason === "not_found" ? false : undefined;
}

async function isSufficient(look: Look, roleArn: string | undefined): Promise<boolean | undefined> {
  if (roleArn === undefined) return undefined;
  const simulated = await look("iam", "SimulatePrincipalPolicy", {
    PolicySourceArn: roleArn,
    ActionNames: [...REQUIRED_ROLE_ACTIONS],
  });
  const results = valueOf(simulated)?.EvaluationResults;
  if (results === undefined || results.length === 0) return undefined;
  return results.every(({ EvalDecision }) => EvalDecision === "allowed");
}
