/**
 * `add_endpoint_ingress_443`: the endpoint's group lets the instance's group in.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { groupUsers } from "./blast_radius.ts";
import { type FixDefinition, precondition } from "./contracts.ts";
import { addRule, hasRule } from "./group_rule.ts";

const ID = "add_endpoint_ingress_443";

export const addEndpointIngress443: FixDefinition = {
  id: ID,
  title: "let the instance into the endpoint's security group",
  class: "unsafe",
  unsafeBecause: ["widens_access"],
  scope: "vpc",
  permissions: ["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"],
  facts: ["instance", "securityGroups", "vpcEndpoints"],
  verify: ["security_groups"],
  verifyTimeoutMs: 60_000,
  async plan({ facts, findings, look, runId }) {
    const [primary] = valueOf(facts.get("instance"))?.interfaces ?? [];
    const source = primary?.groupIds[0];
    const endpoints = valueOf(facts.get("vpcEndpoints")) ?? [];
    const concerned = endpoints.filter(({ endpointId }) =>
      findings.some(({ resources }) => resources.some(({ id }) => id === endpointId))
    );
    const groupIds = [...new Set(concerned.flatMap(({ groupIds }) => groupIds.slice(0, 1)))];
    if (primary === undefined || source === undefined || groupIds.length === 0) return undefined;
    const groups = valueOf(facts.get("securityGroups"));
    const missing = groupIds.filter((groupId) => {
      const group = groups?.find((one) => one.groupId === groupId);
      return !hasRule(group?.ingress ?? [], { groupId: source });
    });
    const users = await Promise.all(groupIds.map((groupId) => groupUsers(look, groupId, [])));
    return {
      steps: missing.map((groupId) =>
        addRule("Ingress", { groupId, peer: { groupId: source }, fixId: ID, runId })
      ),
      preconditions: [
        precondition("the rule is absent", groups === undefined ? undefined : missing.length > 0),
      ],
      blastRadius: { source_group_id: source, groups: users },
      isDone: groups !== undefined && missing.length === 0,
    };
  },
};
