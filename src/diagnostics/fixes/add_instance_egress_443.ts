/**
 * `add_instance_egress_443`: a way out of the instance's group to the services, as narrow as it can be.
 *
 * @module
 */

import type { Json } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { EndpointInterface, SecurityGroup, VpcEndpoint } from "../facts/network.ts";
import { groupUsers } from "./blast_radius.ts";
import { type FixDefinition, precondition } from "./contracts.ts";
import { addRule, hasRule, type RulePeer } from "./group_rule.ts";

const ID = "add_instance_egress_443";
const DEFAULT_SERVICES = ["ssm", "ssmmessages"];

export const addInstanceEgress443: FixDefinition = {
  id: ID,
  title: "let TCP 443 out of the instance's security group",
  class: "unsafe",
  unsafeBecause: ["widens_access"],
  scope: "instance",
  permissions: ["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags"],
  facts: ["instance", "securityGroups", "vpcEndpoints", "endpointInterfaces"],
  verify: ["security_groups"],
  verifyTimeoutMs: 60_000,
  async plan({ facts, findings, look, runId }) {
    const [primary] = valueOf(facts.get("instance"))?.interfaces ?? [];
    const groupId = primary?.groupIds[0];
    if (primary === undefined || groupId === undefined) return undefined;
    const group = valueOf(facts.get("securityGroups"))?.find((one) => one.groupId === groupId);
    const peers = peersOf(servicesOf(findings), {
      endpoints: valueOf(facts.get("vpcEndpoints")) ?? [],
      interfaces: valueOf(facts.get("endpointInterfaces")) ?? [],
    });
    const missing = peers.filter((peer) => !hasRule(group?.egress ?? [], peer));
    return {
      steps: missing.map((peer) => addRule("Egress", { groupId, peer, fixId: ID, runId })),
      preconditions: [precondition("the rule is absent", absence(group, missing.length))],
      blastRadius: await groupUsers(look, groupId, [primary.id]),
      isDone: group !== undefined && missing.length === 0,
    };
  },
};

/** Services that a finding is about; both when it names none. */
function servicesOf(findings: readonly { evidence: { readonly [key: string]: Json } }[]): string[] {
  const named = findings.flatMap(({ evidence }) => evidence["services"])
    .filter((service) => typeof service === "string");
  return named.length === 0 ? DEFAULT_SERVICES : [...new Set(named)];
}

/** The endpoint's group, else its addresses, else everywhere: the addresses of services change. */
function peersOf(
  services: readonly string[],
  { endpoints, interfaces }: {
    endpoints: readonly VpcEndpoint[];
    interfaces: readonly EndpointInterface[];
  },
): RulePeer[] {
  const peers = services.flatMap((service): RulePeer[] => {
    const endpoint = endpoints.find(({ serviceName, state, type, privateDnsEnabled }) =>
      serviceName.endsWith(`.${service}`) && state === "available" && type === "interface" &&
      privateDnsEnabled
    );
    if (endpoint === undefined) return [{ cidr: "0.0.0.0/0" }];
    const [group] = endpoint.groupIds;
    if (group !== undefined) return [{ groupId: group }];
    return interfaces.filter(({ interfaceId }) => endpoint.interfaceIds.includes(interfaceId))
      .flatMap(({ privateIps }) => privateIps.map((ip) => ({ cidr: `${ip}/32` })));
  });
  return [...new Map(peers.map((peer) => [JSON.stringify(peer), peer])).values()];
}

function absence(group: SecurityGroup | undefined, missing: number): boolean | undefined {
  return group === undefined ? undefined : missing > 0;
}
