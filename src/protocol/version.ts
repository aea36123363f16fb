/**
 * Version comparison and the features that agent versions decide.
 *
 * Source: plugin src/version/versionvalidator.go and versionutil.go; src/config/config.go.
 *
 * @module
 */

const NUMBER = /^[0-9]+$/;

/**
 * Whether `version` is strictly greater than `than`: numeric per part, both with the same number of
 * parts. Anything that cannot be compared so is not greater: the feature counts as missing.
 */
export function isVersionAbove(version: string, than: string): boolean {
  const left = version.split(".");
  const right = than.split(".");
  if (left.length !== right.length) return false;
  for (const part of [...left, ...right]) if (!NUMBER.test(part)) return false;
  for (let i = 0; i < left.length; i++) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** What an agent of some version can do. */
export interface AgentFeatures {
  /** Many connections over one session. Else one at a time. */
  hasMultiplexing: boolean;
  /** The agent understands the TerminateSession flag in basic port mode. Else the API is called. */
  hasTerminateFlag: boolean;
  /** This end must send smux NOPs and expect them; newer agents keep quiet. */
  needsSmuxKeepAlive: boolean;
  /** The agent's port plugin reads the `host` property. Older ones connect to the instance itself. */
  hasRemoteHost: boolean;
}

/** First agent with AWS-StartPortForwardingSessionToRemoteHost. Source: amazon-ssm-agent
 * RELEASENOTES.md and the Session Manager user guide, "Starting a session (port forwarding to remote host)". */
export const REMOTE_HOST_AGENT_VERSION = "3.1.1374.0";

export function agentFeatures(agentVersion: string): AgentFeatures {
  return {
    hasMultiplexing: isVersionAbove(agentVersion, "3.0.196.0"),
    hasTerminateFlag: isVersionAbove(agentVersion, "2.3.722.0"),
    needsSmuxKeepAlive: !isVersionAbove(agentVersion, "3.1.1511.0"),
    hasRemoteHost: agentVersion === REMOTE_HOST_AGENT_VERSION ||
      isVersionAbove(agentVersion, REMOTE_HOST_AGENT_VERSION),
  };
}
