/**
 * Where the instance's traffic to each service goes: to an endpoint if one takes it, else to the
 * internet, else nowhere. Every network check and the computed path start from this one answer.
 *
 * @module
 */

import type { FactReader } from "../contracts.ts";
import { type Denied, type Failed, valueOf } from "../facts/fact.ts";
import type { Ec2Instance } from "../facts/instance.ts";
import type { EndpointInterface, Subnet, VpcEndpoint } from "../facts/network.ts";
import type { CheckParameters } from "../parameters.ts";
import { type Block, containsBlock, EVERYWHERE, type Family, parseBlock } from "./addresses.ts";
import { bestEndpoint, type ServiceEndpoint } from "./endpoint_use.ts";
import {
  analyseRoutes,
  type EffectiveMode,
  effectiveMode,
  type RouteAnalysis,
} from "./route_mode.ts";
import { endpointsFor, REQUIRED_SERVICES, type RequiredService } from "./services.ts";

/** Facts that {@link resolveNetwork} asks for. */
export const TARGET_FACTS = [
  "instance",
  "subnets",
  "routeTables",
  "gateways",
  "vpcEndpoints",
  "vpcDns",
  "endpointInterfaces",
] as const;

/** IAM actions behind them. */
export const TARGET_ACTIONS: readonly string[] = [
  "ec2:DescribeInstances",
  "ec2:DescribeSubnets",
  "ec2:DescribeRouteTables",
  "ec2:DescribeInternetGateways",
  "ec2:DescribeNatGateways",
  "ec2:DescribeEgressOnlyInternetGateways",
  "ec2:DescribeVpcEndpoints",
  "ec2:DescribeVpcAttribute",
  "ec2:DescribeNetworkInterfaces",
];

export type TargetFacts = FactReader<typeof TARGET_FACTS[number]>;

/** An endpoint's interface: the address that the service's name has in the VPC. */
export interface EndpointAddress {
  /** Undefined when only the subnet is known. */
  interfaceId: string | undefined;
  subnetId: string;
  /** The address; all of the subnet where the address is not known or lies outside of it. */
  block: Block;
}

export type ServiceTarget =
  | {
    kind: "endpoint";
    service: RequiredService;
    endpoint: VpcEndpoint;
    addresses: readonly EndpointAddress[];
    /** Set when `addresses` is empty because they could not be read. */
    because: Denied | Failed | undefined;
  }
  /** `PUBLIC` or `NAT`. */
  | { kind: "internet"; service: RequiredService }
  /** The way leads where it cannot be followed, or could not be read. */
  | { kind: "elsewhere"; service: RequiredService; because: Denied | Failed | undefined }
  /** No endpoint and no way out. */
  | { kind: "nowhere"; service: RequiredService }
  /** Whether an endpoint takes it could not be read. */
  | { kind: "unseen"; service: RequiredService; because: Denied | Failed };

/** The instance's surroundings, judged once. */
export interface Network {
  instance: Ec2Instance;
  /** Of addresses that its traffic to services has. */
  family: Family;
  routes: RouteAnalysis;
  mode: EffectiveMode;
  /** Undefined when the endpoints could not be read. */
  endpoints: Readonly<Record<RequiredService, ServiceEndpoint>> | undefined;
  targets: readonly ServiceTarget[];
}

/**
 * @returns undefined when there is no instance to ask about: the fact `instance` says why.
 */
export function resolveNetwork(
  facts: TargetFacts,
  parameters: CheckParameters,
): Network | undefined {
  const instance = valueOf(facts.get("instance"));
  if (instance === undefined) return undefined;
  const isIpv6Only = hasOnlyIpv6(instance);
  const routes = analyseRoutes({
    instance,
    tables: facts.get("routeTables"),
    gateways: facts.get("gateways"),
    isIpv6Only,
  });
  const mode = effectiveMode(routes.mode);
  const listed = facts.get("vpcEndpoints");
  const endpoints = listed.state !== "known"
    ? undefined
    : byService((service) =>
      bestEndpoint(endpointsFor(listed.value, service, parameters), facts.get("vpcDns"))
    );
  const targets = REQUIRED_SERVICES.map((service): ServiceTarget => {
    if (endpoints === undefined) {
      return { kind: "unseen", service, because: listed as Denied | Failed };
    }
    const best = endpoints[service];
    if (best.state === "unseen") return { kind: "unseen", service, because: best.because };
    if (best.state === "usable") {
      return { kind: "endpoint", service, ...addressesOf(best.endpoint, instance, facts) };
    }
    if (mode === "PRIVATE") return { kind: "nowhere", service };
    if (mode === "UNKNOWN") return { kind: "elsewhere", service, because: routes.because };
    return { kind: "internet", service };
  });
  return { instance, family: isIpv6Only ? 6 : 4, routes, mode, endpoints, targets };
}

