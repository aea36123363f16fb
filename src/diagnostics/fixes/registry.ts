/**
 * Every fix that this program can apply, by hand.
 *
 * @module
 */

import { addEndpointIngress443 } from "./add_endpoint_ingress_443.ts";
import { addInstanceEgress443 } from "./add_instance_egress_443.ts";
import { attachCorePolicy } from "./attach_core_policy.ts";
import { attachInstanceProfile } from "./attach_instance_profile.ts";
import { clearDiagCache } from "./clear_diag_cache.ts";
import type { FixDefinition } from "./contracts.ts";
import { createEndpoint } from "./create_endpoint.ts";
import { enableDnsAttributes } from "./enable_dns_attributes.ts";
import { enableImds } from "./enable_imds.ts";
import { enablePrivateDns } from "./enable_private_dns.ts";
import { fixLocalPermissions } from "./fix_local_permissions.ts";
import { pickFreePort } from "./pick_free_port.ts";
import { rebootInstance } from "./reboot_instance.ts";
import { ssoLogin } from "./sso_login.ts";
import { startInstance } from "./start_instance.ts";
import { terminateOwnSession } from "./terminate_own_session.ts";
import { updateAgent } from "./update_agent.ts";
import { waitAgent } from "./wait_agent.ts";
import { waitRunning } from "./wait_running.ts";

export const FIXES: readonly FixDefinition[] = [
  waitRunning,
  waitAgent,
  pickFreePort,
  fixLocalPermissions,
  clearDiagCache,
  ssoLogin,
  enableDnsAttributes,
  startInstance,
  rebootInstance,
  attachInstanceProfile,
  attachCorePolicy,
  enableImds,
  updateAgent,
  addInstanceEgress443,
  addEndpointIngress443,
  enablePrivateDns,
  createEndpoint,
  terminateOwnSession,
];
