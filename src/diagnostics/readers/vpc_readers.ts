/**
 * The network around the instance (F11-F15).
 *
 * @module
 */

import type {
  NetworkAclEntry as SdkAclEntry,
  Route as SdkRoute,
  RouteTable as SdkRouteTable,
} from "@aws-sdk/client-ec2";
import { FactFailure } from "../api/fact_failure.ts";
import type {
  DhcpOptions,
  Gateways,
  NatGateway,
  NetworkAcl,
  NetworkAclEntry,
  OwnRouteTable,
  Route,
  RouteTable,
  RouteTables,
  Subnet,
  Vpc,
  VpcDns,
} from "../facts/network.ts";
import { foreignAnswer } from "./account_readers.ts";
import { instanceIn, listed } from "./ec2_lists.ts";
import { allPages, next, type ReadContext, type Readers } from "./reader.ts";

type VpcFacts =
  | "vpc"
  | "vpcDns"
  | "dhcpOptions"
  | "subnets"
  | "ownRouteTable"
  | "natGateways"
  | "routeTables"
  | "gateways"
  | "networkAcls";

export const vpcReaders: Pick<Readers, VpcFacts> = {
  vpc: readVpc,
  vpcDns: readVpcDns,
  dhcpOptions: readDhcpOptions,
  subnets: readSubnets,
  ownRouteTable: readOwnRouteTable,
  natGateways: readNatGateways,
  routeTables: readRouteTables,
  gateways: readGateways,
  networkAcls: readNetworkAcls,
};

async function readVpc(context: ReadContext): Promise<Vpc> {
  const { vpcId } = await instanceIn(context, "ec2:DescribeVpcs");
  const answer = await context.call("ec2", "DescribeVpcs", { VpcIds: [vpcId] });
  const vpc = listed(answer.Vpcs, "ec2:DescribeVpcs").find(({ VpcId }) => VpcId === vpcId);
  if (vpc === undefined) throw foreignAnswer("ec2:DescribeVpcs");
  const associated = (vpc.CidrBlockAssociationSet ?? [])
    .filter(({ CidrBlockState }) => isAssociated(CidrBlockState?.State))
    .flatMap(({ CidrBlock }) => CidrBlock ?? []);
  const cidrs = [...new Set([vpc.CidrBlock, ...associated])].filter((cidr) => cidr !== undefined);
  return {
    vpcId,
    cidrs,
    ipv6Cidrs: (vpc.Ipv6CidrBlockAssociationSet ?? [])
      .filter(({ Ipv6CidrBlockState }) => isAssociated(Ipv6CidrBlockState?.State))
      .flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
    dhcpOptionsId: vpc.DhcpOptionsId ?? "default",
    ownerId: vpc.OwnerId ?? "",
  };
}

function isAssociated(state: string | undefined): boolean {
  return state === undefined || state === "associated";
}

async function readVpcDns(context: ReadContext): Promise<VpcDns> {
  const { vpcId } = await instanceIn(context, "ec2:DescribeVpcAttribute");
  // One attribute a call is all that the API gives.
  const [support, hostnames] = await Promise.all(
    (["enableDnsSupport", "enableDnsHostnames"] as const).map((Attribute) =>
      context.call("ec2", "DescribeVpcAttribute", { VpcId: vpcId, Attribute })
    ),
  );
  const enableDnsSupport = support?.EnableDnsSupport?.Value;
  const enableDnsHostnames = hostnames?.EnableDnsHostnames?.Value;
  if (enableDnsSupport === undefined || enableDnsHostnames === undefined) {
    throw foreignAnswer("ec2:DescribeVpcAttribute");
  }
  return { enableDnsSupport, enableDnsHostnames };
}

async function readDhcpOptions(context: ReadContext): Promise<DhcpOptions | undefined> {
  const { dhcpOptionsId } = await context.value("vpc");
  if (dhcpOptionsId === "default") return undefined;
  try {
    const answer = await context.call("ec2", "DescribeDhcpOptions", {
      DhcpOptionsIds: [dhcpOptionsId],
    });
    const [options] = listed(answer.DhcpOptions, "ec2:DescribeDhcpOptions");
    if (options === undefined) return undefined;
    const servers = options.DhcpConfigurations?.find(({ Key }) => Key === "domain-name-servers");
    return {
      dhcpOptionsId,
      domainNameServers: (servers?.Values ?? []).flatMap(({ Value }) => Value ?? []),
    };
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return undefined;
    throw error;
  }
}

