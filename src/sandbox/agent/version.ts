/**
 * Version comparison as the agent does it, and what depends on a version.
 *
 * Source: agent versionutil Compare; port.go GetSession; port_mux.go initialize; plugin config.go for
 * what older agents lack; the user guide for the first with sessions and with default host management.
 *
 * @module
 */

const NUMBER = /^\d+$/;

/**
 * Negative, 0 or positive, component by component: numbers as numbers, anything else as text, the
 * shorter one smaller on a tie.
 */
export function compareVersions(left: string, right: string): number {
  const a = left.split(".");
  const b = right.split(".");
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compareParts(a[i]!, b[i]!);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareParts(left: string, right: string): number {
  if (NUMBER.test(left) && NUMBER.test(right)) return Number(left) - Number(right);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** First agent that reads the `host` property. Source: Session Manager user guide. */
export const REMOTE_HOST_AGENT_VERSION = "3.1.1374.0";

/** What agents learned over time. */
export type AgentFeature =
  | "sessions"
  | "multiplexing"
  | "terminateFlag"
  | "remoteHost"
  | "quietKeepAlive"
  | "hostManagement"
  | "kmsChallenge";

export function agentHas(feature: AgentFeature, agentVersion: string): boolean {
  switch (feature) {
    case "sessions":
      return compareVersions(agentVersion, "2.3.68.0") >= 0;
    case "hostManagement":
      return compareVersions(agentVersion, "3.2.582.0") >= 0;
    case "multiplexing":
      return compareVersions(agentVersion, "3.0.196.0") > 0;
    case "terminateFlag":
      return compareVersions(agentVersion, "2.3.722.0") > 0;
    case "remoteHost":
      return compareVersions(agentVersion, REMOTE_HOST_AGENT_VERSION) >= 0;
    case "kmsChallenge":
      // The first that is known to send one: the version that the protocol text was written from.
      return compareVersions(agentVersion, "3.3.1142.0") >= 0;
    case "quietKeepAlive":
      return compareVersions(agentVersion, "3.1.1511.0") > 0;
    default:
      return feature satisfies never;
  }
}

/** Whether both ends run the multiplexer; a client older than it never answers smux frames. */
export function usesMultiplexer(agentVersion: string, clientVersion: string): boolean {
  return agentHas("multiplexing", agentVersion) && compareVersions(clientVersion, "1.1.70") >= 0;
}

/**
 * Whether the agent sends smux NOPs and ends a silent session. Newer agents do for old clients only;
 * those up to 3.1.1511.0 know no other way.
 */
export function usesKeepAlive(agentVersion: string, clientVersion: string): boolean {
  return !agentHas("quietKeepAlive", agentVersion) ||
    compareVersions(clientVersion, "1.2.331.0") <= 0;
}
