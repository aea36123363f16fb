/**
 * A VPC of a scenario: by itself private and closed, then opened in the ways that are asked for.
 *
 * @module
 */
import { addressAt } from "../cloud/cidr.ts";
import { OPEN_POLICY } from "../cloud/endpoint_changes.ts";
import { seededId } from "../cloud/ids.ts";
import type {
  AclEntry,
  GroupRule,
  NatGateway,
  NetworkAcl,
  Route,
  RouteTable,
  RulePeer,
  SecurityGroup,
  Subnet,
  Vpc,
  VpcEndpoint,
} from "../cloud/network.ts";
import type { RegionCloud } from "../cloud/region.ts";

/** The number that network lists give to the entry that refuses what is left. */
const LAST_RULE = 32_767;

export interface NetworkOptions {
  /** Apart from every other network's. */
  number: number;
  name: string;
  /** Of the VPC; a /16. */
  cidr: string;
  isIpv6Only?: boolean;
}

export class NetworkBuilder {
  readonly region: RegionCloud;
  readonly vpc: Vpc;
  /** Where the instances are: the second /24 of the VPC, in its first zone. */
  readonly subnet: Subnet;
  readonly acl: NetworkAcl;
  readonly mainTable: RouteTable;
  /** Of the instances: nothing in, everything out. */
  readonly group: SecurityGroup;
  /** Of the endpoints: HTTPS in from the VPC. */
  readonly endpointGroup: SecurityGroup;
  readonly #options: NetworkOptions;
  readonly #createdAtMs: number;
  /** Ids of one network are apart by this. */
  #nextId = 0;

