/**
 * What may be wrong with endpoints that are there: resolver, zone, policy; and which optional ones
 * are missing.
 *
 * @module
 */

import { isAtLeast } from "../agent_version.ts";
import type { FactReader, Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { VpcEndpoint } from "../facts/network.ts";
import { critical, type FindingDetails, info, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, fixCommand } from "../remedies.ts";
import { judgeEndpointPolicy } from "./endpoint_policy.ts";
import {
  endpointServiceName,
  endpointsFor,
  isServiceName,
  REGIONS_WITHOUT_EC2MESSAGES,
  serviceHost,
} from "./services.ts";
import type { Network, ServiceTarget } from "./targets.ts";

/** From this version on Run Command works without `ec2messages`. Source: the agent's release notes. */
const WITHOUT_EC2MESSAGES = "3.3.40.0";

export interface ExtraContext {
  network: Network;
  endpoints: readonly VpcEndpoint[];
  facts: FactReader<
    "dhcpOptions" | "endpointServices" | "node" | "preferences" | "subnets" | "endpointInterfaces"
  >;
  parameters: CheckParameters;
}

type EndpointTarget = Extract<ServiceTarget, { kind: "endpoint" }>;

export function extraFindings(context: ExtraContext): Finding[] {
  const used = context.network.targets.filter((target) => target.kind === "endpoint");
  return [
    ...(used.length === 0 ? [] : resolverFindings(context)),
    ...zoneFindings(used, context),
    ...used.flatMap((target) => policyFindings(target, context)),
    ...(context.network.mode === "PRIVATE" ? optionalFindings(context) : []),
  ];
}

function resolverFindings({ network, facts, parameters }: ExtraContext): Finding[] {
  const options = facts.get("dhcpOptions");
  const resources = [{ type: "vpc", id: network.instance.vpcId }];
  if (options.state !== "known") {
    return [
      unknownBecause("VPCE_NOT_VISIBLE", options, "the VPC's DHCP options could not be read", {
        primary: false,
        resources,
      }),
    ];
  }
  const own = (options.value?.domainNameServers ?? [])
    .filter((server) => server.toLowerCase() !== "amazonprovideddns");
  if (own.length === 0) return [];
  return [
    warning(
      "VPCE_CUSTOM_DNS",
      "medium",
      `the VPC's instances ask ${own.join(", ")} for names, which must know the endpoints`,
      {
        resources: [{ type: "dhcp-options", id: options.value!.dhcpOptionsId }, ...resources],
        evidence: { domain_name_servers: own },
        remediation: [
          "Forward amazonaws.com on these name servers to the VPC's resolver " +
          "(the second address of the VPC, or 169.254.169.253)",
          `On the instance, see that the name has a private address: getent hosts ${
            serviceHost("ssm", parameters)
          }`,
        ],
        references: ["D2"],
      },
    ),
  ];
}

/** Traffic to another zone works, and is charged. Not read in a source that it works. */
function zoneFindings(
  used: readonly EndpointTarget[],
  { network, facts, parameters }: ExtraContext,
): Finding[] {
  const { instance } = network;
  const interfaces = facts.get("endpointInterfaces");
  const subnets = facts.get("subnets");
  const unread: Finding[] = [];
  const findings = used.flatMap(({ endpoint, service }) => {
    const zones = [
      ...(valueOf(interfaces) ?? []).filter(({ interfaceId }) =>
        endpoint.interfaceIds.includes(interfaceId)
      ),
      ...(valueOf(subnets) ?? []).filter(({ subnetId }) => endpoint.subnetIds.includes(subnetId)),
    ].map(({ availabilityZone }) => availabilityZone);
    if (zones.includes(instance.availabilityZone)) return [];
    if (zones.length === 0) {
      const reason = interfaces.state !== "known" ? interfaces : subnets;
      if (reason.state !== "known" && unread.length === 0) {
        unread.push(unknownBecause(
          "VPCE_NOT_VISIBLE",
          reason,
          "the zones of the endpoints could not be read",
          { primary: false, resources: [{ type: "vpc-endpoint", id: endpoint.endpointId }] },
        ));
      }
      return [];
    }
    return [
      warning(
        "VPCE_OTHER_AZ",
        "low",
        `${endpoint.endpointId} for ${service} has no interface in ${instance.availabilityZone}`,
        {
          primary: false,
          resources: [{ type: "vpc-endpoint", id: endpoint.endpointId }],
          evidence: { services: [service], zones: [...new Set(zones)] },
          remediation: [
            "It works, across zones and at their price; add a subnet of the zone: " + awsCli(
              `ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint.endpointId} ` +
                `--add-subnet-ids ${instance.subnetId}`,
              parameters,
            ),
          ],
          references: ["D1"],
        },
      ),
    ];
  });
  return [...findings, ...unread];
}

function policyFindings(
  { endpoint, service }: EndpointTarget,
  { parameters }: ExtraContext,
): Finding[] {
  const judged = judgeEndpointPolicy(endpoint.policyText, service);
  if (judged.verdict === "allows") return [];
  const actions = judged.actions.join(", ");
  const details: FindingDetails = {
    resources: [{ type: "vpc-endpoint", id: endpoint.endpointId }],
    evidence: {
      services: [service],
      actions: judged.actions,
      condition_keys: judged.verdict === "unclear" ? judged.keys : [],
    },
    remediation: [
      `Let the endpoint's policy allow ${actions}: VPC console, Endpoints, ` +
      `${endpoint.endpointId}, Policy`,
      "Or take the default policy again, which allows everything: " + awsCli(
        `ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint.endpointId} --reset-policy`,
        parameters,
      ),
    ],
  };
  if (judged.verdict === "refuses") {
    return [
      critical(
        "VPCE_POLICY_RESTRICTIVE",
        `the policy of ${endpoint.endpointId} for ${service} does not allow ${actions}`,
        details,
      ),
    ];
  }
  const why = judged.keys.length === 0
    ? "cannot be read"
    : `allows the agent only under conditions (${judged.keys.join(", ")})`;
  return [
    warning(
      "VPCE_POLICY_RESTRICTIVE",
      "high",
      `the policy of ${endpoint.endpointId} for ${service} ${why}`,
      details,
    ),
  ];
}

function optionalFindings(context: ExtraContext): Finding[] {
  return [...ec2MessagesFindings(context), ...shellFindings(context)];
}

/** Needed by old agents, for Run Command, where it exists. Sessions never use it. */
function ec2MessagesFindings({ endpoints, facts, parameters }: ExtraContext): Finding[] {
  const services = facts.get("endpointServices");
  const existsHere = services.state === "known"
    ? services.value.some((name) => isServiceName(name, "ec2messages", parameters.region))
    : !REGIONS_WITHOUT_EC2MESSAGES.includes(parameters.region);
  if (!existsHere || hasAvailable(endpoints, "ec2messages", parameters)) return [];
  const version = valueOf(facts.get("node"))?.agentVersion;
  const isNewEnough = isAtLeast(version, WITHOUT_EC2MESSAGES);
  if (isNewEnough === true) return [];
  const details = optionalDetails("ec2messages", parameters);
  return [
    isNewEnough === false
      ? warning(
        "VPCE_OPTIONAL_MISSING",
        "medium",
        `no endpoint for ec2messages: agent ${version} needs it for Run Command, not for sessions`,
        details,
      )
      : info(
        "VPCE_OPTIONAL_MISSING",
        `no endpoint for ec2messages: agents before ${WITHOUT_EC2MESSAGES} need it for Run Command, ` +
          "not for sessions",
        details,
      ),
  ];
}

/** What the account's preferences make a shell session use. */
function shellFindings({ network, endpoints, facts, parameters }: ExtraContext): Finding[] {
  if (parameters.connection !== "shell") return [];
  const document = facts.get("preferences");
  if (document.state !== "known") {
    return [
      unknownBecause(
        "VPCE_NOT_VISIBLE",
        document,
        "which endpoints a shell session needs could not be read",
        { primary: false, resources: [{ type: "vpc", id: network.instance.vpcId }] },
      ),
    ];
  }
  if (!document.value.exists || !("preferences" in document.value)) return [];
  const { kmsKeyId, cloudWatchLogGroupName, s3BucketName } = document.value.preferences;
  const wanted = [
    { service: "kms", severity: "high", why: kmsKeyId && "encrypt the session" },
    { service: "logs", severity: "high", why: cloudWatchLogGroupName && "log to CloudWatch" },
    { service: "s3", severity: "medium", why: s3BucketName && "log to S3" },
  ] as const;
  return wanted.flatMap(({ service, severity, why }) => {
    const isThere = service === "s3"
      ? hasS3(endpoints, network, parameters)
      : hasAvailable(endpoints, service, parameters);
    if (!why || isThere) return [];
    return [
      warning(
        "VPCE_OPTIONAL_MISSING",
        severity,
        `no endpoint for ${service}: the preferences make shell sessions ${why}`,
        optionalDetails(service, parameters),
      ),
    ];
  });
}

function optionalDetails(
  service: "ec2messages" | "kms" | "logs" | "s3",
  parameters: CheckParameters,
): FindingDetails {
  const name = endpointServiceName(service, parameters.region);
  return {
    primary: false,
    resources: [{ type: "endpoint-service", id: name }],
    remediation: [
      service === "ec2messages"
        ? `Update the agent: ${fixCommand("update_agent", parameters)}`
        : `Create an endpoint for ${name}: VPC console, Endpoints, Create endpoint`,
    ],
    references: ["D1", "D2"],
  };
}

function hasAvailable(
  endpoints: readonly VpcEndpoint[],
  service: "ec2messages" | "kms" | "logs" | "s3",
  parameters: CheckParameters,
): boolean {
  return endpointsFor(endpoints, service, parameters).some(({ type, state }) =>
    type === "interface" && state === "available"
  );
}

/** A gateway endpoint takes effect through the route tables that it is put into. */
function hasS3(
  endpoints: readonly VpcEndpoint[],
  { routes }: Network,
  parameters: CheckParameters,
): boolean {
  return hasAvailable(endpoints, "s3", parameters) ||
    endpointsFor(endpoints, "s3", parameters).some(({ type, state, routeTableIds }) =>
      type === "gateway" && state === "available" &&
      routeTableIds.includes(routes.routeTableId ?? "")
    );
}
