/**
 * Who asks, with what, and where (F1-F3).
 *
 * @module
 */

import type { AnswerTime } from "../api/transport.ts";
import { FactFailure } from "../api/fact_failure.ts";
import type {
  ClockReading,
  LocalCredentials,
  RegionChoice,
  RegionStatus,
} from "../facts/account.ts";
import { type Failed, failed } from "../facts/fact.ts";
import type { Partition } from "../parameters.ts";
import { allPages, type ReadContext, type Readers } from "./reader.ts";

/** The half of F1 to F3 that this computer knows by itself. */
export interface LocalAccount {
  credentials(): Promise<LocalCredentials>;
  region: RegionChoice;
  /** Answers of this run that told the time. */
  answerTimes(): readonly AnswerTime[];
}

type AccountFacts =
  | "identity"
  | "clock"
  | "localCredentials"
  | "regionChoice"
  | "regionStatus"
  | "otherRegions";

/** A Region of each partition that every account has. */
const HOME_REGIONS: Readonly<Record<string, string>> = {
  aws: "us-east-1",
  "aws-cn": "cn-north-1",
  "aws-us-gov": "us-gov-west-1",
};

export function accountReaders(local: LocalAccount): Pick<Readers, AccountFacts> {
  return {
    identity: readIdentity,
    clock: async (context) => {
      // Any answer of STS tells the time, a refusal too.
      await context.fact("identity");
      return clockFrom(local.answerTimes().filter(({ service }) => service === "sts"));
    },
    localCredentials: () => local.credentials(),
    regionChoice: () => Promise.resolve(local.region),
    regionStatus: readRegionStatus,
    otherRegions: readOtherRegions,
  };
}

async function readIdentity(context: ReadContext) {
  const credentials = await context.value("localCredentials");
  if (!credentials.found) {
    throw new FactFailure(
      failed(
        "auth_failed",
        "sts:GetCallerIdentity",
        credentials.detail,
        "CredentialsProviderError",
      ),
    );
  }
  try {
    const answer = await context.call("sts", "GetCallerIdentity", {});
    const { Account, Arn, UserId } = answer;
    if (!Account || !Arn) throw foreignAnswer("sts:GetCallerIdentity");
    return { accountId: Account, arn: Arn, userId: UserId ?? "" };
  } catch (error) {
    throw await asRegionFailure(error, context);
  }
}

/** Where a Region is not enabled, keys are refused as if they were wrong. */
async function asRegionFailure(error: unknown, context: ReadContext): Promise<unknown> {
  if (!(error instanceof FactFailure) || error.fact.state !== "failed") return error;
  if (error.fact.reason !== "auth_failed") return error;
  const status = await context.fact("regionStatus");
  const isDisabled = status.state === "known" && status.value.optIn === "not-opted-in";
  return isDisabled
    ? new FactFailure({ ...error.fact satisfies Failed, reason: "region_disabled" })
    : error;
}

/** The closest of several readings, the one with the least doubt. */
export function clockFrom(times: readonly AnswerTime[]): ClockReading {
  const readings = times.flatMap(({ date, sentAtMs, answeredAtMs }) => {
    const serverMs = Date.parse(date ?? "");
    if (Number.isNaN(serverMs)) return [];
    const toleranceMs = (answeredAtMs - sentAtMs) / 2;
    // A Date has whole seconds, so the moment is somewhere in that second.
    return [{
      skewMs: (sentAtMs + answeredAtMs) / 2 - (serverMs + 500),
      toleranceMs: toleranceMs + 500,
    }];
  });
  readings.sort((a, b) => a.toleranceMs - b.toleranceMs);
  return readings[0] ?? { skewMs: undefined, toleranceMs: 0 };
}

async function readRegionStatus(context: ReadContext): Promise<RegionStatus> {
  const { region, partition } = context.parameters;
  try {
    return await describeRegion(context, region);
  } catch (error) {
    const home = homeRegionOf(partition);
    if (!(error instanceof FactFailure) || home === region || home === undefined) throw error;
    const { fact } = error;
    // A Region that does not exist has no address, and one that is not enabled refuses every key.
    if (fact.state !== "failed" || !["auth_failed", "network"].includes(fact.reason)) throw error;
    const atHome = await describeRegion(context, region, home).catch(() => undefined);
    const isExplained = atHome !== undefined && (!atHome.exists || atHome.optIn === "not-opted-in");
    if (isExplained) return atHome;
    throw error;
  }
}

async function describeRegion(
  context: ReadContext,
  name: string,
  askedIn?: string,
): Promise<RegionStatus> {
  try {
    const answer = await context.call(
      "ec2",
      "DescribeRegions",
      { RegionNames: [name], AllRegions: true },
      askedIn === undefined ? {} : { region: askedIn },
    );
    const found = answer.Regions?.find(({ RegionName }) => RegionName === name);
    return { exists: found !== undefined, optIn: optInOf(found?.OptInStatus) };
  } catch (error) {
    const isInvalid = error instanceof FactFailure &&
      /^InvalidParameterValue$/.test(error.code ?? "");
    if (isInvalid) return { exists: false, optIn: undefined };
    throw error;
  }
}

function optInOf(text: string | undefined): RegionStatus["optIn"] {
  switch (text) {
    case "opt-in-not-required":
    case "opted-in":
    case "not-opted-in":
      return text;
    default:
      return undefined;
  }
}

/** Only where the instance is not in the chosen Region, and only when that was asked for. */
async function readOtherRegions(context: ReadContext): Promise<string[]> {
  const { searchRegions, region, instanceId } = context.parameters;
  if (!searchRegions) return [];
  if (await context.value("instance") !== undefined) return [];
  const answer = await context.call("ec2", "DescribeRegions", {});
  const names = (answer.Regions ?? []).map(({ RegionName }) => RegionName ?? "")
    .filter((name) => name !== "" && name !== region);
  const holding = await Promise.all(
    names.map(async (name) => {
      try {
        const found = await allPages(async (token) => {
          const page = await context.call("ec2", "DescribeInstances", {
            InstanceIds: [instanceId],
            ...(token === undefined ? {} : { NextToken: token }),
          }, { region: name, isOptional: true });
          return { items: page.Reservations ?? [], next: page.NextToken };
        });
        return found.length > 0;
      } catch (error) {
        if (error instanceof FactFailure) return false;
        throw error;
      }
    }),
  );
  return names.filter((_name, index) => holding[index]);
}

function homeRegionOf(partition: Partition): string | undefined {
  return HOME_REGIONS[partition];
}

/** What came is no answer of the service, though it looked like one. */
export function foreignAnswer(action: string): FactFailure {
  return new FactFailure(failed("service_error", action, "the answer is none of AWS's"));
}
