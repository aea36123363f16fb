/**
 * Parameters of the query protocol: `Filter.1.Name=…&Filter.1.Value.1=…`.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";

/** A name that EC2 matches and the values, any of which will do. */
export interface QueryFilter {
  name: string;
  values: string[];
}

export class QueryParameters {
  readonly #values: URLSearchParams;

  constructor(form: string | URLSearchParams) {
    this.#values = new URLSearchParams(form);
  }

  get(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  /** @throws {ApiError} `MissingParameter`. */
  require(name: string): string {
    const value = this.get(name);
    if (value) return value;
    throw new ApiError("MissingParameter", `The request must contain the parameter ${name}`);
  }

  /** `Name.1`, `Name.2`, … in the order of their numbers. */
  list(name: string): string[] {
    return this.#indices(name).map((index) => this.get(`${name}.${index}`) ?? "");
  }

  /** What is below `Name.1.`, `Name.2.`, …: structures in a list. */
  members(name: string): QueryParameters[] {
    return this.#indices(name).map((index) => this.below(`${name}.${index}`));
  }

  /** What is below `Name.`: the members of one structure. */
  below(name: string): QueryParameters {
    const found = new URLSearchParams();
    for (const [key, value] of this.#values) {
      if (key.startsWith(`${name}.`)) found.append(key.slice(name.length + 1), value);
    }
    return new QueryParameters(found);
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** @throws {ApiError} `InvalidParameterValue` for any other word. */
  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw new ApiError(
      "InvalidParameterValue",
      `Value (${value}) for parameter ${name} is invalid: wanted ${words.join(" or ")}`,
    );
  }

  filters(): QueryFilter[] {
    return this.#indices("Filter").map((index) => ({
      name: this.get(`Filter.${index}.Name`) ?? "",
      values: this.list(`Filter.${index}.Value`),
    }));
  }

  /** @throws {ApiError} `InvalidParameterValue` outside `min`…`max`. */
  integer(name: string, range: { min: number; max: number }): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= range.min && value <= range.max) return value;
    throw new ApiError(
      "InvalidParameterValue",
      `Value ( ${text} ) for parameter ${name} is invalid: wanted ${range.min} to ${range.max}`,
    );
  }

  /** Everything but what changes from page to page. */
  get withoutPaging(): string {
    const paging = ["NextToken", "MaxResults", "Marker", "MaxItems"];
    const rest = [...this.#values].filter(([name]) => !paging.includes(name));
    return new URLSearchParams(rest).toString();
  }

  #indices(name: string): number[] {
    const found = new Set<number>();
    for (const key of this.#values.keys()) {
      if (!key.startsWith(`${name}.`)) continue;
      const index = key.slice(name.length + 1).split(".")[0]!;
      if (/^\d+$/.test(index)) found.add(Number(index));
    }
    return [...found].sort((a, b) => a - b);
  }
}
