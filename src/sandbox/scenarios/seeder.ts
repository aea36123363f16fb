/**
 * Puts what scenarios describe into the cloud.
 *
 * @module
 */
import type { Cloud } from "../cloud/cloud.ts";
import { ACCOUNT_ID, seededId } from "../cloud/ids.ts";
import { type Instance, userInitiated } from "../cloud/instance.ts";
import type { RegionCloud } from "../cloud/region.ts";
import { addressAt } from "../cloud/cidr.ts";
import { NetworkBuilder } from "./network_builder.ts";

export const NEWEST_AGENT_VERSION = "3.3.1142.0";

/** The role and profile of every instance that has nothing wrong with them. */
export const HEALTHY_PROFILE = "sandbox-ssm";
/** The role's name in the setting of default host management. Source: user guide. */
export const HOST_MANAGEMENT_ROLE = "AWSSystemsManagerDefaultEC2InstanceManagementRole";

const PRIVATE_NAMES = { "db.internal": "127.0.0.1", "cache.internal": "127.0.0.1" };
const HOUR_MS = 3_600_000;
/** Agents that went away did so forty minutes before the sandbox started. */
const LOST_AGO_MS = 40 * 60_000;

export interface InstanceOptions {
  name?: string;
  tags?: Readonly<Record<string, string>>;
  /** Within the subnet; its number otherwise. */
  host?: number;
  /** Given when it runs. */
  publicIp?: string;
  platform?: Instance["platform"];
  state?: Instance["state"];
  agentVersion?: string;
  /** `undefined`, the default, for the healthy one. */
  profile?: string | "none";
  /** The node was seen once, and is on record whatever its agent does now. */
  wasRegistered?: boolean;
  isSpot?: boolean;
  /** How long ago it was launched. Default one hour. */
  launchedAgoMs?: number;
}

export class Seeder {
  readonly cloud: Cloud;
  readonly home: RegionCloud;
  readonly nowMs: number;
  readonly #scenario: string;
  readonly #number: number;

  /** @param number Apart from every other scenario's: ids and addresses come from it. */
  constructor(cloud: Cloud, options: {
    region: string;
    nowMs: number;
    scenario: string;
    number: number;
  }) {
    this.cloud = cloud;
    this.home = cloud.region(options.region);
    this.nowMs = options.nowMs;
    this.#scenario = options.scenario;
    this.#number = options.number;
  }

  /** This scenario's VPC. */
  network(options: { region?: string; isIpv6Only?: boolean } = {}): NetworkBuilder {
    const region = options.region === undefined ? this.home : this.cloud.region(options.region);
    return new NetworkBuilder(region, {
      number: this.#number,
      name: this.#scenario,
      cidr: `10.${this.#number}.0.0/16`,
      isIpv6Only: options.isIpv6Only ?? false,
    }, this.cloud.createdAtMs);
  }

  /** This scenario's instance, in the network's first subnet. */
  instance(network: NetworkBuilder, options: InstanceOptions = {}): Instance {
    return this.numbered(this.#number, network, {
      name: `${this.#scenario}-1`,
      host: 10,
      ...options,
    });
  }

  numbered(number: number, network: NetworkBuilder, options: InstanceOptions): Instance {
    const { subnet, region } = network;
    const { state = "running", platform = "Linux", publicIp } = options;
    const instanceId = seededId("i", number);
    const exists = state !== "terminated";
    const isRunning = state === "running";
    const networkInterfaceId = exists ? seededId("eni", number) : "";
    const privateIp = exists && subnet.cidr !== ""
      ? addressAt(subnet.cidr, options.host ?? number)
      : "";
    const ipv6 = subnet.ipv6Cidr?.replace("::/64", "::10");
    const instance: Instance = {
      instanceId,
      scenario: this.#scenario,
      region: region.name,
      zone: subnet.zone,
      platform,
      vpcId: exists ? network.vpc.vpcId : "",
      subnetId: exists ? subnet.subnetId : "",
      networkInterfaceId,
      privateNames: PRIVATE_NAMES,
      isSpot: options.isSpot ?? false,
      tags: { ...(options.name !== undefined && { Name: options.name }), ...options.tags },
      state,
      stateReason: isRunning || state === "pending" ? "" : userInitiated(this.nowMs - LOST_AGO_MS),
      launchedAtMs: this.nowMs - (options.launchedAgoMs ?? HOUR_MS),
      privateIp,
      publicIp: isRunning ? publicIp : undefined,
      automaticPublicIp: publicIp,
      ipv6,
      metadata: { endpoint: "enabled", tokens: "required" },
      status: { system: "ok", instance: "ok", ebs: "ok" },
      impairedSinceMs: undefined,
      events: [],
      agent: {
        version: options.agentVersion ?? NEWEST_AGENT_VERSION,
        isRunning: true,
        isInstalled: true,
      },
      node: undefined,
    };
    if (options.wasRegistered) {
      instance.node = {
        lastPingMs: this.nowMs - LOST_AGO_MS,
        agentVersion: instance.agent.version,
      };
    }
    region.instances.set(instanceId, instance);
    if (exists) {
      region.interfaces.set(networkInterfaceId, {
        networkInterfaceId,
        vpcId: instance.vpcId,
        subnetId: instance.subnetId,
        description: "",
        type: "interface",
        privateIp,
        ipv6,
        groupIds: [network.group.groupId],
        instanceId,
      });
      this.#associate(instance, options.profile ?? HEALTHY_PROFILE);
    }
    return instance;
  }

  /** A role of this scenario, and the profile of the same name that holds it. */
  roleWithProfile(options: Parameters<Cloud["iam"]["addRole"]>[1] = {}) {
    const name = `sandbox-${this.#scenario}`;
    const role = this.cloud.iam.addRole(name, options);
    const profile = this.cloud.iam.addProfile(name, { roleName: name });
    return { role, profile, name };
  }

  /** Turns default host management on in the sandbox's Region. */
  enableHostManagement(): void {
    this.home.hostManagement = {
      value: `service-role/${HOST_MANAGEMENT_ROLE}`,
      modifiedAtMs: this.cloud.createdAtMs,
      modifiedBy: this.caller.arn,
    };
  }

  /** Who asks. */
  get caller() {
    return this.cloud.iam.users.get("sandbox")!;
  }

  arnOf(instance: Instance): string {
    return `arn:aws:ec2:${instance.region}:${ACCOUNT_ID}:instance/${instance.instanceId}`;
  }

  #associate(instance: Instance, profileName: string): void {
    if (profileName === "none") return;
    const associationId = `iip-assoc-0${instance.instanceId.slice(-16)}`;
    this.cloud.region(instance.region).associations.set(associationId, {
      associationId,
      instanceId: instance.instanceId,
      profileName,
      profileId: this.cloud.iam.profiles.get(profileName)?.id ?? "",
      state: "associated",
    });
  }
}
