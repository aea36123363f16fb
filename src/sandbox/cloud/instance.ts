/**
 * One instance: what EC2 knows of it, what runs on it, and what Systems Manager has on record.
 *
 * @module
 */
import type { Tags } from "./network.ts";

export type InstanceState =
  | "pending"
  | "running"
  | "stopping"
  | "stopped"
  | "shutting-down"
  | "terminated";

/** Source: EC2 API reference, InstanceStatusSummary. */
export type StatusSummary = "ok" | "impaired" | "initializing" | "insufficient-data";

export interface ScheduledEvent {
  readonly eventId: string;
  /** Source: EC2 API reference, InstanceStatusEvent. */
  readonly code:
    | "instance-reboot"
    | "system-reboot"
    | "system-maintenance"
    | "instance-retirement"
    | "instance-stop";
  readonly description: string;
  readonly notBeforeMs: number;
}

/** The agent's process. */
export interface Agent {
  version: string;
  /** It runs whenever the instance does; a reboot starts it again. */
  isRunning: boolean;
  isInstalled: boolean;
}

/** What Systems Manager remembers of a node that has registered. */
export interface NodeRecord {
  lastPingMs: number;
  agentVersion: string;
}

export interface Instance {
  readonly instanceId: string;
  /** What is right or wrong with it. */
  readonly scenario: string;
  readonly region: string;
  readonly zone: string;
  readonly platform: "Linux" | "Windows";
  readonly vpcId: string;
  readonly subnetId: string;
  /** Empty without one. */
  readonly networkInterfaceId: string;
  /** Names that only this instance resolves, each to a loopback address. */
  readonly privateNames: Readonly<Record<string, string>>;
  readonly isSpot: boolean;
  tags: Tags;
  state: InstanceState;
  /** Empty while it runs. */
  stateReason: string;
  launchedAtMs: number;
  /** Empty for a terminated instance, and for an IPv6-only one. */
  privateIp: string;
  publicIp: string | undefined;
  /** Given when it starts, taken when it stops. */
  readonly automaticPublicIp: string | undefined;
  ipv6: string | undefined;
  metadata: { endpoint: "enabled" | "disabled"; tokens: "optional" | "required" };
  status: { system: StatusSummary; instance: StatusSummary; ebs: StatusSummary };
  /** Since when one of its checks fails. */
  impairedSinceMs: number | undefined;
  events: ScheduledEvent[];
  agent: Agent;
  /** `undefined`: it never registered. */
  node: NodeRecord | undefined;
}

/** Why an instance does not run, when somebody wanted it so. */
export function userInitiated(atMs: number): string {
  return `User initiated (${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} GMT)`;
}
