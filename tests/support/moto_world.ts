/**
 * One instance in moto, with what a diagnosis reads around it: a private subnet, endpoints, a role.
 *
 * @module
 */
import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DescribeRouteTablesCommand,
  ModifyVpcAttributeCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
} from "@aws-sdk/client-iam";
import { type MotoOverlay } from "./moto_overlay.ts";
import type { Sdk } from "./sdk.ts";

export const MOTO_KEYS = { accessKeyId: "AKIAEXAMPLE000000000", secretAccessKey: "secret" };
export const REGION = "us-east-1";
export const CORE_POLICY = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
/** Linux; the first image that moto lists is a Windows one. */
const IMAGE_ID = "ami-12c6146b";
const CIDR = "10.0.0.0/16";

export interface MotoWorld {
  sdk: Sdk;
  overlay: MotoOverlay;
  vpcId: string;
  subnetId: string;
  mainTableId: string;
  instanceGroup: string;
  endpointGroup: string;
  instanceId: string;
  /** Name of its role, and of its instance profile. */
  roleName: string;
}

export function trustOf(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
}

export interface WorldOptions {
  /** Services with an endpoint. Default: the two that sessions need. */
  endpoints?: readonly string[];
  privateDns?: boolean;
  dnsHostnames?: boolean;
}

/** The healthy private subnet, with changes; its agent is connected unless a test says otherwise. */
export async function buildWorld(
  sdk: Sdk,
  overlay: MotoOverlay,
  options: WorldOptions = {},
): Promise<MotoWorld> {
  const { ec2 } = sdk;
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: CIDR }));
  const vpcId = Vpc!.VpcId!;
  if (options.dnsHostnames !== false) {
    const EnableDnsHostnames = { Value: true };
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames }));
  }
  const subnetId = await addSubnet(sdk, vpcId, "10.0.1.0/24");
  const { RouteTables } = await ec2.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] }),
  );
  const instanceGroup = await addGroup(sdk, vpcId, "instances");
  const endpointGroup = await addGroup(sdk, vpcId, "endpoints");
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: endpointGroup,
      IpPermissions: [{
        IpProtocol: "tcp",
        FromPort: 443,
        ToPort: 443,
        IpRanges: [{ CidrIp: CIDR }],
      }],
    }),
  );
  for (const service of options.endpoints ?? ["ssm", "ssmmessages"]) {
    await ec2.send(
      new CreateVpcEndpointCommand({
        VpcId: vpcId,
        ServiceName: `com.amazonaws.${REGION}.${service}`,
        VpcEndpointType: "Interface",
        SubnetIds: [subnetId],
        SecurityGroupIds: [endpointGroup],
        PrivateDnsEnabled: options.privateDns ?? true,
      }),
    );
  }
  const roleName = `node-${vpcId}`;
  await addRole(sdk, roleName);
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: IMAGE_ID,
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnetId,
      SecurityGroupIds: [instanceGroup],
      IamInstanceProfile: { Name: roleName },
    }),
  );
  const instanceId = Instances![0]!.InstanceId!;
  overlay.nodes.set(instanceId, {
    connection: "connected",
    ping: "Online",
    agentVersion: "3.3.1142.0",
  });
  return {
    sdk,
    overlay,
    vpcId,
    subnetId,
    mainTableId: RouteTables![0]!.RouteTableId!,
    instanceGroup,
    endpointGroup,
    instanceId,
    roleName,
  };
}

async function addRole({ iam }: Sdk, RoleName: string): Promise<void> {
  const AssumeRolePolicyDocument = trustOf("ec2.amazonaws.com");
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: CORE_POLICY }));
  const InstanceProfileName = RoleName;
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
}

export async function addSubnet({ ec2 }: Sdk, VpcId: string, CidrBlock: string): Promise<string> {
  const AvailabilityZone = `${REGION}a`;
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone }),
  );
  return Subnet!.SubnetId!;
}

async function addGroup({ ec2 }: Sdk, VpcId: string, GroupName: string): Promise<string> {
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({ VpcId, GroupName, Description: GroupName }),
  );
  return GroupId!;
}

/** An internet gateway of the VPC. */
export async function addInternetGateway({ sdk, vpcId }: MotoWorld): Promise<string> {
  const { InternetGateway } = await sdk.ec2.send(new CreateInternetGatewayCommand({}));
  const InternetGatewayId = InternetGateway!.InternetGatewayId!;
  await sdk.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }));
  return InternetGatewayId;
}

/** A NAT gateway in a public subnet, and the default route of the instance's subnet to it. */
export async function addNat(world: MotoWorld): Promise<string> {
  const { sdk: { ec2 }, vpcId, mainTableId } = world;
  const SubnetId = await addSubnet(world.sdk, vpcId, "10.0.0.0/24");
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }));
  const { RouteTableId } = RouteTable!;
  await ec2.send(new AssociateRouteTableCommand({ RouteTableId: RouteTableId!, SubnetId }));
  const DestinationCidrBlock = "0.0.0.0/0";
  const GatewayId = await addInternetGateway(world);
  await ec2.send(
    new CreateRouteCommand({ RouteTableId: RouteTableId!, DestinationCidrBlock, GatewayId }),
  );
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
  const { NatGateway } = await ec2.send(
    new CreateNatGatewayCommand({ SubnetId, AllocationId: AllocationId! }),
  );
  const NatGatewayId = NatGateway!.NatGatewayId!;
  await ec2.send(
    new CreateRouteCommand({ RouteTableId: mainTableId, DestinationCidrBlock, NatGatewayId }),
  );
  return NatGatewayId;
}
