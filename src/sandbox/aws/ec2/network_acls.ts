/**
 * Network ACLs and their entries.
 *
 * @module
 */
import { parseBlock } from "../../cloud/cidr.ts";
import { ACCOUNT_ID } from "../../cloud/ids.ts";
import type { AclEntry, NetworkAcl } from "../../cloud/network.ts";
import { ApiError } from "../api_error.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { describe, type Kind, notFound } from "./describe.ts";
import {
  type Ec2Operation,
  type Ec2Request,
  existing,
  readBoolean,
  tagSet,
  TRUE,
} from "./request.ts";

const NOT_FOUND = { code: "InvalidNetworkAclID.NotFound", noun: "networkAcl ID" };
/** Source: VPC user guide. 32767 is the entry that refuses what is left. */
const RULE_NUMBERS = { min: 1, max: 32_766 };
const PORTS = { min: 0, max: 65_535 };

const NETWORK_ACLS: Kind<NetworkAcl> = {
  set: "networkAclSet",
  idParameter: "NetworkAclId",
  id: ({ networkAclId }) => networkAclId,
  notFound: notFound(NOT_FOUND.code, NOT_FOUND.noun),
  tags: ({ tags }) => tags,
  filters: {
    "network-acl-id": ({ networkAclId }) => [networkAclId],
    "association.network-acl-id": ({ networkAclId }) => [networkAclId],
    "association.subnet-id": ({ subnetIds }) => subnetIds,
    "vpc-id": ({ vpcId }) => [vpcId],
    "default": ({ isDefault }) => [String(isDefault)],
  },
  toXml: (acl) => ({
    networkAclId: acl.networkAclId,
    vpcId: acl.vpcId,
    ownerId: ACCOUNT_ID,
    default: acl.isDefault,
    entrySet: new XmlList(acl.entries.map(entryXml)),
    associationSet: new XmlList(acl.subnetIds.map((subnetId) => ({
      networkAclAssociationId: subnetId.replace(/^subnet-/, "aclassoc-"),
      networkAclId: acl.networkAclId,
      subnetId,
    }))),
    tagSet: new XmlList(tagSet(acl.tags)),
  }),
};

function entryXml(entry: AclEntry): XmlMembers {
  return {
    ruleNumber: entry.ruleNumber,
    protocol: entry.protocol,
    ruleAction: entry.isAllow ? "allow" : "deny",
    egress: entry.isEgress,
    ...(entry.cidr.includes(":") ? { ipv6CidrBlock: entry.cidr } : { cidrBlock: entry.cidr }),
    portRange: entry.ports && { from: entry.ports.from, to: entry.ports.to },
  };
}

function place({ parameters, region }: Ec2Request) {
  const acl = existing(region.networkAcls, parameters.require("NetworkAclId"), NOT_FOUND);
  parameters.require("RuleNumber");
  const ruleNumber = parameters.integer("RuleNumber", RULE_NUMBERS)!;
  const isEgress = readBoolean(parameters, "Egress") ?? false;
  const old = acl.entries.find((each) =>
    each.ruleNumber === ruleNumber && each.isEgress === isEgress
  );
  return { acl, ruleNumber, isEgress, old };
}

function entryOf({ parameters }: Ec2Request, ruleNumber: number, isEgress: boolean): AclEntry {
  const cidr = parameters.get("CidrBlock") ?? parameters.require("Ipv6CidrBlock");
  if (parseBlock(cidr) === undefined) {
    throw new ApiError("InvalidParameterValue", `CIDR block ${cidr} is malformed`);
  }
  const protocol = parameters.require("Protocol");
  const from = parameters.integer("PortRange.From", PORTS);
  const to = parameters.integer("PortRange.To", PORTS);
  const action = parameters.oneOf("RuleAction", ["allow", "deny"]);
  if (action === undefined) parameters.require("RuleAction");
  return {
    ruleNumber,
    isEgress,
    protocol: { tcp: "6", udp: "17", icmp: "1", all: "-1" }[protocol] ?? protocol,
    isAllow: action === "allow",
    cidr,
    ports: from === undefined || to === undefined ? undefined : { from, to },
  };
}

function createEntry(request: Ec2Request): XmlMembers {
  const { acl, ruleNumber, isEgress, old } = place(request);
  if (old !== undefined) {
    throw new ApiError(
      "NetworkAclEntryAlreadyExists",
      `The network acl entry identified by ${ruleNumber} already exists.`,
    );
  }
  acl.entries.push(entryOf(request, ruleNumber, isEgress));
  return TRUE;
}

function replaceEntry(request: Ec2Request): XmlMembers {
  const { acl, ruleNumber, isEgress, old } = place(request);
  if (old === undefined) throw noEntry(ruleNumber);
  acl.entries = acl.entries.map((each) =>
    each === old ? entryOf(request, ruleNumber, isEgress) : each
  );
  return TRUE;
}

function deleteEntry(request: Ec2Request): XmlMembers {
  const { acl, ruleNumber, old } = place(request);
  if (old === undefined) throw noEntry(ruleNumber);
  acl.entries = acl.entries.filter((each) => each !== old);
  return TRUE;
}

function noEntry(ruleNumber: number): ApiError {
  return new ApiError(
    "InvalidNetworkAclEntry.NotFound",
    `The network acl entry identified by ${ruleNumber} does not exist.`,
  );
}

export const NETWORK_ACL_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeNetworkAcls: (request) =>
    describe(NETWORK_ACLS, request.region.networkAcls.values(), request),
  CreateNetworkAclEntry: createEntry,
  ReplaceNetworkAclEntry: replaceEntry,
  DeleteNetworkAclEntry: deleteEntry,
};
