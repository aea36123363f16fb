/**
 * What a diagnosis is about: everything a check may depend on beside facts.
 *
 * @module
 */

/** What the connection is wanted for. Several rules concern only some kinds of session. */
export type ConnectionKind = "port" | "remote_host" | "ssh" | "shell";

/** AWS's division of the world; part of every ARN. */
export type Partition = "aws" | "aws-cn" | "aws-us-gov" | (string & Record<never, never>);

export interface CheckParameters {
  /** `i-...` or, for a hybrid node, `mi-...`; well-formed. */
  instanceId: string;
  isHybrid: boolean;
  region: string;
  /** `--region` was given on the command line: whoever runs a line of ours needs it again. */
  isRegionExplicit: boolean;
  partition: Partition;
  /** Undefined: the environment's keys or the default profile. */
  profile: string | undefined;
  /** `--profile` was given on the command line. */
  isProfileExplicit: boolean;
  connection: ConnectionKind;
  /** The document that the session would be started with: `AWS-StartPortForwardingSession`. */
  document: string;
  /** Undefined: not asked about. 0: any free one. */
  localPort: number | undefined;
  remotePort: number | undefined;
  remoteHost: string | undefined;
  /** The moment of the run, in milliseconds since 1970. Checks know no other time. */
  nowMs: number;
  /** How long the connection is wanted, in minutes. */
  expectedDurationMin: number;
  /** How long it may be idle, in minutes; undefined: not known. */
  expectedIdleMin: number | undefined;
  /** Whether our own keep-alive counts as activity. */
  keepsAlive: boolean;
  /** `aws.expected_account_id` of the configuration. */
  expectedAccountId: string | undefined;
  /** `session.max_sessions_per_instance` of the configuration. */
  maxSessionsPerInstance: number;
  /** Look for the instance in the other enabled Regions too (`--search-regions`). */
  searchRegions: boolean;
  /** Address in place of AWS's own; undefined for those. */
  endpointOverride: string | undefined;
  /** More than one connection at a time is wanted over the tunnel. */
  wantsMultiplexing: boolean;
  /** What the local tools are needed for. */
  localTools: "none" | "ssh" | "vscode";
  os: typeof Deno.build.os;
}
