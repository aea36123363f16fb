/**
 * Facts about the VPC around the instance (F11-F18). Plain values, no judgement.
 *
 * @module
 */

/** F11, `ec2:DescribeVpcs`. */
export interface Vpc {
  vpcId: string;
  cidrs: readonly string[];
  ipv6Cidrs: readonly string[];
  dhcpOptionsId: string;
  ownerId: string;
}

/** F11, `ec2:DescribeVpcAttribute`, two calls. */
export interface VpcDns {
  enableDnsSupport: boolean;
  enableDnsHostnames: boolean;
}

/** F11, `ec2:DescribeDhcpOptions`; undefined in place of this when the VPC has none of its own. */
export interface DhcpOptions {
  dhcpOptionsId: string;
  /** `AmazonProvidedDNS` or addresses. */
  domainNameServers: readonly string[];
}

/** F12, `ec2:DescribeSubnets`: the instance's, the endpoints' and the NAT gateways' subnets. */
export interface Subnet {
  subnetId: string;
  vpcId: string;
  availabilityZone: string;
  cidr: string;
  ipv6Cidrs: readonly string[];
  isIpv6Native: boolean;
  ownerId: string;
}

/** F13, `ec2:DescribeRouteTables`. */
export interface RouteTable {
  routeTableId: string;
  isMain: boolean;
  /** Subnets that are associated with it explicitly. */
  subnetIds: readonly string[];
  routes: readonly Route[];
}

export interface Route {
  /** One of these three is set. */
  destinationCidr: string | undefined;
  destinationIpv6Cidr: string | undefined;
  destinationPrefixListId: string | undefined;
  /** `local`, `igw-...`, `nat-...`, `tgw-...`, `eni-...` and so on; undefined if AWS names none. */
  target: string | undefined;
  state: "active" | "blackhole" | (string & Record<never, never>);
}

/** F13: the table that the instance's subnet uses. */
export interface OwnRouteTable {
  /** Undefined: neither an explicit nor a main table was returned. */
  table: RouteTable | undefined;
  /** Whether it applies only because the subnet names no other. */
  isImplicit: boolean;
}

/** F13: the table of the instance's subnet, and those that NAT gateways' subnets use. */
export interface RouteTables {
  /** Undefined: neither an explicit nor a main table was returned. */
  instance: RouteTable | undefined;
  /** Whether `instance` applies only because the subnet names no other. */
  isImplicit: boolean;
  /** By subnet id, for the subnets of the NAT gateways that `instance` routes to. */
  bySubnet: { readonly [subnetId: string]: RouteTable };
}

/** F14, `ec2:DescribeInternetGateways`: those attached to the VPC. */
export interface InternetGateway {
  internetGatewayId: string;
  /** Ids of VPCs with an attachment that is `available` or `attached`. */
  attachedVpcIds: readonly string[];
}

/** F14, `ec2:DescribeNatGateways`: those that a route names. One that is gone is absent. */
export interface NatGateway {
  natGatewayId: string;
  vpcId: string;
  /** Undefined for a regional one. */
  subnetId: string | undefined;
  state:
    | "pending"
    | "failed"
    | "available"
    | "deleting"
    | "deleted"
    | (string & Record<never, never>);
  connectivity: "public" | "private";
  isRegional: boolean;
}

/** F14, `ec2:DescribeEgressOnlyInternetGateways`. */
export interface EgressOnlyGateway {
  gatewayId: string;
  attachedVpcIds: readonly string[];
}

/** F14 as one. */
export interface Gateways {
  internet: readonly InternetGateway[];
  nat: readonly NatGateway[];
  egressOnly: readonly EgressOnlyGateway[];
}

/** F15, `ec2:DescribeNetworkAcls`: those of the instance's and the endpoints' subnets. */
export interface NetworkAcl {
  networkAclId: string;
  isDefault: boolean;
  subnetIds: readonly string[];
  /** In the order AWS gave them, both directions. */
  entries: readonly NetworkAclEntry[];
}

export interface NetworkAclEntry {
  ruleNumber: number;
  direction: "ingress" | "egress";
  action: "allow" | "deny";
  /** IANA number as text, `-1` for all. */
  protocol: string;
  /** Exactly one of the two is set. */
  cidr: string | undefined;
  ipv6Cidr: string | undefined;
  /** Undefined: all ports. */
  ports: { from: number; to: number } | undefined;
}

/** F16, `ec2:DescribeSecurityGroups`. One that was asked for and not returned is not visible. */
export interface SecurityGroup {
  groupId: string;
  name: string;
  vpcId: string;
  ingress: readonly SecurityGroupRule[];
  egress: readonly SecurityGroupRule[];
}

export interface SecurityGroupRule {
  /** `tcp`, `udp`, `icmp`, a number as text, or `-1` for all. */
  protocol: string;
  /** Undefined: all ports. */
  ports: { from: number; to: number } | undefined;
  cidrs: readonly string[];
  ipv6Cidrs: readonly string[];
  /** Peers by security group. */
  groupIds: readonly string[];
  prefixListIds: readonly string[];
}

/** F16, `ec2:GetManagedPrefixListEntries`: those that a rule of the groups names. */
export interface PrefixList {
  prefixListId: string;
  cidrs: readonly string[];
}

/** F17, `ec2:DescribeVpcEndpoints` of the VPC, whatever their state. */
export interface VpcEndpoint {
  endpointId: string;
  /** `com.amazonaws.us-east-1.ssm`. */
  serviceName: string;
  type: "interface" | "gateway" | "gatewayloadbalancer" | (string & Record<never, never>);
  /** Lower case: `available`, `pending`, `pendingacceptance`, `deleting`, `deleted`, `rejected`, `failed`, `expired`, `partial`. */
  state: string;
  privateDnsEnabled: boolean;
  subnetIds: readonly string[];
  interfaceIds: readonly string[];
  groupIds: readonly string[];
  routeTableIds: readonly string[];
  /** The policy's JSON as text; undefined when AWS sent none. */
  policyText: string | undefined;
  /** Why it failed, in AWS's words. */
  lastError: string | undefined;
}

/** F17, `ec2:DescribeNetworkInterfaces` of the endpoints. */
export interface EndpointInterface {
  interfaceId: string;
  subnetId: string;
  availabilityZone: string;
  privateIps: readonly string[];
  groupIds: readonly string[];
}
