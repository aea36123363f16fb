/**
 * Facts and checks against moto, which was not written by us: so that the sandbox and the checks cannot
 * share one misunderstanding. The names are those of the specification's cases of kind M.
 *
 * What moto does otherwise than AWS, and the checks must stand: endpoints' interfaces outside their
 * subnets, routes to what is gone that stay active, lists without a last entry, deleted endpoints that
 * stay listed, an association's id in place of a profile's.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  AuthorizeSecurityGroupEgressCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  CreateRouteCommand,
  DeleteNatGatewayCommand,
  DeleteVpcEndpointsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeManagedPrefixListsCommand,
  DescribeNetworkAclsCommand,
  DescribeVpcEndpointsCommand,
  DetachInternetGatewayCommand,
  DisassociateIamInstanceProfileCommand,
  type IpPermission,
  ModifyInstanceMetadataOptionsCommand,
  ReplaceNetworkAclAssociationCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DetachRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateKeyCommand, DisableKeyCommand } from "@aws-sdk/client-kms";
import {
  CreateDocumentCommand,
  DeleteDocumentCommand,
  ListDocumentsCommand,
} from "@aws-sdk/client-ssm";
import type { CheckParameters, Diagnosis } from "../../src/diagnostics/mod.ts";
import { diagnoseLive } from "../support/live_diagnosis.ts";
import { testWithMoto } from "../support/moto.ts";
import { MotoOverlay } from "../support/moto_overlay.ts";
import {
  addInternetGateway,
  addNat,
  buildWorld,
  CORE_POLICY,
  MOTO_KEYS,
  type MotoWorld,
  REGION,
  trustOf,
  type WorldOptions,
} from "../support/moto_world.ts";
import { Sdk } from "../support/sdk.ts";

/** `check/CODE=status` that must be there; with `!` in front that must not. */
type Wanted = readonly string[];

interface Case {
  name: string;
  world?: WorldOptions;
  change?: (world: MotoWorld) => Promise<unknown>;
  parameters?: Partial<CheckParameters>;
  /** Whether the agent has lost its connection: while it has one, criticals are warnings. */
  isConnected?: boolean;
  wanted: Wanted;
}

const ANYWHERE = "0.0.0.0/0";
const ALL_OUT: IpPermission = { IpProtocol: "-1", IpRanges: [{ CidrIp: ANYWHERE }] };
const HTTPS = { IpProtocol: "tcp", FromPort: 443, ToPort: 443 };

const closeEgress = ({ sdk, instanceGroup }: MotoWorld) =>
  sdk.ec2.send(
    new RevokeSecurityGroupEgressCommand({ GroupId: instanceGroup, IpPermissions: [ALL_OUT] }),
  );

async function egressOnly(world: MotoWorld, permission: IpPermission): Promise<void> {
  await closeEgress(world);
  await world.sdk.ec2.send(
    new AuthorizeSecurityGroupEgressCommand({
      GroupId: world.instanceGroup,
      IpPermissions: [permission],
    }),
  );
}

const closeEndpoints = ({ sdk, endpointGroup }: MotoWorld) =>
  sdk.ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId: endpointGroup,
      IpPermissions: [{ ...HTTPS, IpRanges: [{ CidrIp: "10.0.0.0/16" }] }],
    }),
  );

/** Number, direction, verdict, ports. */
type Entry = [number, "in" | "out", "allow" | "deny", [number, number]?];

