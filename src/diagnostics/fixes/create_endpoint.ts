/**
 * `create_endpoint`: the interface endpoints that a private subnet lacks.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { countInstances } from "./blast_radius.ts";
import {
  type FixDefinition,
  type FixStep,
  fixTags,
  FROM_RESPONSE,
  precondition,
} from "./contracts.ts";
import { addRule, hasRule } from "./group_rule.ts";

const ID = "create_endpoint";
const SERVICES = ["ssm", "ssmmessages"];
/** Longest ClientToken that EC2 takes. */
const TOKEN_LENGTH = 64;

interface CreateAnswer {
  VpcEndpoint?: { VpcEndpointId?: string };
}

export const createEndpoint: FixDefinition = {
  id: ID,
  title: "create the endpoints that are missing",
  class: "unsafe",
  unsafeBecause: ["cost", "redirects_vpc", "widens_access"],
  scope: "vpc",
  permissions: [
    "ec2:CreateVpcEndpoint",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateTags",
  ],
  facts: ["instance", "vpcEndpoints", "endpointServices", "securityGroups"],
  verify: ["vpc_endpoints", "security_groups", "ssm_agent"],
  verifyTimeoutMs: 300_000,
  async plan({ facts, parameters, look, runId }) {
    const instance = valueOf(facts.get("instance"));
    const listed = valueOf(facts.get("vpcEndpoints"));
    const [primary] = instance?.interfaces ?? [];
    if (instance === undefined || primary === undefined || listed === undefined) return undefined;
    const { region } = parameters;
    const prefix = parameters.partition === "aws-cn" ? "cn.com.amazonaws" : "com.amazonaws";
    const known = valueOf(facts.get("endpointServices"));
    const nameOf = (service: string) =>
      known?.find((name) => name.endsWith(`.${region}.${service}`)) ??
        `${prefix}.${region}.${service}`;
    const interfaces = listed.filter(({ type }) => type === "interface");
    const existing = interfaces.filter(({ state }) => !["deleted", "deleting"].includes(state));
    const missing = SERVICES.map(nameOf).filter((name) =>
      !existing.some(({ serviceName }) => serviceName === name)
    );
    // The group of an endpoint that is there lets the instance in, or has a finding of its own.
    const sharedIds = existing.find(({ serviceName }) =>
      SERVICES.some((service) => serviceName.endsWith(`.${service}`))
    )?.groupIds;
    const groupIds = sharedIds ?? primary.groupIds;
    const ownId = sharedIds === undefined ? primary.groupIds[0] : undefined;
    const own = valueOf(facts.get("securityGroups"))?.find(({ groupId }) => groupId === ownId);
    const isDeleting = interfaces.some(({ state, serviceName }) =>
      state === "deleting" && missing.includes(serviceName)
    );
    const isClosed = own !== undefined && !hasRule(own.ingress, { groupId: own.groupId });
    // The endpoint is put into the instance's own group, whose members then must reach each other.
    const door = isClosed
      ? [addRule("Ingress", {
        groupId: own.groupId,
        peer: { groupId: own.groupId },
        fixId: ID,
        runId,
      })]
      : [];
    const endpoints = missing.map((ServiceName): FixStep => ({
      service: "ec2",
      action: "CreateVpcEndpoint",
      params: {
        VpcId: instance.vpcId,
        ServiceName,
        VpcEndpointType: "Interface",
        SubnetIds: [primary.subnetId],
        SecurityGroupIds: [...groupIds],
        PrivateDnsEnabled: true,
        ClientToken: `${runId}-${ServiceName}`.slice(-TOKEN_LENGTH),
        TagSpecifications: fixTags("vpc-endpoint", ID, runId),
      },
      rollback: (answer) => ({
        service: "ec2",
        action: "DeleteVpcEndpoints",
        params: {
          VpcEndpointIds: [
            (answer as CreateAnswer | undefined)?.VpcEndpoint?.VpcEndpointId ?? FROM_RESPONSE,
          ],
        },
      }),
    }));
    return {
      steps: [...door, ...endpoints],
      preconditions: [
        precondition(
          "the service exists in this Region",
          known && missing.every((name) => known.includes(name)),
        ),
        precondition("no endpoint of the same name is being deleted", !isDeleting),
      ],
      blastRadius: {
        vpc_id: instance.vpcId,
        ...await countInstances(look, instance.vpcId),
        warnings: [
          "each endpoint is billed by the hour",
          `other instances of the VPC reach the services by way of ${groupIds.join(", ")} then`,
        ],
      },
      isDone: missing.length === 0,
    };
  },
};
