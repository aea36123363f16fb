/**
 * The sandbox beside moto: the same calls of the SDK, and answers of the same shape.
 *
 * What the values are is not compared, the two seed different accounts. Compared are the members that
 * facts are read from: both have them, and with the same type.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  DescribeDhcpOptionsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeInternetGatewaysCommand,
  DescribeManagedPrefixListsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import {
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { testWithMoto } from "../support/moto.ts";
import { MotoOverlay } from "../support/moto_overlay.ts";
import { addNat, buildWorld, CORE_POLICY, MOTO_KEYS, REGION } from "../support/moto_world.ts";
import { openSandbox } from "../support/sandbox.ts";
import { Sdk } from "../support/sdk.ts";

/** Where a call is made, and about what. */
interface Place {
  sdk: Sdk;
  vpcId: string;
  instanceId: string;
  roleName: string;
}

interface Compared {
  name: string;
  call(place: Place): Promise<unknown>;
  /** Members that must be there in both: `Vpcs[].VpcId`. */
  members: readonly string[];
}

const inVpc = (vpcId: string, name = "vpc-id") => ({ Filters: [{ Name: name, Values: [vpcId] }] });

const COMPARED: readonly Compared[] = [
  {
    name: "ec2:DescribeInstances",
    call: ({ sdk, instanceId }) =>
      sdk.ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] })),
    members: [
      "InstanceId",
      "InstanceType",
      "State.Name",
      "VpcId",
      "SubnetId",
      "PrivateIpAddress",
      "LaunchTime",
      "Placement.AvailabilityZone",
      "IamInstanceProfile.Arn",
      "IamInstanceProfile.Id",
      "MetadataOptions.HttpEndpoint",
      "MetadataOptions.HttpTokens",
      "NetworkInterfaces[].NetworkInterfaceId",
      "NetworkInterfaces[].Attachment.DeviceIndex",
      "NetworkInterfaces[].Groups[].GroupId",
      "NetworkInterfaces[].PrivateIpAddress",
    ].map((member) => `Reservations[].Instances[].${member}`),
  },
  {
    name: "ec2:DescribeInstanceStatus",
    call: ({ sdk, instanceId }) =>
      sdk.ec2.send(
        new DescribeInstanceStatusCommand({
          InstanceIds: [instanceId],
          IncludeAllInstances: true,
        }),
      ),
    members: ["SystemStatus.Status", "InstanceStatus.Status", "InstanceState.Name"]
      .map((member) => `InstanceStatuses[].${member}`),
  },
  {
    name: "ec2:DescribeVpcs",
    call: ({ sdk, vpcId }) => sdk.ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] })),
    members: [
      "Vpcs[].VpcId",
      "Vpcs[].DhcpOptionsId",
      "Vpcs[].CidrBlock",
      "Vpcs[].CidrBlockAssociationSet[].CidrBlock",
    ],
  },
  {
    name: "ec2:DescribeVpcAttribute",
    call: ({ sdk, vpcId }) =>
      sdk.ec2.send(
        new DescribeVpcAttributeCommand({ VpcId: vpcId, Attribute: "enableDnsHostnames" }),
      ),
    members: ["EnableDnsHostnames.Value"],
  },
  {
    name: "ec2:DescribeSubnets",
    call: ({ sdk, vpcId }) => sdk.ec2.send(new DescribeSubnetsCommand(inVpc(vpcId))),
    members: ["SubnetId", "VpcId", "CidrBlock", "AvailabilityZone", "Ipv6Native"]
      .map((member) => `Subnets[].${member}`),
  },
  {
    name: "ec2:DescribeRouteTables",
    call: ({ sdk, vpcId }) => sdk.ec2.send(new DescribeRouteTablesCommand(inVpc(vpcId))),
    members: [
      "RouteTableId",
      "VpcId",
      "Associations[].Main",
      "Associations[].SubnetId",
      "Routes[].DestinationCidrBlock",
      "Routes[].GatewayId",
      "Routes[].NatGatewayId",
      "Routes[].State",
    ].map((member) => `RouteTables[].${member}`),
  },
  {
    name: "ec2:DescribeInternetGateways",
    call: ({ sdk, vpcId }) =>
      sdk.ec2.send(new DescribeInternetGatewaysCommand(inVpc(vpcId, "attachment.vpc-id"))),
    members: [
      "InternetGateways[].InternetGatewayId",
      "InternetGateways[].Attachments[].VpcId",
      "InternetGateways[].Attachments[].State",
    ],
  },
  {
    name: "ec2:DescribeNatGateways",
    call: ({ sdk, vpcId }) =>
      sdk.ec2.send(
        new DescribeNatGatewaysCommand({ Filter: [{ Name: "vpc-id", Values: [vpcId] }] }),
      ),
    members: ["NatGatewayId", "State", "SubnetId", "VpcId"]
      .map((member) => `NatGateways[].${member}`),
  },
  {
    name: "ec2:DescribeNetworkAcls",
    call: ({ sdk, vpcId }) => sdk.ec2.send(new DescribeNetworkAclsCommand(inVpc(vpcId))),
    members: [
      "NetworkAclId",
      "IsDefault",
      "Associations[].SubnetId",
      "Entries[].RuleNumber",
      "Entries[].Egress",
      "Entries[].Protocol",
      "Entries[].RuleAction",
      "Entries[].CidrBlock",
    ].map((member) => `NetworkAcls[].${member}`),
  },
  {
    name: "ec2:DescribeSecurityGroups",
    call: ({ sdk, vpcId }) => sdk.ec2.send(new DescribeSecurityGroupsCommand(inVpc(vpcId))),
    members: [
      "GroupId",
      "GroupName",
      "VpcId",
      "IpPermissions[].IpProtocol",
      "IpPermissions[].FromPort",
      "IpPermissions[].ToPort",
      "IpPermissions[].IpRanges[].CidrIp",
      "IpPermissionsEgress[].IpProtocol",
      "IpPermissionsEgress[].IpRanges[].CidrIp",
    ].map((member) => `SecurityGroups[].${member}`),
  },
  {
    name: "ec2:DescribeNetworkInterfaces",
    call: ({ sdk, vpcId }) => sdk.ec2.send(new DescribeNetworkInterfacesCommand(inVpc(vpcId))),
    members: ["NetworkInterfaceId", "SubnetId", "PrivateIpAddress", "Groups[].GroupId"]
      .map((member) => `NetworkInterfaces[].${member}`),
  },
  {
    name: "ec2:DescribeVpcEndpoints",
    call: ({ sdk, vpcId }) => sdk.ec2.send(new DescribeVpcEndpointsCommand(inVpc(vpcId))),
    members: [
      "VpcEndpointId",
      "VpcEndpointType",
      "ServiceName",
      "State",
      "PrivateDnsEnabled",
      "SubnetIds[]",
      "NetworkInterfaceIds[]",
      "Groups[].GroupId",
    ].map((member) => `VpcEndpoints[].${member}`),
  },
  {
    name: "ec2:DescribeVpcEndpointServices",
    call: ({ sdk }) => sdk.ec2.send(new DescribeVpcEndpointServicesCommand({})),
    members: [
      "ServiceNames[]",
      "ServiceDetails[].ServiceName",
      "ServiceDetails[].ServiceType[].ServiceType",
    ],
  },
  {
    name: "ec2:DescribeManagedPrefixLists",
    call: ({ sdk }) => sdk.ec2.send(new DescribeManagedPrefixListsCommand({})),
    members: ["PrefixLists[].PrefixListId", "PrefixLists[].PrefixListName"],
  },
  {
    name: "ec2:DescribeIamInstanceProfileAssociations",
    call: ({ sdk, instanceId }) =>
      sdk.ec2.send(
        new DescribeIamInstanceProfileAssociationsCommand(inVpc(instanceId, "instance-id")),
      ),
    members: ["AssociationId", "InstanceId", "State", "IamInstanceProfile.Arn"]
      .map((member) => `IamInstanceProfileAssociations[].${member}`),
  },
  {
    name: "ec2:DescribeRegions",
    call: ({ sdk }) =>
      sdk.ec2.send(new DescribeRegionsCommand({ RegionNames: [REGION], AllRegions: true })),
    members: ["Regions[].RegionName", "Regions[].OptInStatus"],
  },
  {
    name: "iam:GetInstanceProfile",
    call: ({ sdk, roleName }) =>
      sdk.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: roleName })),
    members: [
      "InstanceProfile.InstanceProfileName",
      "InstanceProfile.InstanceProfileId",
      "InstanceProfile.Roles[].RoleName",
      "InstanceProfile.Roles[].Arn",
      "InstanceProfile.Roles[].AssumeRolePolicyDocument",
    ],
  },
  {
    name: "iam:GetRole",
    call: ({ sdk, roleName }) => sdk.iam.send(new GetRoleCommand({ RoleName: roleName })),
    members: ["RoleName", "Path", "Arn", "RoleId", "CreateDate", "AssumeRolePolicyDocument"]
      .map((member) => `Role.${member}`),
  },
  {
    name: "iam:ListAttachedRolePolicies",
    call: ({ sdk, roleName }) =>
      sdk.iam.send(new ListAttachedRolePoliciesCommand({ RoleName: roleName })),
    members: [
      "AttachedPolicies[].PolicyArn",
      "AttachedPolicies[].PolicyName",
      "IsTruncated",
    ],
  },
  {
    name: "iam:ListRolePolicies",
    call: ({ sdk, roleName }) => sdk.iam.send(new ListRolePoliciesCommand({ RoleName: roleName })),
    members: ["IsTruncated"],
  },
  {
    name: "iam:GetPolicy",
    call: ({ sdk }) => sdk.iam.send(new GetPolicyCommand({ PolicyArn: CORE_POLICY })),
    members: ["Policy.Arn", "Policy.DefaultVersionId"],
  },
  {
    name: "iam:GetPolicyVersion",
    call: ({ sdk }) =>
      sdk.iam.send(new GetPolicyVersionCommand({ PolicyArn: CORE_POLICY, VersionId: "v2" })),
    members: ["PolicyVersion.Document", "PolicyVersion.IsDefaultVersion"],
  },
  {
    name: "sts:GetCallerIdentity",
    call: ({ sdk }) => sdk.sts.send(new GetCallerIdentityCommand({})),
    members: ["Arn", "Account", "UserId"],
  },
];