/** Whether usable endpoints make any way out unnecessary; undefined: the endpoints are not seen. */
export function isCoveredByEndpoints({ targets }: Network): boolean | undefined {
  if (targets.every(({ kind }) => kind === "endpoint")) return true;
  return targets.every(({ kind }) => kind === "endpoint" || kind === "unseen") ? undefined : false;
}

/** The instance's addresses in one family, on its first interface. */
export function sourcesOf({ instance, family }: Network): Block[] {
  const first = instance.interfaces[0];
  const addresses = family === 4 ? first?.privateIps.slice(0, 1) : first?.ipv6Addresses;
  return (addresses ?? []).map(parseBlock).filter((block) => block !== undefined);
}

/** The interface tells; a subnet that gives out IPv6 alone gives its instances nothing else. */
function hasOnlyIpv6({ interfaces }: Ec2Instance): boolean {
  const [first] = interfaces;
  return first !== undefined && first.privateIps.length === 0 && first.ipv6Addresses.length > 0;
}

/** Those in the instance's zone, where its resolver sends it; all of them if there are none. */
function addressesOf(
  endpoint: VpcEndpoint,
  instance: Ec2Instance,
  facts: TargetFacts,
): Pick<Extract<ServiceTarget, { kind: "endpoint" }>, "endpoint" | "addresses" | "because"> {
  const subnets = facts.get("subnets");
  const interfaces = facts.get("endpointInterfaces");
  const own = (valueOf(interfaces) ?? []).filter(({ interfaceId }) =>
    endpoint.interfaceIds.includes(interfaceId)
  );
  const inZone = (zone: string | undefined) => zone === instance.availabilityZone;
  const near = own.filter(({ availabilityZone }) => inZone(availabilityZone));
  const byInterface = (near.length > 0 ? near : own).flatMap((each) =>
    interfaceAddresses(each, valueOf(subnets) ?? [])
  );
  if (byInterface.length > 0) return { endpoint, addresses: byInterface, because: undefined };

  const theirs = (valueOf(subnets) ?? []).filter(({ subnetId }) =>
    endpoint.subnetIds.includes(subnetId)
  );
  const nearSubnets = theirs.filter(({ availabilityZone }) => inZone(availabilityZone));
  const bySubnet = (nearSubnets.length > 0 ? nearSubnets : theirs).flatMap(subnetAddress);
  const because = interfaces.state !== "known"
    ? interfaces
    : subnets.state !== "known"
    ? subnets
    : undefined;
  return { endpoint, addresses: bySubnet, because: bySubnet.length > 0 ? undefined : because };
}

function interfaceAddresses(
  { interfaceId, subnetId, privateIps }: EndpointInterface,
  subnets: readonly Subnet[],
): EndpointAddress[] {
  const cidr = subnets.find((subnet) => subnet.subnetId === subnetId)?.cidr;
  const subnet = cidr === undefined ? undefined : parseBlock(cidr);
  return privateIps.flatMap((ip) => {
    const address = parseBlock(ip);
    if (address === undefined) return [];
    // Never so in AWS; emulators give such addresses.
    const isOutside = subnet !== undefined && !containsBlock(subnet, address);
    return [{ interfaceId, subnetId, block: isOutside ? subnet : address }];
  });
}

function subnetAddress({ subnetId, cidr }: Subnet): EndpointAddress[] {
  const block = parseBlock(cidr);
  return block === undefined ? [] : [{ interfaceId: undefined, subnetId, block }];
}

function byService<T>(make: (service: RequiredService) => T): Record<RequiredService, T> {
  return { ssm: make("ssm"), ssmmessages: make("ssmmessages") };
}

/** Where a way that cannot be followed may lead: any address. */
export function anywhere({ family }: Network): readonly Block[] {
  return [EVERYWHERE[family]];
}
