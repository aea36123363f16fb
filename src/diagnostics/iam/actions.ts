/**
 * What is asked about when permissions are read: the actions of the agent and of the caller.
 *
 * @module
 */

import type { CheckParameters } from "../parameters.ts";
import type { PolicyRequest } from "./evaluate_policy.ts";

/** The agent's pings; whoever allows it takes the agent away from default host management. */
export const UPDATE_INSTANCE_INFORMATION = "ssm:UpdateInstanceInformation";

/** The heartbeat and the session channels. Source: D8, categories of diagnosable instance issues. */
export const REQUIRED_ROLE_ACTIONS = [
  UPDATE_INSTANCE_INFORMATION,
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
] as const;

/** How old agents receive Run Command. */
export const LEGACY_ROLE_ACTIONS = [
  "ec2messages:AcknowledgeMessage",
  "ec2messages:DeleteMessage",
  "ec2messages:FailMessage",
  "ec2messages:GetEndpoint",
  "ec2messages:GetMessages",
  "ec2messages:SendReply",
] as const;

/** State Manager and updates of the agent. */
export const RECOMMENDED_ROLE_ACTIONS = [
  "ssm:ListAssociations",
  "ssm:ListInstanceAssociations",
  "ssm:DescribeAssociation",
  "ssm:GetDocument",
  "ssm:DescribeDocument",
  "ssm:UpdateInstanceAssociationStatus",
  "ssm:PutInventory",
] as const;

/** What the agent needs for what the session preferences ask of it; resources are not known here. */
export const PREFERENCE_ROLE_ACTIONS = [
  "kms:Decrypt",
  "s3:PutObject",
  "s3:GetEncryptionConfiguration",
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "logs:DescribeLogGroups",
  "logs:DescribeLogStreams",
] as const;

/** Managed policies that hold the required actions, by name. Source: their documents. */
export const SUFFICIENT_POLICIES = [
  "AmazonSSMManagedInstanceCore",
  "AmazonSSMManagedEC2InstanceDefaultPolicy",
  "AmazonEC2RoleforSSM",
] as const;

/** The document of a shell session that names none. */
export const SHELL_DOCUMENT = "SSM-SessionManagerRunShell";

/** What a caller does with a session of its own. */
export const SESSION_ACTIONS = {
  dataChannel: "ssmmessages:OpenDataChannel",
  terminate: "ssm:TerminateSession",
  resume: "ssm:ResumeSession",
} as const;

/** What a caller reads, of no resource. */
export const READ_ACTIONS = [
  "ssm:DescribeSessions",
  "ssm:GetConnectionStatus",
  "ssm:DescribeInstanceInformation",
  "ec2:DescribeInstances",
] as const;

/** What an action of the role is about: the agent's pings are about the instance, the rest about nothing. */
export function roleRequest(action: string, instanceArn: string): PolicyRequest {
  return { action, resource: action === UPDATE_INSTANCE_INFORMATION ? instanceArn : "*" };
}

/** One question to the simulator: may these actions be done on these resources. */
export interface PermissionQuestion {
  actions: readonly string[];
  /** ARNs, or `*` alone. */
  resources: readonly string[];
}

/** AWS's own documents have no account in their ARN. */
export function documentArn(
  document: string,
  { partition, region }: Pick<CheckParameters, "partition" | "region">,
  accountId: string,
): string {
  const owner = document.startsWith("AWS-") ? "" : accountId;
  return `arn:${partition}:ssm:${region}:${owner}:document/${document}`;
}

export function instanceArn(
  { partition, region, instanceId, isHybrid }: Pick<
    CheckParameters,
    "partition" | "region" | "instanceId" | "isHybrid"
  >,
  accountId: string,
): string {
  return isHybrid
    ? `arn:${partition}:ssm:${region}:${accountId}:managed-instance/${instanceId}`
    : `arn:${partition}:ec2:${region}:${accountId}:instance/${instanceId}`;
}

/** @param prefix User name or role session name: what session ids of the caller begin with. */
export function sessionArn(
  prefix: string,
  { partition, region }: Pick<CheckParameters, "partition" | "region">,
  accountId: string,
): string {
  return `arn:${partition}:ssm:${region}:${accountId}:session/${prefix}-*`;
}

/** What the caller is asked about; each resource separately, for a policy may allow one of two. */
export function callerQuestions(
  parameters: CheckParameters,
  caller: { accountId: string; sessionPrefix: string },
): PermissionQuestion[] {
  const { accountId, sessionPrefix } = caller;
  return [
    {
      actions: ["ssm:StartSession"],
      resources: [
        instanceArn(parameters, accountId),
        documentArn(parameters.document, parameters, accountId),
      ],
    },
    {
      actions: Object.values(SESSION_ACTIONS),
      resources: [sessionArn(sessionPrefix, parameters, accountId)],
    },
    {
      actions: READ_ACTIONS,
      resources: ["*"],
    },
  ];
}
