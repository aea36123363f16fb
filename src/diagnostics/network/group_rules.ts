/**
 * What security groups let through: any one rule of any group that matches; there are no refusals.
 * Stateful: answers pass by themselves.
 *
 * @module
 */

import type { PrefixList, SecurityGroup, SecurityGroupRule } from "../facts/network.ts";
import { type Block, containsBlock, type Family, parseBlocks } from "./addresses.ts";
import { HTTPS, isTcp, portSpan } from "./ports.ts";
import { containsSpan, type Coverage, coverageOf, cutSpan, type Span } from "./spans.ts";

/** Rules of some groups in one direction that are about TCP 443. */
export type HttpsRules = readonly SecurityGroupRule[];

export function httpsRules(
  groups: readonly SecurityGroup[],
  direction: "egress" | "ingress",
): HttpsRules {
  return groups.flatMap((group) => group[direction]).filter((rule) => isAboutPorts(rule, HTTPS));
}

/** Whether a rule lets TCP to all of the ports, from or to whomever it names. */
export function isAboutPorts({ protocol, ports }: SecurityGroupRule, wanted: Span): boolean {
  return isTcp(protocol) && containsSpan(portSpan(protocol === "-1" ? undefined : ports), wanted);
}

/** A rule that names the groups of the other side admits its addresses, whichever they are. */
export function namesGroup(rules: HttpsRules, groupIds: readonly string[]): boolean {
  return rules.some((rule) => rule.groupIds.some((id) => groupIds.includes(id)));
}

/** Ids of prefix lists that rules name and that were not read: what they permit is not known. */
export function unreadPrefixLists(rules: HttpsRules, lists: readonly PrefixList[]): string[] {
  return rules.flatMap((rule) => rule.prefixListIds)
    .filter((id) => !lists.some((list) => list.prefixListId === id));
}

/** Whether a single rule contains all of the block, by address or prefix list. */
export function permitsBlock(
  rules: HttpsRules,
  target: Block,
  lists: readonly PrefixList[],
): boolean {
  const blocks = [...addressBlocks(rules), ...listBlocks(rules, lists)];
  return blocks.some((block) => containsBlock(block, target));
}

/**
 * How much of a wide target rules let through together.
 *
 * A prefix list counts only when it holds all of it: the lists that AWS keeps name other services (S3,
 * DynamoDB, CloudFront), and no list of them holds the addresses of Systems Manager.
 */
export function coverWide(
  rules: HttpsRules,
  targets: readonly Block[],
  lists: readonly PrefixList[],
): Coverage {
  const permitted = addressBlocks(rules);
  const fromLists = listBlocks(rules, lists);
  if (targets.every((target) => fromLists.some((block) => containsBlock(block, target)))) {
    return "all";
  }
  return coverageOf(
    targets.flatMap((target) =>
      cutSpan(target, permitted.filter(({ family }) => family === target.family))
        .map((piece) => ({ family: target.family, ...piece }))
        .map((piece) => permitted.some((block) => containsBlock(block, piece)))
    ),
  );
}

/** Whether some rule admits addresses of a family at all. */
export function hasRuleFor(rules: HttpsRules, family: Family): boolean {
  return addressBlocks(rules).some((block) => block.family === family);
}

function addressBlocks(rules: HttpsRules): Block[] {
  return rules.flatMap((rule) => parseBlocks([...rule.cidrs, ...rule.ipv6Cidrs]));
}

function listBlocks(rules: HttpsRules, lists: readonly PrefixList[]): Block[] {
  const named = new Set(rules.flatMap((rule) => rule.prefixListIds));
  return lists.filter(({ prefixListId }) => named.has(prefixListId))
    .flatMap(({ cidrs }) => parseBlocks(cidrs));
}
