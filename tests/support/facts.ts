/**
 * Facts for tests of checks: a healthy instance in a private subnet, of which a test changes what it
 * is about.
 *
 * The scenario: one instance without public address, interface endpoints for ssm and ssmmessages with
 * private DNS in its own subnet, groups that let 443 through, the default ACL, a role with
 * AmazonSSMManagedInstanceCore, an agent that is connected, a caller who may do everything. Nothing of
 * it is worth more than an `ok` to any check.
 *
 * @module
 */

import type { CheckDefinition, CheckOutcome, FactReader } from "../../src/diagnostics/contracts.ts";
import { failed, known } from "../../src/diagnostics/facts/fact.ts";
import type { FactId, Facts, FactValue } from "../../src/diagnostics/facts/facts.ts";
import type { SimulatedDecision } from "../../src/diagnostics/facts/iam.ts";
import type { CheckParameters } from "../../src/diagnostics/parameters.ts";

export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
export const MINUTE_MS = 60_000;
export const ACCOUNT = "123456789012";
export const REGION = "us-east-1";
export const INSTANCE_ID = "i-0123456789abcdef0";
export const VPC_ID = "vpc-0a000000000000001";
export const SUBNET_ID = "subnet-0a000000000000001";
export const AVAILABILITY_ZONE = "us-east-1a";
export const INSTANCE_IP = "10.0.1.10";
export const INSTANCE_GROUP = "sg-0a000000000000001";
export const ENDPOINT_GROUP = "sg-0e000000000000001";
export const ROLE_NAME = "ssm-core";

const REQUIRED_ROLE_ACTIONS = [
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];

const OPTIONAL_ROLE_ACTIONS = [
  "ec2messages:AcknowledgeMessage",
  "ec2messages:DeleteMessage",
  "ec2messages:FailMessage",
  "ec2messages:GetEndpoint",
  "ec2messages:GetMessages",
  "ec2messages:SendReply",
  "ssm:ListAssociations",
  "ssm:ListInstanceAssociations",
  "ssm:DescribeAssociation",
  "ssm:GetDocument",
  "ssm:DescribeDocument",
  "ssm:UpdateInstanceAssociationStatus",
  "ssm:PutInventory",
];

/** A simulator's clear yes. */
export function allowed(action: string, resource = "*"): SimulatedDecision {
  return {
    action,
    resource,
    decision: "allowed",
    missingContextValues: [],
    allowedByOrganization: undefined,
    allowedByBoundary: undefined,
    matchedPolicies: ["AmazonSSMManagedInstanceCore"],
  };
}

/** Trust policy with one service. */
export function trustOf(service: string): NonNullable<
  NonNullable<FactValue<"hostManagementRole">>["trustPolicy"]
> {
  return {
    statements: [{
      sid: undefined,
      effect: "Allow",
      actions: ["sts:AssumeRole"],
      notActions: undefined,
      resources: undefined,
      notResources: undefined,
      principals: { Service: [service] },
      notPrincipals: undefined,
      conditions: undefined,
    }],
  };
}

