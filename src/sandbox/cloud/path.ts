/**
 * The way from an instance to a service of its Region: by an endpoint where its name leads there,
 * else by the internet.
 *
 * Written from the VPC and PrivateLink guides. An interface endpoint with private DNS takes the
 * service's name over for the whole VPC: there is no second try by the internet.
 *
 * @module
 */
import { containsBlock, parseBlock } from "./cidr.ts";
import { aclAllows, groupsAllow } from "./firewall.ts";
import type { Instance } from "./instance.ts";
import type { NetworkInterface, Subnet, Vpc, VpcEndpoint } from "./network.ts";
import type { RegionCloud } from "./region.ts";

/** What the agent talks to. */
export type ServiceHost = "ssm" | "ssmmessages";

/**
 * Where the services answer on the internet. Rules and routes look at the address alone, so one of
 * Amazon's will do.
 */
export const PUBLIC_ADDRESS: Readonly<Record<ServiceHost, string>> = {
  ssm: "3.239.232.10",
  ssmmessages: "3.239.232.20",
};

const HTTPS = 443;

/** A few ports out of those that the system takes for its own end; any one that works will do. */
const EPHEMERAL_PORTS: Readonly<Record<Instance["platform"], readonly number[]>> = {
  Linux: [32_768, 46_000, 60_999],
  Windows: [49_152, 57_000, 65_535],
};
/** Source: VPC user guide, NAT gateways use ports 1024-65535. */
const NAT_PORTS = [1_024, 32_768, 65_535];

/** An open way, or why there is none. `endpoint` is the one it leads through. */
export type Way =
  | { isOpen: true; endpoint: VpcEndpoint | undefined }
  | { isOpen: false; because: string };

export function wayTo(region: RegionCloud, instance: Instance, host: ServiceHost): Way {
  const subnet = region.subnets.get(instance.subnetId);
  const vpc = region.vpcs.get(instance.vpcId);
  const own = region.interfacesOf(instance)[0];
  if (subnet === undefined || vpc === undefined || own === undefined) {
    return closed("it has no network");
  }
  // The names that the agent asks for have IPv4 addresses only.
  if (own.privateIp === "") return closed("it has no IPv4 address");
  const dns = resolverOf(region, vpc);
  if (dns === "none") return closed(`${vpc.vpcId} resolves no names`);
  const endpoint = dns === "vpc" ? endpointFor(region, vpc, host) : undefined;
  const start: Start = { region, instance, own, subnet };
  return endpoint === undefined
    ? wayByInternet(start, PUBLIC_ADDRESS[host])
    : wayByEndpoint(start, endpoint);
}

interface Start {
  region: RegionCloud;
  instance: Instance;
  own: NetworkInterface;
  subnet: Subnet;
}

function closed(because: string): Way {
  return { isOpen: false, because };
}

/** Which names an instance gets: those of the VPC, only public ones, or none. */
function resolverOf(region: RegionCloud, vpc: Vpc): "vpc" | "public" | "none" {
  const options = region.dhcpOptions.get(vpc.dhcpOptionsId);
  const isAmazon = options === undefined || options.nameServers.includes("AmazonProvidedDNS");
  if (!isAmazon && !options.forwardsToVpc) return "public";
  if (!vpc.dnsSupport) return isAmazon ? "none" : "public";
  return "vpc";
}

function endpointFor(region: RegionCloud, vpc: Vpc, host: ServiceHost): VpcEndpoint | undefined {
  if (!vpc.dnsHostnames) return undefined;
  return [...region.endpoints.values()].find((each) =>
    each.vpcId === vpc.vpcId && each.type === "Interface" && each.state === "available" &&
    each.privateDns && each.serviceName.endsWith(`.${region.name}.${host}`)
  );
}

function wayByEndpoint(start: Start, endpoint: VpcEndpoint): Way {
  const ends = endpoint.interfaceIds.flatMap((id) => start.region.interfaces.get(id) ?? []);
  let because = `${endpoint.vpcEndpointId} has no interface`;
  for (const end of ends) {
    const obstacle = obstacleTo(start, end, endpoint);
    if (obstacle === undefined) return { isOpen: true, endpoint };
    because = obstacle;
  }
  return closed(because);
}

