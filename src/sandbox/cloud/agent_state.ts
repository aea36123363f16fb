/**
 * Whether an instance's agent is in touch with Systems Manager, worked out from what it has: a
 * process, credentials, and a way to the services.
 *
 * Source: Systems Manager user guide, "Learn technical details about the SSM Agent" (which credentials
 * come first) and "Managing EC2 instances automatically with Default Host Management Configuration".
 * The real agent takes minutes to notice a change, an hour when it has given up for a while; here it
 * is at once.
 *
 * @module
 */
import { agentHas } from "../agent/version.ts";
import { accessOf, endpointAllows, trusts } from "./access.ts";
import type { IamStore, Identity } from "./iam_store.ts";
import type { Instance } from "./instance.ts";
import { CHANNEL_ACTIONS } from "./managed_policies.ts";
import { type ServiceHost, wayTo } from "./path.ts";
import { NO_HOST_MANAGEMENT, type RegionCloud } from "./region.ts";

export interface AgentState {
  /** Its heartbeat reaches the service: the node is Online. */
  pings: boolean;
  /** Its control channel is open: sessions can be started. */
  hasChannel: boolean;
  /** What keeps it from the rest; empty when nothing does. */
  because: string;
}

const HEARTBEAT = "ssm:UpdateInstanceInformation";

export function agentStateOf(
  instance: Instance,
  world: { region: RegionCloud; iam: IamStore },
): AgentState {
  const { agent } = instance;
  const nothing = (because: string) => ({ pings: false, hasChannel: false, because });
  if (instance.state !== "running") return nothing("it does not run");
  if (instance.status.system === "impaired" || instance.status.instance === "impaired") {
    return nothing("its system does not respond");
  }
  if (!agent.isInstalled || !agent.isRunning) return nothing("its agent does not run");
  const role = roleOf(instance, world);
  if (typeof role === "string") return nothing(role);
  const ping = obstacle(instance, world, { role, host: "ssm", actions: [HEARTBEAT] });
  const channel = agentHas("sessions", agent.version)
    ? obstacle(instance, world, { role, host: "ssmmessages", actions: CHANNEL_ACTIONS })
    : `agent ${agent.version} has no sessions`;
  return {
    pings: ping === undefined,
    hasChannel: channel === undefined,
    because: [ping, channel].filter((each) => each !== undefined).join("; "),
  };
}

/** The role whose credentials the agent uses, or why it has none. */
export function roleOf(
  instance: Instance,
  world: { region: RegionCloud; iam: IamStore },
): Identity | string {
  if (instance.metadata.endpoint === "disabled") return "it cannot reach the metadata service";
  const own = profileRole(instance, world);
  // The profile comes first, and stays if it may do the first thing that is tried with it.
  if (own !== undefined && may(world.iam, own, HEARTBEAT)) return own;
  const shared = hostManagementRole(instance, world);
  return shared ?? own ?? "it has no role";
}

function profileRole(
  instance: Instance,
  { region, iam }: { region: RegionCloud; iam: IamStore },
): Identity | undefined {
  const association = region.associationOf(instance.instanceId);
  const profile = iam.profiles.get(association?.profileName ?? "");
  if (association?.state !== "associated" || profile?.id !== association.profileId) {
    return undefined;
  }
  const role = iam.roles.get(profile.roleName ?? "");
  return role !== undefined && trusts(role, "ec2.amazonaws.com") ? role : undefined;
}

function hostManagementRole(
  instance: Instance,
  { region, iam }: { region: RegionCloud; iam: IamStore },
): Identity | undefined {
  const { value } = region.hostManagement;
  if (value === NO_HOST_MANAGEMENT || !agentHas("hostManagement", instance.agent.version)) {
    return undefined;
  }
  const role = iam.roles.get(value.split("/").at(-1)!);
  return role !== undefined && trusts(role, "ssm.amazonaws.com") ? role : undefined;
}

function may(iam: IamStore, role: Identity, action: string): boolean {
  const context = { "aws:PrincipalArn": [role.arn] };
  return accessOf(iam, role, { action, resource: "*", context }).decision === "allowed";
}

function obstacle(
  instance: Instance,
  { region, iam }: { region: RegionCloud; iam: IamStore },
  wanted: { role: Identity; host: ServiceHost; actions: readonly string[] },
): string | undefined {
  const { role, host, actions } = wanted;
  const refused = actions.find((action) => !may(iam, role, action));
  if (refused !== undefined) return `role ${role.name} may not ${refused}`;
  const way = wayTo(region, instance, host);
  if (!way.isOpen) return `${host}: ${way.because}`;
  const { endpoint } = way;
  if (endpoint === undefined) return undefined;
  const blocked = actions.find((action) => !endpointAllows(endpoint.policy, role, action));
  return blocked && `the policy of ${endpoint.vpcEndpointId} refuses ${blocked}`;
}
