/**
 * What every operation of IAM gets, its errors, and its pages.
 *
 * @module
 */
import type { IamStore, Identity, InstanceProfile, ManagedPolicy } from "../../cloud/iam_store.ts";
import type { NamedPolicy } from "../../cloud/policy.ts";
import { ApiError } from "../api_error.ts";
import { pageOf } from "../page.ts";
import type { QueryParameters } from "../query_parameters.ts";
import { XmlList, type XmlMembers, type XmlValue } from "../xml.ts";

export interface IamRequest {
  parameters: QueryParameters;
  iam: IamStore;
  /** What faults add to the policies of the sandbox's user. */
  callerDenials: readonly NamedPolicy[];
  nowMs: number;
}

export type IamOperation = (request: IamRequest) => XmlMembers;

export function noSuchEntity(message: string): ApiError {
  return new ApiError("NoSuchEntity", message, 404);
}

export function alreadyExists(message: string): ApiError {
  return new ApiError("EntityAlreadyExists", message, 409);
}

export function roleOf({ parameters, iam }: IamRequest): Identity {
  const name = parameters.require("RoleName");
  const role = iam.roles.get(name);
  if (role !== undefined) return role;
  throw noSuchEntity(`The role with name ${name} cannot be found.`);
}

/** The user that is named; without a name the sandbox's own. */
export function userOf({ parameters, iam }: IamRequest): Identity {
  const name = parameters.get("UserName") ?? "sandbox";
  const user = iam.users.get(name);
  if (user !== undefined) return user;
  throw noSuchEntity(`The user with name ${name} cannot be found.`);
}

export function profileOf({ parameters, iam }: IamRequest): InstanceProfile {
  const name = parameters.require("InstanceProfileName");
  const profile = iam.profiles.get(name);
  if (profile !== undefined) return profile;
  throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
}

export function policyOf({ parameters, iam }: IamRequest): ManagedPolicy {
  const arn = parameters.require("PolicyArn");
  const policy = iam.policies.get(arn);
  if (policy !== undefined) return policy;
  throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
}

/** JSON that is given as a policy. */
export function policyText(parameters: QueryParameters, name: string): string {
  const text = parameters.require(name);
  try {
    if (typeof JSON.parse(text) === "object") return text;
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw new ApiError("MalformedPolicyDocument", "Syntax errors in policy.");
}

/** Source: IAM API reference, MaxItems. */
const PAGE = { min: 1, max: 1000 };
const DEFAULT_PAGE = 100;

/** One page of a list, with the members that say whether there is more. */
export function pagedXml<T>(
  name: string,
  all: readonly T[],
  parameters: QueryParameters,
  toXml: (each: T) => XmlValue,
): XmlMembers {
  const page = pageOf(all, {
    size: parameters.integer("MaxItems", PAGE) ?? DEFAULT_PAGE,
    token: parameters.get("Marker") || undefined,
    key: parameters.withoutPaging,
  });
  if (page === undefined) throw new ApiError("ValidationError", "Invalid Marker.");
  return {
    [name]: new XmlList(page.items.map(toXml), "member"),
    IsTruncated: page.nextToken !== undefined,
    Marker: page.nextToken,
  };
}

/** Policies travel URL-encoded. Source: IAM API reference, GetRolePolicy (RFC 3986). */
export function encoded(document: string): string {
  return encodeURIComponent(document)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function roleXml(role: Identity): XmlMembers {
  return {
    ...identityXml(role),
    RoleName: role.name,
    RoleId: role.id,
    AssumeRolePolicyDocument: encoded(role.trust),
    Description: role.description === "" ? undefined : role.description,
    MaxSessionDuration: 3600,
    PermissionsBoundary: boundaryXml(role),
  };
}

export function userXml(user: Identity): XmlMembers {
  return {
    ...identityXml(user),
    UserName: user.name,
    UserId: user.id,
    PermissionsBoundary: boundaryXml(user),
  };
}

function identityXml(identity: Identity): XmlMembers {
  return {
    Path: identity.path,
    Arn: identity.arn,
    CreateDate: new Date(identity.createdAtMs).toISOString(),
  };
}

function boundaryXml({ boundary }: Identity): XmlMembers | undefined {
  return boundary === undefined ? undefined : {
    PermissionsBoundaryType: "Policy",
    PermissionsBoundaryArn: boundary,
  };
}

export function profileXml(profile: InstanceProfile, iam: IamStore): XmlMembers {
  const role = iam.roles.get(profile.roleName ?? "");
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdAtMs).toISOString(),
    Roles: new XmlList(role === undefined ? [] : [roleXml(role)], "member"),
  };
}
