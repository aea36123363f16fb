/**
 * Every check there is, by hand: what is listed here runs, in the order of the catalogue.
 *
 * @module
 */

import type { CheckDefinition } from "../contracts.ts";
import { agentFeatures } from "./agent_features.ts";
import { clockSkew } from "./clock_skew.ts";
import { credentials } from "./credentials.ts";
import { hostManagement } from "./host_management.ts";
import { iamPermissions } from "./iam_permissions.ts";
import { instanceProfile } from "./instance_profile.ts";
import { instanceState } from "./instance_state.ts";
import { localPortAvailability } from "./local_port_availability.ts";
import { localPrerequisites } from "./local_prerequisites.ts";
import { scheduledEvents } from "./scheduled_events.ts";
import { sessionLimits } from "./session_limits.ts";
import { sessionPreferences } from "./session_preferences.ts";
import { ssmAgent } from "./ssm_agent.ts";

/** In the order of `CHECK_IDS`. */
export const CHECKS: readonly CheckDefinition[] = [
  instanceState,
  ssmAgent,
  iamPermissions,
  localPortAvailability,
  credentials,
  clockSkew,
  instanceProfile,
  hostManagement,
  sessionPreferences,
  agentFeatures,
  scheduledEvents,
  sessionLimits,
  localPrerequisites,
];
