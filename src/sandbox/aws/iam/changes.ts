/**
 * Changing roles and profiles, as the fixes do and the console would.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import type { XmlMembers } from "../xml.ts";
import {
  alreadyExists,
  type IamOperation,
  type IamRequest,
  noSuchEntity,
  policyOf,
  policyText,
  profileOf,
  profileXml,
  roleOf,
  roleXml,
} from "./request.ts";

/** Most of IAM's changes answer nothing. */
const NOTHING: XmlMembers = {};
/** Source: IAM and STS quotas, "Managed policies per role". */
const MAX_ATTACHED = 20;

function attach(request: IamRequest): XmlMembers {
  const role = roleOf(request);
  const { arn } = policyOf(request);
  if (role.attached.size >= MAX_ATTACHED && !role.attached.has(arn)) {
    throw new ApiError(
      "LimitExceeded",
      `Cannot exceed quota for PoliciesPerRole: ${MAX_ATTACHED}`,
      409,
    );
  }
  role.attached.add(arn);
  return NOTHING;
}

function detach(request: IamRequest): XmlMembers {
  const role = roleOf(request);
  const arn = request.parameters.require("PolicyArn");
  if (!role.attached.delete(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
  return NOTHING;
}

function putPolicy(request: IamRequest): XmlMembers {
  const role = roleOf(request);
  const name = request.parameters.require("PolicyName");
  role.inline.set(name, policyText(request.parameters, "PolicyDocument"));
  return NOTHING;
}

function deletePolicy(request: IamRequest): XmlMembers {
  const name = request.parameters.require("PolicyName");
  if (!roleOf(request).inline.delete(name)) {
    throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  }
  return NOTHING;
}

function createRole({ parameters, iam, nowMs }: IamRequest): XmlMembers {
  const name = parameters.require("RoleName");
  if (iam.roles.has(name)) throw alreadyExists(`Role with name ${name} already exists.`);
  const role = iam.addRole(name, {
    path: parameters.get("Path") ?? "/",
    trust: policyText(parameters, "AssumeRolePolicyDocument"),
    description: parameters.get("Description") ?? "",
    createdAtMs: nowMs,
  });
  return { Role: roleXml(role) };
}

function deleteRole(request: IamRequest): XmlMembers {
  const role = roleOf(request);
  const isHeld = [...request.iam.profiles.values()].some(({ roleName }) => roleName === role.name);
  if (isHeld || role.attached.size > 0 || role.inline.size > 0) {
    throw new ApiError(
      "DeleteConflict",
      "Cannot delete entity, must detach all policies and remove it from profiles first.",
      409,
    );
  }
  request.iam.roles.delete(role.name);
  return NOTHING;
}

function createProfile({ parameters, iam, nowMs }: IamRequest): XmlMembers {
  const name = parameters.require("InstanceProfileName");
  if (iam.profiles.has(name)) throw alreadyExists(`Instance Profile ${name} already exists.`);
  const path = parameters.get("Path") ?? "/";
  // A unique id of its own: a profile that is made again is another one.
  const id = `AIPA${crypto.randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase()}`;
  const profile = iam.addProfile(name, { path, id, createdAtMs: nowMs });
  return { InstanceProfile: profileXml(profile, iam) };
}

function deleteProfile(request: IamRequest): XmlMembers {
  const profile = profileOf(request);
  if (profile.roleName !== undefined) {
    throw new ApiError(
      "DeleteConflict",
      "Cannot delete entity, must remove roles from instance profile first.",
      409,
    );
  }
  request.iam.profiles.delete(profile.name);
  return NOTHING;
}

function addRole(request: IamRequest): XmlMembers {
  const profile = profileOf(request);
  const role = roleOf(request);
  if (profile.roleName !== undefined) {
    throw new ApiError(
      "LimitExceeded",
      "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
      409,
    );
  }
  profile.roleName = role.name;
  return NOTHING;
}

function removeRole(request: IamRequest): XmlMembers {
  const profile = profileOf(request);
  const role = roleOf(request);
  if (profile.roleName !== role.name) {
    throw noSuchEntity(`The role with name ${role.name} cannot be found.`);
  }
  profile.roleName = undefined;
  return NOTHING;
}

export const CHANGE_OPERATIONS: Readonly<Record<string, IamOperation>> = {
  AttachRolePolicy: attach,
  DetachRolePolicy: detach,
  PutRolePolicy: putPolicy,
  DeleteRolePolicy: deletePolicy,
  CreateRole: createRole,
  DeleteRole: deleteRole,
  UpdateAssumeRolePolicy: (request) => {
    roleOf(request).trust = policyText(request.parameters, "PolicyDocument");
    return NOTHING;
  },
  PutRolePermissionsBoundary: (request) => {
    const arn = request.parameters.require("PermissionsBoundary");
    if (!request.iam.policies.has(arn)) {
      throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
    }
    roleOf(request).boundary = arn;
    return NOTHING;
  },
  DeleteRolePermissionsBoundary: (request) => {
    roleOf(request).boundary = undefined;
    return NOTHING;
  },
  CreateInstanceProfile: createProfile,
  DeleteInstanceProfile: deleteProfile,
  AddRoleToInstanceProfile: addRole,
  RemoveRoleFromInstanceProfile: removeRole,
};