/** The instance's subnet gets a list of these entries. */
async function replaceAcl({ sdk: { ec2 }, vpcId, subnetId }: MotoWorld, entries: Entry[]) {
  const { NetworkAcls } = await ec2.send(
    new DescribeNetworkAclsCommand({
      Filters: [{ Name: "association.subnet-id", Values: [subnetId] }],
    }),
  );
  const { NetworkAclAssociationId } = NetworkAcls![0]!.Associations!.find(({ SubnetId }) =>
    SubnetId === subnetId
  )!;
  const { NetworkAcl } = await ec2.send(new CreateNetworkAclCommand({ VpcId: vpcId }));
  const NetworkAclId = NetworkAcl!.NetworkAclId!;
  for (const [RuleNumber, direction, RuleAction, ports] of entries) {
    await ec2.send(
      new CreateNetworkAclEntryCommand({
        NetworkAclId,
        RuleNumber,
        Egress: direction === "out",
        RuleAction,
        Protocol: ports === undefined ? "-1" : "6",
        CidrBlock: ANYWHERE,
        ...(ports !== undefined && { PortRange: { From: ports[0], To: ports[1] } }),
      }),
    );
  }
  await ec2.send(
    new ReplaceNetworkAclAssociationCommand({
      AssociationId: NetworkAclAssociationId!,
      NetworkAclId,
    }),
  );
}

const route = ({ sdk, mainTableId }: MotoWorld, GatewayId: string) =>
  sdk.ec2.send(
    new CreateRouteCommand({
      RouteTableId: mainTableId,
      DestinationCidrBlock: ANYWHERE,
      GatewayId,
    }),
  );

const NO_ENDPOINTS: WorldOptions = { endpoints: [] };

