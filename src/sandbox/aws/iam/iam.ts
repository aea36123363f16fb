/**
 * IAM, query protocol, API version 2010-05-08: roles, instance profiles, their policies.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import type { XmlMembers } from "../xml.ts";
import { CHANGE_OPERATIONS } from "./changes.ts";
import { READ_OPERATIONS } from "./reads.ts";
import type { IamOperation, IamRequest } from "./request.ts";
import { simulatePrincipalPolicy } from "./simulate.ts";

export const IAM_OPERATIONS: Readonly<Record<string, IamOperation>> = {
  ...READ_OPERATIONS,
  ...CHANGE_OPERATIONS,
  SimulatePrincipalPolicy: simulatePrincipalPolicy,
};

/** @throws {ApiError} With IAM's codes. */
export function answerIam(operation: string, request: IamRequest): XmlMembers {
  const answer = Object.hasOwn(IAM_OPERATIONS, operation) ? IAM_OPERATIONS[operation] : undefined;
  if (answer !== undefined) return answer(request);
  throw new ApiError(
    "InvalidAction",
    `Could not find operation ${operation} for version 2010-05-08`,
  );
}
