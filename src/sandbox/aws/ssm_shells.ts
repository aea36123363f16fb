/**
 * Sessions that run commands on this machine: whether there are any, and the account's settings.
 *
 * @module
 */
import type { SessionPreferences } from "../cloud/preferences.ts";
import type { ShellSettings } from "../session_work.ts";
import { ApiError } from "./api_error.ts";

/** @throws {ApiError} `InvalidDocument` with the reason. */
export function requireShells(documentName: string, refusal: string | undefined): void {
  if (refusal === undefined) return;
  throw new ApiError("InvalidDocument", `Document ${documentName} cannot be used here: ${refusal}`);
}

/** @param preferences `undefined` for an account that never saved any. */
export function settingsOf(preferences: SessionPreferences | undefined): ShellSettings {
  return {
    kmsKeyId: preferences?.kmsKeyId ?? "",
    runAs: preferences?.runAsEnabled ? preferences.runAsDefaultUser : undefined,
  };
}
