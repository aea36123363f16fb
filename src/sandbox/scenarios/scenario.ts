/**
 * What a scenario is.
 *
 * @module
 */
import type { Seeder } from "./seeder.ts";

/** What a diagnosis should name first. */
export interface ExpectedCause {
  /** Id of the check. */
  check: string;
  /** Code of the finding. */
  code: string;
  status: "critical" | "warning" | "unknown";
  /** What the diagnosis must be asked for, to see it: flags and their values. */
  flags?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** One line: what is right or wrong. */
  readonly about: string;
  /** `undefined` where nothing is wrong. */
  readonly expected: ExpectedCause | undefined;
  /** What else is wrong, after the first. */
  readonly also?: readonly ExpectedCause[];
  /**
   * It changes what every instance of the account or Region shares: seeded only when it is asked
   * for by name.
   */
  readonly isAlone?: boolean;
  seed(seeder: Seeder): void;
}

export function critical(check: string, code: string, flags?: readonly string[]): ExpectedCause {
  return { check, code, status: "critical", ...(flags && { flags }) };
}

export function warning(check: string, code: string, flags?: readonly string[]): ExpectedCause {
  return { check, code, status: "warning", ...(flags && { flags }) };
}

export function unknown(check: string, code: string): ExpectedCause {
  return { check, code, status: "unknown" };
}
