/**
 * DescribeInstanceInformation: the instances whose agents have registered.
 *
 * @module
 */
import type { Fleet } from "../fleet.ts";
import type { Instance } from "../cloud/instance.ts";
import { NEWEST_AGENT_VERSION } from "../scenarios/seeder.ts";
import { ApiError } from "./api_error.ts";
import type { JsonRequest } from "./json_request.ts";
import { pageOf } from "./page.ts";

/** Source: SSM API reference, DescribeInstanceInformation MaxResults. */
const PAGE_SIZE = { min: 5, max: 50 };
const DEFAULT_PAGE_SIZE = 10;

interface InstanceFilter {
  key: string;
  values: string[];
}

type Read = (instance: Instance, fleet: Fleet) => string[];

/** Filter keys that can match something here; the others of the API are known and match nothing. */
const READ: Readonly<Record<string, Read>> = {
  InstanceIds: (instance) => [instance.instanceId],
  AgentVersion: (instance) => [instance.node!.agentVersion],
  PingStatus: (instance, fleet) => [pingStatus(instance, fleet)],
  PlatformTypes: (instance) => [instance.platform],
  ResourceType: () => ["EC2Instance"],
  "tag-key": (instance) => Object.keys(instance.tags),
  SourceTypes: () => ["AWS::EC2::Instance"],
  SourceIds: (instance) => [instance.instanceId],
  ActivationIds: () => [],
  IamRole: () => [],
  AssociationStatus: () => [],
};

/** @throws {ApiError} With the codes of the operation. */
export function describeInstanceInformation(
  request: JsonRequest,
  world: { fleet: Fleet; region: string; nowMs: number },
): Record<string, unknown> {
  const filters = [
    ...request.objects("Filters").map((filter) => ({
      key: filter.requireString("Key"),
      values: filter.strings("Values"),
    })),
    // The older form of the same thing; the API still takes it.
    ...request.objects("InstanceInformationFilterList").map((filter) => ({
      key: filter.requireString("key"),
      values: filter.strings("valueSet"),
    })),
  ];
  const size = request.integer("MaxResults", PAGE_SIZE) ?? DEFAULT_PAGE_SIZE;
  const tests = filters.map((filter) => testOf(filter, world.fleet));
  world.fleet.cloud.settle(world.nowMs);
  // Nodes that are stopped or terminated are not in the answer (SSM API reference).
  const found = world.fleet.inRegion(world.region).filter((instance) =>
    instance.node !== undefined && instance.state === "running" &&
    tests.every((test) => test(instance))
  );
  const page = pageOf(found, {
    size,
    token: request.string("NextToken") || undefined,
    key: request.withoutPaging,
  });
  if (page === undefined) {
    throw new ApiError("InvalidNextToken", "The specified token is not valid.");
  }
  return {
    InstanceInformationList: page.items.map((instance) => describe(instance, world)),
    ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
  };
}

const INSTANCE_ID = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;

function testOf(filter: InstanceFilter, fleet: Fleet): (instance: Instance) => boolean {
  const { key, values } = filter;
  if (values.length === 0) {
    throw new ApiError("InvalidInstanceInformationFilterValue", `Filter ${key} has no values`);
  }
  if (key.startsWith("tag:")) {
    const tag = key.slice("tag:".length);
    return (instance) => Object.hasOwn(instance.tags, tag) && values.includes(instance.tags[tag]!);
  }
  const read = Object.hasOwn(READ, key) ? READ[key] : undefined;
  if (read === undefined) {
    throw new ApiError("InvalidFilterKey", `The filter key ${key} is not valid`);
  }
  const malformed = key === "InstanceIds" && values.find((value) => !INSTANCE_ID.test(value));
  if (malformed) {
    throw new ApiError("InvalidInstanceId", `${malformed} is not a valid instance id`);
  }
  return (instance) => read(instance, fleet).some((value) => values.includes(value));
}

/** The service waits five minutes for the next ping before it says so; this one knows at once. */
function pingStatus(instance: Instance, fleet: Fleet): "Online" | "ConnectionLost" {
  return fleet.cloud.agentState(instance).pings ? "Online" : "ConnectionLost";
}

/** Agents ping every five minutes. */
const ONLINE_PING_AGE_MS = 60_000;

function describe(
  instance: Instance,
  world: { fleet: Fleet; nowMs: number },
): Record<string, unknown> {
  const { lastPingMs, agentVersion } = instance.node!;
  const ping = pingStatus(instance, world.fleet);
  const isWindows = instance.platform === "Windows";
  return {
    InstanceId: instance.instanceId,
    PingStatus: ping,
    LastPingDateTime: (ping === "Online" ? world.nowMs - ONLINE_PING_AGE_MS : lastPingMs) / 1000,
    AgentVersion: agentVersion,
    IsLatestVersion: agentVersion === NEWEST_AGENT_VERSION,
    PlatformType: instance.platform,
    PlatformName: isWindows ? "Microsoft Windows Server 2022 Datacenter" : "Amazon Linux",
    PlatformVersion: isWindows ? "10.0.20348" : "2023",
    ResourceType: "EC2Instance",
    IPAddress: instance.privateIp || instance.ipv6,
    ComputerName: world.fleet.privateDnsName(instance),
    SourceId: instance.instanceId,
    SourceType: "AWS::EC2::Instance",
  };
}
