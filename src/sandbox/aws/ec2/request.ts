/**
 * What every operation of EC2 gets, and the errors that many of them share.
 *
 * @module
 */
import type { Cloud } from "../../cloud/cloud.ts";
import type { Fleet } from "../../fleet.ts";
import { ApiError } from "../api_error.ts";
import type { QueryParameters } from "../query_parameters.ts";
import type { RegionCloud } from "../../cloud/region.ts";
import type { XmlMembers } from "../xml.ts";

export interface Ec2Request {
  parameters: QueryParameters;
  fleet: Fleet;
  cloud: Cloud;
  region: RegionCloud;
  nowMs: number;
  /** An instance left its running system: its sessions end. */
  onInstanceDown(instanceId: string): void;
}

export type Ec2Operation = (request: Ec2Request) => XmlMembers;

/** What EC2 answers to a change that worked. */
export const TRUE: XmlMembers = { return: true };

/** The record of `id`, or the error of its kind. */
export function existing<T>(
  records: ReadonlyMap<string, T>,
  id: string,
  error: { code: string; noun: string },
): T {
  const found = records.get(id);
  if (found !== undefined) return found;
  throw new ApiError(error.code, `The ${error.noun} '${id}' does not exist`);
}

/** `Name.Value=true`, the form of attributes; `undefined` when it is not given. */
export function attributeValue(parameters: QueryParameters, name: string): boolean | undefined {
  return readBoolean(parameters, `${name}.Value`);
}

export function readBoolean(parameters: QueryParameters, name: string): boolean | undefined {
  const text = parameters.get(name)?.toLowerCase();
  if (text === undefined) return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw new ApiError("InvalidParameterValue", `Value (${text}) for parameter ${name} is invalid.`);
}

export function tagSet(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** Tags of `TagSpecification.N`, for a resource that is being made. */
export function tagsFor(parameters: QueryParameters, resourceType: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const specification of parameters.members("TagSpecification")) {
    if (specification.get("ResourceType") !== resourceType) continue;
    for (const tag of specification.members("Tag")) {
      tags[tag.get("Key") ?? ""] = tag.get("Value") ?? "";
    }
  }
  return tags;
}
