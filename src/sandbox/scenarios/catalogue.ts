/**
 * Every scenario, and what of them a sandbox is seeded with.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { Cloud } from "../cloud/cloud.ts";
import { DEFAULT_PREFERENCES } from "../cloud/preferences.ts";
import { ACCOUNT_SCENARIOS } from "./account_scenarios.ts";
import { BASE_SCENARIOS, BATCH } from "./base_scenarios.ts";
import { ENCRYPTION_SCENARIOS } from "./encryption_scenarios.ts";
import { FRAIL_SCENARIOS } from "./frail_scenarios.ts";
import { IDENTITY_SCENARIOS } from "./identity_scenarios.ts";
import { INSTANCE_SCENARIOS } from "./instance_scenarios.ts";
import { NETWORK_SCENARIOS } from "./network_scenarios.ts";
import type { ExpectedCause, Scenario } from "./scenario.ts";
import { HEALTHY_PROFILE, Seeder } from "./seeder.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...BASE_SCENARIOS,
  ...NETWORK_SCENARIOS,
  ...IDENTITY_SCENARIOS,
  ...INSTANCE_SCENARIOS,
  ...ACCOUNT_SCENARIOS,
  // Ids follow from the place in this list: new ones come last.
  ...FRAIL_SCENARIOS,
  ...ENCRYPTION_SCENARIOS,
];

export const SCENARIO_NAMES: readonly string[] = SCENARIOS.map(({ name }) => name);

/** Numbers of the scenarios' networks start here: those below belong to the main VPC's instances. */
const FIRST_NUMBER = 101;

/** Of the crowd's network; below those of scenarios, above those of the main VPC's instances. */
const CROWD_NUMBER = FIRST_NUMBER - 1;
/** Ids of the crowd are apart from all others. */
const FIRST_IN_CROWD = 0x100000;

/** A scenario as it is listed. */
export interface ScenarioSummary {
  name: string;
  /** One line: what is right or wrong. */
  about: string;
  /** What a diagnosis should name first; `undefined` where nothing is wrong. */
  expected: ExpectedCause | undefined;
  /** What else is wrong. */
  also: readonly ExpectedCause[];
  /** Not among the instances of a sandbox that was started without naming it. */
  isAlone: boolean;
  /** Names of its instances; empty for the one without. */
  instances: string[];
}

export function listScenarios(): ScenarioSummary[] {
  return SCENARIOS.map((scenario) => {
    const { name, about, expected, also = [], isAlone = false } = scenario;
    const cloud = seedCloud({ region: "us-east-1", scenario: name, nowMs: 0 });
    const instances = cloud.instances.map(({ tags }) => tags["Name"] ?? "");
    return { name, about, expected, also, isAlone, instances };
  });
}

/**
 * The account at the start.
 *
 * @param options.scenario Only this one. Default: all that do not change the whole account.
 * @param options.crowd Names of more instances, which have no agent.
 * @throws {AppError} `usage` for an unknown scenario.
 */
export function seedCloud(
  options: {
    region: string;
    scenario?: string | undefined;
    crowd?: readonly string[] | undefined;
    nowMs: number;
  },
): Cloud {
  const { region, scenario: wanted, crowd = [], nowMs } = options;
  if (wanted !== undefined && !SCENARIO_NAMES.includes(wanted)) {
    throw new AppError("usage", `Cannot start the sandbox: there is no scenario "${wanted}"`, {
      hint: "ec2-connect sandbox --list shows them",
    });
  }
  const cloud = new Cloud(nowMs - 3_600_000);
  cloud.iam.addUser("sandbox", { attached: ["AdministratorAccess"] });
  cloud.iam.addRole(HEALTHY_PROFILE, { attached: ["AmazonSSMManagedInstanceCore"] });
  cloud.iam.addProfile(HEALTHY_PROFILE, { roleName: HEALTHY_PROFILE });
  cloud.region(region).preferences = { ...DEFAULT_PREFERENCES };
  const everything = [...SCENARIOS.entries()].map(([i, each]) => ({ number: i, scenario: each }));
  // The many healthy ones stay together, behind those of the first VPC.
  everything.splice(BASE_SCENARIOS.length, 0, { number: 0, scenario: BATCH });
  for (const { number, scenario } of everything) {
    const isWanted = wanted === undefined ? !scenario.isAlone : scenario.name === wanted;
    if (!isWanted) continue;
    const options = { region, nowMs, scenario: scenario.name, number: FIRST_NUMBER + number };
    scenario.seed(new Seeder(cloud, options));
  }
  if (crowd.length > 0) {
    addCrowd(new Seeder(cloud, { region, nowMs, scenario: "crowd", number: CROWD_NUMBER }), crowd);
  }
  cloud.settle(nowMs);
  return cloud;
}

/** Without agents, thousands cost nothing: an agent's way to the service is looked at again and again. */
function addCrowd(seeder: Seeder, names: readonly string[]): void {
  const network = seeder.network();
  for (const [index, name] of names.entries()) {
    const options = { name, host: index, profile: "none" };
    seeder.numbered(FIRST_IN_CROWD + index, network, options).agent.isInstalled = false;
  }
}
