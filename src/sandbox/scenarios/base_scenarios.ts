/**
 * The first VPC, with a public subnet: the healthy instances, and those whose trouble is their own.
 *
 * @module
 */
import type { Instance } from "../cloud/instance.ts";
import { NetworkBuilder } from "./network_builder.ts";
import { critical, type Scenario, warning } from "./scenario.ts";
import type { InstanceOptions, Seeder } from "./seeder.ts";

/** Basic port mode, and no TerminateSession flag: both need a later agent (protocol version gates). */
export const OLD_AGENT_VERSION = "2.3.722.0";
/** Multiplexes, but knows no remote host: that needs 3.1.1374.0 (Session Manager user guide). */
export const NO_REMOTE_HOST_AGENT_VERSION = "3.1.1080.0";

export const MAIN_VPC_CIDR = "10.0.0.0/16";

/** The VPC that the base scenarios share, made by the first of them. */
function mainNetwork(seeder: Seeder): NetworkBuilder {
  const made = networks.get(seeder.cloud);
  if (made !== undefined) return made;
  const options = { number: 1, name: "main", cidr: MAIN_VPC_CIDR };
  const network = new NetworkBuilder(seeder.home, options, seeder.cloud.createdAtMs);
  network.route(network.addInternetGateway());
  network.subnet.mapsPublicIp = true;
  networks.set(seeder.cloud, network);
  return network;
}

const networks = new WeakMap<object, NetworkBuilder>();

/** Every number is used once, for the id and for the addresses. */
function instance(seeder: Seeder, number: number, options: InstanceOptions): Instance {
  return seeder.numbered(number, mainNetwork(seeder), {
    host: 9 + number,
    publicIp: `198.51.100.${9 + number}`,
    ...options,
  });
}

export const BASE_SCENARIOS: readonly Scenario[] = [
  {
    name: "healthy",
    about: "nothing is wrong: a public subnet, the newest agent, a role that may talk to SSM",
    expected: undefined,
    seed(seeder) {
      const add = (number: number, name: string | undefined, tags: Record<string, string>) =>
        instance(seeder, number, { tags, ...(name !== undefined && { name }) });
      add(1, "web-1", { env: "dev", role: "web" });
      add(2, "web-2", { env: "dev", role: "web" });
      add(3, "api-1", { env: "staging", role: "api" });
      add(4, "bastion", { env: "prod", role: "bastion" });
      instance(seeder, 5, {
        name: "windows-1",
        tags: { env: "dev", role: "desktop" },
        platform: "Windows",
      });
      add(6, undefined, { env: "dev" });
    },
  },
  {
    name: "duplicate",
    about: "nothing is wrong, but two instances have the same Name",
    expected: undefined,
    seed(seeder) {
      for (const number of [7, 8]) {
        instance(seeder, number, { name: "duplicate", tags: { env: "dev" } });
      }
    },
  },
  {
    name: "stopped",
    about: "the instance is stopped",
    expected: critical("instance_state", "INSTANCE_STOPPED"),
    seed(seeder) {
      instance(seeder, 9, { name: "stopped-1", state: "stopped", wasRegistered: true });
    },
  },
  {
    name: "terminated",
    about: "the instance is terminated",
    expected: critical("instance_state", "INSTANCE_TERMINATED"),
    seed(seeder) {
      instance(seeder, 10, { name: "terminated-1", state: "terminated" });
    },
  },
  {
    name: "unregistered",
    about: "no instance profile, and default host management is off: the agent never registered",
    expected: critical("instance_profile", "PROFILE_MISSING"),
    seed(seeder) {
      instance(seeder, 11, { name: "unregistered-1", profile: "none" });
    },
  },
  {
    name: "connection-lost",
    about: "the agent has stopped; a reboot starts it again",
    expected: critical("ssm_agent", "AGENT_CONNECTION_LOST"),
    seed(seeder) {
      instance(seeder, 12, { name: "lost-1", wasRegistered: true }).agent.isRunning = false;
    },
  },
  {
    name: "old-agent",
    about: "the agent is so old that connections of one tunnel wait for each other",
    expected: warning("agent_features", "FEATURE_UNSUPPORTED"),
    seed(seeder) {
      instance(seeder, 13, { name: "old-agent-1", agentVersion: OLD_AGENT_VERSION });
    },
  },
  {
    name: "no-remote-host",
    about: "the agent is too old to forward to another host",
    expected: critical("agent_features", "FEATURE_UNSUPPORTED", ["--remote-host", "db.internal"]),
    seed(seeder) {
      instance(seeder, 14, {
        name: "no-remote-host-1",
        agentVersion: NO_REMOTE_HOST_AGENT_VERSION,
      });
    },
  },
];

/** Enough more healthy ones that a page of five or ten is not the last one. */
export const BATCH: Scenario = {
  name: "healthy",
  about: "",
  expected: undefined,
  seed(seeder) {
    for (let i = 0; i < 12; i++) {
      instance(seeder, 15 + i, {
        name: `batch-${String(i + 1).padStart(2, "0")}`,
        tags: { env: "batch", role: "worker" },
      });
    }
  },
};

/** Whether a scenario's instances are in the first VPC. */
export function isBaseScenario(name: string): boolean {
  return BASE_SCENARIOS.some((scenario) => scenario.name === name);
}
