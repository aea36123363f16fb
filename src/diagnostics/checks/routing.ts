/**
 * `routing`: what is the subnet's way out, and is it broken.
 *
 * That there is none is legitimate: `vpc_endpoints` judges it.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding, type Resource } from "../contracts.ts";
import {
  critical,
  type FindingDetails,
  ok,
  unknown,
  unknownBecause,
  warning,
} from "../findings.ts";
import { noInstance } from "../network/no_instance.ts";
import { routeFault, routeResources } from "../network/route_fault.ts";
import type { Way } from "../network/route_mode.ts";
import {
  isCoveredByEndpoints,
  type Network,
  resolveNetwork,
  TARGET_ACTIONS,
  TARGET_FACTS,
} from "../network/targets.ts";
import { REQUIRED_SERVICES } from "../network/services.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, ownOptions } from "../remedies.ts";

export const routing = defineCheck({
  id: "routing",
  title: "Routes of the subnet",
  category: "network",
  isSeedItem: false,
  primaryQuestion: "what is the subnet's way out, and is it broken",
  facts: TARGET_FACTS,
  requires: { aws: true, instance: "exists", ec2: true },
  actions: TARGET_ACTIONS,
  run(facts, parameters): CheckOutcome {
    const network = resolveNetwork(facts, parameters);
    if (network === undefined) {
      return noInstance("ROUTE_DENIED", facts.get("instance"), "the routes could not be looked up");
    }
    return {
      findings: [...wayFindings(network, parameters), ...partFindings(network, parameters)],
      planned: 2,
    };
  },
});

function wayFindings(network: Network, parameters: CheckParameters): Finding[] {
  const { routes, instance } = network;
  const { subnetId } = instance;
  const details: FindingDetails = {
    resources: routeResources(routes),
    evidence: {
      mode: routes.mode,
      target: routes.target ?? null,
      route_table: routes.routeTableId ?? null,
      services: [...REQUIRED_SERVICES],
    },
  };
  const table = { ...details, resources: tableResources(network) };
  switch (routes.mode) {
    case "PUBLIC":
      return [
        ok("ROUTE_PUBLIC", `${subnetId} reaches the internet through ${routes.target}`, table),
      ];
    case "NAT":
      return [ok("ROUTE_NAT", `${subnetId} reaches the internet through ${routes.target}`, table)];
    case "PRIVATE":
      return [ok("ROUTE_PRIVATE", `${subnetId} has no way to the internet`, table)];
    case "MODE6":
    case "UNKNOWN":
      return [unfollowed(network, table)];
    case "NOPUBLIC":
      return faulty(
        network,
        `${subnetId} leads to ${routes.target}, but ${instance.instanceId} has no public IPv4 address`,
        {
          ...details,
          remediation: [
            "Give it an Elastic IP address: " +
            awsCli(
              `ec2 associate-address --instance-id ${instance.instanceId} --allocation-id ALLOCATION`,
              parameters,
            ),
            "Or route the subnet to a NAT gateway in a public subnet, " +
            "or create VPC endpoints for ssm and ssmmessages",
          ],
        },
      );
    case "BROKEN":
      return faulty(network, `the way out of ${subnetId} is broken: ${routes.detail}`, {
        ...details,
        remediation: mend(routes, network, parameters),
      });
    default:
      return routes.mode satisfies never;
  }
}

/** What is broken is critical, unless endpoints make it unnecessary, and unless they are not seen. */
function faulty(network: Network, message: string, details: FindingDetails): Finding[] {
  const { code } = routeFault(network)!;
  const isCovered = isCoveredByEndpoints(network);
  if (isCovered === false) return [critical(code, message, details)];
  const mild = warning(
    code,
    "medium",
    isCovered ? `${message}; endpoints take the traffic of Session Manager` : message,
    { ...details, primary: isCovered === true },
  );
  if (isCovered) return [mild];
  const unseen = network.targets.find((target) => target.kind === "unseen")!;
  return [
    mild,
    unknownBecause(
      "ROUTE_DENIED",
      unseen.because,
      "whether endpoints make the broken way out unnecessary could not be seen",
      { resources: tableResources(network) },
    ),
  ];
}

function unfollowed(network: Network, details: FindingDetails): Finding {
  const { routes, instance } = network;
  if (routes.because !== undefined) {
    return unknownBecause(
      "ROUTE_DENIED",
      routes.because,
      `the way out of ${instance.subnetId} could not be read`,
      details,
    );
  }
  if (isCoveredByEndpoints(network)) {
    return ok(
      "ROUTE_NOT_VISIBLE",
      `the way out of ${instance.subnetId} is not seen (${routes.detail}), and not needed: ` +
        "endpoints take the traffic of Session Manager",
      details,
    );
  }
  return unknown(
    "ROUTE_NOT_VISIBLE",
    "not_visible",
    `where ${instance.subnetId} leads cannot be seen: ${routes.detail}`,
    {
      ...details,
      remediation: [
        "Ask who runs the network behind it whether TCP 443 to ssm and ssmmessages is let through, " +
        "or whether a shared VPC has endpoints for them",
        "On the instance, as root: ssm-cli get-diagnostics --output table",
      ],
    },
  );
}

function mend(way: Way, { instance, routes }: Network, parameters: CheckParameters): string[] {
  const table = routes.routeTableId ?? "ROUTE_TABLE";
  switch (way.fault) {
    case "igw_detached":
      return [
        "Attach it: " + awsCli(
          `ec2 attach-internet-gateway --internet-gateway-id ${way.target} --vpc-id ${instance.vpcId}`,
          parameters,
        ),
      ];
    case "nat_not_public_subnet":
      return [
        "VPC console, Route tables: give the NAT gateway's subnet a route 0.0.0.0/0 to an internet " +
        "gateway that is attached to the VPC",
      ];
    default:
      return [
        "Point the route at a NAT gateway that is available: " + awsCli(
          `ec2 replace-route --route-table-id ${table} --destination-cidr-block 0.0.0.0/0 ` +
            "--nat-gateway-id NAT_GATEWAY",
          parameters,
        ),
        "Or create VPC endpoints for ssm and ssmmessages: " +
        `ec2-connect fix -i ${instance.instanceId} --dry-run${ownOptions(parameters)}`,
      ];
  }
}

function partFindings(network: Network, parameters: CheckParameters): Finding[] {
  return network.routes.brokenParts.map(({ destination, way }) =>
    warning(
      "ROUTE_PARTIAL",
      "low",
      `${destination} is routed to something broken (${way.detail}), the rest of the internet is not`,
      {
        primary: false,
        resources: [{ type: "route", id: destination }],
        evidence: { destination, target: way.target ?? null },
        remediation: [
          "Delete the route if nothing needs it: " + awsCli(
            `ec2 delete-route --route-table-id ${network.routes.routeTableId} ` +
              `--destination-cidr-block ${destination}`,
            parameters,
          ),
        ],
      },
    )
  );
}

function tableResources({ routes, instance }: Network): Resource[] {
  return [
    { type: "subnet", id: instance.subnetId },
    ...(routes.routeTableId === undefined
      ? []
      : [{ type: "route-table", id: routes.routeTableId }]),
  ];
}
