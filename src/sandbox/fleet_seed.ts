/**
 * The seeded instances: healthy, and broken in the ways that a client has to tell apart.
 *
 * @module
 */

/** What is right or wrong with an instance. */
export type Scenario =
  | "healthy"
  | "duplicate"
  | "stopped"
  | "terminated"
  | "unregistered"
  | "connection-lost"
  | "old-agent"
  | "no-remote-host";

export const SCENARIO_NAMES: readonly Scenario[] = [
  "healthy",
  "duplicate",
  "stopped",
  "terminated",
  "unregistered",
  "connection-lost",
  "old-agent",
  "no-remote-host",
];

/** How Systems Manager sees an instance. */
export type Registration =
  | { ping: "Online" | "ConnectionLost"; agentVersion: string }
  | undefined;

/** One instance, as the service would describe it. */
export interface InstanceSeed {
  instanceId: string;
  scenario: Scenario;
  state: "running" | "stopped" | "terminated";
  tags: Readonly<Record<string, string>>;
  /** Empty for a terminated instance. */
  privateIp: string;
  publicIp?: string;
  platform: "Linux" | "Windows";
  /** `undefined`: the agent never registered. */
  registration: Registration;
  /** Names that only this instance resolves, each to a loopback address. */
  privateNames: Readonly<Record<string, string>>;
}

export const NEWEST_AGENT_VERSION = "3.3.1142.0";
/** Basic port mode, and no TerminateSession flag: both need a later agent (protocol version gates). */
export const OLD_AGENT_VERSION = "2.3.722.0";
/** Multiplexes, but knows no remote host: that needs 3.1.1374.0 (Session Manager user guide). */
export const NO_REMOTE_HOST_AGENT_VERSION = "3.1.1080.0";

const PRIVATE_NAMES = { "db.internal": "127.0.0.1", "cache.internal": "127.0.0.1" };

/** Every number is used once, for the id and for the address. */
function instance(
  number: number,
  fields: { name?: string; tags?: Record<string, string> } & Partial<InstanceSeed>,
): InstanceSeed {
  const { name, tags, ...rest } = fields;
  return {
    instanceId: `i-0a5b0c${number.toString(16).padStart(11, "0")}`,
    scenario: "healthy",
    state: "running",
    tags: { ...(name !== undefined && { Name: name }), ...tags },
    privateIp: `10.0.1.${9 + number}`,
    platform: "Linux",
    registration: { ping: "Online", agentVersion: NEWEST_AGENT_VERSION },
    privateNames: PRIVATE_NAMES,
    ...rest,
  };
}

export const INSTANCE_SEEDS: readonly InstanceSeed[] = [
  instance(1, { name: "web-1", tags: { env: "dev", role: "web" }, publicIp: "198.51.100.10" }),
  instance(2, { name: "web-2", tags: { env: "dev", role: "web" } }),
  instance(3, { name: "api-1", tags: { env: "staging", role: "api" } }),
  instance(4, { name: "bastion", tags: { env: "prod", role: "bastion" } }),
  instance(5, { name: "windows-1", tags: { env: "dev", role: "desktop" }, platform: "Windows" }),
  instance(6, { tags: { env: "dev" } }),
  instance(7, { name: "duplicate", tags: { env: "dev" }, scenario: "duplicate" }),
  instance(8, { name: "duplicate", tags: { env: "dev" }, scenario: "duplicate" }),
  instance(9, {
    name: "stopped-1",
    scenario: "stopped",
    state: "stopped",
    registration: { ping: "ConnectionLost", agentVersion: NEWEST_AGENT_VERSION },
  }),
  instance(10, {
    name: "terminated-1",
    scenario: "terminated",
    state: "terminated",
    privateIp: "",
    registration: undefined,
  }),
  instance(11, { name: "unregistered-1", scenario: "unregistered", registration: undefined }),
  instance(12, {
    name: "lost-1",
    scenario: "connection-lost",
    registration: { ping: "ConnectionLost", agentVersion: NEWEST_AGENT_VERSION },
  }),
  instance(13, {
    name: "old-agent-1",
    scenario: "old-agent",
    registration: { ping: "Online", agentVersion: OLD_AGENT_VERSION },
  }),
  instance(14, {
    name: "no-remote-host-1",
    scenario: "no-remote-host",
    registration: { ping: "Online", agentVersion: NO_REMOTE_HOST_AGENT_VERSION },
  }),
  // Enough more that a page of five or ten is not the last one.
  ...Array.from(
    { length: 12 },
    (_, i) =>
      instance(15 + i, {
        name: `batch-${String(i + 1).padStart(2, "0")}`,
        tags: { env: "batch", role: "worker" },
      }),
  ),
];
