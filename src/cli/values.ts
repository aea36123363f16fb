/**
 * Values of options: text to what it means, or an error that says what was found and wanted.
 *
 * @module
 */

import { hostName, localAddress, nearestName, PRESET_NAME } from "../config/mod.ts";
import { AppError } from "../errors/mod.ts";
import type { OutputFormat } from "./errors.ts";

/** Longest text that AWS takes as the reason of a session. */
const REASON_MAX_CHARACTERS = 256;

/** A function that reads the value of one option; `option` is its name in messages. */
export type ReadValue<T> = ((text: string, option: string) => T) & {
  /** Everything that it takes, where that is a list. */
  readonly words?: readonly string[];
};

/** A TCP port to listen on; 0 asks for any free one. */
export const readLocalPort: ReadValue<number> = (text, option) => readPort(text, option, 0);

/** A TCP port to connect to. */
export const readRemotePort: ReadValue<number> = (text, option) => readPort(text, option, 1);

function readPort(text: string, option: string, lowest: number): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= lowest && port <= 65_535) return port;
  throw invalid(text, option, `a port from ${lowest} to 65535`);
}

/**
 * An address of this machine to listen on.
 *
 * `localhost` becomes 127.0.0.1, `*` all IPv4 addresses; brackets around IPv6 are taken off.
 */
export const readBindAddress: ReadValue<string> = (text, option) => {
  const address = localAddress(text);
  if (address !== undefined) return address;
  throw invalid(text, option, "an IP address of this machine, such as 127.0.0.1 or ::1");
};

/** A host that the instance connects to: a name or an address. */
export const readRemoteHost: ReadValue<string> = (text, option) => {
  const host = hostName(text);
  if (host !== undefined) return host;
  throw invalid(text, option, "a host name or an IP address");
};

/** Why the session is opened; AWS shows it in the session history. */
export const readReason: ReadValue<string> = (text, option) => {
  if (text.trim() !== "" && text.length <= REASON_MAX_CHARACTERS) return text;
  const found = text.trim() === "" ? text : `${text.slice(0, 20)}...`;
  throw invalid(found, option, `1 to ${REASON_MAX_CHARACTERS} characters`);
};

/** A name for a preset. */
export const readPresetName: ReadValue<string> = (text, option) => {
  if (PRESET_NAME.test(text)) return text;
  throw invalid(text, option, "a name of letters, digits, dots, underscores and hyphens");
};

/** Any text but an empty one. */
export const readText: ReadValue<string> = (text, option) => {
  if (text.trim() !== "") return text;
  throw invalid(text, option, "a value");
};

/**
 * A user of an instance: what ssh and EC2 Instance Connect both take as it is.
 *
 * Source: the pattern of InstanceOSUser in EC2 Instance Connect's API.
 */
export const readUserName: ReadValue<string> = (text, option) => {
  if (/^[A-Za-z_][A-Za-z0-9@._-]{0,30}[A-Za-z0-9$_-]?$/.test(text)) return text;
  throw invalid(
    text,
    option,
    "the name of a user: a letter, then up to 31 letters, digits and . _ - @",
  );
};

/**
 * The instance, named by an argument, by `--instance-id`, or by both alike.
 *
 * @throws {AppError} `usage` when they name different ones.
 */
export function readInstance(
  argument: string | undefined,
  option: string | undefined,
): string | undefined {
  if (argument !== undefined && option !== undefined && argument !== option) {
    throw new AppError("usage", `Cannot choose an instance: found "${argument}" and "${option}"`, {
      why: "INSTANCE and --instance-id name different ones",
      hint: "Give one of them",
    });
  }
  return option ?? (argument === undefined ? undefined : readText(argument, "INSTANCE"));
}

/** One of `words`, for an option or an argument whose values are a list. */
export function wordReader<const Word extends string>(words: readonly Word[]): ReadValue<Word> {
  const wanted = words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  const read = (text: string, option: string) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const nearest = nearestName(text, words);
    throw invalid(text, option, wanted, nearest && `Did you mean ${nearest}?`);
  };
  return Object.assign(read, { words });
}

/** A whole number from `min` to `max`. */
export function integerReader({ min, max }: { min: number; max: number }): ReadValue<number> {
  return (text, option) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw invalid(text, option, `a whole number from ${min} to ${max}`);
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration with its unit, as `90s`, `15m`, `1h`, `7d`. @returns Milliseconds. */
export const readDuration: ReadValue<number> = (text, option) => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const durationMs = Number(count) * (UNIT_MS[unit ?? ""] ?? NaN);
  if (durationMs > 0) return durationMs;
  throw invalid(text, option, "a number and its unit, as 90s, 15m, 1h or 7d");
};

/** `text` or `json`: of a command that tells what happens as it happens. */
export const readFormat: ReadValue<OutputFormat> = wordReader(["text", "json"]);

/** `text`, `json` or `yaml`: of a command with a result. */
export const readResultFormat: ReadValue<OutputFormat> = wordReader(["text", "json", "yaml"]);

/** The refusal of an option's value. */
export function invalid(text: string, option: string, wanted: string, hint?: string): AppError {
  return new AppError("usage", `Cannot read ${option}: found "${text}"`, {
    why: `Wanted ${wanted}`,
    ...(hint === undefined ? {} : { hint }),
  });
}
