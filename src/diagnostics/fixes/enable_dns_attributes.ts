/**
 * `enable_dns_attributes`: the VPC's name resolution, which private names of endpoints need.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { countInstances } from "./blast_radius.ts";
import { type FixDefinition, type FixStep, precondition } from "./contracts.ts";

export const enableDnsAttributes: FixDefinition = {
  id: "enable_dns_attributes",
  title: "switch the VPC's DNS on",
  class: "safe",
  unsafeBecause: [],
  scope: "vpc",
  permissions: ["ec2:ModifyVpcAttribute"],
  facts: ["instance", "vpcDns"],
  verify: ["vpc_endpoints"],
  verifyTimeoutMs: 60_000,
  async plan({ facts, look }) {
    const vpcId = valueOf(facts.get("instance"))?.vpcId;
    const dns = valueOf(facts.get("vpcDns"));
    if (vpcId === undefined) return undefined;
    // Support first: the other attribute is refused without it.
    const steps = [
      ...(dns?.enableDnsSupport === true ? [] : [attribute(vpcId, "EnableDnsSupport")]),
      ...(dns?.enableDnsHostnames === true ? [] : [attribute(vpcId, "EnableDnsHostnames")]),
    ];
    return {
      steps,
      preconditions: [
        precondition("an attribute is off now", dns === undefined ? undefined : true),
      ],
      blastRadius: { vpc_id: vpcId, ...await countInstances(look, vpcId) },
      isDone: steps.length === 0,
    };
  },
};

function attribute(vpcId: string, name: "EnableDnsSupport" | "EnableDnsHostnames"): FixStep {
  const call = (value: boolean) =>
    ({
      service: "ec2",
      action: "ModifyVpcAttribute",
      params: { VpcId: vpcId, [name]: { Value: value } },
    }) as const;
  return { ...call(true), rollback: () => call(false) };
}
