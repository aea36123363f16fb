/**
 * What brings each broken agent of the sandbox online: the calls that fixes and people would make.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  AssociateIamInstanceProfileCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkAclEntryCommand,
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  DisassociateIamInstanceProfileCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  RebootInstancesCommand,
  ReplaceIamInstanceProfileAssociationCommand,
  ReplaceNetworkAclEntryCommand,
  RevokeSecurityGroupEgressCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetConnectionStatusCommand,
  ResetServiceSettingCommand,
  SendCommandCommand,
  UpdateServiceSettingCommand,
} from "@aws-sdk/client-ssm";
import { openSandbox } from "../support/sandbox.ts";
import { Sdk } from "../support/sdk.ts";

/** One instance, and what a test needs to know of it. */
interface Patient {
  sdk: Sdk;
  id: string;
  vpcId: string;
  subnetId: string;
  groupId: string;
}

const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const DHMC_SETTING = "/ssm/managed-instance/default-ec2-instance-management-role";
const HTTPS = { IpProtocol: "tcp", FromPort: 443, ToPort: 443 };
const trust = (service: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });

async function endpoints({ sdk, vpcId }: Patient) {
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }];
  const { VpcEndpoints } = await sdk.ec2.send(new DescribeVpcEndpointsCommand({ Filters }));
  return VpcEndpoints!;
}

async function createEndpoint({ sdk, vpcId, subnetId }: Patient, service: string) {
  const { VpcEndpoint } = await sdk.ec2.send(
    new CreateVpcEndpointCommand({
      VpcId: vpcId,
      ServiceName: `com.amazonaws.us-east-1.${service}`,
      VpcEndpointType: "Interface",
      SubnetIds: [subnetId],
      SecurityGroupIds: [await groupNamed("no-endpoints-endpoints", sdk)],
      PrivateDnsEnabled: true,
      ClientToken: `token-${service}`,
    }),
  );
  return VpcEndpoint!;
}

async function groupNamed(name: string, sdk: Sdk): Promise<string> {
  const Filters = [{ Name: "group-name", Values: [name] }];
  const { SecurityGroups } = await sdk.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups![0]!.GroupId!;
}

async function aclOf({ sdk, subnetId }: Patient): Promise<string> {
  const Filters = [{ Name: "association.subnet-id", Values: [subnetId] }];
  const { NetworkAcls } = await sdk.ec2.send(new DescribeNetworkAclsCommand({ Filters }));
  return NetworkAcls![0]!.NetworkAclId!;
}

