/**
 * Whether the groups on both ends let TCP 443 from the instance to a service.
 *
 * Groups and lists that are named and were not read may hold the rule that is missed: then nothing is
 * refused for certain.
 *
 * @module
 */

import type { Denied, Fact, Failed } from "../facts/fact.ts";
import type { InstanceInterface } from "../facts/instance.ts";
import type { PrefixList, SecurityGroup } from "../facts/network.ts";
import { type Block, EVERYWHERE, type Family, INTERNET } from "./addresses.ts";
import {
  coverWide,
  hasRuleFor,
  type HttpsRules,
  httpsRules,
  namesGroup,
  permitsBlock,
  unreadPrefixLists,
} from "./group_rules.ts";
import type { ServiceTarget } from "./targets.ts";

export type GroupVerdict =
  | { verdict: "allowed" }
  | { verdict: "blocked" }
  /** Only rules of the other address family. */
  | { verdict: "other_family" }
  /** Some addresses of an endpoint, not all. */
  | { verdict: "partial" }
  /** Some addresses of the internet, not all. */
  | { verdict: "restricted" }
  /** Not to be told; `unread`: ids of groups and lists that were not returned. */
  | { verdict: "unseen"; because: Denied | Failed | undefined; unread: readonly string[] }
  /** There is nothing to reach. */
  | { verdict: "no_target" };

export interface GroupFacts {
  groups: readonly SecurityGroup[];
  lists: Fact<readonly PrefixList[]>;
}

/** Groups of one side, as far as they were read, and what was not. */
interface Side {
  rules: HttpsRules;
  lists: readonly PrefixList[];
  /** Ids of groups and prefix lists that are named and not known. */
  unread: readonly string[];
  because: Denied | Failed | undefined;
}

export function judgeEgress(
  target: ServiceTarget,
  groupIds: readonly string[],
  family: Family,
  facts: GroupFacts,
): GroupVerdict {
  const side = sideOf(groupIds, "egress", facts);
  const verdict = egressVerdict(target, side, family);
  return settle(verdict, side);
}

/** The endpoint's side; every other target has none that we may judge. */
export function judgeIngress(
  target: Extract<ServiceTarget, { kind: "endpoint" }>,
  source: { interface_: InstanceInterface; addresses: readonly Block[] },
  facts: GroupFacts,
): GroupVerdict {
  const { groupIds } = target.endpoint;
  if (groupIds.length === 0) return { verdict: "unseen", because: undefined, unread: [] };
  const side = sideOf(groupIds, "ingress", facts);
  const { rules, lists } = side;
  const isAllowed = namesGroup(rules, source.interface_.groupIds) ||
    (source.addresses.length > 0 &&
      source.addresses.every((address) => permitsBlock(rules, address, lists)));
  return settle({ verdict: isAllowed ? "allowed" : "blocked" }, side);
}

function egressVerdict(target: ServiceTarget, side: Side, family: Family): GroupVerdict {
  const { rules, lists } = side;
  const none: GroupVerdict = hasOnlyOtherFamily(rules, family)
    ? { verdict: "other_family" }
    : { verdict: "blocked" };
  switch (target.kind) {
    case "endpoint": {
      if (namesGroup(rules, target.endpoint.groupIds)) return { verdict: "allowed" };
      if (target.addresses.length === 0) {
        return withoutAddresses(target.because, side, family, none);
      }
      const reached = target.addresses.map(({ block }) => permitsBlock(rules, block, lists));
      if (!reached.includes(false)) return { verdict: "allowed" };
      return reached.includes(true) ? { verdict: "partial" } : none;
    }
    case "internet":
      switch (coverWide(rules, INTERNET[family], lists)) {
        case "all":
          return { verdict: "allowed" };
        case "some":
          return { verdict: "restricted" };
        default:
          return none;
      }
    case "elsewhere":
      if (coversAll(side, family)) return { verdict: "allowed" };
      // A shared VPC may be what a block, a group or a list of it stands for.
      return rules.length === 0 || none.verdict === "other_family"
        ? none
        : { verdict: "restricted" };
    case "unseen":
      return rules.length === 0 ? none : { verdict: "unseen", because: target.because, unread: [] };
    case "nowhere":
      if (rules.length === 0) return none;
      return coversAll(side, family) ? { verdict: "allowed" } : { verdict: "no_target" };
    default:
      return target satisfies never;
  }
}

function withoutAddresses(
  because: Denied | Failed | undefined,
  side: Side,
  family: Family,
  none: GroupVerdict,
): GroupVerdict {
  if (coversAll(side, family)) return { verdict: "allowed" };
  return side.rules.length === 0 ? none : { verdict: "unseen", because, unread: [] };
}

function coversAll({ rules, lists }: Side, family: Family): boolean {
  return coverWide(rules, [EVERYWHERE[family]], lists) === "all";
}

/** Rules by group or list are of no family. */
function hasOnlyOtherFamily(rules: HttpsRules, family: Family): boolean {
  return hasRuleFor(rules, family === 4 ? 6 : 4) && !hasRuleFor(rules, family) &&
    rules.every(({ groupIds, prefixListIds }) =>
      groupIds.length === 0 && prefixListIds.length === 0
    );
}

function settle(verdict: GroupVerdict, { unread, because }: Side): GroupVerdict {
  const isOpen = verdict.verdict === "allowed" || verdict.verdict === "no_target" ||
    verdict.verdict === "unseen";
  return isOpen || unread.length === 0 ? verdict : { verdict: "unseen", because, unread };
}

function sideOf(
  groupIds: readonly string[],
  direction: "egress" | "ingress",
  { groups, lists }: GroupFacts,
): Side {
  const own = groups.filter(({ groupId }) => groupIds.includes(groupId));
  const rules = httpsRules(own, direction);
  const read = lists.state === "known" ? lists.value : [];
  const unreadLists = unreadPrefixLists(rules, read);
  return {
    rules,
    lists: read,
    unread: [...unreadGroups(groupIds, groups), ...unreadLists],
    because: unreadLists.length > 0 && lists.state !== "known" ? lists : undefined,
  };
}

/** Ids that were asked for and not returned: another account's, or gone. */
export function unreadGroups(
  groupIds: readonly string[],
  groups: readonly SecurityGroup[],
): string[] {
  return groupIds.filter((id) => !groups.some(({ groupId }) => groupId === id));
}
