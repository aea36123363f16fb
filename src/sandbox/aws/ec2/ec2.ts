/**
 * EC2, query protocol, API version 2016-11-15: what bears on an instance's way to Systems Manager.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import type { XmlMembers } from "../xml.ts";
import { ENDPOINT_OPERATIONS } from "./endpoints.ts";
import { INSTANCE_OPERATIONS } from "./instances.ts";
import { NETWORK_ACL_OPERATIONS } from "./network_acls.ts";
import { NETWORK_OPERATIONS } from "./networks.ts";
import { PROFILE_OPERATIONS } from "./profiles.ts";
import { REGION_OPERATIONS } from "./regions.ts";
import { type Ec2Operation, type Ec2Request, readBoolean } from "./request.ts";
import { ROUTE_OPERATIONS } from "./routes.ts";
import { SECURITY_GROUP_OPERATIONS } from "./security_groups.ts";

export const EC2_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  ...INSTANCE_OPERATIONS,
  ...NETWORK_OPERATIONS,
  ...ROUTE_OPERATIONS,
  ...NETWORK_ACL_OPERATIONS,
  ...SECURITY_GROUP_OPERATIONS,
  ...ENDPOINT_OPERATIONS,
  ...PROFILE_OPERATIONS,
  ...REGION_OPERATIONS,
};

/**
 * Answers one operation.
 *
 * @throws {ApiError} With EC2's codes.
 */
export function answerEc2(operation: string, request: Ec2Request): XmlMembers {
  const answer = Object.hasOwn(EC2_OPERATIONS, operation) ? EC2_OPERATIONS[operation] : undefined;
  if (answer === undefined) {
    throw new ApiError(
      "InvalidAction",
      `The action ${operation} is not valid for this web service.`,
    );
  }
  if (readBoolean(request.parameters, "DryRun")) {
    throw new ApiError(
      "DryRunOperation",
      "Request would have succeeded, but DryRun flag is set.",
      412,
    );
  }
  return answer(request);
}
