/**
 * Whether a security group has a rule already.
 *
 * @module
 */

import type { SecurityGroupRule } from "../facts/network.ts";

/** The other end of a rule about TCP 443. */
export type RulePeer = { groupId: string } | { cidr: string };

/** A rule about TCP 443 with exactly this peer, or one about more. */
export function hasRule(rules: readonly SecurityGroupRule[], peer: RulePeer): boolean {
  return rules.some(({ protocol, ports, groupIds, cidrs }) => {
    const isTcp = ["tcp", "6", "-1"].includes(protocol);
    const has443 = ports === undefined || (ports.from <= 443 && ports.to >= 443);
    const hasPeer = "groupId" in peer ? groupIds.includes(peer.groupId) : cidrs.includes(peer.cidr);
    return isTcp && has443 && hasPeer;
  });
}
