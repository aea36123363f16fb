/**
 * One instance in the words of EC2's DescribeInstances.
 *
 * Source: EC2 API reference, Instance; member names as in the API's XML.
 *
 * @module
 */
import { ACCOUNT_ID, type Fleet, SUBNET_ID, VPC_ID } from "../fleet.ts";
import type { InstanceSeed } from "../fleet_seed.ts";
import { XmlList, type XmlMembers } from "./xml.ts";

export const INSTANCE_TYPE = "t3.micro";
export const IMAGE_ID = "ami-0a5b0c00000000001";
export const AVAILABILITY_ZONE_SUFFIX = "a";

/** Source: EC2 API reference, InstanceState. */
export const STATE_CODES: Readonly<Record<InstanceSeed["state"], number>> = {
  running: 16,
  terminated: 48,
  stopped: 80,
};

const STATE_REASONS: Readonly<Record<InstanceSeed["state"], string>> = {
  running: "",
  terminated: "User initiated",
  stopped: "User initiated",
};

/** A reservation that holds this one instance. */
export function reservationXml(instance: InstanceSeed, fleet: Fleet): XmlMembers {
  return {
    reservationId: instance.instanceId.replace(/^i-/, "r-"),
    ownerId: ACCOUNT_ID,
    groupSet: new XmlList([]),
    instancesSet: new XmlList([instanceXml(instance, fleet)]),
  };
}

function instanceXml(instance: InstanceSeed, fleet: Fleet): XmlMembers {
  const exists = instance.state !== "terminated";
  const isRunning = instance.state === "running";
  return {
    instanceId: instance.instanceId,
    imageId: IMAGE_ID,
    instanceState: { code: STATE_CODES[instance.state], name: instance.state },
    privateDnsName: fleet.privateDnsName(instance),
    dnsName: isRunning && instance.publicIp ? publicDnsName(instance.publicIp, fleet.region) : "",
    reason: STATE_REASONS[instance.state],
    amiLaunchIndex: 0,
    productCodes: new XmlList([]),
    instanceType: INSTANCE_TYPE,
    launchTime: new Date(fleet.launchedAtMs).toISOString(),
    placement: {
      availabilityZone: fleet.region + AVAILABILITY_ZONE_SUFFIX,
      groupName: "",
      tenancy: "default",
    },
    platform: instance.platform === "Windows" ? "windows" : undefined,
    monitoring: { state: "disabled" },
    ...(exists && {
      subnetId: SUBNET_ID,
      vpcId: VPC_ID,
      privateIpAddress: instance.privateIp,
      ipAddress: isRunning ? instance.publicIp : undefined,
    }),
    sourceDestCheck: true,
    groupSet: new XmlList([]),
    architecture: "x86_64",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/xvda",
    blockDeviceMapping: new XmlList([]),
    virtualizationType: "hvm",
    clientToken: "",
    tagSet: new XmlList(Object.entries(instance.tags).map(([key, value]) => ({ key, value }))),
    hypervisor: "xen",
    iamInstanceProfile: instance.registration === undefined ? undefined : {
      arn: `arn:aws:iam::${ACCOUNT_ID}:instance-profile/sandbox-ssm`,
      id: "AIPASANDBOX0EXAMPLE0",
    },
    ebsOptimized: false,
    enaSupport: true,
    platformDetails: instance.platform === "Windows" ? "Windows" : "Linux/UNIX",
  };
}

function publicDnsName(ip: string, region: string): string {
  const host = `ec2-${ip.replaceAll(".", "-")}`;
  return region === "us-east-1"
    ? `${host}.compute-1.amazonaws.com`
    : `${host}.${region}.compute.amazonaws.com`;
}
