/**
 * What a Region's network is made of, as far as an instance's way to the services depends on it.
 *
 * Plain records that the API's operations change; who belongs to whom is by id, as in EC2.
 *
 * @module
 */

export type Tags = Record<string, string>;

export interface Vpc {
  readonly vpcId: string;
  readonly cidr: string;
  readonly ipv6Cidr: string | undefined;
  readonly isDefault: boolean;
  /** `default` for none. */
  dhcpOptionsId: string;
  dnsSupport: boolean;
  dnsHostnames: boolean;
  tags: Tags;
}

export interface DhcpOptions {
  readonly dhcpOptionsId: string;
  readonly domainName: string;
  /** `AmazonProvidedDNS`, or addresses. */
  readonly nameServers: readonly string[];
  /** Whether those servers ask the VPC's resolver for amazonaws.com. Not visible in EC2's API. */
  readonly forwardsToVpc: boolean;
  tags: Tags;
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  /** Empty in an IPv6-only subnet. */
  readonly cidr: string;
  readonly ipv6Cidr: string | undefined;
  readonly zone: string;
  readonly isIpv6Native: boolean;
  /** Instances get a public address when they start. */
  mapsPublicIp: boolean;
  tags: Tags;
}

export interface Route {
  /** A block of either family, or a prefix list's id. */
  readonly destination: string;
  /** `local`, or the id of what the packets are handed to. */
  target: string;
}

export interface RouteTable {
  readonly routeTableId: string;
  readonly vpcId: string;
  readonly isMain: boolean;
  /** Only the explicitly associated ones; the others of the VPC use its main table. */
  subnetIds: string[];
  routes: Route[];
  tags: Tags;
}

export interface InternetGateway {
  readonly internetGatewayId: string;
  vpcId: string | undefined;
  tags: Tags;
}

export interface EgressOnlyGateway {
  readonly egressOnlyInternetGatewayId: string;
  readonly vpcId: string;
  tags: Tags;
}

export interface NatGateway {
  readonly natGatewayId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly connectivity: "public" | "private";
  readonly privateIp: string;
  /** Empty for a private one. */
  readonly publicIp: string;
  state: "pending" | "available" | "failed" | "deleting" | "deleted";
  tags: Tags;
}

export interface AclEntry {
  readonly ruleNumber: number;
  readonly isEgress: boolean;
  /** `-1` or the number of a protocol. */
  readonly protocol: string;
  readonly isAllow: boolean;
  /** A block of either family. */
  readonly cidr: string;
  /** Only for TCP (6) and UDP (17). */
  readonly ports: PortRange | undefined;
}

export interface NetworkAcl {
  readonly networkAclId: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  /** Every subnet belongs to exactly one list. */
  subnetIds: string[];
  entries: AclEntry[];
  tags: Tags;
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Exactly one member is set. */
export interface RulePeer {
  readonly cidr?: string;
  readonly ipv6Cidr?: string;
  readonly groupId?: string;
  readonly prefixListId?: string;
}

export interface GroupRule {
  readonly ruleId: string;
  readonly isEgress: boolean;
  /** `-1`, `tcp`, `udp`, `icmp`, `icmpv6` or a number. */
  readonly protocol: string;
  /** `undefined` for all ports. */
  readonly ports: PortRange | undefined;
  readonly peer: RulePeer;
  readonly description: string;
  tags: Tags;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  rules: GroupRule[];
  tags: Tags;
}

export interface PrefixList {
  readonly prefixListId: string;
  readonly name: string;
  readonly entries: readonly { cidr: string; description: string }[];
}

export type EndpointState =
  | "pendingAcceptance"
  | "pending"
  | "available"
  | "deleting"
  | "deleted"
  | "rejected"
  | "failed"
  | "expired"
  | "partial";

export interface VpcEndpoint {
  readonly vpcEndpointId: string;
  readonly vpcId: string;
  readonly serviceName: string;
  readonly type: "Interface" | "Gateway";
  readonly createdAtMs: number;
  readonly clientToken: string | undefined;
  state: EndpointState;
  /** JSON text. */
  policy: string;
  privateDns: boolean;
  subnetIds: string[];
  groupIds: string[];
  /** Of a gateway endpoint. */
  routeTableIds: string[];
  interfaceIds: string[];
  tags: Tags;
}

export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly description: string;
  readonly type: "interface" | "vpc_endpoint" | "nat_gateway";
  /** Empty in an IPv6-only subnet. */
  readonly privateIp: string;
  readonly ipv6: string | undefined;
  groupIds: string[];
  /** Of an instance's interface. */
  readonly instanceId: string | undefined;
}
