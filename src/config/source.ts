/**
 * A configuration file, read and parsed.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";
import { type ConfigFormat, formatOfFile } from "./find.ts";
import { parseConfigText, SyntaxProblem } from "./formats.ts";
import { isTable, type Table } from "./tables.ts";

/** Far more than settings ever need: what is larger is another file, given by mistake. */
const MAX_BYTES = 1024 * 1024;

/** A file as it is on the disk. */
export interface ConfigSource {
  path: string;
  format: ConfigFormat;
  text: string;
}

/** @throws {AppError} `config` for a file that cannot be read, or whose name tells no format. */
export async function readSource(path: string): Promise<ConfigSource> {
  // As for ssh and git: settings of nobody, whatever is in the usual place.
  if (path === "/dev/null") return { path, format: "json", text: "" };
  const text = await readText(path);
  return { path, format: requireFormat(path), text };
}

/** @throws {AppError} `config` for a file whose name tells none. */
export function requireFormat(path: string): ConfigFormat {
  const format = formatOfFile(path);
  if (format !== undefined) return format;
  throw unreadable(path, "unknown kind of file", {
    hint: "Give it a name that ends in .json, .toml, .yaml or .yml",
  });
}

async function readText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const { isDirectory, isFile, size } = await Deno.stat(path);
    // A device may have no end, and a pipe can be read only once.
    if (!isFile) throw unreadable(path, isDirectory ? "it is a folder" : "it is no file", {});
    if (size > MAX_BYTES) {
      throw unreadable(path, `it has ${(size / MAX_BYTES).toFixed(1)} MB`, {
        why: "Wanted at most 1 MB of settings",
      });
    }
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    // The system's words without its numbers and the path again.
    const found = messageOf(error).replace(/ \(os error .*$/s, "");
    throw unreadable(path, found, { cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(path, "it is no text in UTF-8", {
      hint: "Save it in UTF-8; some editors call it Unicode and mean UTF-16",
      cause,
    });
  }
}

function unreadable(
  path: string,
  found: string,
  options: { why?: string; hint?: string; cause?: unknown },
): AppError {
  return new AppError("config", `Cannot read configuration file ${path}: ${found}`, options);
}

/** @throws {AppError} `config` for a text that is not valid in its format, or is no table. */
export async function parseSource({ path, format, text }: ConfigSource): Promise<Table> {
  let value: unknown;
  try {
    value = await parseConfigText(text, format);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    throw new AppError(
      "config",
      `Invalid configuration file ${placeOf(path, error.line)}: not valid ${format.toUpperCase()}`,
      { why: error.message, cause: error },
    );
  }
  if (isTable(value)) return value;
  throw new AppError("config", `Invalid configuration file ${path}: found ${describe(value)}`, {
    why: "Wanted a table of settings",
  });
}

/** `file, line 3` */
export function placeOf(path: string, line: number | undefined): string {
  return line === undefined ? path : `${path}, line ${line}`;
}

/** What was found, in few words. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return "a date";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "a table";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
