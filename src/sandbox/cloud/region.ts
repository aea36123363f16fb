/**
 * Everything that belongs to one Region of the account.
 *
 * @module
 */
import type { Instance } from "./instance.ts";
import type { Key } from "./key.ts";
import type {
  DhcpOptions,
  EgressOnlyGateway,
  InternetGateway,
  NatGateway,
  NetworkAcl,
  NetworkInterface,
  PrefixList,
  Route,
  RouteTable,
  SecurityGroup,
  Subnet,
  Vpc,
  VpcEndpoint,
} from "./network.ts";
import type { SessionPreferences } from "./preferences.ts";

export interface ProfileAssociation {
  readonly associationId: string;
  readonly instanceId: string;
  profileName: string;
  /** Of the profile that was meant; one that was deleted and made again has another id. */
  profileId: string;
  state: "associating" | "associated" | "disassociating";
}

/** Default Host Management Configuration: the role of instances without a profile. */
export interface HostManagement {
  /** `$None` when it is off; else a role's path and name. */
  value: string;
  /** `undefined` while nobody has changed it. */
  modifiedAtMs: number | undefined;
  modifiedBy: string;
}

export interface CommandInvocation {
  readonly commandId: string;
  readonly instanceId: string;
  readonly documentName: string;
  readonly requestedAtMs: number;
  readonly output: string;
}

export const NO_HOST_MANAGEMENT = "$None";

export class RegionCloud {
  readonly vpcs = new Map<string, Vpc>();
  readonly dhcpOptions = new Map<string, DhcpOptions>();
  readonly subnets = new Map<string, Subnet>();
  readonly routeTables = new Map<string, RouteTable>();
  readonly internetGateways = new Map<string, InternetGateway>();
  readonly egressOnlyGateways = new Map<string, EgressOnlyGateway>();
  readonly natGateways = new Map<string, NatGateway>();
  readonly networkAcls = new Map<string, NetworkAcl>();
  readonly securityGroups = new Map<string, SecurityGroup>();
  readonly prefixLists = new Map<string, PrefixList>();
  readonly endpoints = new Map<string, VpcEndpoint>();
  readonly interfaces = new Map<string, NetworkInterface>();
  readonly instances = new Map<string, Instance>();
  readonly associations = new Map<string, ProfileAssociation>();
  readonly keys = new Map<string, Key>();
  readonly commands: CommandInvocation[] = [];
  hostManagement: HostManagement = {
    value: NO_HOST_MANAGEMENT,
    modifiedAtMs: undefined,
    modifiedBy: "System",
  };
  /** `undefined` while nobody has saved any. */
  preferences: SessionPreferences | undefined;

  constructor(readonly name: string) {}

  /** The table that a subnet really uses: its own, or else the main one of its VPC. */
  routeTableOf(subnet: Subnet): RouteTable | undefined {
    const tables = [...this.routeTables.values()].filter(({ vpcId }) => vpcId === subnet.vpcId);
    return tables.find(({ subnetIds }) => subnetIds.includes(subnet.subnetId)) ??
      tables.find(({ isMain }) => isMain);
  }

  networkAclOf(subnetId: string): NetworkAcl | undefined {
    return [...this.networkAcls.values()].find(({ subnetIds }) => subnetIds.includes(subnetId));
  }

  interfacesOf(instance: Instance): NetworkInterface[] {
    return [...this.interfaces.values()].filter(({ instanceId }) =>
      instanceId === instance.instanceId
    );
  }

  associationOf(instanceId: string): ProfileAssociation | undefined {
    return [...this.associations.values()].find((each) => each.instanceId === instanceId);
  }

  /** The groups that exist of those ids. */
  groupsOf(groupIds: readonly string[]): SecurityGroup[] {
    return groupIds.flatMap((id) => this.securityGroups.get(id) ?? []);
  }

  /** Whether what a route hands its packets to is still there. */
  isLive(route: Route, vpcId: string): boolean {
    const { target } = route;
    if (target.startsWith("igw-")) return this.internetGateways.get(target)?.vpcId === vpcId;
    if (target.startsWith("eigw-")) return this.egressOnlyGateways.has(target);
    if (target.startsWith("nat-")) {
      // Until it is gone, what it does to packets is its own matter.
      const nat = this.natGateways.get(target);
      return nat !== undefined && nat.state !== "deleted";
    }
    if (target.startsWith("vpce-")) return this.endpoints.has(target);
    if (target.startsWith("eni-")) return this.interfaces.has(target);
    return true;
  }
}