const CASES: readonly Case[] = [
  {
    name: "IS-1 VE-1 NA-1 PR-1 the healthy private subnet",
    isConnected: true,
    wanted: [
      "instance_state/INSTANCE_RUNNING=ok",
      "ssm_agent/AGENT_CONNECTED=ok",
      "instance_profile/PROFILE_OK=ok",
      "vpc_endpoints/VPCE_OK=ok",
      "security_groups/SG_OK=ok",
      "network_acls/NACL_OK=ok",
      "network_connectivity/PATH_OPEN=ok",
      "iam_permissions/role.PERMITTED=ok",
      "!critical",
      "!warning",
    ],
  },
  {
    name: "IS-2 a stopped instance: its agent is skipped, its groups are judged",
    change: ({ sdk, instanceId }) =>
      sdk.ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] })),
    wanted: ["instance_state/INSTANCE_STOPPED=critical", "security_groups/SG_OK=ok"],
  },
  {
    name: "IS-4 a terminated instance",
    change: ({ sdk, instanceId }) =>
      sdk.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] })),
    wanted: ["instance_state/INSTANCE_TERMINATED=critical"],
  },
  {
    name: "IS-5 a failed check of the host, and an agent that is connected all the same",
    change: ({ overlay, instanceId }) =>
      Promise.resolve(overlay.impaired.set(instanceId, "systemStatus")),
    isConnected: true,
    wanted: ["instance_state/SYSTEM_STATUS_IMPAIRED=warning", "!critical"],
  },
  {
    name: "IP-2 a deny beside the right policy",
    change: ({ sdk, roleName }) =>
      sdk.iam.send(
        new PutRolePolicyCommand({
          RoleName: roleName,
          PolicyName: "no",
          PolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Deny", Action: "ssmmessages:*", Resource: "*" }],
          }),
        }),
      ),
    wanted: ["iam_permissions/role.DENIED=critical"],
  },
  {
    name: "IP-3 a policy without the channels",
    change: async ({ sdk, roleName: RoleName }) => {
      await sdk.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: CORE_POLICY }));
      await sdk.iam.send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName: "some",
          PolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: "ssm:*", Resource: "*" }],
          }),
        }),
      );
    },
    wanted: ["iam_permissions/role.MISSING_ACTIONS=critical"],
  },
  {
    name: "IP-4 a permissions boundary",
    change: async ({ sdk, roleName: RoleName }) => {
      const { Policy } = await sdk.iam.send(
        new CreatePolicyCommand({
          PolicyName: "limit",
          PolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: ["s3:Get*"], Resource: "*" }],
          }),
        }),
      );
      await sdk.iam.send(
        new PutRolePermissionsBoundaryCommand({
          RoleName,
          PermissionsBoundary: Policy!.Arn!,
        }),
      );
    },
    wanted: ["iam_permissions/role.DENIED=critical"],
  },
  {
    name: "VE-2 no ssmmessages endpoint",
    world: { endpoints: ["ssm"] },
    wanted: ["vpc_endpoints/VPCE_PARTIAL=critical"],
  },
  {
    name: "VE-3 a VPC without DNS hostnames",
    world: { dnsHostnames: false },
    wanted: ["vpc_endpoints/VPC_DNS_HOSTNAMES_OFF=critical"],
  },
  {
    name: "VE-4 endpoints without private DNS",
    world: { privateDns: false },
    wanted: ["vpc_endpoints/VPCE_PRIVATE_DNS_OFF=critical"],
  },
  {
    name: "VE-4 endpoints without private DNS, and NAT",
    world: { privateDns: false },
    change: addNat,
    isConnected: true,
    wanted: ["vpc_endpoints/VPCE_PRIVATE_DNS_OFF=warning", "!critical"],
  },
  {
    name: "VE-5 endpoints that are deleted and still listed",
    change: async ({ sdk, vpcId }) => {
      const { VpcEndpoints } = await sdk.ec2.send(
        new DescribeVpcEndpointsCommand({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] }),
      );
      const VpcEndpointIds = VpcEndpoints!.map(({ VpcEndpointId }) => VpcEndpointId!);
      await sdk.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds }));
    },
    wanted: ["network_connectivity/PATH_BLOCKED=critical", "!vpc_endpoints/VPCE_OK"],
  },
  {
    name: "NC-4 neither route nor endpoints",
    world: NO_ENDPOINTS,
    wanted: [
      "vpc_endpoints/VPCE_MISSING=critical",
      "network_connectivity/PATH_BLOCKED=critical",
    ],
  },
  {
    name: "SG-1 RT-3 RT-6 NAT, on the main table",
    world: NO_ENDPOINTS,
    change: addNat,
    isConnected: true,
    wanted: [
      "routing/ROUTE_NAT=ok",
      "security_groups/SG_OK=ok",
      "vpc_endpoints/VPCE_NOT_REQUIRED=ok",
      "network_connectivity/PATH_OPEN=ok",
      "!critical",
    ],
  },
  {
    name: "SG-2 nothing goes out",
    change: closeEgress,
    wanted: ["security_groups/SG_EGRESS_BLOCKED=critical"],
  },
  {
    name: "SG-3 out to the endpoints' group alone",
    change: (world) =>
      egressOnly(world, { ...HTTPS, UserIdGroupPairs: [{ GroupId: world.endpointGroup }] }),
    isConnected: true,
    wanted: ["security_groups/SG_OK=ok", "!critical"],
  },
  {
    name: "SG-4 NC-5 NAT works, and an endpoint with private DNS refuses",
    change: async (world) => {
      await addNat(world);
      await closeEndpoints(world);
    },
    wanted: [
      "security_groups/SG_ENDPOINT_INGRESS_BLOCKED=critical",
      "network_connectivity/PATH_BLOCKED=critical",
    ],
  },
  {
    name: "SG-5 a range of ports that holds 443",
    change: (world) =>
      egressOnly(world, {
        IpProtocol: "tcp",
        FromPort: 80,
        ToPort: 500,
        IpRanges: [{ CidrIp: ANYWHERE }],
      }),
    isConnected: true,
    wanted: ["security_groups/SG_OK=ok"],
  },
  {
    name: "SG-5 another port",
    change: (world) =>
      egressOnly(world, {
        IpProtocol: "tcp",
        FromPort: 8443,
        ToPort: 8443,
        IpRanges: [{ CidrIp: ANYWHERE }],
      }),
    wanted: ["security_groups/SG_EGRESS_BLOCKED=critical"],
  },
  {
    name: "SG-5 another protocol",
    change: (world) =>
      egressOnly(world, { ...HTTPS, IpProtocol: "udp", IpRanges: [{ CidrIp: ANYWHERE }] }),
    wanted: ["security_groups/SG_EGRESS_BLOCKED=critical"],
  },
  {
    name: "SG-6 out to the prefix list of S3 alone",
    change: async (world) => {
      const { PrefixLists } = await world.sdk.ec2.send(new DescribeManagedPrefixListsCommand({}));
      const list = PrefixLists!.find(({ PrefixListName }) => PrefixListName?.endsWith(".s3"))!;
      await egressOnly(world, {
        ...HTTPS,
        PrefixListIds: [{ PrefixListId: list.PrefixListId! }],
      });
    },
    wanted: ["security_groups/SG_EGRESS_BLOCKED=critical"],
  },
  {
    name: "SG-7 out over IPv6 alone",
    change: (world) => egressOnly(world, { ...HTTPS, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }),
    wanted: ["security_groups/SG_RULE_OTHER_FAMILY=critical"],
  },
  {
    name: "RT-2 VE-6 an internet gateway, and no public address",
    world: NO_ENDPOINTS,
    change: async (world) => await route(world, await addInternetGateway(world)),
    wanted: ["routing/ROUTE_IGW_NO_PUBLIC_IP=critical"],
  },
  {
    name: "RT-4 a deleted NAT gateway whose route stays active",
    world: NO_ENDPOINTS,
    change: async (world) => {
      const NatGatewayId = await addNat(world);
      await world.sdk.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
    },
    wanted: ["routing/ROUTE_NAT_UNAVAILABLE=critical"],
  },
  {
    name: "RT-5 a detached internet gateway whose route stays active",
    world: NO_ENDPOINTS,
    change: async (world) => {
      const InternetGatewayId = await addInternetGateway(world);
      await route(world, InternetGatewayId);
      await world.sdk.ec2.send(
        new DetachInternetGatewayCommand({ InternetGatewayId, VpcId: world.vpcId }),
      );
    },
    wanted: ["routing/ROUTE_IGW_DETACHED=critical"],
  },
  {
    name: "NA-2 HTTPS out, and no answers in",
    world: NO_ENDPOINTS,
    change: async (world) => {
      await addNat(world);
      await replaceAcl(world, [[100, "out", "allow", [443, 443]]]);
    },
    wanted: ["network_acls/NACL_RETURN_BLOCKED=critical"],
  },
  {
    name: "NA-3 a deny before an allow",
    world: NO_ENDPOINTS,
    change: async (world) => {
      await addNat(world);
      await replaceAcl(world, [
        [90, "out", "deny", [443, 443]],
        [100, "out", "allow"],
        [100, "in", "allow"],
      ]);
    },
    wanted: ["network_acls/NACL_EGRESS_BLOCKED=critical"],
  },
  {
    name: "NA-3 a deny behind an allow",
    world: NO_ENDPOINTS,
    change: async (world) => {
      await addNat(world);
      await replaceAcl(world, [
        [110, "out", "deny", [443, 443]],
        [100, "out", "allow"],
        [100, "in", "allow"],
      ]);
    },
    isConnected: true,
    wanted: ["network_acls/NACL_OK=ok"],
  },
  {
    name: "NA-5 a list between two subnets does not count within one",
    change: (world) => replaceAcl(world, []),
    isConnected: true,
    wanted: ["network_acls/NACL_OK=ok"],
  },
  {
    name: "PR-2 no profile, and host management off",
    change: takeProfile,
    wanted: ["instance_profile/PROFILE_MISSING=critical"],
  },
  {
    name: "PR-3 no profile, and host management on",
    change: async (world) => {
      await takeProfile(world);
      await enableHostManagement(world);
    },
    isConnected: true,
    wanted: [
      "instance_profile/PROFILE_MISSING_DHMC=ok",
      "host_management/DHMC_ACTIVE=ok",
      "!critical",
    ],
  },
  {
    name: "PR-4 a profile without a role",
    change: ({ sdk, roleName }) =>
      sdk.iam.send(
        new RemoveRoleFromInstanceProfileCommand({
          InstanceProfileName: roleName,
          RoleName: roleName,
        }),
      ),
    wanted: ["instance_profile/PROFILE_EMPTY=critical"],
  },
  {
    name: "PR-5 a role that EC2 may not assume",
    change: ({ sdk, roleName }) =>
      sdk.iam.send(
        new UpdateAssumeRolePolicyCommand({
          RoleName: roleName,
          PolicyDocument: trustOf("ssm.amazonaws.com"),
        }),
      ),
    wanted: ["instance_profile/ROLE_TRUST_INVALID=critical"],
  },
  {
    name: "PR-6 no metadata service",
    change: ({ sdk, instanceId }) =>
      sdk.ec2.send(
        new ModifyInstanceMetadataOptionsCommand({
          InstanceId: instanceId,
          HttpEndpoint: "disabled",
        }),
      ),
    wanted: ["instance_profile/IMDS_DISABLED=critical"],
  },
  {
    name: "SP-1 preferences that nobody saved",
    isConnected: true,
    wanted: ["session_preferences/PREFS_DEFAULT=ok"],
  },
  {
    name: "SP-2 sessions that end after three silent minutes",
    change: ({ sdk }) => savePreferences(sdk, { idleSessionTimeout: "3" }),
    isConnected: true,
    wanted: ["session_preferences/PREFS_IDLE_SHORT=warning"],
  },
  {
    name: "SP-3 a disabled key, for a port",
    change: disabledKey,
    isConnected: true,
    wanted: ["session_preferences/PREFS_KMS_KEY_UNUSABLE=warning"],
  },
  {
    name: "SP-3 a disabled key, for a shell",
    change: disabledKey,
    parameters: { connection: "shell", document: "SSM-SessionManagerRunShell" },
    wanted: ["session_preferences/PREFS_KMS_KEY_UNUSABLE=critical"],
  },
];