async function readSubnets(context: ReadContext): Promise<Subnet[]> {
  const action = "ec2:DescribeSubnets";
  const instance = await instanceIn(context, action);
  const [endpoints, gateways] = await Promise.all([
    context.fact("vpcEndpoints"),
    context.fact("gateways"),
  ]);
  const wanted = new Set([instance.subnetId]);
  for (const { subnetId } of instance.interfaces) wanted.add(subnetId);
  for (const { subnetIds } of endpoints.state === "known" ? endpoints.value : []) {
    for (const id of subnetIds) wanted.add(id);
  }
  for (const { subnetId } of gateways.state === "known" ? gateways.value.nat : []) {
    if (subnetId !== undefined) wanted.add(subnetId);
  }
  const subnets = await allPages(async (token) => {
    // A filter, not SubnetIds: one that is gone would fail the whole call.
    const answer = await context.call("ec2", "DescribeSubnets", {
      Filters: [{ Name: "subnet-id", Values: [...wanted].sort() }],
      ...next(token),
    });
    return { items: listed(answer.Subnets, action), next: answer.NextToken };
  });
  return subnets.map((subnet) => ({
    subnetId: subnet.SubnetId ?? "",
    vpcId: subnet.VpcId ?? "",
    availabilityZone: subnet.AvailabilityZone ?? "",
    cidr: subnet.CidrBlock ?? "",
    ipv6Cidrs: (subnet.Ipv6CidrBlockAssociationSet ?? [])
      .flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
    isIpv6Native: subnet.Ipv6Native ?? false,
    ownerId: subnet.OwnerId ?? "",
  }));
}

async function readOwnRouteTable(context: ReadContext): Promise<OwnRouteTable> {
  const { subnetId, vpcId } = await instanceIn(context, "ec2:DescribeRouteTables");
  return await tableOf(context, subnetId, vpcId);
}

async function readRouteTables(context: ReadContext): Promise<RouteTables> {
  const { table, isImplicit } = await context.value("ownRouteTable");
  const { vpcId } = await instanceIn(context, "ec2:DescribeRouteTables");
  const gateways = await context.fact("natGateways");
  const subnetIds = gateways.state === "known"
    ? new Set(gateways.value.flatMap(({ subnetId }) => subnetId ?? []))
    : [];
  const bySubnet: Record<string, RouteTable> = {};
  for (const id of subnetIds) {
    const { table } = await tableOf(context, id, vpcId);
    if (table !== undefined) bySubnet[id] = table;
  }
  return { instance: table, isImplicit, bySubnet };
}

/** A subnet without an association of its own uses the main table, and the filter does not say so. */
async function tableOf(
  context: ReadContext,
  subnetId: string,
  vpcId: string,
): Promise<OwnRouteTable> {
  const [explicit] = await describeTables(context, [
    { Name: "association.subnet-id", Values: [subnetId] },
  ]);
  if (explicit !== undefined) return { table: explicit, isImplicit: false };
  const [main] = await describeTables(context, [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "association.main", Values: ["true"] },
  ]);
  return { table: main, isImplicit: true };
}

async function describeTables(
  context: ReadContext,
  filters: { Name: string; Values: string[] }[],
): Promise<RouteTable[]> {
  const tables = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeRouteTables", {
      Filters: filters,
      ...next(token),
    });
    return {
      items: listed(answer.RouteTables, "ec2:DescribeRouteTables"),
      next: answer.NextToken,
    };
  });
  return tables.map(toRouteTable);
}

function toRouteTable(table: SdkRouteTable): RouteTable {
  const associations = table.Associations ?? [];
  return {
    routeTableId: table.RouteTableId ?? "",
    isMain: associations.some(({ Main }) => Main === true),
    subnetIds: associations.flatMap(({ SubnetId }) => SubnetId ?? []),
    routes: (table.Routes ?? []).map(toRoute),
  };
}

function toRoute(route: SdkRoute): Route {
  const target = route.GatewayId ?? route.NatGatewayId ?? route.TransitGatewayId ??
    route.VpcPeeringConnectionId ?? route.EgressOnlyInternetGatewayId ?? route.NetworkInterfaceId ??
    route.InstanceId ?? route.LocalGatewayId ?? route.CarrierGatewayId ?? route.CoreNetworkArn;
  return {
    destinationCidr: route.DestinationCidrBlock || undefined,
    destinationIpv6Cidr: route.DestinationIpv6CidrBlock || undefined,
    destinationPrefixListId: route.DestinationPrefixListId || undefined,
    target: target || undefined,
    state: route.State ?? "active",
  };
}

function natGatewaysOf(table: RouteTable | undefined): string[] {
  const targets = (table?.routes ?? []).map(({ target }) => target ?? "");
  return [...new Set(targets.filter((target) => target.startsWith("nat-")))].sort();
}

