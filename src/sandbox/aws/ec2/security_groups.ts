/**
 * Security groups, their rules, and the prefix lists that rules name.
 *
 * @module
 */
import { parseBlock } from "../../cloud/cidr.ts";
import { ACCOUNT_ID, newId } from "../../cloud/ids.ts";
import type { GroupRule, PrefixList, RulePeer, SecurityGroup } from "../../cloud/network.ts";
import { ApiError } from "../api_error.ts";
import type { QueryParameters } from "../query_parameters.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { describe, type Kind, notFound } from "./describe.ts";
import { present } from "./filters.ts";
import { type Ec2Operation, type Ec2Request, existing, tagSet, tagsFor } from "./request.ts";

const NOT_FOUND = { code: "InvalidGroup.NotFound", noun: "security group" };
const PORTS = { min: -1, max: 65_535 };

const GROUPS: Kind<SecurityGroup> = {
  set: "securityGroupInfo",
  idParameter: "GroupId",
  id: ({ groupId }) => groupId,
  notFound: notFound(NOT_FOUND.code, NOT_FOUND.noun),
  tags: ({ tags }) => tags,
  filters: {
    "group-id": ({ groupId }) => [groupId],
    "group-name": ({ name }) => [name],
    "description": ({ description }) => [description],
    "vpc-id": ({ vpcId }) => [vpcId],
    "owner-id": () => [ACCOUNT_ID],
    "ip-permission.group-id": ({ rules }) => rules.flatMap(({ peer }) => present(peer.groupId)),
    "ip-permission.cidr": ({ rules }) => rules.flatMap(({ peer }) => present(peer.cidr)),
  },
  toXml: (group, { region }) => ({
    groupId: group.groupId,
    groupName: group.name,
    groupDescription: group.description,
    securityGroupArn: `arn:aws:ec2:${region.name}:${ACCOUNT_ID}:security-group/${group.groupId}`,
    ownerId: ACCOUNT_ID,
    vpcId: group.vpcId,
    ipPermissions: permissionsXml(group, false),
    ipPermissionsEgress: permissionsXml(group, true),
    tagSet: new XmlList(tagSet(group.tags)),
  }),
};

/** Rules of one protocol and port range are one permission, whatever their peers. */
function permissionsXml(group: SecurityGroup, isEgress: boolean): XmlList {
  const permissions = new Map<string, GroupRule[]>();
  for (const rule of group.rules) {
    if (rule.isEgress !== isEgress) continue;
    const key = `${rule.protocol} ${rule.ports?.from} ${rule.ports?.to}`;
    permissions.set(key, [...(permissions.get(key) ?? []), rule]);
  }
  return new XmlList([...permissions.values()].map((rules) => {
    const first = rules[0]!;
    const peers = (read: (peer: RulePeer) => XmlMembers | undefined) =>
      new XmlList(rules.flatMap(({ peer, description }) => {
        const xml = read(peer);
        return xml === undefined ? [] : [{ ...xml, description: present(description)[0] }];
      }));
    return {
      ipProtocol: first.protocol,
      fromPort: first.ports?.from,
      toPort: first.ports?.to,
      groups: peers(({ groupId }) =>
        groupId === undefined ? undefined : {
          userId: ACCOUNT_ID,
          groupId,
        }
      ),
      ipRanges: peers(({ cidr }) => cidr === undefined ? undefined : { cidrIp: cidr }),
      ipv6Ranges: peers(({ ipv6Cidr }) =>
        ipv6Cidr === undefined ? undefined : { cidrIpv6: ipv6Cidr }
      ),
      prefixListIds: peers(({ prefixListId }) =>
        prefixListId === undefined ? undefined : { prefixListId }
      ),
    };
  }));
}

interface RuleOfGroup {
  group: SecurityGroup;
  rule: GroupRule;
}

