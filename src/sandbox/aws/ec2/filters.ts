/**
 * Filters of the Describe operations: all filters must hold, any value of a filter will do.
 *
 * Source: EC2 API reference, "List and filter using the CLI and API": values match case-sensitively,
 * `*` any characters, `?` one, a backslash takes their meaning.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import type { QueryFilter } from "../query_parameters.ts";
import type { Ec2Request } from "./request.ts";

/** What a resource has under a filter's name; no value matches nothing. */
export type FilterReaders<T> = Readonly<
  Record<string, (resource: T, request: Ec2Request) => readonly string[]>
>;

/**
 * One test for each filter.
 *
 * @throws {ApiError} `InvalidParameterValue` for a filter that EC2 or this emulation lacks.
 */
export function testsOf<T>(
  filters: readonly QueryFilter[],
  readers: FilterReaders<T>,
  tagsOf: ((resource: T) => Readonly<Record<string, string>>) | undefined,
  request: Ec2Request,
): ((resource: T) => boolean)[] {
  return filters.map(({ name, values }) => {
    const read = readerOf(name, readers, tagsOf);
    if (read === undefined) {
      throw new ApiError("InvalidParameterValue", `The filter '${name}' is invalid`);
    }
    const patterns = values.map(wildcard);
    return (resource) =>
      read(resource, request).some((value) => patterns.some((pattern) => pattern.test(value)));
  });
}

function readerOf<T>(
  name: string,
  readers: FilterReaders<T>,
  tagsOf: ((resource: T) => Readonly<Record<string, string>>) | undefined,
): FilterReaders<T>[string] | undefined {
  if (tagsOf !== undefined) {
    if (name === "tag-key") return (resource) => Object.keys(tagsOf(resource));
    if (name === "tag-value") return (resource) => Object.values(tagsOf(resource));
    if (name.startsWith("tag:")) {
      const key = name.slice("tag:".length);
      return (resource) => {
        const tags = tagsOf(resource);
        return Object.hasOwn(tags, key) ? [tags[key]!] : [];
      };
    }
  }
  return Object.hasOwn(readers, name) ? readers[name] : undefined;
}

export function present(value: string | undefined): string[] {
  return value ? [value] : [];
}

/** A filter value as a pattern. */
export function wildcard(value: string): RegExp {
  let pattern = "";
  for (let i = 0; i < value.length; i++) {
    const char = value[i]!;
    if (char === "\\" && i + 1 < value.length) pattern += quote(value[++i]!);
    else if (char === "*") pattern += ".*";
    else if (char === "?") pattern += ".";
    else pattern += quote(char);
  }
  return new RegExp(`^${pattern}$`, "s");
}

function quote(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
