/**
 * `path_decay`: is something on the instance's way to the service going away.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { firstUnknown } from "../facts/fact.ts";
import type { NatGateway, VpcEndpoint } from "../facts/network.ts";
import { critical, ok, unknownBecause, warning } from "../findings.ts";

const NEEDED_SERVICE = /\.(ssm|ssmmessages)$/;

export const pathDecay = defineCheck({
  id: "path_decay",
  standsFor: "vpc_endpoints",
  title: "Endpoints and gateways",
  category: "network",
  isSeedItem: false,
  primaryQuestion: "is something on the instance's way to the service going away",
  facts: ["gateways", "vpcEndpoints", "instance"],
  requires: { aws: true, instance: "exists", ec2: true },
  actions: ["ec2:DescribeNatGateways", "ec2:DescribeInternetGateways", "ec2:DescribeVpcEndpoints"],
  run(facts): CheckOutcome {
    const gateways = facts.get("gateways");
    const endpoints = facts.get("vpcEndpoints");
    const hidden = firstUnknown(gateways, endpoints);
    if (gateways.state !== "known" || endpoints.state !== "known") {
      const message = "endpoints and gateways could not be read";
      return { planned: 1, findings: [unknownBecause("PATH_NOT_VISIBLE", hidden!, message)] };
    }
    const needed = endpoints.value.filter(({ type, serviceName }) =>
      type === "interface" && NEEDED_SERVICE.test(serviceName)
    );
    const findings = [
      ...gateways.value.nat.flatMap(natFinding),
      ...needed.flatMap((endpoint) => endpointFinding(endpoint, needed)),
    ];
    if (findings.length === 0) findings.push(ok("PATH_STEADY", "nothing on the way is going away"));
    return { planned: 1, findings };
  },
});

function natFinding({ natGatewayId, state }: NatGateway): Finding[] {
  const details = {
    resources: [{ type: "nat-gateway", id: natGatewayId }],
    evidence: { state },
    remediation: [
      `See why: aws ec2 describe-nat-gateways --nat-gateway-ids ${natGatewayId}`,
      "Route the subnet to a NAT gateway that is available: AWS console, VPC, Route tables",
    ],
  };
  if (state === "deleting" || state === "deleted" || state === "failed") {
    return [critical("NAT_GOING", `${natGatewayId}, which the route uses, is ${state}`, details)];
  }
  if (state !== "pending") return [];
  return [warning("NAT_PENDING", "medium", `${natGatewayId} is not available yet`, details)];
}

/** An endpoint that is gone and has another in its place is no loss. */
function endpointFinding(endpoint: VpcEndpoint, all: readonly VpcEndpoint[]): Finding[] {
  const { endpointId, serviceName, state, subnetIds } = endpoint;
  const hasOther = all.some((other) =>
    other !== endpoint && other.serviceName === serviceName && other.state === "available"
  );
  const details = {
    resources: [{ type: "vpc-endpoint", id: endpointId }],
    evidence: { service: serviceName, state },
    remediation: [`See why: aws ec2 describe-vpc-endpoints --vpc-endpoint-ids ${endpointId}`],
  };
  const message = `endpoint ${endpointId} for ${serviceName} is ${state}`;
  if (["deleting", "failed"].includes(state)) {
    return hasOther ? [] : [critical("ENDPOINT_GOING", message, details)];
  }
  if (["pending", "pendingacceptance"].includes(state)) {
    return [warning("ENDPOINT_PENDING", "medium", message, details)];
  }
  if (state !== "available" || subnetIds.length !== 1) return [];
  return [
    warning(
      "ENDPOINT_SINGLE_ZONE",
      "low",
      `endpoint ${endpointId} for ${serviceName} is in one Availability Zone only`,
      { ...details, remediation: ["Add a subnet of another zone: AWS console, VPC, Endpoints"] },
    ),
  ];
}
