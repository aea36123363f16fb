/**
 * The policies of AWS itself that matter here.
 *
 * Source: AWS Managed Policy Reference, the default versions of these names.
 *
 * @module
 */

/** State Manager, inventory and the heartbeat; without the two for parameters. */
const NODE_ACTIONS = [
  "ssm:DescribeAssociation",
  "ssm:GetDeployablePatchSnapshotForInstance",
  "ssm:GetDocument",
  "ssm:DescribeDocument",
  "ssm:GetManifest",
  "ssm:ListAssociations",
  "ssm:ListInstanceAssociations",
  "ssm:PutInventory",
  "ssm:PutComplianceItems",
  "ssm:PutConfigurePackageResult",
  "ssm:UpdateAssociationStatus",
  "ssm:UpdateInstanceAssociationStatus",
  "ssm:UpdateInstanceInformation",
];

/** Sessions. */
export const CHANNEL_ACTIONS = [
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];

/** Run Command's older way. */
export const LEGACY_ACTIONS = [
  "ec2messages:AcknowledgeMessage",
  "ec2messages:DeleteMessage",
  "ec2messages:FailMessage",
  "ec2messages:GetEndpoint",
  "ec2messages:GetMessages",
  "ec2messages:SendReply",
];

/** A policy's text that allows these actions, a statement for each list. */
export function allowing(...actions: readonly (readonly string[])[]): string {
  return policyText(...actions.map((Action) => ({ Effect: "Allow", Action, Resource: "*" })));
}

export function policyText(...statements: readonly Record<string, unknown>[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

export const MANAGED_POLICIES: Readonly<
  Record<string, { path: string; version: string; document: string }>
> = {
  AmazonSSMManagedInstanceCore: {
    path: "/",
    version: "v2",
    document: allowing(
      [...NODE_ACTIONS, "ssm:GetParameter", "ssm:GetParameters"],
      CHANNEL_ACTIONS,
      LEGACY_ACTIONS,
    ),
  },
  AmazonSSMManagedEC2InstanceDefaultPolicy: {
    path: "/",
    version: "v2",
    document: allowing(NODE_ACTIONS, CHANNEL_ACTIONS, LEGACY_ACTIONS),
  },
  AdministratorAccess: {
    path: "/",
    version: "v1",
    document: policyText({ Effect: "Allow", Action: "*", Resource: "*" }),
  },
};

export function managedPolicyArn(name: string): string {
  return `arn:aws:iam::aws:policy${MANAGED_POLICIES[name]?.path ?? "/"}${name}`;
}
