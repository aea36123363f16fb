/**
 * Filters of DescribeInstances: all filters must hold, any value of a filter will do.
 *
 * Source: EC2 API reference, DescribeInstances, and "List and filter using the CLI and API": values
 * match case-sensitively, `*` any characters, `?` one, a backslash takes their meaning.
 *
 * @module
 */
import { type Fleet, SUBNET_ID, VPC_ID } from "../fleet.ts";
import type { InstanceSeed } from "../fleet_seed.ts";
import { ApiError } from "./api_error.ts";
import { AVAILABILITY_ZONE_SUFFIX, IMAGE_ID, INSTANCE_TYPE, STATE_CODES } from "./ec2_model.ts";
import type { QueryFilter } from "./query_parameters.ts";

type Read = (instance: InstanceSeed, fleet: Fleet) => string[];

const present = (value: string | undefined): string[] => value ? [value] : [];

/** Gone with the instance. */
const whileItLives = (value: string): Read => (instance) =>
  instance.state === "terminated" ? [] : [value];

const READ: Readonly<Record<string, Read>> = {
  "instance-id": (instance) => [instance.instanceId],
  "instance-state-name": (instance) => [instance.state],
  "instance-state-code": (instance) => [String(STATE_CODES[instance.state])],
  "private-ip-address": (instance) => present(instance.privateIp),
  "network-interface.addresses.private-ip-address": (instance) => present(instance.privateIp),
  "private-dns-name": (instance, fleet) => present(fleet.privateDnsName(instance)),
  "ip-address": (instance) => present(instance.publicIp),
  "tag-key": (instance) => Object.keys(instance.tags),
  "tag-value": (instance) => Object.values(instance.tags),
  "platform": (instance) => instance.platform === "Windows" ? ["windows"] : [],
  "instance-type": () => [INSTANCE_TYPE],
  "image-id": () => [IMAGE_ID],
  "architecture": () => ["x86_64"],
  "availability-zone": (_, fleet) => [fleet.region + AVAILABILITY_ZONE_SUFFIX],
  "vpc-id": whileItLives(VPC_ID),
  "subnet-id": whileItLives(SUBNET_ID),
};

/** @throws {ApiError} `InvalidParameterValue` for a filter that EC2 or this emulation lacks. */
export function filterInstances(
  instances: readonly InstanceSeed[],
  filters: readonly QueryFilter[],
  fleet: Fleet,
): InstanceSeed[] {
  const tests = filters.map((filter) => testOf(filter, fleet));
  return instances.filter((instance) => tests.every((test) => test(instance)));
}

function testOf(filter: QueryFilter, fleet: Fleet): (instance: InstanceSeed) => boolean {
  const read = readerOf(filter.name);
  if (read === undefined) {
    throw new ApiError("InvalidParameterValue", `The filter '${filter.name}' is invalid`);
  }
  const patterns = filter.values.map(wildcard);
  return (instance) =>
    read(instance, fleet).some((value) => patterns.some((pattern) => pattern.test(value)));
}

function readerOf(name: string): Read | undefined {
  if (name.startsWith("tag:")) {
    const key = name.slice("tag:".length);
    return (instance) => Object.hasOwn(instance.tags, key) ? [instance.tags[key]!] : [];
  }
  return Object.hasOwn(READ, name) ? READ[name] : undefined;
}

/** A filter value as a pattern. */
export function wildcard(value: string): RegExp {
  let pattern = "";
  for (let i = 0; i < value.length; i++) {
    const char = value[i]!;
    if (char === "\\" && i + 1 < value.length) pattern += quote(value[++i]!);
    else if (char === "*") pattern += ".*";
    else if (char === "?") pattern += ".";
    else pattern += quote(char);
  }
  return new RegExp(`^${pattern}$`, "s");
}

function quote(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
