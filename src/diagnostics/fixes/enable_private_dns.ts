/**
 * `enable_private_dns`: an endpoint takes over the service's name in the whole VPC.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { countInstances } from "./blast_radius.ts";
import { type FixDefinition, precondition } from "./contracts.ts";
import { hasRule } from "./group_rule.ts";

export const enablePrivateDns: FixDefinition = {
  id: "enable_private_dns",
  title: "switch an endpoint's private DNS on",
  class: "unsafe",
  unsafeBecause: ["redirects_vpc"],
  scope: "vpc",
  permissions: ["ec2:ModifyVpcEndpoint"],
  facts: ["instance", "vpc", "vpcDns", "vpcEndpoints", "securityGroups"],
  verify: ["vpc_endpoints"],
  verifyTimeoutMs: 120_000,
  async plan({ facts, findings, look }) {
    const endpoints = valueOf(facts.get("vpcEndpoints")) ?? [];
    const concerned = endpoints.filter(({ endpointId }) =>
      findings.some(({ resources }) => resources.some(({ id }) => id === endpointId))
    );
    const vpcId = valueOf(facts.get("instance"))?.vpcId;
    if (concerned.length === 0 || vpcId === undefined) return undefined;
    const off = concerned.filter(({ privateDnsEnabled }) => !privateDnsEnabled);
    const dns = valueOf(facts.get("vpcDns"));
    const cidrs = valueOf(facts.get("vpc"))?.cidrs;
    const groups = valueOf(facts.get("securityGroups"));
    const isAdmitted = groups === undefined || cidrs === undefined
      ? undefined
      : off.every((one) =>
        cidrs.every((cidr) =>
          one.groupIds.some((id) => {
            const rules = groups.find(({ groupId }) => groupId === id)?.ingress ?? [];
            return hasRule(rules, { cidr }) || hasRule(rules, { cidr: "0.0.0.0/0" });
          })
        )
      );
    const isAlone = off.every(({ endpointId, serviceName }) =>
      !endpoints.some((other) =>
        other.endpointId !== endpointId && other.serviceName === serviceName &&
        other.privateDnsEnabled && ["available", "pending"].includes(other.state)
      )
    );
    return {
      steps: off.map(({ endpointId }) => {
        const call = (value: boolean) => ({
          service: "ec2" as const,
          action: "ModifyVpcEndpoint",
          params: { VpcEndpointId: endpointId, PrivateDnsEnabled: value },
        });
        return { ...call(true), rollback: () => call(false) };
      }),
      preconditions: [
        precondition(
          "the VPC's DNS attributes are on",
          dns && dns.enableDnsSupport && dns.enableDnsHostnames,
        ),
        precondition("the endpoint's group lets the whole VPC in on TCP 443", isAdmitted),
        precondition("no other endpoint has the same private name", isAlone),
      ],
      blastRadius: { vpc_id: vpcId, ...await countInstances(look, vpcId) },
      isDone: off.length === 0,
    };
  },
};
