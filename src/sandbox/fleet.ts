/**
 * The instances of one sandbox, and what the services know of them.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { INSTANCE_SEEDS, type InstanceSeed, SCENARIO_NAMES } from "./fleet_seed.ts";

/** Every instance's network. */
export const VPC_ID = "vpc-0a5b0c00000000001";
export const VPC_CIDR = "10.0.0.0/16";
export const SUBNET_ID = "subnet-0a5b0c00000000001";
export const ACCOUNT_ID = "123456789012";

export class Fleet {
  readonly region: string;
  readonly instances: readonly InstanceSeed[];
  readonly launchedAtMs = Date.now() - 3_600_000;

  /** @throws {AppError} `usage` for an unknown scenario. */
  constructor(options: { region: string; scenario?: string | undefined }) {
    this.region = options.region;
    this.instances = instancesOf(options.scenario);
  }

  /** The instances of `region`: all of them in the sandbox's own, none anywhere else. */
  inRegion(region: string): readonly InstanceSeed[] {
    return region === this.region ? this.instances : [];
  }

  find(instanceId: string): InstanceSeed | undefined {
    return this.instances.find((instance) => instance.instanceId === instanceId);
  }

  /** The private DNS name, in the form that EC2 gives. Empty without an address. */
  privateDnsName(instance: InstanceSeed): string {
    if (instance.privateIp === "") return "";
    const host = `ip-${instance.privateIp.replaceAll(".", "-")}`;
    // Source: EC2 user guide, "EC2 instance hostnames and domains": us-east-1 has a name of its own.
    const domain = this.region === "us-east-1" ? "ec2.internal" : `${this.region}.compute.internal`;
    return `${host}.${domain}`;
  }

  /** Whether a session can be started now: running, registered and answering. */
  isConnected(instance: InstanceSeed): boolean {
    return instance.state === "running" && instance.registration?.ping === "Online";
  }

  /**
   * Host names and private addresses that `instance` reaches, and the loopback address of each: its
   * own private names, and every running instance of the network.
   */
  hostsSeenFrom(instance: InstanceSeed): ReadonlyMap<string, string> {
    const hosts = new Map(Object.entries(instance.privateNames));
    for (const other of this.instances) {
      if (other.state !== "running") continue;
      hosts.set(other.privateIp, "127.0.0.1");
      hosts.set(this.privateDnsName(other), "127.0.0.1");
    }
    return hosts;
  }
}

function instancesOf(scenario: string | undefined): readonly InstanceSeed[] {
  if (scenario === undefined) return INSTANCE_SEEDS;
  if (!(SCENARIO_NAMES as readonly string[]).includes(scenario)) {
    throw new AppError("usage", `Cannot start the sandbox: there is no scenario "${scenario}"`, {
      hint: `Choose one of ${SCENARIO_NAMES.join(", ")}`,
    });
  }
  return INSTANCE_SEEDS.filter((instance) => instance.scenario === scenario);
}
