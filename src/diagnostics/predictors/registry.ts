/**
 * Every predictor of `diagnose preventive`, by hand: will a connection that works now keep working.
 *
 * Most questions are those of checks, asked about a span of time; these run the check itself.
 *
 * @module
 */

import { agentFeatures } from "../checks/agent_features.ts";
import { clockSkew } from "../checks/clock_skew.ts";
import { instanceState } from "../checks/instance_state.ts";
import { localPortAvailability } from "../checks/local_port_availability.ts";
import { scheduledEvents } from "../checks/scheduled_events.ts";
import { sessionLimits } from "../checks/session_limits.ts";
import { ssmAgent } from "../checks/ssm_agent.ts";
import type { CheckDefinition, PredictorId } from "../contracts.ts";
import { expiringCredentials } from "./expiring_credentials.ts";
import { kmsKey } from "./kms_key.ts";
import { pathDecay } from "./path_decay.ts";
import { idleTimeout, maxDuration } from "./session_time.ts";
import { spotOrAsg } from "./spot_or_asg.ts";

/** In the order of `PREDICTOR_IDS`. */
export const PREDICTORS: readonly CheckDefinition[] = [
  expiringCredentials,
  idleTimeout,
  maxDuration,
  predictorOf("old_agent", "Agent version", agentFeatures),
  predictorOf("stale_ping", "Agent's pings", ssmAgent),
  predictorOf("status_checks", "Status checks", instanceState),
  predictorOf("predicted_events", "Scheduled events", scheduledEvents),
  predictorOf("session_quota", "Session limits", sessionLimits),
  pathDecay,
  kmsKey,
  predictorOf("clock_drift", "Local clock", clockSkew),
  spotOrAsg,
  predictorOf("local_port", "Local port", localPortAvailability),
];

/** The check, under the name of a prediction. */
function predictorOf(id: PredictorId, title: string, check: CheckDefinition): CheckDefinition {
  return { ...check, id, title, standsFor: check.id as NonNullable<CheckDefinition["standsFor"]> };
}
