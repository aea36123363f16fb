/**
 * `region_match`: is the Region valid, enabled, and the one that holds the instance.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type FactReader, type Finding } from "../contracts.ts";
import type { RegionChoice } from "../facts/account.ts";
import { valueOf } from "../facts/fact.ts";
import { critical, ok, unknown, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { itemCommand } from "../remedies.ts";

const FACTS = ["regionChoice", "regionStatus", "instance", "otherRegions"] as const;

type RegionReader = FactReader<(typeof FACTS)[number]>;

/** Any Region of any partition: `us-east-1`, `us-gov-west-1`, `us-isob-east-1`. */
const REGION_NAME = /^[a-z]{2,4}(-[a-z]+)+-\d$/;

export const regionMatch = defineCheck({
  id: "region_match",
  title: "Region",
  category: "credentials",
  isSeedItem: false,
  primaryQuestion: "is the Region valid, enabled and the one holding the instance",
  facts: FACTS,
  requires: { aws: true, instance: "none", ec2: false },
  actions: ["ec2:DescribeRegions", "ec2:DescribeInstances"],
  run(facts, parameters): CheckOutcome {
    const choice = valueOf(facts.get("regionChoice"));
    return {
      findings: [
        ...placeFindings(facts, parameters),
        ...(choice === undefined ? [] : sourceFindings(choice)),
      ],
      planned: 2,
    };
  },
});

function placeFindings(facts: RegionReader, parameters: CheckParameters): Finding[] {
  const { region } = parameters;
  const resources = [{ type: "region", id: region }];
  const source = valueOf(facts.get("regionChoice"))?.source ?? null;
  const details = { resources, evidence: { region, source } };
  const status = facts.get("regionStatus");
  const instance = facts.get("instance");
  const isNamed = REGION_NAME.test(region);
  if (!isNamed || (status.state === "known" && !status.value.exists)) {
    const why = isNamed ? "EC2 knows no such Region" : "it is not written as one";
    return [
      critical("REGION_INVALID", `${region} is no Region: ${why}`, {
        ...details,
        remediation: [
          "Give the right one with --region; aws ec2 describe-regions --all-regions lists them",
        ],
      }),
    ];
  }
  const isDisabled = status.state === "known"
    ? status.value.optIn === "not-opted-in"
    : [status, instance].some((fact) =>
      fact.state === "failed" && fact.reason === "region_disabled"
    );
  if (isDisabled) {
    return [
      critical("REGION_NOT_ENABLED", `${region} is not enabled in this account`, {
        ...details,
        remediation: [
          `Enable it: aws account enable-region --region-name ${region}`,
          "Or in the console: Account, AWS Regions; it takes some minutes",
        ],
      }),
    ];
  }
  if (instance.state === "known" && instance.value === undefined && !parameters.isHybrid) {
    return [absent(facts, parameters, details)];
  }
  const isFound = instance.state === "known" && instance.value !== undefined;
  if (status.state !== "known") {
    const hidden = unknownBecause(
      "REGION_NOT_VISIBLE",
      status,
      `whether ${region} is enabled could not be read`,
      { ...details, primary: !isFound },
    );
    return isFound ? [found(parameters, details), hidden] : [hidden];
  }
  if (isFound || parameters.isHybrid) return [found(parameters, details)];
  return [
    unknownBecause(
      "REGION_NOT_VISIBLE",
      // Not known: what is left of the three states after the two questions above.
      instance as Exclude<typeof instance, { state: "known" }>,
      `${region} is enabled; whether it holds ${parameters.instanceId} could not be read`,
      details,
    ),
  ];
}

type Details = Pick<Finding, "resources" | "evidence">;

function found({ region, instanceId, isHybrid }: CheckParameters, details: Details): Finding {
  const what = isHybrid ? "" : ` and holds ${instanceId}`;
  return ok("REGION_OK", `${region} is enabled${what}`, details);
}

/** The instance is not here: in another Region, or nobody has looked there. */
function absent(facts: RegionReader, parameters: CheckParameters, details: Details): Finding {
  const { region, instanceId, searchRegions } = parameters;
  const others = facts.get("otherRegions");
  const [elsewhere] = valueOf(others) ?? [];
  if (elsewhere !== undefined) {
    return critical(
      "REGION_INSTANCE_ELSEWHERE",
      `${instanceId} is in ${elsewhere}, not in ${region}`,
      {
        ...details,
        evidence: { ...details.evidence, found_in: [...valueOf(others)!] },
        remediation: [`Use --region ${elsewhere}`],
      },
    );
  }
  if (searchRegions && others.state !== "known") {
    return unknownBecause(
      "REGION_NOT_VISIBLE",
      others,
      `${instanceId} is not in ${region}; the other Regions could not be searched`,
      details,
    );
  }
  if (searchRegions) {
    return unknown(
      "REGION_NOT_VISIBLE",
      "not_found",
      `${instanceId} is in no enabled Region of this account`,
      { ...details, remediation: ["Check the id, and the account: --profile"] },
    );
  }
  return unknown(
    "REGION_NOT_VISIBLE",
    "not_visible",
    `${instanceId} is not in ${region}; it may be in another Region`,
    {
      ...details,
      remediation: [
        `Search the other Regions: ${itemCommand("region_match", parameters)} --search-regions`,
        "Check the Region and the profile: --region, --profile",
      ],
    },
  );
}

function sourceFindings({ name, source, profileRegion }: RegionChoice): Finding[] {
  const isOfEnvironment = source === "AWS_REGION" || source === "AWS_DEFAULT_REGION" ||
    source === "EC2_CONNECT_AWS_REGION";
  if (!isOfEnvironment || profileRegion === undefined || profileRegion === name) return [];
  return [
    warning(
      "REGION_SOURCE_CONFLICT",
      "low",
      `${source} says ${name}, the profile ${profileRegion}: the environment wins`,
      {
        primary: false,
        resources: [{ type: "region", id: name }],
        evidence: { region: name, source, profile_region: profileRegion },
        remediation: [`Say which one with --region, or unset ${source}`],
      },
    ),
  ];
}
