/**
 * Looking instances up in EC2. Heavy: imported when an instance is not given by its id.
 *
 * @module
 */

import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  type DescribeInstancesCommandOutput,
  EC2Client,
  type Filter,
  type Instance as Ec2Instance,
} from "@aws-sdk/client-ec2";
import { AppError } from "../errors/mod.ts";
import type { ClientSettings } from "./client_settings.ts";
import type { Instance, InstanceSelector, InstanceState } from "./contracts.ts";

/** The largest page that EC2 gives. */
const PAGE_SIZE = 1000;
const LIVING_STATES: readonly InstanceState[] = [
  "pending",
  "running",
  "shutting-down",
  "stopping",
  "stopped",
];

/** An EC2 client reduced to one call. Failures are the SDK's. */
export class Ec2Calls {
  readonly #client: EC2Client;

  constructor(settings: ClientSettings) {
    this.#client = new EC2Client({ ...settings });
  }

  /**
   * One page of the instances that a selector means.
   *
   * @param token Of the page before; undefined for the first.
   */
  describePage(
    selector: InstanceSelector,
    options: { token: string | undefined; signal: AbortSignal | undefined },
  ): Promise<DescribeInstancesCommandOutput> {
    const command = new DescribeInstancesCommand({
      ...queryOf(selector),
      ...(options.token === undefined ? {} : { NextToken: options.token }),
    });
    return this.#client.send(
      command,
      options.signal === undefined ? {} : { abortSignal: options.signal },
    );
  }

  destroy(): void {
    this.#client.destroy();
  }
}

/** The instances of one answer. What EC2 must say and did not makes a `protocol` error. */
export function instancesOf(answer: DescribeInstancesCommandOutput): Instance[] {
  if (answer.Reservations === undefined) {
    throw new AppError("protocol", "Cannot look up instances: the answer is not EC2's", {
      why: "It has no list of reservations, not even an empty one",
      hint: "Check --endpoint-url and AWS_ENDPOINT_URL, and any proxy",
    });
  }
  return answer.Reservations.flatMap(({ Instances }) => (Instances ?? []).map(toInstance));
}

/** Terminated instances stay listed for an hour: only who asks by id wants to hear of them. */
function queryOf(selector: InstanceSelector): DescribeInstancesCommandInput {
  if (selector.by === "id") return { InstanceIds: [selector.instanceId] };
  const living: Filter = { Name: "instance-state-name", Values: [...LIVING_STATES] };
  const wanted = filterOf(selector);
  return { Filters: wanted === undefined ? [living] : [living, wanted], MaxResults: PAGE_SIZE };
}

function filterOf(selector: Exclude<InstanceSelector, { by: "id" }>): Filter | undefined {
  switch (selector.by) {
    case "name":
      return { Name: "tag:Name", Values: [literal(selector.name)] };
    case "tag":
      return { Name: `tag:${selector.key}`, Values: [literal(selector.value)] };
    case "ip":
      return {
        Name: selector.address.includes(":")
          ? "network-interface.ipv6-addresses.ipv6-address"
          : "private-ip-address",
        Values: [selector.address],
      };
    case "dns": {
      const dnsName = selector.dnsName.toLowerCase();
      const isPublic = /\.amazonaws\.com(?:\.cn)?$/.test(dnsName);
      return { Name: isPublic ? "dns-name" : "private-dns-name", Values: [dnsName] };
    }
    case "all":
      return undefined;
    default:
      return selector satisfies never;
  }
}

/** Filter values are patterns; a name is a name. */
function literal(text: string): string {
  return text.replace(/[\\*?]/g, "\\$&");
}

function toInstance(instance: Ec2Instance): Instance {
  const { InstanceId, State } = instance;
  if (!InstanceId || !State?.Name) {
    throw new AppError("protocol", "Cannot look up instances: EC2 named one without id or state");
  }
  const tags = Object.fromEntries(
    (instance.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ""]),
  );
  return {
    instanceId: InstanceId,
    name: tags.Name || undefined,
    state: State.Name,
    privateIp: instance.PrivateIpAddress || undefined,
    privateDns: instance.PrivateDnsName || undefined,
    // The API writes "windows", its model "Windows"; other systems are not named at all.
    platform: instance.Platform?.toLowerCase() === "windows" ? "windows" : "linux",
    instanceType: instance.InstanceType,
    vpcId: instance.VpcId,
    subnetId: instance.SubnetId,
    tags,
  };
}
