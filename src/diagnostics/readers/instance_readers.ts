/**
 * The instance as EC2 sees it (F4, F5).
 *
 * @module
 */

import type { Instance, InstanceNetworkInterface } from "@aws-sdk/client-ec2";
import { FactFailure } from "../api/fact_failure.ts";
import { failed } from "../facts/fact.ts";
import type {
  Ec2Instance,
  InstanceInterface,
  InstanceStatus,
  ScheduledEvent,
  SummaryStatus,
} from "../facts/instance.ts";
import { foreignAnswer } from "./account_readers.ts";
import { epochMs, type ReadContext, type Readers } from "./reader.ts";

export const instanceReaders: Pick<Readers, "instance" | "instanceStatus"> = {
  instance: readInstance,
  instanceStatus: readStatus,
};

async function readInstance(context: ReadContext): Promise<Ec2Instance | undefined> {
  const { instanceId, isHybrid } = context.parameters;
  if (isHybrid) throw hybrid("ec2:DescribeInstances");
  try {
    const answer = await context.call("ec2", "DescribeInstances", { InstanceIds: [instanceId] });
    if (answer.Reservations === undefined) throw foreignAnswer("ec2:DescribeInstances");
    const instance = answer.Reservations.flatMap(({ Instances }) => Instances ?? [])
      .find(({ InstanceId }) => InstanceId === instanceId);
    return instance === undefined ? undefined : toInstance(instance, instanceId);
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return undefined;
    throw error;
  }
}

function toInstance(instance: Instance, instanceId: string): Ec2Instance {
  const { Placement, MetadataOptions, IamInstanceProfile: profile } = instance;
  if (instance.State?.Name === undefined) throw foreignAnswer("ec2:DescribeInstances");
  return {
    instanceId,
    state: instance.State.Name,
    stateTransitionReason: instance.StateTransitionReason ?? "",
    instanceType: instance.InstanceType ?? "",
    availabilityZone: Placement?.AvailabilityZone ?? "",
    launchedAtMs: epochMs(instance.LaunchTime) ?? 0,
    // The API writes "windows", its model "Windows"; other systems are not named at all.
    platform: instance.Platform?.toLowerCase() === "windows" ? "windows" : "linux",
    vpcId: instance.VpcId ?? "",
    subnetId: instance.SubnetId ?? "",
    lifecycle: instance.InstanceLifecycle === "spot" || instance.InstanceLifecycle === "scheduled"
      ? instance.InstanceLifecycle
      : undefined,
    spotRequestId: instance.SpotInstanceRequestId || undefined,
    tags: Object.fromEntries(
      (instance.Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]),
    ),
    profile: profile?.Arn ? { arn: profile.Arn, id: profile.Id ?? "" } : undefined,
    metadata: {
      httpEndpoint: MetadataOptions?.HttpEndpoint,
      httpTokens: MetadataOptions?.HttpTokens,
    },
    interfaces: (instance.NetworkInterfaces ?? []).map(toInterface)
      .sort((a, b) => a.deviceIndex - b.deviceIndex),
  };
}

function toInterface(interface_: InstanceNetworkInterface): InstanceInterface {
  const { Association, Attachment, Groups, PrivateIpAddress, PrivateIpAddresses } = interface_;
  const all = (PrivateIpAddresses ?? []).map(({ PrivateIpAddress }) => PrivateIpAddress);
  const privateIps = [...new Set([PrivateIpAddress, ...all])].filter((ip) => ip !== undefined);
  return {
    id: interface_.NetworkInterfaceId ?? "",
    deviceIndex: Attachment?.DeviceIndex ?? 0,
    subnetId: interface_.SubnetId ?? "",
    privateIps,
    ipv6Addresses: (interface_.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
    publicIp: Association?.PublicIp || undefined,
    groupIds: (Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  };
}

async function readStatus(context: ReadContext): Promise<InstanceStatus | undefined> {
  const { instanceId, isHybrid } = context.parameters;
  const action = "ec2:DescribeInstanceStatus";
  if (isHybrid) throw hybrid(action);
  try {
    const answer = await context.call("ec2", "DescribeInstanceStatus", {
      InstanceIds: [instanceId],
      IncludeAllInstances: true,
    });
    if (answer.InstanceStatuses === undefined) throw foreignAnswer(action);
    const found = answer.InstanceStatuses.find(({ InstanceId }) => InstanceId === instanceId);
    if (found === undefined) return undefined;
    const { AttachedEbsStatus } = found;
    return {
      instance: summaryOf(found.InstanceStatus),
      system: summaryOf(found.SystemStatus),
      ebs: AttachedEbsStatus === undefined ? undefined : summaryOf(AttachedEbsStatus),
      events: (found.Events ?? []).map((event): ScheduledEvent => ({
        eventId: event.InstanceEventId ?? "",
        code: event.Code ?? "",
        description: event.Description ?? "",
        notBeforeMs: epochMs(event.NotBefore),
        notAfterMs: epochMs(event.NotAfter),
      })),
    };
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return undefined;
    throw error;
  }
}

function summaryOf(
  summary: {
    Status?: string | undefined;
    Details?: { ImpairedSince?: Date | undefined }[] | undefined;
  } | undefined,
): { status: SummaryStatus; impairedSinceMs: number | undefined } {
  const since = summary?.Details?.map(({ ImpairedSince }) => epochMs(ImpairedSince))
    .find((ms) => ms !== undefined);
  return { status: summary?.Status ?? "not-applicable", impairedSinceMs: since };
}

function hybrid(action: string): FactFailure {
  return new FactFailure(failed("not_applicable", action, "a hybrid node is no EC2 instance"));
}
