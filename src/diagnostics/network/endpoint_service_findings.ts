/**
 * What is wrong with the endpoints of ssm and ssmmessages, and how much it matters: all without
 * another way out, little with one.
 *
 * @module
 */

import { type Finding, findingId, type Resource } from "../contracts.ts";
import type { VpcEndpoint } from "../facts/network.ts";
import {
  critical,
  type FindingDetails,
  info,
  unknown,
  unknownBecause,
  warning,
} from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, fixCommand, itemCommand } from "../remedies.ts";
import { routeFault } from "./route_fault.ts";
import { endpointServiceName, type RequiredService } from "./services.ts";
import type { Network, ServiceTarget } from "./targets.ts";

export function serviceFindings(network: Network, parameters: CheckParameters): Finding[] {
  const { endpoints } = network;
  if (endpoints === undefined) return [];
  const each = network.targets.flatMap((target): Finding[] => {
    const best = endpoints[target.service];
    if (best.state === "missing" && target.kind === "nowhere") {
      return [missing(target.service, network, parameters)];
    }
    if (best.state !== "unusable") return [];
    const context = { target, endpoint: best.endpoint, parameters };
    switch (best.why) {
      case "state":
        return [notAvailable(context, `is ${best.endpoint.state}`)];
      case "no_interface":
        return [notAvailable(context, "has no network interface")];
      case "private_dns_off":
        return [privateDnsOff(context)];
      // Said once for the VPC, see `dnsFindings`.
      case "vpc_dns_off":
        return [];
      default:
        return best.why satisfies never;
    }
  });
  return [...each, ...unseenFindings(network), ...elsewhereFindings(network)];
}

function missing(
  service: RequiredService,
  network: Network,
  parameters: CheckParameters,
): Finding {
  const { instance } = network;
  const name = endpointServiceName(service, parameters.region);
  const other = service === "ssm" ? "ssmmessages" : "ssm";
  const isPartial = network.endpoints?.[other].state === "usable";
  const consequence = service === "ssmmessages" && isPartial
    ? "; explains Online but not connected"
    : "";
  const fault = routeFault(network);
  return critical(
    isPartial ? "VPCE_PARTIAL" : "VPCE_MISSING",
    `${instance.vpcId} has no endpoint for ${service}, and ${instance.subnetId} no way to the ` +
      `internet${consequence}`,
    {
      resources: [
        { type: "endpoint-service", id: name },
        { type: "vpc", id: instance.vpcId },
      ],
      evidence: { services: [service], mode: network.routes.mode },
      remediation: [
        fixCommand("create_endpoint", parameters),
        "Or " + awsCli(
          `ec2 create-vpc-endpoint --vpc-id ${instance.vpcId} --vpc-endpoint-type Interface ` +
            `--service-name ${name} --subnet-ids ${instance.subnetId} ` +
            "--security-group-ids GROUP --private-dns-enabled",
          parameters,
        ),
      ],
      fixIds: ["create_endpoint"],
      references: ["D1", "D2"],
      // Who routes to the internet did not mean to have endpoints: the route is the cause.
      follows: fault === undefined ? [] : [findingId("routing", fault)],
    },
  );
}

interface EndpointContext {
  target: ServiceTarget;
  endpoint: VpcEndpoint;
  parameters: CheckParameters;
}

function notAvailable({ target, endpoint, parameters }: EndpointContext, what: string): Finding {
  const lastError = endpoint.lastError === undefined ? "" : `: ${endpoint.lastError}`;
  const message = `${endpoint.endpointId} for ${target.service} ${what}${lastError}`;
  const details = about(target.service, endpoint, {
    remediation: [
      endpoint.state === "pendingacceptance"
        ? "Have the owner of the service accept it: VPC console, Endpoint services, " +
          "Endpoint connections"
        : endpoint.state === "pending"
        ? `Wait a few minutes: ${itemCommand("vpc_endpoints", parameters)}`
        : "Look at its status and subnets, or delete it and make a new one: VPC console, Endpoints",
      awsCli(
        `ec2 describe-vpc-endpoints --vpc-endpoint-ids ${endpoint.endpointId}`,
        parameters,
      ),
    ],
  });
  if (endpoint.state === "pending") {
    return warning("VPCE_NOT_AVAILABLE", "medium", message, details);
  }
  return target.kind === "nowhere"
    ? critical("VPCE_NOT_AVAILABLE", message, details)
    : info("VPCE_NOT_AVAILABLE", message, details);
}

function privateDnsOff({ target, endpoint, parameters }: EndpointContext): Finding {
  const message =
    `${endpoint.endpointId} for ${target.service} has private DNS switched off: nothing uses it`;
  const details = about(target.service, endpoint, {
    remediation: [
      fixCommand("enable_private_dns", parameters),
      "Or " + awsCli(
        `ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint.endpointId} --private-dns-enabled`,
        parameters,
      ),
    ],
    fixIds: ["enable_private_dns"],
  });
  return target.kind === "nowhere"
    ? critical("VPCE_PRIVATE_DNS_OFF", message, details)
    : warning("VPCE_PRIVATE_DNS_OFF", "low", message, details);
}

function about(
  service: RequiredService,
  endpoint: VpcEndpoint,
  details: FindingDetails,
): FindingDetails {
  return {
    resources: [{ type: "vpc-endpoint", id: endpoint.endpointId }],
    evidence: { services: [service], state: endpoint.state },
    references: ["D1", "D2"],
    ...details,
  };
}

/** Endpoints of which it is not known whether they are used. */
function unseenFindings(network: Network): Finding[] {
  const unseen = network.targets.filter((target) => target.kind === "unseen");
  const [first] = unseen;
  if (first === undefined) return [];
  const services = unseen.map(({ service }) => service);
  return [
    unknownBecause(
      "VPCE_NOT_VISIBLE",
      first.because,
      `whether the endpoints for ${services.join(" and ")} can be used could not be seen`,
      { resources: vpcResources(network), evidence: { services } },
    ),
  ];
}

/** No endpoint, and a way out that cannot be followed: endpoints may sit in a shared VPC. */
function elsewhereFindings(network: Network): Finding[] {
  const elsewhere = network.targets.filter((target) => target.kind === "elsewhere");
  const [first] = elsewhere;
  if (first === undefined) return [];
  const services = elsewhere.map(({ service }) => service);
  const message = `no usable endpoint for ${services.join(" and ")} in ${network.instance.vpcId}`;
  const details: FindingDetails = {
    resources: vpcResources(network),
    evidence: { services, mode: network.routes.mode, target: network.routes.target ?? null },
  };
  if (first.because !== undefined) {
    return [
      unknownBecause(
        "VPCE_PATH_NOT_VISIBLE",
        first.because,
        `${message}, and the way out could not be read`,
        details,
      ),
    ];
  }
  return [
    unknown(
      "VPCE_PATH_NOT_VISIBLE",
      "not_visible",
      `${message}, and the way out cannot be seen: ${network.routes.detail}`,
      {
        ...details,
        remediation: [
          "Ask who runs the network behind the route whether it leads to ssm and ssmmessages " +
          "(endpoints in a shared VPC, a proxy, a firewall)",
          "On the instance, as root: ssm-cli get-diagnostics --output table",
        ],
      },
    ),
  ];
}

function vpcResources({ instance }: Network): Resource[] {
  return [{ type: "vpc", id: instance.vpcId }];
}
