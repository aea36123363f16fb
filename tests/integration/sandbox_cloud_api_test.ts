/**
 * EC2, IAM, KMS and SSM of the sandbox through the SDK's clients: what is refused and how, who may do
 * what, and settings of the account.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  AssociateIamInstanceProfileCommand,
  AuthorizeSecurityGroupEgressCommand,
  CreateVpcEndpointCommand,
  DescribeDhcpOptionsCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeManagedPrefixListsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcsCommand,
  GetManagedPrefixListEntriesCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  RebootInstancesCommand,
  RevokeSecurityGroupIngressCommand,
  StartInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import {
  DecryptCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  GenerateDataKeyCommand,
} from "@aws-sdk/client-kms";
import {
  DescribeSessionsCommand,
  GetConnectionStatusCommand,
  GetDocumentCommand,
  GetServiceSettingCommand,
  SendCommandCommand,
  StartSessionCommand,
} from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { refusalOf, Sdk } from "../support/sdk.ts";

function test(
  name: string,
  fn: (test: TestSandbox, sdk: Sdk) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox cloud: ${name}`, async () => {
    await using test = await openSandbox(options);
    const { endpointUrl, region, credentials } = test.sandbox;
    using sdk = new Sdk({ endpoint: endpointUrl, region, credentials });
    await fn(test, sdk);
  });
}

const DHMC_SETTING = "/ssm/managed-instance/default-ec2-instance-management-role";
const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const ACCOUNT = "123456789012";

// --- Refusals ---

test("what is not there is refused in EC2's words", async (_, { ec2 }) => {
  const cases: [Promise<unknown>, string][] = [
    [ec2.send(new DescribeVpcsCommand({ VpcIds: ["vpc-1"] })), "InvalidVpcID.NotFound"],
    [ec2.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-1"] })), "InvalidSubnetID.NotFound"],
    [
      ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: ["rtb-1"] })),
      "InvalidRouteTableID.NotFound",
    ],
    [
      ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: ["nat-1"] })),
      "NatGatewayNotFound",
    ],
    [
      ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-1"] })),
      "InvalidGroup.NotFound",
    ],
    [
      ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ["eni-1"] })),
      "InvalidNetworkInterfaceID.NotFound",
    ],
    [
      ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: ["vpce-1"] })),
      "InvalidVpcEndpointId.NotFound",
    ],
    [
      ec2.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: ["com.x"] })),
      "InvalidServiceName",
    ],
    [ec2.send(new DescribeRegionsCommand({ RegionNames: ["xx-y-1"] })), "InvalidParameterValue"],
    [
      ec2.send(new DescribeDhcpOptionsCommand({ DhcpOptionsIds: ["default"] })),
      "InvalidDhcpOptionsID.NotFound",
    ],
    [
      ec2.send(new GetManagedPrefixListEntriesCommand({ PrefixListId: "pl-1" })),
      "InvalidPrefixListID.NotFound",
    ],
    [
      ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "colour", Values: ["red"] }] })),
      "InvalidParameterValue",
    ],
    [
      ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: ["i-0123456789abcdef0"] })),
      "InvalidInstanceID.NotFound",
    ],
    [ec2.send(new StartInstancesCommand({ InstanceIds: ["i-x"] })), "InvalidInstanceID.Malformed"],
  ];
  for (const [call, code] of cases) {
    const refusal = await refusalOf(call);
    assert.deepEqual([refusal?.code, refusal?.status], [code, 400]);
  }
});

test("changes that cannot be are refused", async (test, { ec2, iam, ssm }) => {
  const id = (name: string) => test.instance(name).instanceId;
  const vpcOf = async (name: string) => {
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [id(name)] }),
    );
    return Reservations![0]!.Instances![0]!;
  };
  const healthy = await vpcOf("private-endpoints-1");
  const noDns = await vpcOf("dns-support-off-1");
  const { VpcEndpoints } = await ec2.send(
    new DescribeVpcEndpointsCommand({ Filters: [{ Name: "vpc-id", Values: [healthy.VpcId!] }] }),
  );
  const ssmEndpoint = {
    VpcId: healthy.VpcId!,
    ServiceName: "com.amazonaws.us-east-1.ssm",
    VpcEndpointType: "Interface" as const,
    SubnetIds: [healthy.SubnetId!],
  };
  const GroupId = healthy.NetworkInterfaces![0]!.Groups![0]!.GroupId!;
  const anywhere = { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  const cases: [string, Promise<unknown>, string, number?][] = [
    [
      "a terminated instance starts",
      ec2.send(new StartInstancesCommand({ InstanceIds: [id("terminated-1")] })),
      "IncorrectInstanceState",
    ],
    [
      "a stopped one reboots",
      ec2.send(new RebootInstancesCommand({ InstanceIds: [id("stopped-1")] })),
      "IncorrectInstanceState",
    ],
    [
      "a second profile",
      ec2.send(
        new AssociateIamInstanceProfileCommand({
          InstanceId: id("web-1"),
          IamInstanceProfile: { Name: "sandbox-ssm" },
        }),
      ),
      "IncorrectState",
    ],
    [
      "a profile that is not there",
      ec2.send(
        new AssociateIamInstanceProfileCommand({
          InstanceId: id("unregistered-1"),
          IamInstanceProfile: { Name: "nobody" },
        }),
      ),
      "InvalidParameterValue",
    ],
    [
      "a rule that is there",
      ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [anywhere] })),
      "InvalidPermission.Duplicate",
    ],
    [
      "a rule that is not there",
      ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [anywhere] })),
      "InvalidPermission.NotFound",
    ],
    [
      "a second private name",
      ec2.send(new CreateVpcEndpointCommand({ ...ssmEndpoint, PrivateDnsEnabled: true })),
      "InvalidParameter",
    ],
    [
      "a private name without DNS",
      ec2.send(
        new CreateVpcEndpointCommand({
          ...ssmEndpoint,
          VpcId: noDns.VpcId!,
          SubnetIds: [noDns.SubnetId!],
          ServiceName: "com.amazonaws.us-east-1.kms",
        }),
      ),
      "InvalidParameter",
    ],
    [
      "an endpoint of no service",
      ec2.send(new CreateVpcEndpointCommand({ ...ssmEndpoint, ServiceName: "com.example.x" })),
      "InvalidServiceName",
    ],
    [
      "two attributes at once",
      ec2.send(
        new ModifyVpcAttributeCommand({
          VpcId: healthy.VpcId!,
          EnableDnsSupport: { Value: true },
          EnableDnsHostnames: { Value: true },
        }),
      ),
      "InvalidParameterCombination",
    ],
    [
      "an endpoint into a subnet of another VPC",
      ec2.send(
        new ModifyVpcEndpointCommand({
          VpcEndpointId: VpcEndpoints![0]!.VpcEndpointId!,
          AddSubnetIds: [noDns.SubnetId!],
        }),
      ),
      "InvalidParameter",
    ],
    [
      "a policy that is not attached",
      iam.send(
        new DetachRolePolicyCommand({
          RoleName: "sandbox-role-missing-actions",
          PolicyArn: CORE,
        }),
      ),
      "NoSuchEntityException",
      404,
    ],
    [
      "a role twice",
      iam.send(
        new CreateRoleCommand({ RoleName: "sandbox-ssm", AssumeRolePolicyDocument: "{}" }),
      ),
      "EntityAlreadyExistsException",
      409,
    ],
    [
      "a policy that is no JSON",
      iam.send(
        new PutRolePolicyCommand({
          RoleName: "sandbox-ssm",
          PolicyName: "x",
          PolicyDocument: "no",
        }),
      ),
      "MalformedPolicyDocumentException",
    ],
    [
      "a command to a node that is not there",
      ssm.send(
        new SendCommandCommand({
          DocumentName: "AWS-UpdateSSMAgent",
          InstanceIds: [id("stopped-1")],
        }),
      ),
      "InvalidInstanceId",
    ],
  ];
  for (const [what, call, code, status = 400] of cases) {
    const refusal = await refusalOf(call);
    assert.deepEqual([refusal?.code, refusal?.status], [code, status], what);
  }
});

test("a dry run changes nothing, whatever it is of", async (test, { ec2 }) => {
  const { instanceId } = test.instance("stopped");
  const start = new StartInstancesCommand({ InstanceIds: [instanceId], DryRun: true });
  const refusal = await refusalOf(ec2.send(start));
  assert.deepEqual([refusal?.code, refusal?.status], ["DryRunOperation", 412]);
  const create = new CreateVpcEndpointCommand({
    VpcId: "vpc-0a5b0c00000000001",
    ServiceName: "com.amazonaws.us-east-1.ssm",
    VpcEndpointType: "Interface",
    DryRun: true,
  });
  assert.equal((await refusalOf(ec2.send(create)))?.code, "DryRunOperation");
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
  );
  assert.equal(Reservations![0]!.Instances![0]!.State!.Name, "stopped");
  const { VpcEndpoints } = await ec2.send(
    new DescribeVpcEndpointsCommand({
      Filters: [{ Name: "vpc-id", Values: ["vpc-0a5b0c00000000001"] }],
    }),
  );
  assert.deepEqual(VpcEndpoints, []);
});

// --- Reading ---

test(
  "a subnet on the main table is not found by its id, only its VPC's main table is",
  async (test, { ec2 }) => {
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [test.instance("nat-1").instanceId] }),
    );
    const { SubnetId, VpcId } = Reservations![0]!.Instances![0]!;
    const tables = async (...Filters: { Name: string; Values: string[] }[]) =>
      (await ec2.send(new DescribeRouteTablesCommand({ Filters }))).RouteTables!;
    assert.deepEqual(await tables({ Name: "association.subnet-id", Values: [SubnetId!] }), []);
    const [main, ...rest] = await tables(
      { Name: "vpc-id", Values: [VpcId!] },
      { Name: "association.main", Values: ["true"] },
    );
    assert.deepEqual(rest, []);
    assert.equal(main!.Associations![0]!.Main, true);
    const route = main!.Routes!.find(({ NatGatewayId }) => NatGatewayId !== undefined)!;
    assert.equal(route.DestinationCidrBlock, "0.0.0.0/0");
    assert.equal(route.State, "active");
    const { NatGateways } = await ec2.send(
      new DescribeNatGatewaysCommand({ NatGatewayIds: [route.NatGatewayId!] }),
    );
    assert.equal(NatGateways![0]!.State, "available");
    assert.equal(NatGateways![0]!.ConnectivityType, "public");
  },
);

test("routes to what is gone are black holes, in EC2's answer too", async (test, { ec2 }) => {
  for (const name of ["nat-deleted-1", "internet-gateway-detached-1", "route-blackhole-1"]) {
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [test.instance(name).instanceId] }),
    );
    const { VpcId } = Reservations![0]!.Instances![0]!;
    const { RouteTables } = await ec2.send(
      new DescribeRouteTablesCommand({
        Filters: [{ Name: "vpc-id", Values: [VpcId!] }, {
          Name: "association.main",
          Values: ["true"],
        }],
      }),
    );
    const route = RouteTables![0]!.Routes!.find(({ DestinationCidrBlock }) =>
      DestinationCidrBlock === "0.0.0.0/0"
    );
    assert.equal(route!.State, "blackhole", name);
  }
});

test("lists come in pages, and a token of one fits no other", async (_, { ec2 }) => {
  const ids: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ec2.send(new DescribeSecurityGroupsCommand({ MaxResults: 50, NextToken }));
    ids.push(...page.SecurityGroups!.map(({ GroupId }) => GroupId!));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
    const other = ec2.send(new DescribeVpcsCommand({ NextToken, MaxResults: 5 }));
    assert.equal((await refusalOf(other))?.code, "InvalidParameterValue");
  } while (NextToken !== undefined);
  const all = await ec2.send(new DescribeSecurityGroupsCommand({}));
  assert.deepEqual(ids, all.SecurityGroups!.map(({ GroupId }) => GroupId));
  assert.ok(ids.length > 100);
});

test("rules by permission and one by one, network lists, prefix lists", async (test, { ec2 }) => {
  const Filters = [{ Name: "group-name", Values: ["endpoint-shadows-nat-endpoints"] }];
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  const [group] = SecurityGroups!;
  const [ingress] = group!.IpPermissions!;
  assert.deepEqual(
    [ingress!.IpProtocol, ingress!.FromPort, ingress!.ToPort, ingress!.IpRanges],
    ["tcp", 443, 443, [{ CidrIp: "192.168.0.0/24" }]],
  );
  const [egress] = group!.IpPermissionsEgress!;
  assert.deepEqual([egress!.IpProtocol, egress!.FromPort], ["-1", undefined]);
  const rules = await ec2.send(
    new DescribeSecurityGroupRulesCommand({
      Filters: [{ Name: "group-id", Values: [group!.GroupId!] }],
    }),
  );
  assert.deepEqual(
    rules.SecurityGroupRules!.map(({ IsEgress, CidrIpv4, FromPort }) => [
      IsEgress,
      CidrIpv4,
      FromPort,
    ]),
    [[true, "0.0.0.0/0", -1], [false, "192.168.0.0/24", 443]],
  );
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [test.instance("acl-return-1").instanceId] }),
  );
  const { SubnetId } = Reservations![0]!.Instances![0]!;
  const { NetworkAcls } = await ec2.send(
    new DescribeNetworkAclsCommand({
      Filters: [{ Name: "association.subnet-id", Values: [SubnetId!] }],
    }),
  );
  const entries = NetworkAcls![0]!.Entries!.map(({ RuleNumber, Egress, RuleAction, PortRange }) => [
    RuleNumber,
    Egress,
    RuleAction,
    PortRange?.From,
  ]);
  assert.deepEqual(entries, [
    [100, true, "allow", 443],
    [100, false, "allow", 443],
    [32_767, true, "deny", undefined],
    [32_767, false, "deny", undefined],
  ]);
  const { PrefixLists } = await ec2.send(new DescribeManagedPrefixListsCommand({}));
  const s3 = PrefixLists!.find(({ PrefixListName }) => PrefixListName?.endsWith(".s3"))!;
  const { Entries } = await ec2.send(
    new GetManagedPrefixListEntriesCommand({ PrefixListId: s3.PrefixListId! }),
  );
  assert.ok(Entries!.length > 0 && Entries!.every(({ Cidr }) => Cidr!.includes("/")));
});

test("status, events, attributes, Regions, endpoint services", async (test, { ec2 }) => {
  const status = async (name: string, IncludeAllInstances?: boolean) => {
    const { InstanceStatuses } = await ec2.send(
      new DescribeInstanceStatusCommand({
        InstanceIds: [test.instance(name).instanceId],
        ...(IncludeAllInstances !== undefined && { IncludeAllInstances }),
      }),
    );
    return InstanceStatuses![0];
  };
  assert.equal(await status("stopped-1"), undefined);
  assert.equal((await status("stopped-1", true))!.InstanceStatus!.Status, "not-applicable");
  const impaired = await status("instance-impaired-1");
  assert.equal(impaired!.InstanceStatus!.Status, "impaired");
  assert.ok(impaired!.InstanceStatus!.Details![0]!.ImpairedSince instanceof Date);
  assert.equal(impaired!.SystemStatus!.Status, "ok");
  assert.equal((await status("volume-impaired-1"))!.AttachedEbsStatus!.Status, "impaired");
  const [event] = (await status("retiring-1"))!.Events!;
  assert.equal(event!.Code, "instance-retirement");
  assert.ok(event!.NotBefore!.getTime() > Date.now());
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [test.instance("dns-hostnames-off").instanceId] }),
  );
  const { VpcId } = Reservations![0]!.Instances![0]!;
  for (
    const [Attribute, wanted] of [
      ["enableDnsSupport", true],
      ["enableDnsHostnames", false],
    ] as const
  ) {
    const answer = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute }));
    const { EnableDnsSupport, EnableDnsHostnames } = answer;
    assert.equal((EnableDnsSupport ?? EnableDnsHostnames)!.Value, wanted);
  }
  const { Regions } = await ec2.send(
    new DescribeRegionsCommand({ RegionNames: ["mx-central-1"], AllRegions: true }),
  );
  assert.equal(Regions![0]!.OptInStatus, "not-opted-in");
  const { ServiceDetails, ServiceNames } = await ec2.send(
    new DescribeVpcEndpointServicesCommand({}),
  );
  assert.ok(ServiceNames!.includes("com.amazonaws.us-east-1.ec2messages"));
  const s3 = ServiceDetails!.filter(({ ServiceName }) => ServiceName!.endsWith(".s3"));
  const types = s3.map(({ ServiceType }) => ServiceType![0]!.ServiceType!);
  assert.deepEqual(new Set<string>(types), new Set(["Interface", "Gateway"]));
  const { SpotInstanceRequests } = await ec2.send(
    new DescribeSpotInstanceRequestsCommand({
      Filters: [{ Name: "instance-id", Values: [test.instance("spot-1").instanceId] }],
    }),
  );
  assert.equal(SpotInstanceRequests![0]!.Status!.Code, "fulfilled");
});

test("a Region from 2024 on has no ec2messages", async (test) => {
  const { endpointUrl, credentials } = test.sandbox;
  using sdk = new Sdk({ endpoint: endpointUrl, region: "mx-central-1", credentials });
  const { ServiceNames } = await sdk.ec2.send(new DescribeVpcEndpointServicesCommand({}));
  assert.ok(ServiceNames!.includes("com.amazonaws.mx-central-1.ssmmessages"));
  assert.ok(!ServiceNames!.includes("com.amazonaws.mx-central-1.ec2messages"));
});

// --- IAM ---

test("a role from its instance profile to the text of its policies", async (_, { iam }) => {
  const { InstanceProfile } = await iam.send(
    new GetInstanceProfileCommand({ InstanceProfileName: "sandbox-role-denied" }),
  );
  const [role] = InstanceProfile!.Roles!;
  const RoleName = role!.RoleName!;
  const trust = JSON.parse(decodeURIComponent(role!.AssumeRolePolicyDocument!));
  assert.equal(trust.Statement[0].Principal.Service, "ec2.amazonaws.com");
  const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  assert.deepEqual(AttachedPolicies, [{
    PolicyName: "AmazonSSMManagedInstanceCore",
    PolicyArn: CORE,
  }]);
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: CORE }));
  const { PolicyVersion } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn: CORE, VersionId: Policy!.DefaultVersionId! }),
  );
  assert.match(PolicyVersion!.Document!, /^%7B/);
  const document = JSON.parse(decodeURIComponent(PolicyVersion!.Document!));
  assert.equal(document.Statement.length, 3);
  const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  assert.deepEqual(PolicyNames, ["no-sessions"]);
  const { PolicyDocument } = await iam.send(
    new GetRolePolicyCommand({ RoleName, PolicyName: "no-sessions" }),
  );
  assert.equal(JSON.parse(decodeURIComponent(PolicyDocument!)).Statement[0].Effect, "Deny");
  const bounded = await iam.send(new GetRoleCommand({ RoleName: "sandbox-role-boundary" }));
  assert.equal(
    bounded.Role!.PermissionsBoundary!.PermissionsBoundaryArn,
    `arn:aws:iam::${ACCOUNT}:policy/sandbox-only-logs`,
  );
  const absent = await refusalOf(iam.send(new GetRoleCommand({ RoleName: "nobody" })));
  assert.deepEqual([absent?.code, absent?.status], ["NoSuchEntityException", 404]);
});

test("the simulator: decisions, boundaries, context, pages", async (test, { iam }) => {
  const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/sandbox-${name}`;
  const simulate = async (
    PolicySourceArn: string,
    ActionNames: string[],
    rest: Partial<ConstructorParameters<typeof SimulatePrincipalPolicyCommand>[0]> = {},
  ) =>
    (await iam.send(
      new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames, ...rest }),
    )).EvaluationResults!;
  const channel = "ssmmessages:OpenDataChannel";
  const beat = "ssm:UpdateInstanceInformation";
  const decisions = async (name: string) =>
    (await simulate(role(name), [beat, channel])).map(({ EvalDecision }) => EvalDecision);
  assert.deepEqual(await decisions("ssm"), ["allowed", "allowed"]);
  assert.deepEqual(await decisions("role-missing-actions"), ["allowed", "implicitDeny"]);
  assert.deepEqual(await decisions("role-denied"), ["allowed", "explicitDeny"]);
  const [bounded] = await simulate(role("role-boundary"), [channel]);
  assert.equal(bounded!.EvalDecision, "implicitDeny");
  assert.equal(bounded!.PermissionsBoundaryDecisionDetail!.AllowedByPermissionsBoundary, false);

  const user = `arn:aws:iam::${ACCOUNT}:user/sandbox`;
  const instance = (name: string) =>
    `arn:aws:ec2:us-east-1:${ACCOUNT}:instance/${test.instance(name).instanceId}`;
  const results = await simulate(user, ["ssm:StartSession"], {
    ResourceArns: [instance("web-1"), instance("caller-denied-1")],
  });
  assert.deepEqual(
    results.map(({ EvalResourceName, EvalDecision }) => [EvalResourceName, EvalDecision]),
    [[instance("web-1"), "allowed"], [instance("caller-denied-1"), "explicitDeny"]],
  );
  assert.equal(
    results[1]!.MatchedStatements![0]!.SourcePolicyId,
    "user_sandbox_not-caller-denied-1",
  );

  await iam.send(
    new PutRolePolicyCommand({
      RoleName: "sandbox-role-trust",
      PolicyName: "tagged",
      PolicyDocument: JSON.stringify({
        Statement: [{
          Effect: "Allow",
          Action: "ssm:StartSession",
          Resource: "*",
          Condition: { StringEquals: { "ssm:resourceTag/Env": "dev" } },
        }],
      }),
    }),
  );
  const [missing] = await simulate(role("role-trust"), ["ssm:StartSession"]);
  assert.equal(missing!.EvalDecision, "implicitDeny");
  assert.deepEqual(missing!.MissingContextValues, ["ssm:resourceTag/Env"]);
  const [given] = await simulate(role("role-trust"), ["ssm:StartSession"], {
    ContextEntries: [{
      ContextKeyName: "ssm:resourceTag/Env",
      ContextKeyValues: ["dev"],
      ContextKeyType: "string",
    }],
  });
  assert.equal(given!.EvalDecision, "allowed");

  const page = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: role("ssm"),
      ActionNames: [beat, channel],
      MaxItems: 1,
    }),
  );
  assert.equal(page.IsTruncated, true);
  const second = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: role("ssm"),
      ActionNames: [beat, channel],
      MaxItems: 1,
      Marker: page.Marker!,
    }),
  );
  assert.equal(second.IsTruncated, false);
  assert.equal(second.EvaluationResults![0]!.EvalActionName, channel);

  for (
    const [arn, code] of [
      [`arn:aws:sts::${ACCOUNT}:assumed-role/dev/alice`, "InvalidInputException"],
      [role("nobody"), "NoSuchEntityException"],
    ] as const
  ) {
    const refusal = await refusalOf(simulate(arn, [beat]));
    assert.equal(refusal?.code, code);
  }
});

// --- Who may do what ---

test("a caller who may do nothing is denied in each service's own words", async (test, sdk) => {
  const target = test.sandbox.instances[0]!.instanceId;
  const cases: [Promise<unknown>, string, number][] = [
    [sdk.ec2.send(new DescribeInstancesCommand({})), "UnauthorizedOperation", 403],
    [
      sdk.ssm.send(new GetConnectionStatusCommand({ Target: target })),
      "AccessDeniedException",
      400,
    ],
    [sdk.iam.send(new GetRoleCommand({ RoleName: "sandbox-ssm" })), "AccessDenied", 403],
    [sdk.kms.send(new DescribeKeyCommand({ KeyId: "alias/x" })), "AccessDeniedException", 400],
  ];
  for (const [call, code, status] of cases) {
    const refusal = await refusalOf(call);
    assert.deepEqual([refusal?.code, refusal?.status], [code, status]);
    assert.match(refusal!.message, /no identity-based policy allows/);
  }
  const { Arn } = await sdk.sts.send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, `arn:aws:iam::${ACCOUNT}:user/sandbox`);
}, { scenario: "nothing-visible" });

test("one instance is denied, and one document", async (test, sdk) => {
  const start = (name: string, DocumentName: string) =>
    refusalOf(
      sdk.ssm.send(
        new StartSessionCommand({ Target: test.instance(name).instanceId, DocumentName }),
      ),
    );
  const ports = "AWS-StartPortForwardingSession";
  assert.equal(await start("web-1", ports), undefined);
  const denied = await start("caller-denied-1", ports);
  assert.equal(denied?.code, "AccessDeniedException");
  assert.match(denied!.message, /instance\/i-0a5b0c\w+ with an explicit deny/);
  const fault = test.sandbox.faults.apply({
    fault: "deny",
    actions: ["ssm:StartSession"],
    resource: "arn:aws:ssm:*::document/AWS-StartPortForwardingSession*",
  });
  assert.match((await start("web-1", ports))!.message, /document\/AWS-StartPortForwarding/);
  assert.equal(await start("web-1", "AWS-StartSSHSession"), undefined);
  test.sandbox.faults.clear(fault.id);
  assert.equal(await start("web-1", ports), undefined);
});

test("what a fault denies is denied, simulated, and of the caller alone", async (test, sdk) => {
  test.sandbox.faults.apply({ fault: "deny", actions: ["ec2:DescribeSecurity*", "kms:*"] });
  const groups = await refusalOf(sdk.ec2.send(new DescribeSecurityGroupsCommand({})));
  assert.deepEqual([groups?.code, groups?.status], ["UnauthorizedOperation", 403]);
  assert.equal(await refusalOf(sdk.ec2.send(new DescribeVpcsCommand({}))), undefined);
  const decision = async (PolicySourceArn: string) => {
    const { EvaluationResults } = await sdk.iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn,
        ActionNames: ["ec2:DescribeSecurityGroups"],
      }),
    );
    return EvaluationResults![0]!.EvalDecision;
  };
  assert.equal(await decision(`arn:aws:iam::${ACCOUNT}:user/sandbox`), "explicitDeny");
  assert.equal(await decision(`arn:aws:iam::${ACCOUNT}:role/sandbox-ssm`), "implicitDeny");
});

test("a role that was assumed has its own policies", async (test, { iam }) => {
  const assume = async (name: string) => {
    const { text } = await test.query("sts", {
      Action: "AssumeRole",
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
      RoleSessionName: "alice",
    });
    const element = (tag: string) => new RegExp(`<${tag}>([^<]+)<`).exec(text)![1]!;
    const { endpointUrl, region } = test.sandbox;
    return new Sdk({
      endpoint: endpointUrl,
      region,
      credentials: {
        accessKeyId: element("AccessKeyId"),
        secretAccessKey: element("SecretAccessKey"),
        sessionToken: element("SessionToken"),
      },
    });
  };
  using anybody = await assume("dev");
  assert.equal(await refusalOf(anybody.ec2.send(new DescribeVpcsCommand({}))), undefined);
  // It is on record from then on, for who asks about the caller.
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: "dev" }));
  assert.equal(Role!.Arn, `arn:aws:iam::${ACCOUNT}:role/dev`);
  using node = await assume("sandbox-ssm");
  const refusal = await refusalOf(node.ec2.send(new DescribeVpcsCommand({})));
  assert.equal(refusal?.code, "UnauthorizedOperation");
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: "sandbox-ssm",
      PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
    }),
  );
  assert.equal(await refusalOf(node.ec2.send(new DescribeVpcsCommand({}))), undefined);
});

test("faults strike one service, and a web page can be the answer", async (test, sdk) => {
  const { faults } = test.sandbox;
  faults.apply({ fault: "api_error", code: "RequestLimitExceeded", service: "ec2", count: 1 });
  const sessions = new DescribeSessionsCommand({ State: "Active" });
  assert.equal(await refusalOf(sdk.ssm.send(sessions)), undefined);
  const throttled = await refusalOf(sdk.ec2.send(new DescribeVpcsCommand({})));
  assert.deepEqual([throttled?.code, throttled?.status], ["RequestLimitExceeded", 503]);
  assert.equal(await refusalOf(sdk.ec2.send(new DescribeVpcsCommand({}))), undefined);
  const { id } = faults.apply({ fault: "html_answer", service: "ssm", operation: "GetDocument" });
  const page = await test.ssm("GetDocument", { Name: "SSM-SessionManagerRunShell" })
    .catch((error) => error);
  assert.ok(page instanceof SyntaxError);
  faults.clear(id);
  assert.equal(await refusalOf(sdk.ssm.send(sessions)), undefined);
});

// --- Settings, documents, keys ---

test("the setting of host management, off and on", async (_, { ssm }) => {
  const { ServiceSetting } = await ssm.send(
    new GetServiceSettingCommand({ SettingId: DHMC_SETTING }),
  );
  assert.equal(ServiceSetting!.SettingValue, "$None");
  assert.equal(ServiceSetting!.Status, "Default");
  const byArn = new GetServiceSettingCommand({ SettingId: ServiceSetting!.ARN! });
  assert.deepEqual((await ssm.send(byArn)).ServiceSetting, ServiceSetting);
  const other = await refusalOf(ssm.send(new GetServiceSettingCommand({ SettingId: "/x" })));
  assert.equal(other?.code, "ServiceSettingNotFound");
});

test("preferences say what the gateway does", async (test, { ssm }) => {
  const { Content } = await ssm.send(
    new GetDocumentCommand({ Name: "SSM-SessionManagerRunShell" }),
  );
  assert.equal(JSON.parse(Content!).inputs.maxSessionDuration, "30");
  assert.equal(test.sandbox.instances.length, 1);
}, { scenario: "maximum-duration" });

test("a session ends after its maximum duration", async (test) => {
  const ended = Promise.withResolvers<void>();
  const { SessionId } = await test.startSession();
  const poll = setInterval(() => {
    if (test.session(SessionId).status === "Terminated") ended.resolve();
  }, 5);
  await ended.promise;
  clearInterval(poll);
  assert.match(test.session(SessionId).endReason, /maximum duration/);
}, { timing: { maxDurationMs: 30 } });

test("a key that is disabled, and then is not", async (_, { ssm, kms }) => {
  const { Content } = await ssm.send(
    new GetDocumentCommand({ Name: "SSM-SessionManagerRunShell" }),
  );
  const KeyId: string = JSON.parse(Content!).inputs.kmsKeyId;
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
  assert.deepEqual([KeyMetadata!.KeyState, KeyMetadata!.Enabled], ["Disabled", false]);
  const probe = () =>
    refusalOf(kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256", DryRun: true })));
  assert.equal((await probe())?.code, "DisabledException");
  await kms.send(new EnableKeyCommand({ KeyId }));
  assert.equal((await probe())?.code, "DryRunOperationException");
  const EncryptionContext = { "aws:ssm:SessionId": "sandbox-0abc" };
  const { Plaintext, CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({
      KeyId: "alias/sandbox-sessions",
      KeySpec: "AES_256",
      EncryptionContext,
    }),
  );
  assert.equal(Plaintext!.byteLength, 32);
  const decrypted = await kms.send(
    new DecryptCommand({ CiphertextBlob: CiphertextBlob!, EncryptionContext }),
  );
  assert.deepEqual(decrypted.Plaintext, Plaintext);
  const wrong = await refusalOf(kms.send(new DecryptCommand({ CiphertextBlob: CiphertextBlob! })));
  assert.equal(wrong?.code, "InvalidCiphertextException");
  const absent = await refusalOf(kms.send(new DescribeKeyCommand({ KeyId: "alias/none" })));
  assert.equal(absent?.code, "NotFoundException");
}, { scenario: "key-disabled" });
