/**
 * The agent version that each feature came with. One place, so that a correction is one line.
 *
 * @module
 */

/** Sources: amazon-ssm-agent RELEASENOTES.md; the Session Manager user guide, "Complete Session
 * Manager prerequisites" and "Start a session". */
export const MINIMUM_AGENT = {
  sessionManager: "2.3.68.0",
  encryptedShell: "2.3.539.0",
  portForwarding: "2.3.672.0",
  /** 3.1.1188.0 in the release notes; the guide's is the later one. */
  remoteHost: "3.1.1374.0",
  /** "Managing EC2 instances automatically with Default Host Management Configuration". */
  hostManagement: "3.2.582.0",
  /** From here on Run Command does without `ec2messages`. */
  withoutEc2Messages: "3.3.40.0",
} as const;

/** Strictly above it: several connections over one session. Source: session-manager-plugin
 * src/config/config.go, `TCPMultiplexingSupportedAfterThisAgentVersion`. */
export const MULTIPLEXING_ABOVE = "3.0.196.0";
