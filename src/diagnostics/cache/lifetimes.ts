/**
 * How long a fact may be remembered. What is missing here never is.
 *
 * @module
 */

import type { FactId } from "../facts/facts.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Never: who asks, whether the agent is connected, sessions, and all that is of this computer. Those
 * change from one moment to the next, and reading them costs one call each.
 */
export const LIFETIMES_MS: Readonly<Partial<Record<FactId, number>>> = {
  instance: 30 * SECOND_MS,
  instanceStatus: MINUTE_MS,
  node: MINUTE_MS,
  hostManagement: 15 * MINUTE_MS,
  hostManagementRole: 15 * MINUTE_MS,
  hostManagementPermissions: 15 * MINUTE_MS,
  profileAssociation: 15 * MINUTE_MS,
  instanceProfile: 15 * MINUTE_MS,
  rolePermissions: 15 * MINUTE_MS,
  callerPermissions: 15 * MINUTE_MS,
  vpc: 5 * MINUTE_MS,
  vpcDns: 5 * MINUTE_MS,
  dhcpOptions: 5 * MINUTE_MS,
  subnets: 5 * MINUTE_MS,
  ownRouteTable: 5 * MINUTE_MS,
  natGateways: 5 * MINUTE_MS,
  routeTables: 5 * MINUTE_MS,
  gateways: 5 * MINUTE_MS,
  networkAcls: 5 * MINUTE_MS,
  securityGroups: 5 * MINUTE_MS,
  prefixLists: 5 * MINUTE_MS,
  vpcEndpoints: 5 * MINUTE_MS,
  endpointInterfaces: 5 * MINUTE_MS,
  endpointServices: 24 * HOUR_MS,
  preferences: 10 * MINUTE_MS,
  kmsKey: 10 * MINUTE_MS,
  kmsKeyUse: 10 * MINUTE_MS,
};

/** Facts about the network and about roles: what an agent that went away makes doubtful. */
export function isAboutPathOrRole(id: FactId): boolean {
  return !["instance", "instanceStatus", "node", "endpointServices", "preferences", "kmsKey"]
    .includes(id) && LIFETIMES_MS[id] !== undefined;
}