  constructor(region: RegionCloud, options: NetworkOptions, createdAtMs: number) {
    this.region = region;
    this.#options = options;
    this.#createdAtMs = createdAtMs;
    const { cidr, name, isIpv6Only = false } = options;
    const ipv6 = `2600:1f00:${options.number.toString(16)}`;
    this.vpc = {
      vpcId: seededId("vpc", options.number),
      cidr,
      ipv6Cidr: isIpv6Only ? `${ipv6}:100::/56` : undefined,
      isDefault: false,
      dhcpOptionsId: seededId("dopt", 1),
      dnsSupport: true,
      dnsHostnames: true,
      tags: { Name: name },
    };
    region.vpcs.set(this.vpc.vpcId, this.vpc);
    region.dhcpOptions.set(this.vpc.dhcpOptionsId, {
      dhcpOptionsId: this.vpc.dhcpOptionsId,
      domainName: region.name === "us-east-1" ? "ec2.internal" : `${region.name}.compute.internal`,
      nameServers: ["AmazonProvidedDNS"],
      forwardsToVpc: true,
      tags: {},
    });
    this.acl = this.addAcl({ isDefault: true });
    this.mainTable = this.#addRouteTable({
      isMain: true,
      routes: [
        { destination: cidr, target: "local" },
        ...(isIpv6Only ? [{ destination: this.vpc.ipv6Cidr!, target: "local" }] : []),
      ],
    });
    this.addGroup("default", "default VPC security group");
    this.subnet = this.addSubnet(1, {
      ...(isIpv6Only && { ipv6Cidr: `${ipv6}:101::/64` }),
    });
    this.group = this.addGroup(`${name}-instances`, "Instances: nothing in");
    this.endpointGroup = this.addGroup(`${name}-endpoints`, "Endpoints: HTTPS from the VPC");
    addRule(this.endpointGroup, { peer: { cidr }, ports: { from: 443, to: 443 } });
  }

  /** A subnet of the VPC's `index`th /24, on the VPC's main route table and default list. */
  addSubnet(index: number, options: { zone?: string; ipv6Cidr?: string } = {}): Subnet {
    const isIpv6Native = options.ipv6Cidr !== undefined;
    const subnet: Subnet = {
      // The instances' own is told from the VPC's number.
      subnetId: index === 1 ? seededId("subnet", this.#options.number) : this.#newId("subnet"),
      vpcId: this.vpc.vpcId,
      cidr: isIpv6Native ? "" : `${addressAt(this.vpc.cidr, index * 256)}/24`,
      ipv6Cidr: options.ipv6Cidr,
      zone: this.region.name + (options.zone ?? "a"),
      isIpv6Native,
      mapsPublicIp: false,
      tags: { Name: `${this.#options.name}-${index}` },
    };
    this.region.subnets.set(subnet.subnetId, subnet);
    this.acl.subnetIds.push(subnet.subnetId);
    return subnet;
  }

  /** A list that refuses everything, unless it is the VPC's default one. */
  addAcl(options: { isDefault?: boolean; entries?: readonly AclEntry[] } = {}): NetworkAcl {
    const all = (
      isEgress: boolean,
      ruleNumber: number,
      isAllow: boolean,
      cidr: string,
    ): AclEntry => ({
      ruleNumber,
      isEgress,
      protocol: "-1",
      isAllow,
      cidr,
      ports: undefined,
    });
    const { isDefault = false, entries = [] } = options;
    const families = this.vpc.ipv6Cidr === undefined ? ["0.0.0.0/0"] : ["0.0.0.0/0", "::/0"];
    // As EC2 numbers them: 100 and 32767 for IPv4, the next ones for IPv6.
    const both = (ruleNumber: number, isAllow: boolean) =>
      families.flatMap((cidr, i) => [
        all(true, ruleNumber + i, isAllow, cidr),
        all(false, ruleNumber + i, isAllow, cidr),
      ]);
    const acl: NetworkAcl = {
      networkAclId: this.#newId("acl"),
      vpcId: this.vpc.vpcId,
      isDefault,
      subnetIds: [],
      entries: [
        ...entries,
        ...(isDefault ? both(100, true) : []),
        ...both(LAST_RULE, false),
      ],
      tags: {},
    };
    this.region.networkAcls.set(acl.networkAclId, acl);
    return acl;
  }

  /** Moves a subnet from its list to a list of these entries. */
  replaceAcl(subnet: Subnet, entries: readonly AclEntry[]): void {
    const acl = this.addAcl({ entries });
    this.acl.subnetIds = this.acl.subnetIds.filter((id) => id !== subnet.subnetId);
    acl.subnetIds.push(subnet.subnetId);
  }

  /** A new group: everything out, nothing in. */
  addGroup(name: string, description: string): SecurityGroup {
    const group: SecurityGroup = {
      groupId: this.#newId("sg"),
      vpcId: this.vpc.vpcId,
      name,
      description,
      rules: [],
      tags: {},
    };
    this.region.securityGroups.set(group.groupId, group);
    addRule(group, { isEgress: true, peer: { cidr: "0.0.0.0/0" } });
    if (this.vpc.ipv6Cidr !== undefined) {
      addRule(group, { isEgress: true, peer: { ipv6Cidr: "::/0" } });
    }
    if (name === "default") addRule(group, { peer: { groupId: group.groupId } });
    return group;
  }

  route(target: string, destination = "0.0.0.0/0"): void {
    this.mainTable.routes.push({ destination, target });
  }

  /** Makes the instances' subnet a public one. */
  addInternetGateway(options: { isAttached?: boolean } = {}): string {
    const internetGatewayId = this.#newId("igw");
    this.region.internetGateways.set(internetGatewayId, {
      internetGatewayId,
      vpcId: options.isAttached === false ? undefined : this.vpc.vpcId,
      tags: {},
    });
    return internetGatewayId;
  }

  addEgressOnlyGateway(): string {
    const egressOnlyInternetGatewayId = this.#newId("eigw");
    this.region.egressOnlyGateways.set(egressOnlyInternetGatewayId, {
      egressOnlyInternetGatewayId,
      vpcId: this.vpc.vpcId,
      tags: {},
    });
    return egressOnlyInternetGatewayId;
  }

  /** A name server of its own, which asks the VPC's resolver for the names of AWS. */
  useNameServer(address: string): void {
    const dhcpOptionsId = this.#newId("dopt");
    this.region.dhcpOptions.set(dhcpOptionsId, {
      dhcpOptionsId,
      domainName: "corp.example",
      nameServers: [address],
      forwardsToVpc: true,
      tags: {},
    });
    this.vpc.dhcpOptionsId = dhcpOptionsId;
  }

  /** A NAT gateway in a subnet of its own, and the default route to it. */
  addNat(
    options: { state?: NatGateway["state"]; isPublicSubnet?: boolean; destination?: string } = {},
  ): NatGateway {
    const { state = "available", isPublicSubnet = true } = options;
    const subnet = this.addSubnet(100 + this.#nextId);
    const nat: NatGateway = {
      natGatewayId: this.#newId("nat"),
      vpcId: this.vpc.vpcId,
      subnetId: subnet.subnetId,
      connectivity: "public",
      privateIp: addressAt(subnet.cidr, 8),
      publicIp: `203.0.113.${this.#options.number % 250 + 1}`,
      state,
      tags: {},
    };
    this.region.natGateways.set(nat.natGatewayId, nat);
    const routes = [{ destination: this.vpc.cidr, target: "local" }];
    if (isPublicSubnet) {
      routes.push({ destination: "0.0.0.0/0", target: this.addInternetGateway() });
    }
    this.#addRouteTable({ isMain: false, subnetIds: [subnet.subnetId], routes });
    this.route(nat.natGatewayId, options.destination);
    return nat;
  }

  /** An interface endpoint with private DNS in the instances' subnet, unless told otherwise. */
  addEndpoint(
    service: string,
    options:
      & Partial<Pick<VpcEndpoint, "state" | "privateDns" | "policy">>
      & { subnet?: Subnet; group?: SecurityGroup } = {},
  ): VpcEndpoint {
    const { state = "available", privateDns = true, policy = OPEN_POLICY } = options;
    const subnet = options.subnet ?? this.subnet;
    const group = options.group ?? this.endpointGroup;
    const endpoint: VpcEndpoint = {
      vpcEndpointId: this.#newId("vpce"),
      vpcId: this.vpc.vpcId,
      serviceName: `com.amazonaws.${this.region.name}.${service}`,
      type: "Interface",
      createdAtMs: this.#createdAtMs,
      clientToken: undefined,
      state,
      policy,
      privateDns,
      subnetIds: [subnet.subnetId],
      groupIds: [group.groupId],
      routeTableIds: [],
      interfaceIds: [],
      tags: {},
    };
    this.region.endpoints.set(endpoint.vpcEndpointId, endpoint);
    if (state === "available") {
      const networkInterfaceId = this.#newId("eni");
      this.region.interfaces.set(networkInterfaceId, {
        networkInterfaceId,
        vpcId: this.vpc.vpcId,
        subnetId: subnet.subnetId,
        description: `VPC Endpoint Interface ${endpoint.vpcEndpointId}`,
        type: "vpc_endpoint",
        privateIp: addressAt(subnet.cidr, 200 + this.#nextId % 50),
        ipv6: undefined,
        groupIds: [...endpoint.groupIds],
        instanceId: undefined,
      });
      endpoint.interfaceIds.push(networkInterfaceId);
    }
    return endpoint;
  }

  /** What sessions need. */
  addEndpoints(options: Parameters<NetworkBuilder["addEndpoint"]>[1] = {}): void {
    this.addEndpoint("ssm", options);
    this.addEndpoint("ssmmessages", options);
  }

  #addRouteTable(
    fields: { isMain: boolean; routes: Route[]; subnetIds?: string[] },
  ): RouteTable {
    const table: RouteTable = {
      routeTableId: this.#newId("rtb"),
      vpcId: this.vpc.vpcId,
      tags: {},
      ...fields,
      subnetIds: fields.subnetIds ?? [],
    };
    this.region.routeTables.set(table.routeTableId, table);
    return table;
  }

  #newId(prefix: string): string {
    this.#nextId++;
    return seededId(prefix, this.#options.number * 256 + this.#nextId);
  }
}

/** Takes every rule of one direction away. */
export function clearRules(group: SecurityGroup, direction: "in" | "out"): void {
  group.rules = group.rules.filter(({ isEgress }) => isEgress !== (direction === "out"));
}

/** One more rule; all protocols, or TCP with these ports. */
export function addRule(
  group: SecurityGroup,
  rule: { isEgress?: boolean; peer: RulePeer; ports?: { from: number; to: number } },
): void {
  const number = Number.parseInt(group.groupId.slice(-11), 16) * 16 + group.rules.length;
  const added: GroupRule = {
    ruleId: seededId("sgr", number),
    isEgress: rule.isEgress ?? false,
    protocol: rule.ports === undefined ? "-1" : "tcp",
    ports: rule.ports,
    peer: rule.peer,
    description: "",
    tags: {},
  };
  group.rules.push(added);
}

/** One entry of a network list, of TCP when it names ports. */
export function aclEntry(
  ruleNumber: number,
  direction: "in" | "out",
  action: "allow" | "deny",
  ports?: { from: number; to: number },
  cidr = "0.0.0.0/0",
): AclEntry {
  return {
    ruleNumber,
    isEgress: direction === "out",
    protocol: ports === undefined ? "-1" : "6",
    isAllow: action === "allow",
    cidr,
    ports,
  };
}
