/**
 * One instance in the words of EC2's DescribeInstances.
 *
 * Source: EC2 API reference, Instance; member names as in the API's XML.
 *
 * @module
 */
import { ACCOUNT_ID } from "../../cloud/ids.ts";
import type { Instance } from "../../cloud/instance.ts";
import type { NetworkInterface } from "../../cloud/network.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { type Ec2Request, tagSet } from "./request.ts";

export const INSTANCE_TYPE = "t3.micro";
export const IMAGE_ID = "ami-0a5b0c00000000001";

/** Source: EC2 API reference, InstanceState. */
export const STATE_CODES: Readonly<Record<Instance["state"], number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateXml(state: Instance["state"]): XmlMembers {
  return { code: STATE_CODES[state], name: state };
}

/** A reservation that holds this one instance. */
export function reservationXml(instance: Instance, request: Ec2Request): XmlMembers {
  return {
    reservationId: instance.instanceId.replace(/^i-/, "r-"),
    ownerId: ACCOUNT_ID,
    groupSet: new XmlList([]),
    instancesSet: new XmlList([instanceXml(instance, request)]),
  };
}

function instanceXml(instance: Instance, request: Ec2Request): XmlMembers {
  const { fleet, region } = request;
  const exists = instance.state !== "terminated";
  const interfaces = region.interfacesOf(instance);
  const groups = groupSet(interfaces[0]?.groupIds ?? [], request);
  return {
    instanceId: instance.instanceId,
    imageId: IMAGE_ID,
    instanceState: stateXml(instance.state),
    privateDnsName: fleet.privateDnsName(instance),
    dnsName: instance.publicIp ? publicDnsName(instance.publicIp, region.name) : "",
    reason: instance.stateReason,
    amiLaunchIndex: 0,
    productCodes: new XmlList([]),
    instanceType: INSTANCE_TYPE,
    launchTime: new Date(instance.launchedAtMs).toISOString(),
    placement: { availabilityZone: instance.zone, groupName: "", tenancy: "default" },
    platform: instance.platform === "Windows" ? "windows" : undefined,
    monitoring: { state: "disabled" },
    ...(exists && {
      subnetId: instance.subnetId,
      vpcId: instance.vpcId,
      privateIpAddress: instance.privateIp || undefined,
      ipAddress: instance.publicIp,
      ipv6Address: instance.ipv6,
    }),
    sourceDestCheck: true,
    groupSet: groups,
    stateReason: instance.stateReason === "" ? undefined : {
      code: "Client.UserInitiatedShutdown",
      message: "Client.UserInitiatedShutdown: User initiated shutdown",
    },
    architecture: "x86_64",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/xvda",
    blockDeviceMapping: new XmlList([]),
    virtualizationType: "hvm",
    clientToken: "",
    tagSet: new XmlList(tagSet(instance.tags)),
    hypervisor: "xen",
    networkInterfaceSet: new XmlList(
      interfaces.map((each) => interfaceXml(each, instance, request)),
    ),
    iamInstanceProfile: profileXml(instance, request),
    instanceLifecycle: instance.isSpot ? "spot" : undefined,
    spotInstanceRequestId: instance.isSpot ? spotRequestId(instance) : undefined,
    ebsOptimized: false,
    enaSupport: true,
    metadataOptions: metadataXml(instance),
    platformDetails: instance.platform === "Windows" ? "Windows" : "Linux/UNIX",
  };
}

export function spotRequestId({ instanceId }: Instance): string {
  return instanceId.replace(/^i-/, "sir-");
}

export function metadataXml({ metadata }: Instance): XmlMembers {
  return {
    state: "applied",
    httpTokens: metadata.tokens,
    httpPutResponseHopLimit: 2,
    httpEndpoint: metadata.endpoint,
    httpProtocolIpv6: "disabled",
    instanceMetadataTags: "disabled",
  };
}

function profileXml(instance: Instance, { cloud, region }: Ec2Request): XmlMembers | undefined {
  const association = region.associationOf(instance.instanceId);
  return association && {
    arn: cloud.iam.profiles.get(association.profileName)?.arn ??
      `arn:aws:iam::${ACCOUNT_ID}:instance-profile/${association.profileName}`,
    id: association.profileId,
  };
}

function interfaceXml(
  each: NetworkInterface,
  instance: Instance,
  request: Ec2Request,
): XmlMembers {
  return {
    networkInterfaceId: each.networkInterfaceId,
    subnetId: each.subnetId,
    vpcId: each.vpcId,
    description: each.description,
    ownerId: ACCOUNT_ID,
    status: "in-use",
    macAddress: "02:00:0a:5b:0c:01",
    privateIpAddress: each.privateIp || undefined,
    privateDnsName: request.fleet.privateDnsName(instance),
    sourceDestCheck: true,
    groupSet: groupSet(each.groupIds, request),
    attachment: {
      attachmentId: each.networkInterfaceId.replace(/^eni-/, "eni-attach-"),
      deviceIndex: 0,
      status: "attached",
      attachTime: new Date(instance.launchedAtMs).toISOString(),
      deleteOnTermination: true,
      networkCardIndex: 0,
    },
    association: instance.publicIp && {
      publicIp: instance.publicIp,
      publicDnsName: publicDnsName(instance.publicIp, request.region.name),
      ipOwnerId: "amazon",
    },
    privateIpAddressesSet: new XmlList(
      each.privateIp === "" ? [] : [{ privateIpAddress: each.privateIp, primary: true }],
    ),
    ipv6AddressesSet: new XmlList(
      each.ipv6 === undefined ? [] : [{ ipv6Address: each.ipv6, isPrimaryIpv6: false }],
    ),
    interfaceType: each.type,
  };
}

/** Groups by id and name, as many answers hold them. */
export function groupSet(groupIds: readonly string[], { region }: Ec2Request): XmlList {
  return new XmlList(groupIds.map((groupId) => ({
    groupId,
    groupName: region.securityGroups.get(groupId)?.name ?? "",
  })));
}

function publicDnsName(ip: string, region: string): string {
  const host = `ec2-${ip.replaceAll(".", "-")}`;
  return region === "us-east-1"
    ? `${host}.compute-1.amazonaws.com`
    : `${host}.${region}.compute.amazonaws.com`;
}