/** `Vpcs[].VpcId` to `string`, of every member that is there. */
function typesOf(value: unknown, path = "", types = new Map<string, string>()) {
  if (Array.isArray(value)) {
    for (const each of value) typesOf(each, `${path}[]`, types);
  } else if (value instanceof Date) {
    types.set(path, "date");
  } else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      if (name !== "$metadata") typesOf(each, path === "" ? name : `${path}.${name}`, types);
    }
  } else if (value !== undefined) {
    types.set(path, typeof value);
  }
  return types;
}

testWithMoto("the sandbox answers in the shapes of moto", async (motoUrl, context) => {
  await using overlay = new MotoOverlay(motoUrl);
  using motoSdk = new Sdk({ endpoint: overlay.url, region: REGION, credentials: MOTO_KEYS });
  const world = await buildWorld(motoSdk, overlay);
  await addNat(world);
  const moto: Place = { ...world, sdk: motoSdk };

  await using test = await openSandbox({ scenario: "endpoint-shadows-nat" });
  const { endpointUrl, region, credentials } = test.sandbox;
  using sdk = new Sdk({ endpoint: endpointUrl, region, credentials });
  const { instanceId } = test.sandbox.instances[0]!;
  const { Reservations } = await sdk.ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
  );
  const vpcId = Reservations![0]!.Instances![0]!.VpcId!;
  const sandbox: Place = { sdk, instanceId, vpcId, roleName: "sandbox-ssm" };

  for (const { name, call, members } of COMPARED) {
    await context.step(name, async () => {
      const ours = typesOf(await call(sandbox));
      const theirs = typesOf(await call(moto));
      for (const member of members) {
        assert.ok(theirs.has(member), `moto has no ${member}: ${[...theirs.keys()].join(" ")}`);
        assert.ok(ours.has(member), `the sandbox has no ${member}: ${[...ours.keys()].join(" ")}`);
      }
      for (const [member, type] of ours) {
        assert.equal(theirs.get(member) ?? type, type, member);
      }
    });
  }
  await context.step(
    "ec2:DescribeDhcpOptions knows none of the id `default` in either",
    async () => {
      for (const place of [sandbox, moto]) {
        const call = place.sdk.ec2.send(
          new DescribeDhcpOptionsCommand({ DhcpOptionsIds: ["default"] }),
        );
        await assert.rejects(call, /NotFound|does not exist/);
      }
    },
  );
});
