/**
 * VPCs, their subnets and DHCP options.
 *
 * @module
 */
import { ACCOUNT_ID } from "../../cloud/ids.ts";
import type { DhcpOptions, NetworkInterface, Subnet, Vpc } from "../../cloud/network.ts";
import { ApiError } from "../api_error.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { describe, type Kind, notFound } from "./describe.ts";
import { present } from "./filters.ts";
import { groupSet } from "./instance_model.ts";
import {
  attributeValue,
  type Ec2Operation,
  type Ec2Request,
  existing,
  tagSet,
  TRUE,
} from "./request.ts";

const VPC_NOT_FOUND = { code: "InvalidVpcID.NotFound", noun: "vpc ID" };

const VPCS: Kind<Vpc> = {
  set: "vpcSet",
  idParameter: "VpcId",
  id: ({ vpcId }) => vpcId,
  notFound: notFound(VPC_NOT_FOUND.code, VPC_NOT_FOUND.noun),
  tags: ({ tags }) => tags,
  filters: {
    "vpc-id": ({ vpcId }) => [vpcId],
    "cidr": ({ cidr }) => [cidr],
    "cidr-block-association.cidr-block": ({ cidr }) => [cidr],
    "dhcp-options-id": ({ dhcpOptionsId }) => [dhcpOptionsId],
    "is-default": ({ isDefault }) => [String(isDefault)],
    "owner-id": () => [ACCOUNT_ID],
    "state": () => ["available"],
  },
  toXml: (vpc) => ({
    vpcId: vpc.vpcId,
    ownerId: ACCOUNT_ID,
    state: "available",
    cidrBlock: vpc.cidr,
    cidrBlockAssociationSet: new XmlList([{
      cidrBlock: vpc.cidr,
      associationId: vpc.vpcId.replace(/^vpc-/, "vpc-cidr-assoc-"),
      cidrBlockState: { state: "associated" },
    }]),
    ipv6CidrBlockAssociationSet: vpc.ipv6Cidr && new XmlList([{
      ipv6CidrBlock: vpc.ipv6Cidr,
      associationId: vpc.vpcId.replace(/^vpc-/, "vpc-cidr-assoc-6"),
      ipv6CidrBlockState: { state: "associated" },
      ipv6Pool: "Amazon",
    }]),
    dhcpOptionsId: vpc.dhcpOptionsId,
    instanceTenancy: "default",
    isDefault: vpc.isDefault,
    tagSet: new XmlList(tagSet(vpc.tags)),
  }),
};

const SUBNETS: Kind<Subnet> = {
  set: "subnetSet",
  idParameter: "SubnetId",
  id: ({ subnetId }) => subnetId,
  notFound: notFound("InvalidSubnetID.NotFound", "subnet ID"),
  tags: ({ tags }) => tags,
  filters: {
    "subnet-id": ({ subnetId }) => [subnetId],
    "vpc-id": ({ vpcId }) => [vpcId],
    "availability-zone": ({ zone }) => [zone],
    "cidr-block": ({ cidr }) => present(cidr),
    "ipv6-native": ({ isIpv6Native }) => [String(isIpv6Native)],
    "state": () => ["available"],
  },
  toXml: (subnet, { region }) => ({
    subnetId: subnet.subnetId,
    subnetArn: `arn:aws:ec2:${region.name}:${ACCOUNT_ID}:subnet/${subnet.subnetId}`,
    state: "available",
    ownerId: ACCOUNT_ID,
    vpcId: subnet.vpcId,
    cidrBlock: present(subnet.cidr)[0],
    ipv6CidrBlockAssociationSet: new XmlList(
      present(subnet.ipv6Cidr).map((ipv6CidrBlock) => ({
        ipv6CidrBlock,
        associationId: subnet.subnetId.replace(/^subnet-/, "subnet-cidr-assoc-"),
        ipv6CidrBlockState: { state: "associated" },
      })),
    ),
    availableIpAddressCount: subnet.isIpv6Native ? 0 : 240,
    availabilityZone: subnet.zone,
    availabilityZoneId: zoneId(subnet.zone),
    defaultForAz: false,
    mapPublicIpOnLaunch: subnet.mapsPublicIp,
    assignIpv6AddressOnCreation: subnet.isIpv6Native,
    ipv6Native: subnet.isIpv6Native,
    enableDns64: false,
    tagSet: new XmlList(tagSet(subnet.tags)),
  }),
};

/** `us-east-1a` in the form that is the same for every account: `use1-az1`. */
export function zoneId(zone: string): string {
  const [area = "", where = "", last = ""] = zone.split("-");
  const number = last.slice(0, -1);
  return `${area}${where.slice(0, 1)}${number}-az${last.charCodeAt(number.length) - 96}`;
}

const DHCP_OPTIONS: Kind<DhcpOptions> = {
  set: "dhcpOptionsSet",
  idParameter: "DhcpOptionsId",
  id: ({ dhcpOptionsId }) => dhcpOptionsId,
  notFound: notFound("InvalidDhcpOptionsID.NotFound", "dhcpOption ID"),
  tags: ({ tags }) => tags,
  filters: { "dhcp-options-id": ({ dhcpOptionsId }) => [dhcpOptionsId] },
  toXml: (options) => ({
    dhcpOptionsId: options.dhcpOptionsId,
    ownerId: ACCOUNT_ID,
    dhcpConfigurationSet: new XmlList([
      configuration("domain-name", [options.domainName]),
      configuration("domain-name-servers", options.nameServers),
    ]),
    tagSet: new XmlList(tagSet(options.tags)),
  }),
};

