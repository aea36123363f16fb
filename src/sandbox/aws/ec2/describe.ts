/**
 * What the Describe operations have in common: ids, filters, pages.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import { pageOf } from "../page.ts";
import { XmlList, type XmlMembers } from "../xml.ts";
import { type FilterReaders, testsOf } from "./filters.ts";
import type { Ec2Request } from "./request.ts";

/** One kind of resource, as its Describe operation treats it. */
export interface Kind<T> {
  /** Element around the list. */
  set: string;
  /** The parameter with ids; `VpcId` for `VpcId.1`. */
  idParameter: string;
  id(resource: T): string;
  /** Of an id that is not there. */
  notFound: { code: string; message(id: string): string };
  /** Smallest and largest page. Source: EC2 API reference, MaxResults of the operation. */
  pageSize?: { min: number; max: number };
  filters: FilterReaders<T>;
  /** Undefined for resources without tags. */
  tags?(resource: T): Readonly<Record<string, string>>;
  toXml(resource: T, request: Ec2Request): XmlMembers;
}

export function notFound(code: string, noun: string): Kind<unknown>["notFound"] {
  return { code, message: (id) => `The ${noun} '${id}' does not exist` };
}

/** Answers a Describe operation from all resources of its kind. */
export function describe<T>(
  kind: Kind<T>,
  all: Iterable<T>,
  request: Ec2Request,
): XmlMembers {
  const { parameters } = request;
  const ids = parameters.list(kind.idParameter);
  const size = parameters.integer("MaxResults", kind.pageSize ?? { min: 5, max: 1000 });
  const named = byId(kind, [...all], ids);
  const tests = testsOf(parameters.filters(), kind.filters, kind.tags, request);
  const found = named.filter((resource) => tests.every((test) => test(resource)));
  const token = parameters.get("NextToken") || undefined;
  const page = pageOf(found, {
    size: size ?? 1000,
    token,
    key: parameters.withoutPaging,
  });
  if (page === undefined) {
    throw new ApiError("InvalidParameterValue", `Invalid value '${token}' for nextToken`);
  }
  return {
    [kind.set]: new XmlList(page.items.map((resource) => kind.toXml(resource, request))),
    nextToken: page.nextToken,
  };
}

function byId<T>(kind: Kind<T>, all: T[], ids: readonly string[]): T[] {
  if (ids.length === 0) return all;
  const unknown = ids.find((id) => !all.some((each) => kind.id(each) === id));
  if (unknown !== undefined) {
    throw new ApiError(kind.notFound.code, kind.notFound.message(unknown));
  }
  return all.filter((each) => ids.includes(kind.id(each)));
}
