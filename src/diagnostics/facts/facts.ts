/**
 * Every fact by name, and what it is. A fact is read at most once a run.
 *
 * A value of `undefined` inside a known fact means: AWS answered that there is none.
 *
 * @module
 */

import type {
  ClockReading,
  Identity,
  LocalCredentials,
  RegionChoice,
  RegionStatus,
} from "./account.ts";
import type { Fact } from "./fact.ts";
import type {
  CallerPermissions,
  InstanceProfile,
  Permissions,
  ProfileAssociation,
  Role,
} from "./iam.ts";
import type {
  ConnectionStatus,
  Ec2Instance,
  HostManagementSetting,
  InstanceStatus,
  ManagedNode,
} from "./instance.ts";
import type { ClientProbe, LocalTools, PortProbe } from "./local.ts";
import type {
  DhcpOptions,
  EndpointInterface,
  Gateways,
  NatGateway,
  NetworkAcl,
  OwnRouteTable,
  PrefixList,
  RouteTables,
  SecurityGroup,
  Subnet,
  Vpc,
  VpcDns,
  VpcEndpoint,
} from "./network.ts";
import type {
  ActiveSession,
  KeyUse,
  KmsKey,
  LocalSession,
  PreferencesDocument,
} from "./session.ts";

export interface Facts {
  /** F1. */
  identity: Fact<Identity>;
  /** F1, its `Date` header. */
  clock: Fact<ClockReading>;
  /** F2. */
  localCredentials: Fact<LocalCredentials>;
  /** F3, local half. */
  regionChoice: Fact<RegionChoice>;
  /** F3, EC2's half. */
  regionStatus: Fact<RegionStatus>;
  /** The other enabled Regions that hold the instance; read only with `--search-regions`, else empty. */
  otherRegions: Fact<readonly string[]>;
  /** F4; undefined: not in this account and Region. */
  instance: Fact<Ec2Instance | undefined>;
  /** F5; undefined: EC2 has none of it. */
  instanceStatus: Fact<InstanceStatus | undefined>;
  /** F6; undefined: no record (also `InvalidInstanceId`). */
  node: Fact<ManagedNode | undefined>;
  /** F7. */
  connection: Fact<ConnectionStatus>;
  /** F8. */
  hostManagement: Fact<HostManagementSetting>;
  /** The role that F8 names; undefined: it does not exist. `not_applicable` when F8 names none. */
  hostManagementRole: Fact<Role | undefined>;
  /** What that role may do. `not_applicable` when there is none. */
  hostManagementPermissions: Fact<Permissions>;
  /** F9; undefined: none. */
  profileAssociation: Fact<ProfileAssociation | undefined>;
  /** F9; undefined: it does not exist (any more). `not_applicable` when the instance has none. */
  instanceProfile: Fact<InstanceProfile | undefined>;
  /** F10, of the profile's role. `not_applicable` when there is none. */
  rolePermissions: Fact<Permissions>;
  /** F22. */
  callerPermissions: Fact<CallerPermissions>;
  /** F11. */
  vpc: Fact<Vpc>;
  /** F11. */
  vpcDns: Fact<VpcDns>;
  /** F11; undefined: nothing is known of them (`default`, or not found). */
  dhcpOptions: Fact<DhcpOptions | undefined>;
  /** F12. */
  subnets: Fact<readonly Subnet[]>;
  /** Part of F13 and F14, which the two below are made of; no check needs it. */
  ownRouteTable: Fact<OwnRouteTable>;
  /** Part of F13 and F14. */
  natGateways: Fact<readonly NatGateway[]>;
  /** F13. */
  routeTables: Fact<RouteTables>;
  /** F14. */
  gateways: Fact<Gateways>;
  /** F15. */
  networkAcls: Fact<readonly NetworkAcl[]>;
  /** F16. */
  securityGroups: Fact<readonly SecurityGroup[]>;
  /** F16; empty when no rule names one. */
  prefixLists: Fact<readonly PrefixList[]>;
  /** F17. */
  vpcEndpoints: Fact<readonly VpcEndpoint[]>;
  /** F17; empty when there is no endpoint. */
  endpointInterfaces: Fact<readonly EndpointInterface[]>;
  /** F18: names of the services that endpoints can be made for here. */
  endpointServices: Fact<readonly string[]>;
  /** F19. */
  preferences: Fact<PreferencesDocument>;
  /** F20; undefined: no such key. `not_applicable` when F19 names none. */
  kmsKey: Fact<KmsKey | undefined>;
  /** F20. `not_applicable` when F19 names none. */
  kmsKeyUse: Fact<KeyUse>;
  /** F21, AWS's half. */
  sessions: Fact<readonly ActiveSession[]>;
  /** F21, our own registry. */
  localSessions: Fact<readonly LocalSession[]>;
  /** F23. */
  clientProbes: Fact<readonly ClientProbe[]>;
  /** F24. `not_applicable` when no port was asked about. */
  localPort: Fact<PortProbe>;
  /** F25. */
  localTools: Fact<LocalTools>;
}

export type FactId = keyof Facts;

/** What a known fact holds. */
export type FactValue<Id extends FactId> = Facts[Id] extends Fact<infer T> ? T : never;
