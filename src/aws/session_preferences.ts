/**
 * The account's limits on sessions, out of its Session Manager preferences.
 *
 * Source: Systems Manager user guide, "Session document schema": minutes as text, empty for none.
 *
 * @module
 */

import type { SessionLimits } from "./contracts.ts";

/** Where a region's preferences are kept, once somebody has saved any. */
export const PREFERENCES_DOCUMENT = "SSM-SessionManagerRunShell";

/** Of an account that never saved any. Source: user guide, "Specify an idle session timeout value". */
export const DEFAULT_LIMITS: SessionLimits = { idleTimeoutMin: 20, maxDurationMin: undefined };

/**
 * Reads the document.
 *
 * @param content Its JSON. What is missing or cannot be read is the default.
 */
export function limitsOf(content: string | undefined): SessionLimits {
  let document: unknown;
  try {
    document = JSON.parse(content ?? "");
  } catch {
    return DEFAULT_LIMITS;
  }
  const inputs = member(document, "inputs");
  return {
    idleTimeoutMin: minutes(member(inputs, "idleSessionTimeout")) ?? DEFAULT_LIMITS.idleTimeoutMin,
    maxDurationMin: minutes(member(inputs, "maxSessionDuration")),
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function minutes(value: unknown): number | undefined {
  const count = Number(value);
  return value !== "" && Number.isInteger(count) && count > 0 ? count : undefined;
}
