/**
 * Reads a fault from JSON, strictly: a mistyped member must not silently strike everywhere.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { SERVICE_NAMES } from "../aws/api_error.ts";
import { type Fault, type FaultName, GARBAGE_KINDS } from "./fault.ts";

/** Checks one member; returns what was wanted when it is something else. */
type Check = (value: unknown) => string | undefined;
type Members = Readonly<Record<string, Check>>;

const integer = (min: number, max: number): Check => (value) =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max
    ? undefined
    : `an integer from ${min} to ${max}`;
const text: Check = (value) => typeof value === "string" ? undefined : "a string";
const nonEmpty: Check = (value) =>
  typeof value === "string" && value !== "" ? undefined : "a string that is not empty";
const flag: Check = (value) => typeof value === "boolean" ? undefined : "true or false";
const chance: Check = (value) =>
  typeof value === "number" && value >= 0 && value <= 1 ? undefined : "a number from 0 to 1";
const oneOf = (...words: readonly string[]): Check => (value) =>
  typeof value === "string" && words.includes(value) ? undefined : `one of ${words.join(", ")}`;
/** Close codes that may be sent. Source: RFC 6455 section 7.4. */
const closeCode: Check = (value) =>
  integer(3000, 4999)(value) === undefined ||
    (integer(1000, 1014)(value) === undefined && ![1004, 1005, 1006].includes(value as number))
    ? undefined
    : "a WebSocket close code that may be sent";

const SCOPE: Members = { instance: nonEmpty, session: nonEmpty };
const COUNT: Members = { count: integer(1, 1_000_000_000) };
const CHANCE: Members = { probability: chance, seed: integer(0, 0xffff_ffff) };
const DIRECTION: Members = { direction: oneOf("to_client", "to_agent", "both") };
const MS: Members = { ms: integer(0, 3_600_000) };
const STATUS: Members = { status: integer(400, 599) };
const API: Members = { service: oneOf(...SERVICE_NAMES), operation: nonEmpty, ...COUNT };
const actions: Check = (value) =>
  Array.isArray(value) && value.length > 0 &&
    value.every((each) => typeof each === "string" && /^(\*|[\w-]+:[\w*?]+)$/.test(each))
    ? undefined
    : 'a list of IAM actions such as "ssm:StartSession" or "iam:*"';

const MEMBERS: Readonly<Record<FaultName, Members>> = {
  cut: SCOPE,
  close: { ...SCOPE, code: closeCode, reason: text },
  garbage: { ...SCOPE, kind: oneOf(...GARBAGE_KINDS), times: integer(1, 10_000) },
  pause_publication: { ...SCOPE, to: oneOf("client", "agent") },
  start_publication: { ...SCOPE, to: oneOf("client", "agent") },
  end_session: { ...SCOPE, output: text },
  expire_credentials: { user_key: flag },
  blackhole: SCOPE,
  gateway_down: {},
  delay: { ...SCOPE, ...COUNT, ...MS, ...DIRECTION },
  drop: { ...SCOPE, ...COUNT, ...CHANCE, ...DIRECTION },
  duplicate: { ...SCOPE, ...COUNT, ...CHANCE, ...DIRECTION },
  reorder: { ...SCOPE, ...COUNT, ...CHANCE, ...DIRECTION },
  corrupt: { ...SCOPE, ...COUNT, ...CHANCE },
  lose_acks: { ...SCOPE, ...COUNT, ...CHANCE, ...DIRECTION },
  refuse_resume: { ...SCOPE, ...COUNT, ...STATUS, code: nonEmpty },
  resume_without_token: { ...SCOPE, ...COUNT },
  refuse_upgrade: { ...SCOPE, ...COUNT, ...STATUS },
  close_at_once: { ...SCOPE, ...COUNT, code: closeCode },
  hang_upgrade: { ...SCOPE, ...COUNT },
  silence_handshake: { ...SCOPE, ...COUNT, stage: oneOf("request", "complete") },
  agent_version: { ...SCOPE, ...COUNT, version: nonEmpty },
  slow_dial: { ...SCOPE, ...COUNT, ...MS },
  hang_api: API,
  delay_api: { ...API, ...MS },
  api_error: { ...API, ...STATUS, code: nonEmpty, message: text },
  html_answer: API,
  deny: { actions, resource: nonEmpty },
  clock_skew: { ms: integer(-31_536_000_000, 31_536_000_000) },
};

/** Members without a default. */
const REQUIRED: Partial<Record<FaultName, readonly string[]>> = {
  garbage: ["kind"],
  delay: ["ms"],
  drop: ["probability"],
  duplicate: ["probability"],
  reorder: ["probability"],
  corrupt: ["probability"],
  agent_version: ["version"],
  slow_dial: ["ms"],
  delay_api: ["ms"],
  api_error: ["code"],
  deny: ["actions"],
  clock_skew: ["ms"],
};

/**
 * A checked fault.
 *
 * @throws {AppError} `usage`, naming what is wrong.
 */
export function parseFault(json: unknown): Fault {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw refuse("the request is not a JSON object");
  }
  const { fault, ...members } = json as Record<string, unknown>;
  if (typeof fault !== "string" || !Object.hasOwn(MEMBERS, fault)) {
    throw refuse(`there is no fault ${JSON.stringify(fault)}`, Object.keys(MEMBERS));
  }
  const name = fault as FaultName;
  const checks = MEMBERS[name];
  for (const [member, value] of Object.entries(members)) {
    const check = Object.hasOwn(checks, member) ? checks[member] : undefined;
    if (check === undefined) {
      throw refuse(`fault "${name}" has no member "${member}"`, Object.keys(checks));
    }
    const wanted = check(value);
    if (wanted !== undefined) {
      throw refuse(`"${member}" is ${JSON.stringify(value)}, wanted ${wanted}`);
    }
  }
  const missing = REQUIRED[name]?.find((member) => !Object.hasOwn(members, member));
  if (missing !== undefined) throw refuse(`fault "${name}" needs "${missing}"`);
  // Every member has just been checked against the table of this fault.
  return json as Fault;
}

function refuse(found: string, choices: readonly string[] = []): AppError {
  return new AppError("usage", `Cannot set the fault: ${found}`, {
    ...(choices.length > 0 && { hint: `Choose from ${choices.join(", ")}` }),
  });
}
