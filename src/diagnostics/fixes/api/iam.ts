/**
 * The calls of IAM that fixes make. Heavy: imported by the first of them.
 *
 * @module
 */

import { AttachRolePolicyCommand, DetachRolePolicyCommand, IAMClient } from "@aws-sdk/client-iam";

export { IAMClient as Client };

export const COMMANDS = {
  AttachRolePolicy: AttachRolePolicyCommand,
  DetachRolePolicy: DetachRolePolicyCommand,
};
