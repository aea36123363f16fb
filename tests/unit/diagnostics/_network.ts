/**
 * Networks for tests: the healthy one of `tests/support/facts.ts` with other ways out, other endpoints,
 * other rules.
 *
 * @module
 */

import { known } from "../../../src/diagnostics/facts/fact.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import type {
  NatGateway,
  NetworkAcl,
  NetworkAclEntry,
  Route,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  VpcEndpoint,
} from "../../../src/diagnostics/facts/network.ts";
import { ENDPOINT_GROUP, HEALTHY, INSTANCE_GROUP, SUBNET_ID, VPC_ID } from "../../support/facts.ts";

export const NAT = "nat-0a000000000000001";
export const NAT_SUBNET = "subnet-0b000000000000001";
export const IGW = "igw-0a000000000000001";
/** A second subnet of the same zone. */
export const FAR_SUBNET = "subnet-0f000000000000001";
export const [SSM, MESSAGES] = HEALTHY.vpcEndpoints;

export function route(destination: string, target: string | undefined, state = "active"): Route {
  const isIpv6 = destination.includes(":");
  return {
    destinationCidr: isIpv6 ? undefined : destination,
    destinationIpv6Cidr: isIpv6 ? destination : undefined,
    destinationPrefixListId: undefined,
    target,
    state,
  };
}

/** The table of the instance's subnet, with these routes beside the local one. */
export function table(...routes: Route[]): RouteTable {
  return {
    routeTableId: "rtb-0a000000000000001",
    isMain: false,
    subnetIds: [SUBNET_ID],
    routes: [route("10.0.0.0/16", "local"), ...routes],
  };
}

export function nat(changes: Partial<NatGateway> = {}): NatGateway {
  return {
    natGatewayId: NAT,
    vpcId: VPC_ID,
    subnetId: NAT_SUBNET,
    state: "available",
    connectivity: "public",
    isRegional: false,
    ...changes,
  };
}

export interface Ways {
  routes: readonly Route[];
  nat?: readonly NatGateway[];
  /** Ids of internet gateways that are attached. */
  attached?: readonly string[];
  /** Routes of the NAT gateway's subnet. */
  natRoutes?: readonly Route[];
}

export function ways(
  { routes, nat = [], attached = [IGW], natRoutes = [route("0.0.0.0/0", IGW)] }: Ways,
): Pick<Facts, "routeTables" | "gateways"> {
  return {
    routeTables: known({
      instance: table(...routes),
      isImplicit: false,
      bySubnet: { [NAT_SUBNET]: { ...table(...natRoutes), routeTableId: "rtb-0b" } },
    }),
    gateways: known({
      internet: attached.map((internetGatewayId) => ({
        internetGatewayId,
        attachedVpcIds: [VPC_ID],
      })),
      nat,
      egressOnly: [],
    }),
  };
}

/** A NAT gateway that works. */
export const WITH_NAT = ways({ routes: [route("0.0.0.0/0", NAT)], nat: [nat()] });

/** An internet gateway, and an instance with a public address. */
export const WITH_IGW: Partial<Facts> = {
  ...ways({ routes: [route("0.0.0.0/0", IGW)] }),
  instance: known({
    ...HEALTHY.instance,
    interfaces: [{ ...HEALTHY.instance.interfaces[0], publicIp: "54.1.2.3" }],
  }),
};

/** A way that leads where nobody can follow. */
export const WITH_TRANSIT = ways({ routes: [route("0.0.0.0/0", "tgw-0a000000000000001")] });

export function endpoints(...list: VpcEndpoint[]): Pick<Facts, "vpcEndpoints"> {
  return { vpcEndpoints: known(list) };
}

export const NO_ENDPOINTS: Partial<Facts> = { ...endpoints(), endpointInterfaces: known([]) };

export function rule(changes: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return {
    protocol: "tcp",
    ports: { from: 443, to: 443 },
    cidrs: [],
    ipv6Cidrs: [],
    groupIds: [],
    prefixListIds: [],
    ...changes,
  };
}

/** The two groups of the healthy network, with other rules. */
export function groups(
  changes: {
    egress?: readonly SecurityGroupRule[];
    ingress?: readonly SecurityGroupRule[];
    own?: readonly SecurityGroupRule[];
  },
): Pick<Facts, "securityGroups"> {
  const [instance, endpoint] = HEALTHY.securityGroups;
  const list: SecurityGroup[] = [
    {
      ...instance,
      groupId: INSTANCE_GROUP,
      egress: changes.egress ?? instance.egress,
      ingress: changes.own ?? instance.ingress,
    },
    { ...endpoint, groupId: ENDPOINT_GROUP, ingress: changes.ingress ?? endpoint.ingress },
  ];
  return { securityGroups: known(list) };
}

export function entry(
  ruleNumber: number,
  direction: NetworkAclEntry["direction"],
  action: NetworkAclEntry["action"],
  ports?: NetworkAclEntry["ports"],
  changes: Partial<NetworkAclEntry> = {},
): NetworkAclEntry {
  return {
    ruleNumber,
    direction,
    action,
    protocol: ports === undefined ? "-1" : "6",
    cidr: "0.0.0.0/0",
    ipv6Cidr: undefined,
    ports,
    ...changes,
  };
}

export const HTTPS_PORTS = { from: 443, to: 443 };
export const EPHEMERAL_PORTS = { from: 1024, to: 65535 };

export function acl(
  entries: readonly NetworkAclEntry[],
  changes: Partial<NetworkAcl> = {},
): NetworkAcl {
  return {
    networkAclId: "acl-0c000000000000001",
    isDefault: false,
    subnetIds: [SUBNET_ID],
    entries,
    ...changes,
  };
}

/** Lets everything through. */
export const OPEN_ACL = acl([entry(100, "egress", "allow"), entry(100, "ingress", "allow")]);

/** The endpoints in a subnet of their own, so that ACLs matter. */
export const FAR_ENDPOINTS: Partial<Facts> = {
  ...endpoints(
    { ...SSM, subnetIds: [FAR_SUBNET] },
    { ...MESSAGES, subnetIds: [FAR_SUBNET] },
  ),
  endpointInterfaces: known(HEALTHY.endpointInterfaces.map((each, index) => ({
    ...each,
    subnetId: FAR_SUBNET,
    privateIps: [`10.0.2.5${index}`],
  }))),
  subnets: known([
    ...HEALTHY.subnets,
    { ...HEALTHY.subnets[0], subnetId: FAR_SUBNET, cidr: "10.0.2.0/24" },
  ]),
  networkAcls: known([
    { ...OPEN_ACL, subnetIds: [SUBNET_ID] },
    { ...OPEN_ACL, networkAclId: "acl-0f000000000000001", subnetIds: [FAR_SUBNET] },
  ]),
};
