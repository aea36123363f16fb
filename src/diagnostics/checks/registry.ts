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
import { networkAcls } from "./network_acls.ts";
import { networkConnectivity } from "./network_connectivity.ts";
import { regionMatch } from "./region_match.ts";
import { routing } from "./routing.ts";
import { scheduledEvents } from "./scheduled_events.ts";
import { securityGroups } from "./security_groups.ts";
import { sessionLimits } from "./session_limits.ts";
import { sessionPreferences } from "./session_preferences.ts";
import { ssmAgent } from "./ssm_agent.ts";
import { vpcEndpoints } from "./vpc_endpoints.ts";

/** In the order of `CHECK_IDS`. */
export const CHECKS: readonly CheckDefinition[] = [
  instanceState,
  ssmAgent,
  iamPermissions,
  vpcEndpoints,
  securityGroups,
  networkConnectivity,
  localPortAvailability,
  credentials,
  clockSkew,
  regionMatch,
  instanceProfile,
  hostManagement,
  routing,
  networkAcls,
  sessionPreferences,
  agentFeatures,
  scheduledEvents,
  sessionLimits,
  localPrerequisites,
];
