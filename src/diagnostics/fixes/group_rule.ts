/**
 * Rules of security groups about TCP 443: whether one is there, and the step that adds it.
 *
 * @module
 */

import type { Json } from "../contracts.ts";
import type { SecurityGroupRule } from "../facts/network.ts";
import { type FixStep, fixTags, FROM_RESPONSE } from "./contracts.ts";

/** The other end of a rule about TCP 443. */
export type RulePeer = { groupId: string } | { cidr: string };

const Description = "ec2-connect: Systems Manager";

/** A rule about TCP 443 with exactly this peer, or one about more. */
export function hasRule(rules: readonly SecurityGroupRule[], peer: RulePeer): boolean {
  return rules.some(({ protocol, ports, groupIds, cidrs }) => {
    const isTcp = ["tcp", "6", "-1"].includes(protocol);
    const has443 = ports === undefined || (ports.from <= 443 && ports.to >= 443);
    const hasPeer = "groupId" in peer ? groupIds.includes(peer.groupId) : cidrs.includes(peer.cidr);
    return isTcp && has443 && hasPeer;
  });
}

/** Adds a rule to a group, and takes exactly that one back. */
export function addRule(
  direction: "Ingress" | "Egress",
  rule: { groupId: string; peer: RulePeer; fixId: string; runId: string },
): FixStep {
  const { groupId, peer, fixId, runId } = rule;
  return {
    service: "ec2",
    action: `AuthorizeSecurityGroup${direction}`,
    params: {
      GroupId: groupId,
      IpPermissions: [permissionFor(peer)],
      TagSpecifications: fixTags("security-group-rule", fixId, runId),
    },
    rollback: (answer) => ({
      service: "ec2",
      action: `RevokeSecurityGroup${direction}`,
      params: { GroupId: groupId, SecurityGroupRuleIds: ruleIds(answer as AuthorizeAnswer) },
    }),
  };
}

interface AuthorizeAnswer {
  SecurityGroupRules?: { SecurityGroupRuleId?: string }[];
}

function permissionFor(peer: RulePeer): { readonly [key: string]: Json } {
  return {
    IpProtocol: "tcp",
    FromPort: 443,
    ToPort: 443,
    ...("groupId" in peer
      ? { UserIdGroupPairs: [{ GroupId: peer.groupId, Description }] }
      : { IpRanges: [{ CidrIp: peer.cidr, Description }] }),
  };
}

function ruleIds(answer: AuthorizeAnswer | undefined): string[] {
  const ids =
    answer?.SecurityGroupRules?.flatMap(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? []) ??
      [];
  return ids.length === 0 ? [FROM_RESPONSE] : ids;
}
