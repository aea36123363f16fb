/**
 * The calls of IAM that facts are read with. Heavy: imported by the first of them.
 *
 * @module
 */

import {
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
  ListRolePoliciesCommand,
  ListUserPoliciesCommand,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";

export { IAMClient as Client };

export const COMMANDS = {
  GetInstanceProfile: GetInstanceProfileCommand,
  GetPolicy: GetPolicyCommand,
  GetPolicyVersion: GetPolicyVersionCommand,
  GetRole: GetRoleCommand,
  GetRolePolicy: GetRolePolicyCommand,
  GetUser: GetUserCommand,
  GetUserPolicy: GetUserPolicyCommand,
  ListAttachedRolePolicies: ListAttachedRolePoliciesCommand,
  ListAttachedUserPolicies: ListAttachedUserPoliciesCommand,
  ListRolePolicies: ListRolePoliciesCommand,
  ListUserPolicies: ListUserPoliciesCommand,
  SimulatePrincipalPolicy: SimulatePrincipalPolicyCommand,
};
