/**
 * `vpc_endpoints`: are the private endpoints present, usable, or unnecessary.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { ok, unknownBecause } from "../findings.ts";
import { dnsFindings } from "../network/endpoint_dns_findings.ts";
import { extraFindings } from "../network/endpoint_extra_findings.ts";
import { serviceFindings } from "../network/endpoint_service_findings.ts";
import { noInstance } from "../network/no_instance.ts";
import { REQUIRED_SERVICES } from "../network/services.ts";
import { resolveNetwork, TARGET_ACTIONS, TARGET_FACTS } from "../network/targets.ts";

export const vpcEndpoints = defineCheck({
  id: "vpc_endpoints",
  title: "VPC endpoints",
  category: "network",
  isSeedItem: true,
  primaryQuestion: "are the private endpoints present, usable, or unnecessary",
  facts: [
    ...TARGET_FACTS,
    "vpc",
    "dhcpOptions",
    "endpointServices",
    "node",
    "preferences",
  ],
  requires: { aws: true, instance: "exists", ec2: true },
  actions: [
    ...TARGET_ACTIONS,
    "ec2:DescribeVpcs",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeVpcEndpointServices",
    "ssm:DescribeInstanceInformation",
    "ssm:GetDocument",
  ],
  run(facts, parameters): CheckOutcome {
    const instance = facts.get("instance");
    const message = "the VPC endpoints could not be looked up";
    const network = resolveNetwork(facts, parameters);
    if (network === undefined) return noInstance("VPCE_NOT_VISIBLE", instance, message);
    const listed = facts.get("vpcEndpoints");
    const dns = dnsFindings(network, facts.get("vpcDns"), parameters);
    if (listed.state !== "known") {
      const resources = [{ type: "vpc", id: network.instance.vpcId }];
      return {
        findings: [unknownBecause("VPCE_NOT_VISIBLE", listed, message, { resources }), ...dns],
        planned: 2,
      };
    }
    return {
      findings: [
        ...summary(network.targets),
        ...dns,
        ...serviceFindings(network, parameters),
        ...extraFindings({ network, endpoints: listed.value, facts, parameters }),
      ],
      planned: PLANNED,
    };
  },
});

/** Endpoints, DNS attributes, resolver, zones, and what the session's preferences need. */
const PLANNED = 5;

function summary(targets: readonly { kind: string }[]): Finding[] {
  const evidence = { services: [...REQUIRED_SERVICES] };
  const kinds = targets.map(({ kind }) => kind);
  if (kinds.every((kind) => kind === "endpoint")) {
    return [ok("VPCE_OK", "usable endpoints for ssm and ssmmessages", { evidence })];
  }
  if (kinds.every((kind) => kind === "endpoint" || kind === "internet")) {
    return [
      ok("VPCE_NOT_REQUIRED", "no endpoints are needed: using the internet path", { evidence }),
    ];
  }
  return [];
}
