/**
 * DescribeInstanceInformation: the instances whose agents have registered.
 *
 * @module
 */
import type { Fleet } from "../fleet.ts";
import { type InstanceSeed, NEWEST_AGENT_VERSION } from "../fleet_seed.ts";
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

/** Filter keys that can match something here; the others of the API are known and match nothing. */
const READ: Readonly<Record<string, (instance: InstanceSeed) => string[]>> = {
  InstanceIds: (instance) => [instance.instanceId],
  AgentVersion: (instance) => [instance.registration!.agentVersion],
  PingStatus: (instance) => [instance.registration!.ping],
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
  const tests = filters.map(testOf);
  const found = world.fleet.inRegion(world.region).filter((instance) =>
    instance.registration !== undefined && tests.every((test) => test(instance))
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

function testOf(filter: InstanceFilter): (instance: InstanceSeed) => boolean {
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
  return (instance) => read(instance).some((value) => values.includes(value));
}

const ONLINE_PING_AGE_MS = 60_000;
/** The service shows ConnectionLost after about five minutes without a ping (user guide). */
const LOST_PING_AGE_MS = 40 * 60_000;

function describe(
  instance: InstanceSeed,
  world: { fleet: Fleet; nowMs: number },
): Record<string, unknown> {
  const { ping, agentVersion } = instance.registration!;
  const ageMs = ping === "Online" ? ONLINE_PING_AGE_MS : LOST_PING_AGE_MS;
  const isWindows = instance.platform === "Windows";
  return {
    InstanceId: instance.instanceId,
    PingStatus: ping,
    LastPingDateTime: (world.nowMs - ageMs) / 1000,
    AgentVersion: agentVersion,
    IsLatestVersion: agentVersion === NEWEST_AGENT_VERSION,
    PlatformType: instance.platform,
    PlatformName: isWindows ? "Microsoft Windows Server 2022 Datacenter" : "Amazon Linux",
    PlatformVersion: isWindows ? "10.0.20348" : "2023",
    ResourceType: "EC2Instance",
    IPAddress: instance.privateIp,
    ComputerName: world.fleet.privateDnsName(instance),
    SourceId: instance.instanceId,
    SourceType: "AWS::EC2::Instance",
  };
}