function configuration(key: string, values: readonly string[]): XmlMembers {
  return { key, valueSet: new XmlList(values.map((value) => ({ value }))) };
}

const INTERFACES: Kind<NetworkInterface> = {
  set: "networkInterfaceSet",
  idParameter: "NetworkInterfaceId",
  id: ({ networkInterfaceId }) => networkInterfaceId,
  notFound: notFound("InvalidNetworkInterfaceID.NotFound", "networkInterface ID"),
  filters: {
    "network-interface-id": ({ networkInterfaceId }) => [networkInterfaceId],
    "vpc-id": ({ vpcId }) => [vpcId],
    "subnet-id": ({ subnetId }) => [subnetId],
    "group-id": ({ groupIds }) => groupIds,
    "attachment.instance-id": ({ instanceId }) => present(instanceId),
    "interface-type": ({ type }) => [type],
    "private-ip-address": ({ privateIp }) => present(privateIp),
    "addresses.private-ip-address": ({ privateIp }) => present(privateIp),
    "description": ({ description }) => [description],
    "status": () => ["in-use"],
  },
  toXml: (each, request) => ({
    networkInterfaceId: each.networkInterfaceId,
    subnetId: each.subnetId,
    vpcId: each.vpcId,
    availabilityZone: request.region.subnets.get(each.subnetId)?.zone,
    description: each.description,
    ownerId: ACCOUNT_ID,
    requesterManaged: each.instanceId === undefined,
    status: "in-use",
    macAddress: "02:00:0a:5b:0c:01",
    privateIpAddress: present(each.privateIp)[0],
    sourceDestCheck: each.type === "interface",
    groupSet: groupSet(each.groupIds, request),
    attachment: {
      attachmentId: each.networkInterfaceId.replace(/^eni-/, "eni-attach-"),
      instanceId: each.instanceId,
      instanceOwnerId: each.instanceId === undefined ? "amazon-aws" : ACCOUNT_ID,
      deviceIndex: each.instanceId === undefined ? 1 : 0,
      status: "attached",
      deleteOnTermination: each.instanceId !== undefined,
    },
    privateIpAddressesSet: new XmlList(
      present(each.privateIp).map((privateIpAddress) => ({ privateIpAddress, primary: true })),
    ),
    ipv6AddressesSet: new XmlList(
      present(each.ipv6).map((ipv6Address) => ({ ipv6Address })),
    ),
    interfaceType: each.type,
    tagSet: new XmlList([]),
  }),
};

/** The attributes, by the names of each side. */
const ATTRIBUTES = { enableDnsSupport: "dnsSupport", enableDnsHostnames: "dnsHostnames" } as const;

function describeVpcAttribute({ parameters, region }: Ec2Request): XmlMembers {
  const vpc = existing(region.vpcs, parameters.require("VpcId"), VPC_NOT_FOUND);
  const attribute = parameters.require("Attribute");
  if (attribute === "enableNetworkAddressUsageMetrics") {
    return { vpcId: vpc.vpcId, [attribute]: { value: false } };
  }
  if (attribute !== "enableDnsSupport" && attribute !== "enableDnsHostnames") {
    throw new ApiError(
      "InvalidParameterValue",
      `Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`,
    );
  }
  return { vpcId: vpc.vpcId, [attribute]: { value: vpc[ATTRIBUTES[attribute]] } };
}

function modifyVpcAttribute({ parameters, region }: Ec2Request): XmlMembers {
  const vpc = existing(region.vpcs, parameters.require("VpcId"), VPC_NOT_FOUND);
  const support = attributeValue(parameters, "EnableDnsSupport");
  const hostnames = attributeValue(parameters, "EnableDnsHostnames");
  if (support !== undefined && hostnames !== undefined) {
    // Source: EC2 API reference, ModifyVpcAttribute: not both in one request.
    throw new ApiError(
      "InvalidParameterCombination",
      "Only one attribute can be modified at a time",
    );
  }
  if (support === undefined && hostnames === undefined) {
    throw new ApiError("MissingParameter", "The request must contain an attribute to modify");
  }
  // Source: the same page: DNS hostnames can only be enabled while DNS support is.
  if (hostnames === true && !vpc.dnsSupport) {
    throw new ApiError(
      "InvalidParameterValue",
      "DNS hostnames cannot be enabled without DNS support",
    );
  }
  if (support !== undefined) vpc.dnsSupport = support;
  if (hostnames !== undefined) vpc.dnsHostnames = hostnames;
  return TRUE;
}

export const NETWORK_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeVpcs: (request) => describe(VPCS, request.region.vpcs.values(), request),
  DescribeSubnets: (request) => describe(SUBNETS, request.region.subnets.values(), request),
  DescribeDhcpOptions: (request) =>
    describe(DHCP_OPTIONS, request.region.dhcpOptions.values(), request),
  DescribeNetworkInterfaces: (request) =>
    describe(INTERFACES, request.region.interfaces.values(), request),
  DescribeVpcAttribute: describeVpcAttribute,
  ModifyVpcAttribute: modifyVpcAttribute,
};