const INSTANCE_ARN = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${INSTANCE_ID}`;
const SESSION_ARN = `arn:aws:ssm:${REGION}:${ACCOUNT}:session/alice-*`;
const DOCUMENT = "AWS-StartPortForwardingSession";

/** Values of the healthy scenario; a fact that is missing here is `not_applicable` in it. */
export const HEALTHY = {
  identity: {
    accountId: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
    userId: "AIDAEXAMPLEEXAMPLE123",
  },
  clock: { skewMs: 120, toleranceMs: 40 },
  localCredentials: {
    found: true,
    provider: "environment",
    maskedKeyId: "ASIA...WXYZ",
    isLongLived: false,
    expiresAtMs: NOW_MS + 8 * 60 * MINUTE_MS,
    ssoExpiresAtMs: undefined,
    hasEnvironmentKeys: true,
  },
  regionChoice: { name: REGION, source: "flag", profileRegion: undefined },
  regionStatus: { exists: true, optIn: "opt-in-not-required" },
  otherRegions: [],
  instance: {
    instanceId: INSTANCE_ID,
    state: "running",
    stateTransitionReason: "",
    instanceType: "t3.micro",
    availabilityZone: AVAILABILITY_ZONE,
    launchedAtMs: NOW_MS - 3 * 24 * 60 * MINUTE_MS,
    platform: "linux",
    vpcId: VPC_ID,
    subnetId: SUBNET_ID,
    lifecycle: undefined,
    spotRequestId: undefined,
    tags: { Name: "web" },
    profile: {
      arn: `arn:aws:iam::${ACCOUNT}:instance-profile/${ROLE_NAME}`,
      id: "AIPAEXAMPLEEXAMPLE123",
    },
    metadata: { httpEndpoint: "enabled", httpTokens: "required" },
    interfaces: [{
      id: "eni-0a000000000000001",
      deviceIndex: 0,
      subnetId: SUBNET_ID,
      privateIps: [INSTANCE_IP],
      ipv6Addresses: [],
      publicIp: undefined,
      groupIds: [INSTANCE_GROUP],
    }],
  },
  instanceStatus: {
    instance: { status: "ok", impairedSinceMs: undefined },
    system: { status: "ok", impairedSinceMs: undefined },
    ebs: { status: "ok", impairedSinceMs: undefined },
    events: [],
  },
  node: {
    pingStatus: "online",
    lastPingAtMs: NOW_MS - MINUTE_MS,
    agentVersion: "3.3.987.0",
    isLatestVersion: true,
    platformType: "Linux",
    platformName: "Amazon Linux",
    platformVersion: "2023",
  },
  connection: "connected",
  hostManagement: {
    supported: true,
    roleName: undefined,
    status: "Default",
    lastModifiedAtMs: undefined,
  },
  profileAssociation: {
    associationId: "iip-assoc-0a000000000000001",
    state: "associated",
    profileArn: `arn:aws:iam::${ACCOUNT}:instance-profile/${ROLE_NAME}`,
    profileId: "AIPAEXAMPLEEXAMPLE123",
  },
  instanceProfile: {
    name: ROLE_NAME,
    arn: `arn:aws:iam::${ACCOUNT}:instance-profile/${ROLE_NAME}`,
    id: "AIPAEXAMPLEEXAMPLE123",
    roles: [{
      name: ROLE_NAME,
      arn: `arn:aws:iam::${ACCOUNT}:role/${ROLE_NAME}`,
      path: "/",
      trustPolicy: trustOf("ec2.amazonaws.com"),
      boundaryArn: undefined,
      tags: {},
    }],
  },
  rolePermissions: {
    method: "simulated",
    decisions: [...REQUIRED_ROLE_ACTIONS, ...OPTIONAL_ROLE_ACTIONS].map((action) =>
      allowed(action)
    ),
    tried: [],
  },
  callerPermissions: {
    simulatable: true,
    principalArn: `arn:aws:iam::${ACCOUNT}:user/alice`,
    sessionPrefix: "alice",
    isAssumedRole: false,
    permissions: {
      method: "simulated",
      decisions: [
        allowed("ssm:StartSession", INSTANCE_ARN),
        allowed("ssm:StartSession", `arn:aws:ssm:${REGION}::document/${DOCUMENT}`),
        allowed("ssmmessages:OpenDataChannel", SESSION_ARN),
        allowed("ssm:TerminateSession", SESSION_ARN),
        allowed("ssm:ResumeSession", SESSION_ARN),
        allowed("ssm:DescribeSessions"),
        allowed("ssm:GetConnectionStatus"),
        allowed("ssm:DescribeInstanceInformation"),
        allowed("ec2:DescribeInstances"),
      ],
      tried: [],
    },
  },
  vpc: {
    vpcId: VPC_ID,
    cidrs: ["10.0.0.0/16"],
    ipv6Cidrs: [],
    dhcpOptionsId: "dopt-0a000000000000001",
    ownerId: ACCOUNT,
  },
  vpcDns: { enableDnsSupport: true, enableDnsHostnames: true },
  dhcpOptions: {
    dhcpOptionsId: "dopt-0a000000000000001",
    domainNameServers: ["AmazonProvidedDNS"],
  },
  subnets: [{
    subnetId: SUBNET_ID,
    vpcId: VPC_ID,
    availabilityZone: AVAILABILITY_ZONE,
    cidr: "10.0.1.0/24",
    ipv6Cidrs: [],
    isIpv6Native: false,
    ownerId: ACCOUNT,
  }],
  routeTables: {
    instance: {
      routeTableId: "rtb-0a000000000000001",
      isMain: false,
      subnetIds: [SUBNET_ID],
      routes: [{
        destinationCidr: "10.0.0.0/16",
        destinationIpv6Cidr: undefined,
        destinationPrefixListId: undefined,
        target: "local",
        state: "active",
      }],
    },
    isImplicit: false,
    bySubnet: {},
  },
  gateways: { internet: [], nat: [], egressOnly: [] },
  networkAcls: [{
    networkAclId: "acl-0a000000000000001",
    isDefault: true,
    subnetIds: [SUBNET_ID],
    entries: (["egress", "ingress"] as const).flatMap((direction) => [
      {
        ruleNumber: 100,
        direction,
        action: "allow",
        protocol: "-1",
        cidr: "0.0.0.0/0",
        ipv6Cidr: undefined,
        ports: undefined,
      },
      {
        ruleNumber: 32767,
        direction,
        action: "deny",
        protocol: "-1",
        cidr: "0.0.0.0/0",
        ipv6Cidr: undefined,
        ports: undefined,
      },
    ]),
  }],
  securityGroups: [
    {
      groupId: INSTANCE_GROUP,
      name: "web",
      vpcId: VPC_ID,
      ingress: [],
      egress: [{
        protocol: "-1",
        ports: undefined,
        cidrs: ["0.0.0.0/0"],
        ipv6Cidrs: [],
        groupIds: [],
        prefixListIds: [],
      }],
    },
    {
      groupId: ENDPOINT_GROUP,
      name: "endpoints",
      vpcId: VPC_ID,
      ingress: [{
        protocol: "tcp",
        ports: { from: 443, to: 443 },
        cidrs: [],
        ipv6Cidrs: [],
        groupIds: [INSTANCE_GROUP],
        prefixListIds: [],
      }],
      egress: [],
    },
  ],
  prefixLists: [],
  vpcEndpoints: [endpoint("ssm", 1), endpoint("ssmmessages", 2)],
  endpointInterfaces: [endpointInterface(1), endpointInterface(2)],
  endpointServices: ["ssm", "ssmmessages", "ec2messages", "s3", "kms", "logs", "ec2"].map(
    (name) => `com.amazonaws.${REGION}.${name}`,
  ),
  preferences: { exists: false },
  sessions: [],
  localSessions: [],
  clientProbes: (["ec2", "ssm", "ssmmessages", "sts"] as const).map((service) => ({
    service,
    host: `${service}.${REGION}.amazonaws.com`,
    port: 443,
    addresses: ["52.94.0.1"],
    outcome: { reached: true, connectMs: 20, tlsMs: 30 },
    issuer: "Amazon",
    isPrivateAuthority: false,
    proxy: undefined,
  })),
  localPort: {
    port: 8080,
    bind: "free",
    answersIpv4: false,
    answersIpv6: false,
    owner: undefined,
    nextFree: 8081,
  },
  localTools: {
    ssh: { found: true, path: "/usr/bin/ssh", versionText: "OpenSSH_9.6p1" },
    vscode: { found: true, path: undefined, versionText: "1.95.0" },
    vscodeRemoteSsh: true,
    plugin: { found: true, path: undefined, versionText: "1.2.764.0" },
    usesPlugin: false,
    sshConfig: {
      path: "/home/alice/.ssh/config",
      exists: true,
      writable: true,
      mode: 0o600,
      isOurs: true,
    },
    sshHosts: [],
    dataFolder: {
      path: "/home/alice/.local/share/ec2-connect",
      exists: true,
      writable: true,
      mode: 0o700,
      isOurs: true,
    },
  },
} as const satisfies { [Id in FactId]?: FactValue<Id> };

/** All facts of the healthy scenario, with the ones that a test gives in their place. */
export function healthyFacts(changes: Partial<Facts> = {}): Facts {
  const none = (what: string) => failed("not_applicable", what, "there is none");
  const values = Object.fromEntries(
    Object.entries(HEALTHY).map(([id, value]) => [id, known(value)]),
  );
  return {
    hostManagementRole: none("iam:GetRole"),
    hostManagementPermissions: none("iam:SimulatePrincipalPolicy"),
    kmsKey: none("kms:DescribeKey"),
    kmsKeyUse: none("kms:GenerateDataKey"),
    ...values,
    ...changes,
  } as unknown as Facts;
}

export function healthyParameters(changes: Partial<CheckParameters> = {}): CheckParameters {
  return {
    instanceId: INSTANCE_ID,
    isHybrid: false,
    region: REGION,
    partition: "aws",
    profile: undefined,
    isRegionExplicit: false,
    isProfileExplicit: false,
    connection: "port",
    document: DOCUMENT,
    localPort: 8080,
    remotePort: 80,
    remoteHost: undefined,
    nowMs: NOW_MS,
    expectedDurationMin: 60,
    expectedIdleMin: undefined,
    keepsAlive: true,
    expectedAccountId: undefined,
    maxSessionsPerInstance: 3,
    searchRegions: false,
    endpointOverride: undefined,
    wantsMultiplexing: true,
    localTools: "none",
    os: "linux",
    ...changes,
  };
}

/** A reader that throws for a fact that the check did not declare. */
export function readerOf(facts: Facts, declared?: readonly FactId[]): FactReader {
  return {
    get(id) {
      if (declared !== undefined && !declared.includes(id)) {
        throw new Error(`Fact "${id}" is not among the check's facts`);
      }
      return facts[id];
    },
  };
}

/** Runs one check on the healthy scenario with changes. */
export function runCheck(
  check: CheckDefinition,
  changes: Partial<Facts> = {},
  parameters: Partial<CheckParameters> = {},
): CheckOutcome {
  return check.run(
    readerOf(healthyFacts(changes), check.facts),
    healthyParameters(parameters),
  );
}

function endpoint(name: string, index: number) {
  return {
    endpointId: `vpce-0a00000000000000${index}`,
    serviceName: `com.amazonaws.${REGION}.${name}`,
    type: "interface",
    state: "available",
    privateDnsEnabled: true,
    subnetIds: [SUBNET_ID],
    interfaceIds: [`eni-0e00000000000000${index}`],
    groupIds: [ENDPOINT_GROUP],
    routeTableIds: [],
    policyText: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
    lastError: undefined,
  };
}

function endpointInterface(index: number) {
  return {
    interfaceId: `eni-0e00000000000000${index}`,
    subnetId: SUBNET_ID,
    availabilityZone: AVAILABILITY_ZONE,
    privateIps: [`10.0.1.5${index}`],
    groupIds: [ENDPOINT_GROUP],
  };
}
