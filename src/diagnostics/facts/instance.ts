/**
 * Facts about the instance itself (F4-F8).
 *
 * Times are milliseconds since 1970.
 *
 * @module
 */

import type { InstanceState } from "../../aws/mod.ts";

/** F4, `ec2:DescribeInstances`. */
export interface Ec2Instance {
  instanceId: string;
  state: InstanceState;
  /** EC2's words: `User initiated (2026-01-02 03:04:05 GMT)`; empty while it runs. */
  stateTransitionReason: string;
  instanceType: string;
  availabilityZone: string;
  launchedAtMs: number;
  platform: "linux" | "windows";
  vpcId: string;
  subnetId: string;
  /** Spot, or undefined for on-demand. */
  lifecycle: "spot" | "scheduled" | undefined;
  spotRequestId: string | undefined;
  tags: { readonly [key: string]: string };
  /** The instance profile as EC2 shows it on the instance. */
  profile: { arn: string; id: string } | undefined;
  metadata: {
    httpEndpoint: "enabled" | "disabled" | undefined;
    httpTokens: "required" | "optional" | undefined;
  };
  /** In the order of their device index; the first is the primary one. */
  interfaces: readonly InstanceInterface[];
}

export interface InstanceInterface {
  id: string;
  deviceIndex: number;
  subnetId: string;
  /** IPv4, the primary one first. */
  privateIps: readonly string[];
  ipv6Addresses: readonly string[];
  publicIp: string | undefined;
  /** Ids of the security groups on it. */
  groupIds: readonly string[];
}

/** EC2's summary words, and whatever it may add. */
export type SummaryStatus =
  | "ok"
  | "impaired"
  | "insufficient-data"
  | "not-applicable"
  | "initializing"
  | (string & Record<never, never>);

/** F5, `ec2:DescribeInstanceStatus`. */
export interface InstanceStatus {
  instance: { status: SummaryStatus; impairedSinceMs: number | undefined };
  system: { status: SummaryStatus; impairedSinceMs: number | undefined };
  ebs: { status: SummaryStatus; impairedSinceMs: number | undefined } | undefined;
  events: readonly ScheduledEvent[];
}

export interface ScheduledEvent {
  eventId: string;
  /** `instance-reboot`, `system-reboot`, `system-maintenance`, `instance-retirement`, `instance-stop`. */
  code: string;
  description: string;
  notBeforeMs: number | undefined;
  notAfterMs: number | undefined;
}

/** F6, `ssm:DescribeInstanceInformation`: what the agent's pings told. */
export interface ManagedNode {
  /** Lower case: `online`, `connectionlost`, `inactive`. */
  pingStatus: string;
  /** Undefined when the record has none. */
  lastPingAtMs: number | undefined;
  /** As it is, possibly empty. */
  agentVersion: string;
  isLatestVersion: boolean | undefined;
  platformType: "Linux" | "Windows" | "MacOS" | undefined;
  platformName: string | undefined;
  platformVersion: string | undefined;
}

/** F7, `ssm:GetConnectionStatus`, lower case. */
export type ConnectionStatus = "connected" | "notconnected" | (string & Record<never, never>);

/** F8, `ssm:GetServiceSetting` of default host management. */
export type HostManagementSetting =
  | {
    supported: true;
    /** Name of the role, with its path if it has one; undefined: off. */
    roleName: string | undefined;
    /** `Default`, `Customized`, `Custom`, `PendingUpdate`: shown, never decided by. */
    status: string;
    lastModifiedAtMs: number | undefined;
  }
  /** The Region does not know the setting (`ServiceSettingNotFound`). */
  | { supported: false };
