/**
 * Reading roles, users, profiles and their policies.
 *
 * @module
 */
import type { Identity } from "../../cloud/iam_store.ts";
import type { XmlMembers } from "../xml.ts";
import {
  encoded,
  type IamOperation,
  type IamRequest,
  noSuchEntity,
  pagedXml,
  policyOf,
  profileOf,
  profileXml,
  roleOf,
  roleXml,
  userOf,
  userXml,
} from "./request.ts";

type Find = (request: IamRequest) => Identity;

function attachedPolicies(find: Find): IamOperation {
  return (request) => {
    const attached = [...find(request).attached].flatMap((arn) =>
      request.iam.policies.get(arn) ?? []
    );
    return pagedXml(
      "AttachedPolicies",
      attached,
      request.parameters,
      ({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }),
    );
  };
}

function inlineNames(find: Find): IamOperation {
  return (request) =>
    pagedXml(
      "PolicyNames",
      [...find(request).inline.keys()],
      request.parameters,
      (name) => name,
    );
}

function inlinePolicy(find: Find): IamOperation {
  return (request) => {
    const identity = find(request);
    const name = request.parameters.require("PolicyName");
    const document = identity.inline.get(name);
    if (document === undefined) {
      throw noSuchEntity(`The ${identity.kind} policy with name ${name} cannot be found.`);
    }
    return {
      [identity.kind === "role" ? "RoleName" : "UserName"]: identity.name,
      PolicyName: name,
      PolicyDocument: encoded(document),
    };
  };
}

function getPolicy(request: IamRequest): XmlMembers {
  const policy = policyOf(request);
  const { roles, users } = request.iam;
  const identities = [...roles.values(), ...users.values()];
  return {
    Policy: {
      PolicyName: policy.name,
      PolicyId: policy.id,
      Arn: policy.arn,
      Path: policy.path,
      DefaultVersionId: policy.versionId,
      AttachmentCount: identities.filter(({ attached }) => attached.has(policy.arn)).length,
      PermissionsBoundaryUsageCount:
        identities.filter(({ boundary }) => boundary === policy.arn).length,
      IsAttachable: true,
      CreateDate: POLICY_DATE,
      UpdateDate: POLICY_DATE,
    },
  };
}

/** When is not remembered, and means nothing here. */
const POLICY_DATE = "2024-01-01T00:00:00Z";

function getPolicyVersion(request: IamRequest): XmlMembers {
  const policy = policyOf(request);
  const version = request.parameters.require("VersionId");
  if (version !== policy.versionId) {
    throw noSuchEntity(`Policy ${policy.arn} version ${version} does not exist.`);
  }
  return {
    PolicyVersion: {
      Document: encoded(policy.document),
      VersionId: version,
      IsDefaultVersion: true,
      CreateDate: POLICY_DATE,
    },
  };
}

export const READ_OPERATIONS: Readonly<Record<string, IamOperation>> = {
  GetRole: (request) => ({ Role: roleXml(roleOf(request)) }),
  ListAttachedRolePolicies: attachedPolicies(roleOf),
  ListRolePolicies: inlineNames(roleOf),
  GetRolePolicy: inlinePolicy(roleOf),
  GetUser: (request) => ({ User: userXml(userOf(request)) }),
  ListAttachedUserPolicies: attachedPolicies(userOf),
  ListUserPolicies: inlineNames(userOf),
  GetUserPolicy: inlinePolicy(userOf),
  GetPolicy: getPolicy,
  GetPolicyVersion: getPolicyVersion,
  GetInstanceProfile: (request) => ({
    InstanceProfile: profileXml(profileOf(request), request.iam),
  }),
  ListInstanceProfiles: (request) =>
    pagedXml(
      "InstanceProfiles",
      [...request.iam.profiles.values()],
      request.parameters,
      (profile) => profileXml(profile, request.iam),
    ),
  ListInstanceProfilesForRole: (request) => {
    const { name } = roleOf(request);
    const holding = [...request.iam.profiles.values()].filter(({ roleName }) => roleName === name);
    return pagedXml(
      "InstanceProfiles",
      holding,
      request.parameters,
      (profile) => profileXml(profile, request.iam),
    );
  },
};
