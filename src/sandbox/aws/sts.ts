/**
 * STS, query protocol, API version 2011-06-15: GetCallerIdentity, AssumeRole, GetSessionToken.
 *
 * Any role of the sandbox's account can be assumed, with two exceptions for trying things out: the
 * role `denied` cannot, and the role `mfa` wants a serial number and the token code 123456. A role that
 * is not there is made, with every permission.
 *
 * @module
 */
import type { IamStore } from "../cloud/iam_store.ts";
import { ACCOUNT_ID } from "../cloud/ids.ts";
import { ApiError } from "./api_error.ts";
import type { CredentialStore, Principal } from "./credential_store.ts";
import type { QueryParameters } from "./query_parameters.ts";
import type { XmlMembers } from "./xml.ts";

export const MFA_TOKEN_CODE = "123456";

const ROLE_ARN = new RegExp(`^arn:aws[a-z-]*:iam::${ACCOUNT_ID}:role/(?:.+/)?([\\w+=,.@-]+)$`);
/** Source: STS API reference, AssumeRole RoleSessionName. */
const ROLE_SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
/** Source: STS API reference. A role's own maximum is one hour unless its owner raises it. */
const ROLE_DURATION_S = { min: 900, max: 43_200, default: 3_600 };
const SESSION_TOKEN_DURATION_S = { min: 900, max: 129_600, default: 43_200 };

export interface StsRequest {
  parameters: QueryParameters;
  principal: Principal;
  store: CredentialStore;
  iam: IamStore;
  nowMs: number;
}

/** @throws {ApiError} With the codes of STS. */
export function answerSts(action: string, request: StsRequest): XmlMembers {
  switch (action) {
    case "GetCallerIdentity":
      return {
        Arn: request.principal.arn,
        UserId: request.principal.userId,
        Account: ACCOUNT_ID,
      };
    case "AssumeRole":
      return assumeRole(request);
    case "GetSessionToken":
      return getSessionToken(request);
    default:
      throw new ApiError(
        "InvalidAction",
        `Could not find operation ${action} for version 2011-06-15`,
      );
  }
}

function assumeRole({ parameters, principal, store, iam, nowMs }: StsRequest): XmlMembers {
  const roleArn = parameters.require("RoleArn");
  const sessionName = parameters.require("RoleSessionName");
  const durationS = parameters.integer("DurationSeconds", ROLE_DURATION_S);
  if (!ROLE_SESSION_NAME.test(sessionName)) {
    throw new ApiError("ValidationError", `RoleSessionName "${sessionName}" is not a valid name`);
  }
  const roleName = ROLE_ARN.exec(roleArn)?.[1];
  if (roleName === undefined || roleName === "denied") {
    throw new ApiError(
      "AccessDenied",
      `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  }
  if (roleName === "mfa") checkMfa(parameters, principal, roleArn);
  const role = iam.roles.get(roleName) ?? iam.addRole(roleName, {
    trust: accountTrust(),
    attached: ["AdministratorAccess"],
    createdAtMs: nowMs,
  });
  const assumedRoleId = `${role.id}:${sessionName}`;
  const arn = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${roleName}/${sessionName}`;
  const issued = store.issue({ arn, userId: assumedRoleId, sessionName }, {
    nowMs,
    durationS: durationS ?? ROLE_DURATION_S.default,
  });
  return {
    AssumedRoleUser: { AssumedRoleId: assumedRoleId, Arn: arn },
    Credentials: credentialsXml(issued),
  };
}

function accountTrust(): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` },
      Action: "sts:AssumeRole",
    }],
  });
}

function getSessionToken({ parameters, principal, store, nowMs }: StsRequest): XmlMembers {
  if (principal.sessionToken !== undefined) {
    throw new ApiError(
      "AccessDenied",
      "Cannot call GetSessionToken with session credentials",
      403,
    );
  }
  const durationS = parameters.integer("DurationSeconds", SESSION_TOKEN_DURATION_S);
  if (parameters.get("SerialNumber") !== undefined) {
    checkMfa(parameters, principal, "arn:aws:iam:::session");
  }
  return {
    Credentials: credentialsXml(store.issue(principal, {
      nowMs,
      durationS: durationS ?? SESSION_TOKEN_DURATION_S.default,
    })),
  };
}

function checkMfa(parameters: QueryParameters, principal: Principal, resource: string): void {
  const isRight = Boolean(parameters.get("SerialNumber")) &&
    parameters.get("TokenCode") === MFA_TOKEN_CODE;
  if (isRight) return;
  const reason = parameters.get("TokenCode") === undefined
    ? `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${resource}`
    : "MultiFactorAuthentication failed with invalid MFA one time pass code.";
  throw new ApiError("AccessDenied", reason, 403);
}

function credentialsXml(
  issued: Principal & { sessionToken: string; expiresMs: number },
): XmlMembers {
  return {
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    SessionToken: issued.sessionToken,
    Expiration: new Date(issued.expiresMs).toISOString(),
  };
}
