/**
 * What the VPC's DNS attributes mean for endpoints. Private DNS needs both of them.
 *
 * Source: Amazon EC2 API reference, CreateVpcEndpoint, `PrivateDnsEnabled`.
 *
 * @module
 */

import type { Finding } from "../contracts.ts";
import type { Facts } from "../facts/facts.ts";
import { critical, type FindingDetails, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, ownOptions } from "../remedies.ts";
import { REQUIRED_SERVICES } from "./services.ts";
import type { Network } from "./targets.ts";

export function dnsFindings(
  network: Network,
  dns: Facts["vpcDns"],
  parameters: CheckParameters,
): Finding[] {
  const { instance: { vpcId }, mode } = network;
  const resources = [{ type: "vpc", id: vpcId }];
  if (dns.state !== "known") {
    // Where an endpoint hangs on it, the finding about the endpoint says so.
    if (network.targets.some((target) => target.kind === "unseen" && target.because === dns)) {
      return [];
    }
    return [
      unknownBecause("VPCE_NOT_VISIBLE", dns, `the DNS attributes of ${vpcId} could not be read`, {
        primary: false,
        resources,
      }),
    ];
  }
  const { enableDnsSupport, enableDnsHostnames } = dns.value;
  const relying = REQUIRED_SERVICES.filter((service) => {
    const best = network.endpoints?.[service];
    return best?.state === "unusable" && best.why === "vpc_dns_off";
  });
  const hasEndpoints = REQUIRED_SERVICES.some((service) => {
    const state = network.endpoints?.[service].state;
    return state !== undefined && state !== "missing";
  });
  const details = (attribute: string, services: readonly string[]): FindingDetails => ({
    resources,
    evidence: {
      enable_dns_support: enableDnsSupport,
      enable_dns_hostnames: enableDnsHostnames,
      services: [...services],
    },
    remediation: [
      `ec2-connect fix -i ${parameters.instanceId} --auto-fix --allow-scope vpc${
        ownOptions(parameters)
      }`,
      "Or " + awsCli(
        `ec2 modify-vpc-attribute --vpc-id ${vpcId} --${attribute} '{"Value":true}'`,
        parameters,
      ),
    ],
    fixIds: ["enable_dns_attributes"],
    references: ["R4", "D1"],
  });
  const findings: Finding[] = [];
  if (!enableDnsSupport) {
    const message = `DNS is switched off in ${vpcId} (enableDnsSupport): its instances have no ` +
      "name server of Amazon's";
    const about = details("enable-dns-support", hasEndpoints ? REQUIRED_SERVICES : []);
    findings.push(
      mode === "PRIVATE" && hasEndpoints
        ? critical("VPC_DNS_SUPPORT_OFF", `${message}, and the endpoints cannot be found`, about)
        : warning("VPC_DNS_SUPPORT_OFF", "high", message, about),
    );
  }
  if (!enableDnsHostnames && relying.length > 0) {
    const message =
      `DNS hostnames are switched off in ${vpcId} (enableDnsHostnames), and private ` +
      `DNS of the endpoints for ${relying.join(" and ")} needs them`;
    const about = details("enable-dns-hostnames", relying);
    findings.push(
      mode === "PRIVATE"
        ? critical("VPC_DNS_HOSTNAMES_OFF", message, about)
        : warning("VPC_DNS_HOSTNAMES_OFF", "medium", message, about),
    );
  }
  return findings;
}