/** Scenario, and what mends it. */
const MENDS: Record<string, (patient: Patient) => Promise<unknown>> = {
  "stopped": ({ sdk, id }) => sdk.ec2.send(new StartInstancesCommand({ InstanceIds: [id] })),
  "connection-lost": ({ sdk, id }) =>
    sdk.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] })),
  "instance-impaired": ({ sdk, id }) =>
    sdk.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] })),
  "system-impaired": async ({ sdk, id }) => {
    await sdk.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await sdk.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  },
  "unregistered": ({ sdk, id }) =>
    sdk.ec2.send(
      new AssociateIamInstanceProfileCommand({
        InstanceId: id,
        IamInstanceProfile: { Name: "sandbox-ssm" },
      }),
    ),
  "profile-empty": ({ sdk }) =>
    sdk.iam.send(
      new AddRoleToInstanceProfileCommand({
        InstanceProfileName: "sandbox-profile-empty",
        RoleName: "sandbox-profile-empty",
      }),
    ),
  "profile-deleted": async ({ sdk, id }) => {
    const { IamInstanceProfileAssociations } = await sdk.ec2.send(
      new DescribeIamInstanceProfileAssociationsCommand({
        Filters: [{ Name: "instance-id", Values: [id] }],
      }),
    );
    await sdk.ec2.send(
      new ReplaceIamInstanceProfileAssociationCommand({
        AssociationId: IamInstanceProfileAssociations![0]!.AssociationId,
        IamInstanceProfile: { Name: "sandbox-profile-deleted" },
      }),
    );
  },
  "role-trust": ({ sdk }) =>
    sdk.iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: "sandbox-role-trust",
        PolicyDocument: trust("ec2.amazonaws.com"),
      }),
    ),
  "role-missing-actions": ({ sdk }) =>
    sdk.iam.send(
      new AttachRolePolicyCommand({ RoleName: "sandbox-role-missing-actions", PolicyArn: CORE }),
    ),
  "role-denied": ({ sdk }) =>
    sdk.iam.send(
      new DeleteRolePolicyCommand({ RoleName: "sandbox-role-denied", PolicyName: "no-sessions" }),
    ),
  "role-boundary": ({ sdk }) =>
    sdk.iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: "sandbox-role-boundary" })),
  "metadata-disabled": ({ sdk, id }) =>
    sdk.ec2.send(
      new ModifyInstanceMetadataOptionsCommand({
        InstanceId: id,
        HttpEndpoint: "enabled",
        HttpTokens: "required",
      }),
    ),
  "agent-too-old": async ({ sdk, id }) => {
    const { Command } = await sdk.ssm.send(
      new SendCommandCommand({ DocumentName: "AWS-UpdateSSMAgent", InstanceIds: [id] }),
    );
    const { Status } = await sdk.ssm.send(
      new GetCommandInvocationCommand({ CommandId: Command!.CommandId, InstanceId: id }),
    );
    assert.equal(Status, "Success");
  },
  "egress-closed": ({ sdk, groupId }) =>
    sdk.ec2.send(
      new AuthorizeSecurityGroupEgressCommand({
        GroupId: groupId,
        IpPermissions: [{ ...HTTPS, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
      }),
    ),
  "endpoint-shadows-nat": async (patient) => {
    const [endpoint] = await endpoints(patient);
    await patient.sdk.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: endpoint!.Groups![0]!.GroupId,
        IpPermissions: [{ ...HTTPS, UserIdGroupPairs: [{ GroupId: patient.groupId }] }],
      }),
    );
  },
  "endpoint-policy": async (patient) => {
    for (const { VpcEndpointId } of await endpoints(patient)) {
      await patient.sdk.ec2.send(
        new ModifyVpcEndpointCommand({ VpcEndpointId, ResetPolicy: true }),
      );
    }
  },
  "private-dns-off": async (patient) => {
    for (const { VpcEndpointId } of await endpoints(patient)) {
      await patient.sdk.ec2.send(
        new ModifyVpcEndpointCommand({ VpcEndpointId, PrivateDnsEnabled: true }),
      );
    }
  },
  "dns-support-off": ({ sdk, vpcId }) =>
    sdk.ec2.send(
      new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsSupport: { Value: true } }),
    ),
  "dns-hostnames-off": ({ sdk, vpcId }) =>
    sdk.ec2.send(
      new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: true } }),
    ),
  "no-endpoints": async (patient) => {
    await createEndpoint(patient, "ssm");
    assert.deepEqual(await stateOf(patient), { ping: "Online", status: "notconnected" });
    const endpoint = await createEndpoint(patient, "ssmmessages");
    const again = await createEndpoint(patient, "ssmmessages");
    assert.equal(again.VpcEndpointId, endpoint.VpcEndpointId, "the same client token");
  },
  "acl-egress": async (patient) => {
    const place = { NetworkAclId: await aclOf(patient), RuleNumber: 90, Egress: true };
    await patient.sdk.ec2.send(
      new ReplaceNetworkAclEntryCommand({
        ...place,
        RuleAction: "allow",
        Protocol: "6",
        CidrBlock: "0.0.0.0/0",
        PortRange: { From: 443, To: 443 },
      }),
    );
  },
  "acl-return": async (patient) => {
    await patient.sdk.ec2.send(
      new CreateNetworkAclEntryCommand({
        NetworkAclId: await aclOf(patient),
        RuleNumber: 110,
        Egress: false,
        RuleAction: "allow",
        Protocol: "6",
        CidrBlock: "0.0.0.0/0",
        PortRange: { From: 1024, To: 65_535 },
      }),
    );
  },
  "internet-gateway-detached": async ({ sdk, vpcId }) => {
    const { InternetGateways } = await sdk.ec2.send(new DescribeInternetGatewaysCommand({}));
    const { InternetGatewayId } = InternetGateways!.find(({ Attachments }) =>
      Attachments!.length === 0
    )!;
    await sdk.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpcId }));
  },
  "profile-shadows-host-management": ({ sdk }) =>
    sdk.iam.send(
      new DeleteRolePolicyCommand({
        RoleName: "sandbox-profile-shadows-host-management",
        PolicyName: "report",
      }),
    ),
  "host-management-no-role": async ({ sdk }) => {
    const RoleName = "AWSSystemsManagerDefaultEC2InstanceManagementRole";
    await sdk.iam.send(
      new CreateRoleCommand({
        RoleName,
        Path: "/service-role/",
        AssumeRolePolicyDocument: trust("ssm.amazonaws.com"),
      }),
    );
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy";
    await sdk.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  },
};

async function stateOf({ sdk, id }: Patient): Promise<{ ping: string; status: string }> {
  const { Status } = await sdk.ssm.send(new GetConnectionStatusCommand({ Target: id }));
  const { InstanceInformationList } = await sdk.ssm.send(
    new DescribeInstanceInformationCommand({ Filters: [{ Key: "InstanceIds", Values: [id] }] }),
  );
  return { status: Status!, ping: InstanceInformationList![0]?.PingStatus ?? "none" };
}

