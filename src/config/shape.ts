/**
 * The schema as a description that can be walked and shown.
 *
 * @module
 */

import { z } from "zod";
import { configSchema } from "./schema.ts";

/** What is used of a JSON Schema, draft 2020-12. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  /** What a setting without a default may look like. */
  examples?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | false;
  items?: JsonSchema;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  maxLength?: number;
  pattern?: string;
}

let known: JsonSchema | undefined;

/** Of a configuration file: what may be left out need not be there. */
export function configShape(): JsonSchema {
  return known ??= z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;
}

/** Of {@link configShape}, as a JSON Schema of its own, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const { properties, ...rest } = z.toJSONSchema(configSchema, { io: "input" });
  return {
    ...rest,
    title: "Configuration of ec2-connect",
    properties: {
      $schema: { type: "string", description: "Where the schema of this file is, for editors" },
      ...properties,
    },
  };
}

/** A way into a file: names of tables, and places in lists counted from 0. */
export type SettingPath = readonly (string | number)[];

/** What may stand at `path`; undefined where nothing may. */
export function shapeAt(path: SettingPath): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, name) => {
    if (at === undefined) return undefined;
    if (typeof name === "number") return at.items;
    if (at.properties !== undefined && Object.hasOwn(at.properties, name)) {
      return at.properties[name];
    }
    return at.additionalProperties || undefined;
  }, configShape());
}

/** What a value must be, in words: `a whole number from 1 to 600`. */
export function wantedOf(shape: JsonSchema): string {
  if (shape.enum !== undefined) return alternatives(shape.enum);
  switch (shape.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number${rangeOf(shape)}`;
    case "number":
      return `a number${rangeOf(shape)}`;
    case "string":
      return textOf(shape);
    case "array":
      return "a list that is not empty";
    default:
      return "a table";
  }
}

function textOf({ maxLength, pattern = "" }: JsonSchema): string {
  const digits = /^\^\\d\{(\d+)\}\$$/.exec(pattern)?.[1];
  if (digits !== undefined) return `a text of ${digits} digits`;
  return maxLength === undefined
    ? "a text that is not empty"
    : `a text of 1 to ${maxLength} characters`;
}

/** `a, b or c` */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  if (exclusiveMinimum === undefined) return ` from ${minimum} to ${maximum}`;
  return ` above ${exclusiveMinimum}${maximum === undefined ? "" : `, at most ${maximum}`}`;
}

/** How a setting is written in messages: `connections.db.forwards[0].bind`. */
export function settingName(path: SettingPath): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === "number") return `${name}[${part}]`;
    const shown = /^[^\s."[\]]+$/.test(part) ? part : JSON.stringify(part);
    return name === "" ? shown : `${name}.${shown}`;
  }, "");
}
