/**
 * Members of a JSON request, read with the messages of the AWS JSON protocol.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";

const decoder = new TextDecoder();

/** One JSON object of a request. */
export class JsonRequest {
  readonly #members: Readonly<Record<string, unknown>>;

  private constructor(members: Record<string, unknown>) {
    this.#members = members;
  }

  /** @throws {ApiError} `SerializationException` unless the text is a JSON object. */
  static parse(body: Uint8Array): JsonRequest {
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(body) || "{}");
    } catch {
      throw new ApiError("SerializationException", "The request body is not JSON");
    }
    if (!isObject(value)) {
      throw new ApiError("SerializationException", "The request body is not a JSON object");
    }
    return new JsonRequest(value);
  }

  string(name: string): string | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw wrongType(name, "a string");
    return value;
  }

  /** @throws {ApiError} `ValidationException` when missing or empty. */
  requireString(name: string): string {
    const value = this.string(name);
    if (value) return value;
    throw new ApiError(
      "ValidationException",
      `1 validation error detected: Value at '${lowerFirst(name)}' failed to satisfy constraint: ` +
        "Member must not be null or empty",
    );
  }

  integer(name: string, range: { min: number; max: number }): number | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(name, "an integer");
    if (value >= range.min && value <= range.max) return value;
    throw new ApiError(
      "ValidationException",
      `1 validation error detected: Value '${value}' at '${lowerFirst(name)}' failed to satisfy ` +
        `constraint: Member must have a value from ${range.min} to ${range.max}`,
    );
  }

  boolean(name: string): boolean | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "boolean") throw wrongType(name, "a boolean");
    return value;
  }

  /** A map from strings to strings; empty when absent. */
  stringMap(name: string): ReadonlyMap<string, string> {
    const value = this.#members[name] ?? {};
    if (!isObject(value)) throw wrongType(name, "a map");
    const map = new Map<string, string>();
    for (const [key, each] of Object.entries(value)) {
      if (typeof each !== "string") throw wrongType(`${name}.${key}`, "a string");
      map.set(key, each);
    }
    return map;
  }

  /** A list of objects; empty when absent. */
  objects(name: string): JsonRequest[] {
    const value = this.#members[name] ?? [];
    if (!Array.isArray(value) || !value.every(isObject)) throw wrongType(name, "a list of objects");
    return value.map((each) => new JsonRequest(each));
  }

  /** A list of strings; empty when absent. */
  strings(name: string): string[] {
    const value = this.#members[name] ?? [];
    if (!isStrings(value)) throw wrongType(name, "a list of strings");
    return value;
  }

  /** A map from strings to lists of strings; empty when absent. */
  stringLists(name: string): ReadonlyMap<string, readonly string[]> {
    const value = this.#members[name] ?? {};
    if (!isObject(value)) throw wrongType(name, "a map");
    const lists = new Map<string, readonly string[]>();
    for (const [key, list] of Object.entries(value)) {
      if (!isStrings(list)) throw wrongType(`${name}.${key}`, "a list of strings");
      lists.set(key, list);
    }
    return lists;
  }

  /** Everything but what changes from page to page. */
  get withoutPaging(): string {
    return JSON.stringify({ ...this.#members, NextToken: undefined, MaxResults: undefined });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function wrongType(name: string, wanted: string): ApiError {
  return new ApiError("SerializationException", `${name} must be ${wanted}`);
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