function obstacleTo(start: Start, end: NetworkInterface, endpoint: VpcEndpoint) {
  const { region, instance, own } = start;
  const out = { isEgress: true, port: HTTPS, peer: { ip: end.privateIp, groupIds: end.groupIds } };
  if (!groupsAllow(region.groupsOf(own.groupIds), out, region.prefixLists)) {
    return `its groups let nothing out to ${endpoint.vpcEndpointId}`;
  }
  const into = {
    isEgress: false,
    port: HTTPS,
    peer: { ip: own.privateIp, groupIds: own.groupIds },
  };
  if (!groupsAllow(region.groupsOf(end.groupIds), into, region.prefixLists)) {
    return `the groups of ${endpoint.vpcEndpointId} refuse it`;
  }
  if (end.subnetId === own.subnetId) return undefined;
  const there = region.networkAclOf(end.subnetId);
  const here = region.networkAclOf(own.subnetId);
  const passes = aclAllows(here, { isEgress: true, port: HTTPS, ip: end.privateIp }) &&
    aclAllows(there, { isEgress: false, port: HTTPS, ip: own.privateIp }) &&
    EPHEMERAL_PORTS[instance.platform].some((port) =>
      aclAllows(there, { isEgress: true, port, ip: own.privateIp }) &&
      aclAllows(here, { isEgress: false, port, ip: end.privateIp })
    );
  return passes ? undefined : `a network ACL is between it and ${endpoint.vpcEndpointId}`;
}

function wayByInternet(start: Start, address: string): Way {
  const { region, instance, own, subnet } = start;
  const out = { isEgress: true, port: HTTPS, peer: { ip: address, groupIds: [] } };
  if (!groupsAllow(region.groupsOf(own.groupIds), out, region.prefixLists)) {
    return closed("its groups let nothing out to the internet");
  }
  const acl = region.networkAclOf(subnet.subnetId);
  const passes = aclAllows(acl, { isEgress: true, port: HTTPS, ip: address }) &&
    EPHEMERAL_PORTS[instance.platform].some((port) =>
      aclAllows(acl, { isEgress: false, port, ip: address })
    );
  if (!passes) return closed("a network ACL is between it and the internet");
  const target = targetOf(region, subnet, address);
  if (target === undefined) return closed("no route leads to the internet");
  const obstacle = obstacleBehind(start, target, address);
  return obstacle === undefined ? { isOpen: true, endpoint: undefined } : closed(obstacle);
}

/** What the most specific route that fits hands the packet to. */
function targetOf(region: RegionCloud, subnet: Subnet, address: string): string | undefined {
  const routes = region.routeTableOf(subnet)?.routes ?? [];
  const fitting = routes
    .filter(({ destination }) => containsBlock(destination, address))
    .sort((a, b) => parseBlock(b.destination)!.prefix - parseBlock(a.destination)!.prefix);
  const route = fitting[0];
  // A route to something that is gone drops its packets; no other route is tried.
  return route !== undefined && region.isLive(route, subnet.vpcId) ? route.target : undefined;
}

function obstacleBehind(start: Start, target: string, address: string): string | undefined {
  const { region, instance, own, subnet } = start;
  if (target.startsWith("igw-")) {
    return instance.publicIp === undefined ? "it has no public address" : undefined;
  }
  const nat = region.natGateways.get(target);
  if (nat === undefined) return `what is behind ${target} is not known`;
  const natSubnet = region.subnets.get(nat.subnetId);
  if (nat.state !== "available" || nat.connectivity !== "public" || natSubnet === undefined) {
    return `${target} does not work`;
  }
  if (!targetOf(region, natSubnet, address)?.startsWith("igw-")) {
    return `${target} is in a subnet without a way to the internet`;
  }
  if (natSubnet.subnetId === subnet.subnetId) return undefined;
  const acl = region.networkAclOf(natSubnet.subnetId);
  const passes = aclAllows(acl, { isEgress: false, port: HTTPS, ip: own.privateIp }) &&
    aclAllows(acl, { isEgress: true, port: HTTPS, ip: address }) &&
    NAT_PORTS.some((port) => aclAllows(acl, { isEgress: false, port, ip: address })) &&
    EPHEMERAL_PORTS[instance.platform].some((port) =>
      aclAllows(acl, { isEgress: true, port, ip: own.privateIp })
    );
  return passes ? undefined : `a network ACL is around ${target}`;
}
