/**
 * Which checks each command runs.
 *
 * @module
 */

import { CHECK_IDS, type CheckId, PREDICTOR_IDS, type PredictorId } from "./contracts.ts";

/** No VPC reads: it must be quick. */
const PRECHECK: readonly CheckId[] = [
  "instance_state",
  "ssm_agent",
  "iam_permissions",
  "local_port_availability",
  "credentials",
  "clock_skew",
  "region_match",
  "agent_features",
  "session_limits",
  "local_prerequisites",
];

/** Everything; the local port only when one was named. */
export function fullChecks(options: { hasLocalPort: boolean }): CheckId[] {
  return CHECK_IDS.filter((id) => options.hasLocalPort || id !== "local_port_availability");
}

export function precheckChecks(options: { hasLocalPort: boolean }): CheckId[] {
  return PRECHECK.filter((id) => options.hasLocalPort || id !== "local_port_availability");
}

/** Questions about the time to come; the local port only when one was named. */
export function predictors(options: { hasLocalPort: boolean }): PredictorId[] {
  return PREDICTOR_IDS.filter((id) => options.hasLocalPort || id !== "local_port");
}

/** The configuration in AWS: neither this computer's tools nor its port. */
export function fixChecks(): CheckId[] {
  return CHECK_IDS.filter((id) => id !== "local_port_availability" && id !== "local_prerequisites");
}

/** Checks whose findings help to read those of one, told in short form beside it. */
const DEPENDENCIES: Readonly<Partial<Record<CheckId, readonly CheckId[]>>> = {
  ssm_agent: ["instance_state"],
  agent_features: ["instance_state"],
  iam_permissions: ["instance_profile"],
  host_management: ["instance_profile"],
  vpc_endpoints: ["instance_state", "routing"],
  security_groups: ["instance_state", "vpc_endpoints"],
  network_acls: ["instance_state", "vpc_endpoints"],
  network_connectivity: ["vpc_endpoints", "security_groups", "network_acls", "routing"],
  instance_profile: ["instance_state"],
  routing: ["instance_state"],
  scheduled_events: ["instance_state"],
};

export function dependenciesOf(id: CheckId): CheckId[] {
  const local: readonly CheckId[] = ["local_port_availability", "local_prerequisites"];
  const needsAws = !local.includes(id) && id !== "credentials";
  return [...DEPENDENCIES[id] ?? [], ...needsAws ? ["credentials" as const] : []];
}

/**
 * The few checks that can explain a failed `connect`, by what failed.
 *
 * @param kind Of the error: `target`, `network`, `protocol`, `auth`, `resource`.
 */
export function checksForFailure(kind: string): CheckId[] {
  switch (kind) {
    case "target":
      return CHECK_IDS.filter((id) =>
        !["local_port_availability", "local_prerequisites", "session_preferences", "session_limits"]
          .includes(id)
      );
    case "auth":
      return ["credentials", "clock_skew", "region_match", "iam_permissions"];
    case "network":
      return ["credentials", "clock_skew", "region_match", "network_connectivity", "ssm_agent"];
    case "protocol":
      return ["credentials", "clock_skew", "ssm_agent", "agent_features", "session_preferences"];
    case "resource":
      return ["credentials", "session_limits"];
    default:
      return [];
  }
}
