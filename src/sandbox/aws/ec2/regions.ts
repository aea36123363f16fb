/**
 * The Regions of AWS, and which of them the account has enabled.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { type Ec2Operation, type Ec2Request, readBoolean } from "./request.ts";
import { testsOf } from "./filters.ts";

/** Enabled in every account. */
const BUILT_IN = [
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "eu-central-1",
  "eu-north-1",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
];
/** To be enabled first; this account has not. */
const OPT_IN = ["af-south-1", "ap-east-1", "eu-south-1", "me-south-1", "mx-central-1"];

interface AwsRegion {
  name: string;
  status: "opt-in-not-required" | "not-opted-in";
}

const REGIONS: readonly AwsRegion[] = [
  ...BUILT_IN.map((name) => ({ name, status: "opt-in-not-required" as const })),
  ...OPT_IN.map((name) => ({ name, status: "not-opted-in" as const })),
].sort((a, b) => a.name < b.name ? -1 : 1);

function describeRegions(request: Ec2Request): XmlMembers {
  const { parameters } = request;
  const names = parameters.list("RegionName");
  const unknown = names.find((name) => !REGIONS.some((region) => region.name === name));
  if (unknown !== undefined) {
    throw new ApiError("InvalidParameterValue", `Invalid region provided: '${unknown}'`);
  }
  const all = readBoolean(parameters, "AllRegions") ?? false;
  const tests = testsOf<AwsRegion>(
    parameters.filters(),
    {
      "region-name": ({ name }) => [name],
      "opt-in-status": ({ status }) => [status],
      "endpoint": ({ name }) => [`ec2.${name}.amazonaws.com`],
    },
    undefined,
    request,
  );
  const found = REGIONS
    .filter(({ status }) => all || status === "opt-in-not-required")
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .filter((region) => tests.every((test) => test(region)));
  return {
    regionInfo: new XmlList(found.map(({ name, status }) => ({
      regionName: name,
      regionEndpoint: `ec2.${name}.amazonaws.com`,
      optInStatus: status,
    }))),
  };
}

export const REGION_OPERATIONS: Readonly<Record<string, Ec2Operation>> = {
  DescribeRegions: describeRegions,
};
