/**
 * Ids of the emulated resources.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

export const ACCOUNT_ID = "123456789012";

/** The same in every sandbox, so that documents can name it: `vpc-0a5b0c00000000001`. */
export function seededId(prefix: string, number: number): string {
  return `${prefix}-0a5b0c${number.toString(16).padStart(11, "0")}`;
}

/** For what a caller creates. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** The letters and digits of an IAM unique id, which are the same each time for the same name. */
export function uniqueId(prefix: "AROA" | "AIPA" | "AIDA" | "ANPA", name: string): string {
  const letters = name.toUpperCase().replace(/[^A-Z0-9]/g, "");
  return prefix + letters.padEnd(16, "0EXAMPLE0").slice(0, 16);
}