async function takeProfile({ sdk: { ec2 }, instanceId }: MotoWorld): Promise<void> {
  const { IamInstanceProfileAssociations } = await ec2.send(
    new DescribeIamInstanceProfileAssociationsCommand({
      Filters: [{ Name: "instance-id", Values: [instanceId] }],
    }),
  );
  const [association] = IamInstanceProfileAssociations!;
  await ec2.send(
    new DisassociateIamInstanceProfileCommand({ AssociationId: association!.AssociationId! }),
  );
}

async function enableHostManagement({ sdk: { iam }, overlay }: MotoWorld): Promise<void> {
  const RoleName = "AWSSystemsManagerDefaultEC2InstanceManagementRole";
  await iam.send(
    new CreateRoleCommand({
      RoleName,
      Path: "/service-role/",
      AssumeRolePolicyDocument: trustOf("ssm.amazonaws.com"),
    }),
  );
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy";
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  overlay.hostManagement = `service-role/${RoleName}`;
}

/** In place of those that an earlier case saved. */
async function savePreferences({ ssm }: Sdk, inputs: Record<string, string>): Promise<void> {
  const Name = "SSM-SessionManagerRunShell";
  const { DocumentIdentifiers } = await ssm.send(
    new ListDocumentsCommand({ Filters: [{ Key: "Name", Values: [Name] }] }),
  );
  if (DocumentIdentifiers!.length > 0) await ssm.send(new DeleteDocumentCommand({ Name }));
  await ssm.send(
    new CreateDocumentCommand({
      Name,
      DocumentType: "Session",
      DocumentFormat: "JSON",
      Content: JSON.stringify({
        schemaVersion: "1.0",
        description: "",
        sessionType: "Standard_Stream",
        inputs,
      }),
    }),
  );
}

