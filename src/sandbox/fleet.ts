/**
 * The instances of one sandbox, and what the services know of them.
 *
 * @module
 */
import type { Cloud } from "./cloud/cloud.ts";
import type { Instance } from "./cloud/instance.ts";
import { seedCloud } from "./scenarios/catalogue.ts";

export { ACCOUNT_ID } from "./cloud/ids.ts";

export class Fleet {
  readonly region: string;
  readonly cloud: Cloud;
  readonly launchedAtMs: number;

  /** @throws {AppError} `usage` for an unknown scenario. */
  constructor(options: {
    region: string;
    scenario?: string | undefined;
    crowd?: readonly string[] | undefined;
    nowMs?: number;
  }) {
    this.region = options.region;
    this.cloud = seedCloud({ nowMs: Date.now(), ...options });
    this.launchedAtMs = this.cloud.createdAtMs;
  }

  /** Of every Region. */
  get instances(): readonly Instance[] {
    return this.cloud.instances;
  }

  inRegion(region: string): readonly Instance[] {
    return [...this.cloud.region(region).instances.values()];
  }

  find(instanceId: string): Instance | undefined {
    return this.instances.find((instance) => instance.instanceId === instanceId);
  }

  /** The private DNS name, in the form that EC2 gives. Empty without an address. */
  privateDnsName(instance: Instance): string {
    const { privateIp, ipv6, instanceId, region } = instance;
    // Source: EC2 user guide, "EC2 instance hostnames and domains": us-east-1 has a name of its own.
    const domain = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
    if (privateIp !== "") return `ip-${privateIp.replaceAll(".", "-")}.${domain}`;
    return ipv6 === undefined ? "" : `${instanceId}.${domain}`;
  }

  /** Whether a session can be started now: its agent's channel is open. */
  isConnected(instance: Instance): boolean {
    return this.cloud.agentState(instance).hasChannel;
  }

  /**
   * Host names and private addresses that `instance` reaches, and the loopback address of each: its
   * own private names, and every running instance of its network.
   */
  hostsSeenFrom(instance: Instance): ReadonlyMap<string, string> {
    const hosts = new Map(Object.entries(instance.privateNames));
    for (const other of this.instances) {
      if (other.state !== "running" || other.vpcId !== instance.vpcId) continue;
      if (other.privateIp !== "") hosts.set(other.privateIp, "127.0.0.1");
      hosts.set(this.privateDnsName(other), "127.0.0.1");
    }
    return hosts;
  }

  /** The block of addresses of the instance's network; empty for a terminated one. */
  vpcCidrOf(instance: Instance): string {
    return this.cloud.region(instance.region).vpcs.get(instance.vpcId)?.cidr ?? "";
  }
}