/** Those that the instance's table routes to, as far as they exist. */
async function readNatGateways(context: ReadContext): Promise<NatGateway[]> {
  const ids = natGatewaysOf((await context.value("ownRouteTable")).table);
  if (ids.length === 0) return [];
  const action = "ec2:DescribeNatGateways";
  const found = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeNatGateways", {
      // A filter, not NatGatewayIds: one that is gone would fail the whole call.
      Filter: [{ Name: "nat-gateway-id", Values: ids }],
      ...next(token),
    });
    return { items: listed(answer.NatGateways, action), next: answer.NextToken };
  });
  return found.map((gateway) => ({
    natGatewayId: gateway.NatGatewayId ?? "",
    vpcId: gateway.VpcId ?? "",
    subnetId: gateway.SubnetId || undefined,
    state: gateway.State ?? "",
    connectivity: gateway.ConnectivityType === "private" ? "private" : "public",
    isRegional: gateway.AvailabilityMode === "regional",
  }));
}

async function readGateways(context: ReadContext): Promise<Gateways> {
  const { vpcId } = await instanceIn(context, "ec2:DescribeInternetGateways");
  const own = await context.fact("ownRouteTable");
  const routes = own.state === "known" ? own.value.table?.routes ?? [] : [];
  const routesIpv6 = routes.some(({ target }) => target?.startsWith("eigw-"));
  const [internet, nat, egressOnly] = await Promise.all([
    internetGateways(context, vpcId),
    context.value("natGateways"),
    routesIpv6 ? egressOnlyGateways(context, vpcId) : [],
  ]);
  return { internet, nat, egressOnly };
}

async function internetGateways(
  context: ReadContext,
  vpcId: string,
): Promise<Gateways["internet"]> {
  const action = "ec2:DescribeInternetGateways";
  const found = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeInternetGateways", {
      Filters: [{ Name: "attachment.vpc-id", Values: [vpcId] }],
      ...next(token),
    });
    return { items: listed(answer.InternetGateways, action), next: answer.NextToken };
  });
  return found.map(({ InternetGatewayId, Attachments }) => ({
    internetGatewayId: InternetGatewayId ?? "",
    attachedVpcIds: attachedTo(Attachments),
  }));
}

async function egressOnlyGateways(
  context: ReadContext,
  vpcId: string,
): Promise<Gateways["egressOnly"]> {
  const action = "ec2:DescribeEgressOnlyInternetGateways";
  const found = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeEgressOnlyInternetGateways", next(token));
    return { items: listed(answer.EgressOnlyInternetGateways, action), next: answer.NextToken };
  });
  return found.map(({ EgressOnlyInternetGatewayId, Attachments }) => ({
    gatewayId: EgressOnlyInternetGatewayId ?? "",
    attachedVpcIds: attachedTo(Attachments),
  })).filter(({ attachedVpcIds }) => attachedVpcIds.includes(vpcId));
}

/** EC2 says "available" of an internet gateway and "attached" of an egress-only one. */
function attachedTo(
  attachments: { State?: string | undefined; VpcId?: string | undefined }[] | undefined,
): string[] {
  return (attachments ?? [])
    .filter(({ State }) => State === "available" || State === "attached")
    .flatMap(({ VpcId }) => VpcId ?? []);
}

async function readNetworkAcls(context: ReadContext): Promise<NetworkAcl[]> {
  const action = "ec2:DescribeNetworkAcls";
  const instance = await instanceIn(context, action);
  const endpoints = await context.fact("vpcEndpoints");
  const subnetIds = new Set(instance.interfaces.map(({ subnetId }) => subnetId));
  subnetIds.add(instance.subnetId);
  for (const endpoint of endpoints.state === "known" ? endpoints.value : []) {
    for (const id of endpoint.subnetIds) subnetIds.add(id);
  }
  const acls = await allPages(async (token) => {
    const answer = await context.call("ec2", "DescribeNetworkAcls", {
      Filters: [{ Name: "association.subnet-id", Values: [...subnetIds].sort() }],
      ...next(token),
    });
    return { items: listed(answer.NetworkAcls, action), next: answer.NextToken };
  });
  return acls.map((acl) => ({
    networkAclId: acl.NetworkAclId ?? "",
    isDefault: acl.IsDefault ?? false,
    subnetIds: (acl.Associations ?? []).flatMap(({ SubnetId }) => SubnetId ?? []),
    entries: (acl.Entries ?? []).map(toAclEntry),
  }));
}

function toAclEntry(entry: SdkAclEntry): NetworkAclEntry {
  const { PortRange } = entry;
  const hasPorts = PortRange?.From !== undefined && PortRange.To !== undefined &&
    PortRange.From >= 0;
  return {
    ruleNumber: entry.RuleNumber ?? 0,
    direction: entry.Egress === true ? "egress" : "ingress",
    action: entry.RuleAction === "allow" ? "allow" : "deny",
    protocol: entry.Protocol ?? "-1",
    cidr: entry.CidrBlock || undefined,
    ipv6Cidr: entry.Ipv6CidrBlock || undefined,
    ports: hasPorts ? { from: PortRange.From!, to: PortRange.To! } : undefined,
  };
}