const RULES: Kind<RuleOfGroup> = {
  set: "securityGroupRuleSet",
  idParameter: "SecurityGroupRuleId",
  id: ({ rule }) => rule.ruleId,
  notFound: notFound("InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
  tags: ({ rule }) => rule.tags,
  filters: {
    "group-id": ({ group }) => [group.groupId],
    "security-group-rule-id": ({ rule }) => [rule.ruleId],
  },
  toXml: ruleXml,
};

function ruleXml({ group, rule }: RuleOfGroup): XmlMembers {
  const { peer, ports } = rule;
  return {
    securityGroupRuleId: rule.ruleId,
    groupId: group.groupId,
    groupOwnerId: ACCOUNT_ID,
    isEgress: rule.isEgress,
    ipProtocol: rule.protocol,
    fromPort: ports?.from ?? -1,
    toPort: ports?.to ?? -1,
    cidrIpv4: peer.cidr,
    cidrIpv6: peer.ipv6Cidr,
    prefixListId: peer.prefixListId,
    referencedGroupInfo: peer.groupId && { groupId: peer.groupId, userId: ACCOUNT_ID },
    description: present(rule.description)[0],
    tagSet: new XmlList(tagSet(rule.tags)),
  };
}

// --- Changes ---

function groupOf({ parameters, region }: Ec2Request): SecurityGroup {
  return existing(region.securityGroups, parameters.require("GroupId"), NOT_FOUND);
}

/** One rule for each peer of each permission, in the order of the request. */
function rulesOf(parameters: QueryParameters, isEgress: boolean): Omit<GroupRule, "tags">[] {
  const listed = parameters.members("IpPermissions");
  // The older form: one rule in parameters of the request itself.
  const permissions = listed.length > 0 ? listed : [parameters];
  const rules = permissions.flatMap((permission) => {
    const protocol = normalProtocol(permission.require("IpProtocol"));
    const from = permission.integer("FromPort", PORTS);
    const to = permission.integer("ToPort", PORTS);
    const isAll = protocol === "-1" || from === undefined || to === undefined || from === -1;
    const ports = isAll ? undefined : { from, to };
    return peersOf(permission).map(({ peer, description }) => ({
      ruleId: newId("sgr"),
      isEgress,
      protocol,
      ports,
      peer,
      description,
    }));
  });
  if (rules.length === 0) {
    throw new ApiError("MissingParameter", "The request must contain a peer of the rule");
  }
  return rules;
}

function normalProtocol(written: string): string {
  return { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", all: "-1" }[written] ?? written;
}

function peersOf(permission: QueryParameters): { peer: RulePeer; description: string }[] {
  const read = (list: string, member: string, toPeer: (value: string) => RulePeer) =>
    permission.members(list).map((each) => ({
      peer: toPeer(each.require(member)),
      description: each.get("Description") ?? "",
    }));
  const single = permission.get("CidrIp");
  return [
    ...(single === undefined ? [] : [{ peer: { cidr: checkedCidr(single) }, description: "" }]),
    ...read("IpRanges", "CidrIp", (cidr) => ({ cidr: checkedCidr(cidr) })),
    ...read("Ipv6Ranges", "CidrIpv6", (ipv6Cidr) => ({ ipv6Cidr: checkedCidr(ipv6Cidr) })),
    ...read("UserIdGroupPairs", "GroupId", (groupId) => ({ groupId })),
    ...read("Groups", "GroupId", (groupId) => ({ groupId })),
    ...read("PrefixListIds", "PrefixListId", (prefixListId) => ({ prefixListId })),
  ];
}

function checkedCidr(cidr: string): string {
  if (parseBlock(cidr) !== undefined) return cidr;
  throw new ApiError("InvalidParameterValue", `CIDR block ${cidr} is malformed`);
}

function isSame(a: Omit<GroupRule, "tags">, b: Omit<GroupRule, "tags">): boolean {
  const key = ({ isEgress, protocol, ports, peer }: Omit<GroupRule, "tags">) =>
    JSON.stringify([
      isEgress,
      protocol,
      ports?.from,
      ports?.to,
      peer.cidr,
      peer.ipv6Cidr,
      peer.groupId,
      peer.prefixListId,
    ]);
  return key(a) === key(b);
}

function authorize(request: Ec2Request, isEgress: boolean): XmlMembers {
  const { parameters, region } = request;
  const group = groupOf(request);
  const tags = tagsFor(parameters, "security-group-rule");
  const added = rulesOf(parameters, isEgress).map((rule) => ({ ...rule, tags }));
  for (const rule of added) {
    const { groupId } = rule.peer;
    if (groupId !== undefined) existing(region.securityGroups, groupId, NOT_FOUND);
    if (!group.rules.some((each) => isSame(each, rule))) continue;
    throw new ApiError(
      "InvalidPermission.Duplicate",
      `the specified rule "peer: ${Object.values(rule.peer)[0]}, ${rule.protocol}" already exists`,
    );
  }
  group.rules.push(...added);
  return {
    return: true,
    securityGroupRuleSet: new XmlList(added.map((rule) => ruleXml({ group, rule }))),
  };
}

function revoke(request: Ec2Request, isEgress: boolean): XmlMembers {
  const group = groupOf(request);
  const ids = request.parameters.list("SecurityGroupRuleId");
  const wanted = ids.length > 0
    ? ids.map((id) => group.rules.find(({ ruleId }) => ruleId === id))
    : rulesOf(request.parameters, isEgress).map((rule) =>
      group.rules.find((each) => isSame(each, rule))
    );
  const missing = wanted.findIndex((rule) => rule?.isEgress !== isEgress);
  if (missing >= 0) {
    throw ids.length > 0
      ? new ApiError(
        "InvalidSecurityGroupRuleId.NotFound",
        `The security group rule ID '${ids[missing]}' does not exist`,
      )
      : new ApiError(
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
      );
  }
  group.rules = group.rules.filter((rule) => !wanted.includes(rule));
  return { return: true };
}

// --- Prefix lists ---

const PREFIX_LISTS: Kind<PrefixList> = {
  set: "prefixListSet",
  idParameter: "PrefixListId",
  id: ({ prefixListId }) => prefixListId,
  notFound: notFound("InvalidPrefixListID.NotFound", "prefix list ID"),
  pageSize: { min: 1, max: 100 },
  filters: {
    "prefix-list-id": ({ prefixListId }) => [prefixListId],
    "prefix-list-name": ({ name }) => [name],
    "owner-id": () => ["AWS"],
  },
  toXml: (list, { region }) => ({
    prefixListId: list.prefixListId,
    addressFamily: "IPv4",
    state: "create-complete",
    prefixListArn: `arn:aws:ec2:${region.name}:aws:prefix-list/${list.prefixListId}`,
    prefixListName: list.name,
    ownerId: "AWS",
    tagSet: new XmlList([]),
  }),
};

function prefixListEntries({ parameters, region }: Ec2Request): XmlMembers {
  const list = existing(region.prefixLists, parameters.require("PrefixListId"), {
    code: "InvalidPrefixListID.NotFound",
    noun: "prefix list ID",
  });
  return {
    entrySet: new XmlList(list.entries.map(({ cidr, description }) => ({
      cidr,
      description: present(description)[0],
    }))),
  };
}

export const SECURITY_GROUP_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeSecurityGroups: (request) =>
    describe(GROUPS, request.region.securityGroups.values(), request),
  DescribeSecurityGroupRules: (request) =>
    describe(
      RULES,
      [...request.region.securityGroups.values()].flatMap((group) =>
        group.rules.map((rule) => ({ group, rule }))
      ),
      request,
    ),
  AuthorizeSecurityGroupIngress: (request) => authorize(request, false),
  AuthorizeSecurityGroupEgress: (request) => authorize(request, true),
  RevokeSecurityGroupIngress: (request) => revoke(request, false),
  RevokeSecurityGroupEgress: (request) => revoke(request, true),
  DescribeManagedPrefixLists: (request) =>
    describe(PREFIX_LISTS, request.region.prefixLists.values(), request),
  GetManagedPrefixListEntries: prefixListEntries,
};