async function withPatient(
  scenario: string,
  treat: (patient: Patient) => Promise<void>,
): Promise<void> {
  await using test = await openSandbox({ scenario });
  const { sandbox } = test;
  using sdk = new Sdk({
    endpoint: sandbox.endpointUrl,
    region: sandbox.region,
    credentials: sandbox.credentials,
  });
  const id = sandbox.instances[0]!.instanceId;
  const { Reservations } = await sdk.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const { VpcId, SubnetId, NetworkInterfaces } = Reservations![0]!.Instances![0]!;
  await treat({
    sdk,
    id,
    vpcId: VpcId!,
    subnetId: SubnetId!,
    groupId: NetworkInterfaces![0]!.Groups![0]!.GroupId!,
  });
}

for (const [scenario, mend] of Object.entries(MENDS)) {
  Deno.test(`sandbox: the agent of ${scenario} comes online when it has what it lacked`, async () => {
    await withPatient(scenario, async (patient) => {
      assert.equal((await stateOf(patient)).status, "notconnected");
      await mend(patient);
      assert.deepEqual(await stateOf(patient), { ping: "Online", status: "connected" });
    });
  });
}

Deno.test("sandbox: a change that is taken back takes the agent offline, and its node stays on record", async () => {
  await withPatient("egress-closed", async (patient) => {
    const answer = await patient.sdk.ec2.send(
      new AuthorizeSecurityGroupEgressCommand({
        GroupId: patient.groupId,
        IpPermissions: [{ ...HTTPS, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
        TagSpecifications: [{
          ResourceType: "security-group-rule",
          Tags: [{ Key: "ec2-connect:fix-id", Value: "add_instance_egress_443" }],
        }],
      }),
    );
    const [rule] = answer.SecurityGroupRules!;
    assert.deepEqual(rule!.Tags, [{ Key: "ec2-connect:fix-id", Value: "add_instance_egress_443" }]);
    assert.equal(rule!.FromPort, 443);
    assert.equal((await stateOf(patient)).status, "connected");
    await patient.sdk.ec2.send(
      new RevokeSecurityGroupEgressCommand({
        GroupId: patient.groupId,
        SecurityGroupRuleIds: [rule!.SecurityGroupRuleId!],
      }),
    );
    assert.deepEqual(await stateOf(patient), { ping: "ConnectionLost", status: "notconnected" });
  });
});

Deno.test("sandbox: an endpoint, a profile, a policy taken away", async () => {
  await withPatient("private-endpoints", async (patient) => {
    const VpcEndpointIds = (await endpoints(patient)).map(({ VpcEndpointId }) => VpcEndpointId!);
    await patient.sdk.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds }));
    assert.deepEqual(await stateOf(patient), { ping: "ConnectionLost", status: "notconnected" });
  });
  await withPatient("nat", async (patient) => {
    const detach = new DetachRolePolicyCommand({ RoleName: "sandbox-ssm", PolicyArn: CORE });
    await patient.sdk.iam.send(detach);
    assert.equal((await stateOf(patient)).status, "notconnected");
    await patient.sdk.iam.send(
      new PutRolePolicyCommand({
        RoleName: "sandbox-ssm",
        PolicyName: "all",
        PolicyDocument: JSON.stringify({
          Statement: [{ Effect: "Allow", Action: ["ssm:*", "ssmmessages:*"], Resource: "*" }],
        }),
      }),
    );
    assert.equal((await stateOf(patient)).status, "connected");
    const { IamInstanceProfileAssociations } = await patient.sdk.ec2.send(
      new DescribeIamInstanceProfileAssociationsCommand({
        Filters: [{ Name: "instance-id", Values: [patient.id] }],
      }),
    );
    const [association] = IamInstanceProfileAssociations!;
    await patient.sdk.ec2.send(
      new DisassociateIamInstanceProfileCommand({ AssociationId: association!.AssociationId }),
    );
    assert.equal((await stateOf(patient)).status, "notconnected");
  });
});

Deno.test("sandbox: default host management on and off", async () => {
  await withPatient("host-management", async (patient) => {
    assert.equal((await stateOf(patient)).status, "connected");
    await patient.sdk.ssm.send(new ResetServiceSettingCommand({ SettingId: DHMC_SETTING }));
    assert.equal((await stateOf(patient)).status, "notconnected");
    const SettingValue = "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole";
    const update = new UpdateServiceSettingCommand({ SettingId: DHMC_SETTING, SettingValue });
    await patient.sdk.ssm.send(update);
    assert.equal((await stateOf(patient)).status, "connected");
  });
});

Deno.test("sandbox: stopping an instance ends its sessions", async () => {
  await using test = await openSandbox({ scenario: "nat" });
  const { sandbox } = test;
  using sdk = new Sdk({
    endpoint: sandbox.endpointUrl,
    region: sandbox.region,
    credentials: sandbox.credentials,
  });
  const target = sandbox.instances[0]!.instanceId;
  const { SessionId } = await test.startSession({ target });
  await sdk.ec2.send(new StopInstancesCommand({ InstanceIds: [target] }));
  assert.equal(test.session(SessionId).status, "Terminated");
  const { json } = await test.ssm("StartSession", {
    Target: target,
    DocumentName: "AWS-StartSSHSession",
  });
  assert.equal(json.__type, "TargetNotConnected");
});
