/**
 * Trouble of the instance itself, now or announced.
 *
 * @module
 */
import type { Instance, ScheduledEvent } from "../cloud/instance.ts";
import { critical, type Scenario, warning } from "./scenario.ts";
import type { InstanceOptions, Seeder } from "./seeder.ts";

const WAS = { wasRegistered: true };
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

function one(
  fields: Omit<Scenario, "seed">,
  change: (instance: Instance, seeder: Seeder) => void,
  options: InstanceOptions = {},
): Scenario {
  return {
    ...fields,
    seed(seeder) {
      const network = seeder.network();
      network.addNat();
      change(seeder.instance(network, options), seeder);
    },
  };
}

function impair(instance: Instance, which: keyof Instance["status"], seeder: Seeder): void {
  instance.status[which] = "impaired";
  instance.impairedSinceMs = seeder.nowMs - 25 * MINUTE_MS;
}

function event(
  seeder: Seeder,
  fields: Pick<ScheduledEvent, "code" | "description"> & { inMs: number },
): ScheduledEvent {
  const { code, description, inMs } = fields;
  return {
    eventId: "instance-event-0a5b0c00000000001",
    code,
    description,
    notBeforeMs: seeder.nowMs + inMs,
  };
}

export const INSTANCE_SCENARIOS: readonly Scenario[] = [
  one(
    {
      name: "instance-impaired",
      about: "the instance's status check fails: its system does not respond",
      expected: critical("instance_state", "INSTANCE_STATUS_IMPAIRED"),
    },
    (instance, seeder) => impair(instance, "instance", seeder),
    WAS,
  ),
  one(
    {
      name: "system-impaired",
      about: "the host's status check fails; stopping and starting moves the instance elsewhere",
      expected: critical("instance_state", "SYSTEM_STATUS_IMPAIRED"),
    },
    (instance, seeder) => impair(instance, "system", seeder),
    WAS,
  ),
  one({
    name: "volume-impaired",
    about: "works, but a volume cannot complete its I/O",
    expected: warning("instance_state", "EBS_STATUS_IMPAIRED"),
  }, (instance, seeder) => impair(instance, "ebs", seeder)),
  one(
    {
      name: "stopping",
      about: "the instance is being stopped",
      expected: critical("instance_state", "INSTANCE_STOPPING"),
    },
    () => {},
    { ...WAS, state: "stopping" },
  ),
  one(
    {
      name: "initializing",
      about: "works; the instance has just started, and its status checks are not through",
      expected: warning("instance_state", "INSTANCE_INITIALIZING"),
    },
    (instance) => {
      instance.status.instance = "initializing";
      instance.status.system = "initializing";
    },
    { launchedAgoMs: 2 * MINUTE_MS },
  ),
  one(
    {
      name: "agent-too-old",
      about: "the agent is from before there were sessions: Online, no sessions",
      expected: critical("ssm_agent", "AGENT_TOO_OLD"),
    },
    () => {},
    { agentVersion: "2.3.50.0" },
  ),
  one(
    {
      name: "agent-not-installed",
      about: "there is no agent",
      expected: critical("ssm_agent", "AGENT_NOT_REGISTERED"),
    },
    (instance) => {
      instance.agent.isInstalled = false;
    },
  ),
  one({
    name: "retiring",
    about: "works; AWS retires the instance in three days",
    expected: warning("scheduled_events", "EVENT_SCHEDULED"),
  }, (instance, seeder) => {
    const code = "instance-retirement";
    const description = "The instance is running on degraded hardware";
    instance.events.push(event(seeder, { code, description, inMs: 3 * DAY_MS }));
  }),
  one({
    name: "reboot-soon",
    about: "works; AWS reboots the instance in half an hour",
    expected: critical("scheduled_events", "EVENT_SCHEDULED"),
  }, (instance, seeder) => {
    const description = "scheduled reboot";
    const inMs = 30 * MINUTE_MS;
    instance.events.push(event(seeder, { code: "instance-reboot", description, inMs }));
  }),
  {
    name: "spot",
    about: "works; a Spot instance, which AWS may take back",
    expected: warning("scheduled_events", "SPOT_INSTANCE"),
    seed(seeder) {
      const network = seeder.network();
      network.addNat();
      seeder.instance(network, { isSpot: true });
    },
  },
];