async function disabledKey({ sdk }: MotoWorld): Promise<void> {
  const { KeyMetadata } = await sdk.kms.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata!.KeyId!;
  await sdk.kms.send(new DisableKeyCommand({ KeyId }));
  await savePreferences(sdk, { kmsKeyId: KeyMetadata!.Arn! });
}

function seenIn({ report }: Diagnosis): string[] {
  return report.checks.flatMap(({ id, findings }) =>
    findings.map(({ code, status }) => `${id}/${code}=${status}`)
  );
}

testWithMoto("moto, a second witness of facts and checks", async (motoUrl, context) => {
  for (const each of CASES) {
    await context.step(each.name, async () => {
      await using overlay = new MotoOverlay(motoUrl);
      using sdk = new Sdk({ endpoint: overlay.url, region: REGION, credentials: MOTO_KEYS });
      const world = await buildWorld(sdk, overlay, each.world);
      await each.change?.(world);
      if (!each.isConnected) {
        const node = overlay.nodes.get(world.instanceId)!;
        overlay.nodes.set(world.instanceId, {
          ...node,
          connection: "notconnected",
          ping: "ConnectionLost",
        });
      }
      overlay.calls.length = 0;
      const seen = seenIn(
        await diagnoseLive({
          endpoint: overlay.url,
          region: REGION,
          keys: MOTO_KEYS,
          instanceId: world.instanceId,
          ...(each.parameters !== undefined && { parameters: each.parameters }),
        }),
      );
      // XX-10: a diagnosis only reads. GenerateDataKey is a dry run, which moto does not know.
      const changing = overlay.calls.filter((call) =>
        !/:(Describe|Get|List|Simulate|GenerateDataKey$)/.test(call)
      );
      assert.deepEqual(changing, []);
      for (const wanted of each.wanted) {
        const isThere = seen.some((one) =>
          wanted.startsWith("!") ? one.includes(wanted.slice(1)) : one === wanted
        );
        assert.equal(isThere, !wanted.startsWith("!"), `${wanted}\n${seen.join("\n")}`);
      }
    });
  }
});

