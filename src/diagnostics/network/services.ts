/**
 * The services that an agent talks to, and the names of their VPC endpoints.
 *
 * Source: AWS Systems Manager User Guide, "Improve the security of EC2 instances by using VPC
 * endpoints for Systems Manager"; "Troubleshooting SSM Agent" for what is required.
 *
 * @module
 */

import type { VpcEndpoint } from "../facts/network.ts";
import type { CheckParameters, Partition } from "../parameters.ts";

/** Without both there is no session: the agent registers with the first, sessions run over the second. */
export const REQUIRED_SERVICES = ["ssm", "ssmmessages"] as const;

export type RequiredService = (typeof REQUIRED_SERVICES)[number];

export type EndpointService = RequiredService | "ec2messages" | "s3" | "kms" | "logs" | "ec2";

/** Regions that were opened without `ec2messages`; asked only when EC2 may not be. Not read in a source. */
export const REGIONS_WITHOUT_EC2MESSAGES: readonly string[] = [
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ap-east-2",
  "mx-central-1",
];

/** The name that an endpoint for the service is made with; in China it has a prefix. */
export function endpointServiceName(service: EndpointService, region: string): string {
  const prefix = region.startsWith("cn-") ? "cn." : "";
  return `${prefix}com.amazonaws.${region}.${service}`;
}

/** Whether a full name, with or without the prefix, is the service's. */
export function isServiceName(name: string, service: EndpointService, region: string): boolean {
  return name.replace(/^cn\./, "") === `com.amazonaws.${region}.${service}`;
}

/** The endpoints of one service, whatever their type and state. */
export function endpointsFor(
  endpoints: readonly VpcEndpoint[],
  service: EndpointService,
  { region }: Pick<CheckParameters, "region">,
): VpcEndpoint[] {
  return endpoints.filter(({ serviceName }) => isServiceName(serviceName, service, region));
}

/** The host name of a service's API; also what private DNS of its endpoint captures. */
export function serviceHost(
  service: string,
  { region, partition }: Pick<CheckParameters, "region" | "partition">,
): string {
  return `${service}.${region}.${domainOf(partition)}`;
}

function domainOf(partition: Partition): string {
  switch (partition) {
    case "aws-cn":
      return "amazonaws.com.cn";
    case "aws-iso":
      return "c2s.ic.gov";
    case "aws-iso-b":
      return "sc2s.sgov.gov";
    case "aws-iso-e":
      return "cloud.adc-e.uk";
    case "aws-iso-f":
      return "csp.hci.ic.gov";
    case "aws-eusc":
      return "amazonaws.eu";
    default:
      return "amazonaws.com";
  }
}
