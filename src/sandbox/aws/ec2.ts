/**
 * EC2, query protocol, API version 2016-11-15: DescribeInstances.
 *
 * @module
 */
import type { Fleet } from "../fleet.ts";
import type { InstanceSeed } from "../fleet_seed.ts";
import { ApiError } from "./api_error.ts";
import { filterInstances } from "./ec2_filters.ts";
import { reservationXml } from "./ec2_model.ts";
import { pageOf } from "./page.ts";
import type { QueryParameters } from "./query_parameters.ts";
import { XmlList, type XmlMembers } from "./xml.ts";

/** Source: EC2 API reference, DescribeInstances MaxResults. */
const PAGE_SIZE = { min: 5, max: 1000 };
const INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;

/**
 * Answers one action.
 *
 * @throws {ApiError} With EC2's codes.
 */
export function answerEc2(
  action: string,
  request: { parameters: QueryParameters; fleet: Fleet; region: string },
): XmlMembers {
  if (action !== "DescribeInstances") {
    throw new ApiError("InvalidAction", `The action ${action} is not valid for this web service.`);
  }
  return describeInstances(request);
}

function describeInstances(
  request: { parameters: QueryParameters; fleet: Fleet; region: string },
): XmlMembers {
  const { parameters, fleet } = request;
  const ids = parameters.list("InstanceId");
  const size = parameters.integer("MaxResults", PAGE_SIZE);
  if (ids.length > 0 && size !== undefined) {
    throw new ApiError(
      "InvalidParameterCombination",
      "The parameter instancesSet cannot be used with the parameter maxResults",
    );
  }
  const named = instancesById(ids, fleet.inRegion(request.region));
  const found = filterInstances(named, parameters.filters(), fleet);
  if (parameters.get("DryRun") === "true") {
    throw new ApiError(
      "DryRunOperation",
      "Request would have succeeded, but DryRun flag is set.",
      412,
    );
  }
  const token = parameters.get("NextToken") || undefined;
  const page = pageOf(found, {
    size: size ?? PAGE_SIZE.max,
    token,
    key: parameters.withoutPaging,
  });
  if (page === undefined) {
    throw new ApiError("InvalidParameterValue", `Invalid value '${token}' for nextToken`);
  }
  return {
    reservationSet: new XmlList(page.items.map((instance) => reservationXml(instance, fleet))),
    nextToken: page.nextToken,
  };
}

function instancesById(
  ids: readonly string[],
  instances: readonly InstanceSeed[],
): readonly InstanceSeed[] {
  if (ids.length === 0) return instances;
  const malformed = ids.find((id) => !INSTANCE_ID.test(id));
  if (malformed !== undefined) {
    throw new ApiError("InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  }
  const unknown = ids.filter((id) => !instances.some((each) => each.instanceId === id));
  if (unknown.length > 0) {
    const [noun, verb] = unknown.length === 1 ? ["ID", "does"] : ["IDs", "do"];
    throw new ApiError(
      "InvalidInstanceID.NotFound",
      `The instance ${noun} '${unknown.join(", ")}' ${verb} not exist`,
    );
  }
  return instances.filter((instance) => ids.includes(instance.instanceId));
}