testWithMoto("SA-8 moto alone, whose missing operations answer web pages: unknown", async (url) => {
  await using overlay = new MotoOverlay(url);
  using sdk = new Sdk({ endpoint: url, region: REGION, credentials: MOTO_KEYS });
  const { instanceId } = await buildWorld(sdk, overlay);
  const diagnosis = await diagnoseLive({
    endpoint: url,
    region: REGION,
    keys: MOTO_KEYS,
    instanceId,
    checks: ["instance_state", "ssm_agent", "vpc_endpoints"],
  });
  const agent = diagnosis.report.checks.find(({ id }) => id === "ssm_agent")!;
  assert.equal(agent.status, "unknown");
  assert.equal(agent.reason_code, "service_error");
  assert.equal(diagnosis.exitCode, 1);
  assert.ok(seenIn(diagnosis).includes("vpc_endpoints/VPCE_OK=ok"));
});

testWithMoto("IP-11 a user of moto who may describe instances, and nothing else", async (url) => {
  await using overlay = new MotoOverlay(url);
  using admin = new Sdk({ endpoint: overlay.url, region: REGION, credentials: MOTO_KEYS });
  const { instanceId } = await buildWorld(admin, overlay);
  const UserName = "reader";
  await admin.iam.send(new CreateUserCommand({ UserName }));
  await admin.iam.send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName: "read",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "ec2:DescribeInstances", Resource: "*" }],
      }),
    }),
  );
  const { AccessKey } = await admin.iam.send(new CreateAccessKeyCommand({ UserName }));
  // From now on moto checks signatures and policies.
  const answer = await fetch(`${url}/moto-api/reset-auth`, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: "0",
  });
  await answer.body?.cancel();
  const diagnosis = await diagnoseLive({
    endpoint: url,
    region: REGION,
    keys: {
      accessKeyId: AccessKey!.AccessKeyId!,
      secretAccessKey: AccessKey!.SecretAccessKey!,
    },
    instanceId,
  });
  const seen = seenIn(diagnosis);
  assert.ok(seen.includes("iam_permissions/role.NOT_VISIBLE=unknown"), seen.join("\n"));
  assert.ok(seen.includes("vpc_endpoints/VPCE_NOT_VISIBLE=unknown"), seen.join("\n"));
  assert.ok(seen.includes("instance_state/INSTANCE_RUNNING=ok"), seen.join("\n"));
  assert.ok(!seen.some((one) => one.endsWith("=critical")), seen.join("\n"));
  assert.equal(diagnosis.exitCode, 4);
});
