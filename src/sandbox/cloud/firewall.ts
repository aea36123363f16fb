/**
 * The two kinds of packet filters: stateful security groups, stateless network lists.
 *
 * Source: VPC user guide, "Security group rules" and "Network ACL rules".
 *
 * @module
 */
import { containsBlock } from "./cidr.ts";
import type { GroupRule, NetworkAcl, PortRange, PrefixList, SecurityGroup } from "./network.ts";

/** The other end, as rules may name it. */
export interface Peer {
  ip: string;
  /** Groups of the other end's interface; empty outside the VPC. */
  groupIds: readonly string[];
}

/** Whether any rule of any group lets TCP pass on this port; there are no rules that refuse. */
export function groupsAllow(
  groups: readonly SecurityGroup[],
  packet: { isEgress: boolean; port: number; peer: Peer },
  prefixLists: ReadonlyMap<string, PrefixList>,
): boolean {
  return groups.some(({ rules }) =>
    rules.some((rule) =>
      rule.isEgress === packet.isEgress && isTcp(rule.protocol) &&
      isInside(packet.port, rule.ports) && isPeer(rule, packet.peer, prefixLists)
    )
  );
}

function isTcp(protocol: string): boolean {
  return protocol === "-1" || protocol === "tcp" || protocol === "6";
}

function isInside(port: number, range: PortRange | undefined): boolean {
  return range === undefined || (range.from <= port && port <= range.to);
}

function isPeer(
  { peer }: GroupRule,
  { ip, groupIds }: Peer,
  prefixLists: ReadonlyMap<string, PrefixList>,
): boolean {
  if (peer.groupId !== undefined) return groupIds.includes(peer.groupId);
  if (peer.prefixListId !== undefined) {
    const entries = prefixLists.get(peer.prefixListId)?.entries ?? [];
    return entries.some(({ cidr }) => containsBlock(cidr, ip));
  }
  return containsBlock(peer.cidr ?? peer.ipv6Cidr ?? "", ip);
}

/** Whether a list lets TCP pass: the entry with the lowest number that fits decides. */
export function aclAllows(
  acl: NetworkAcl | undefined,
  packet: { isEgress: boolean; port: number; ip: string },
): boolean {
  const fitting = (acl?.entries ?? [])
    .filter((entry) =>
      entry.isEgress === packet.isEgress && isTcp(entry.protocol) &&
      isInside(packet.port, entry.ports) && containsBlock(entry.cidr, packet.ip)
    )
    .sort((a, b) => a.ruleNumber - b.ruleNumber);
  return fitting[0]?.isAllow ?? false;
}
