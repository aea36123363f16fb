/**
 * Names of checks as they are written on the command line and in the settings.
 *
 * @module
 */

import { nearestName } from "../../config/mod.ts";
import { CHECK_IDS, type CheckId, type ItemId } from "../../diagnostics/mod.ts";
import { AppError } from "../../errors/mod.ts";

/** @throws {AppError} `usage` with the nearest name, or with all of them. */
export function readCheckId(text: string, option: string): CheckId {
  const found = CHECK_IDS.find((id) => id === text.trim());
  if (found !== undefined) return found;
  const nearest = nearestName(text, CHECK_IDS);
  throw new AppError("usage", `Cannot read ${option}: found "${text}"`, {
    why: `Wanted one of ${CHECK_IDS.join(", ")}`,
    hint: nearest === undefined
      ? "Run ec2-connect diagnose list for what each of them asks"
      : `Did you mean ${nearest}?`,
  });
}

/** Checks that the settings turn off. @throws {AppError} `config` for a name that there is not. */
export function disabledChecks(
  checks: Readonly<Record<string, boolean>>,
  file: string | undefined,
): Set<ItemId> {
  const disabled = new Set<ItemId>();
  for (const [name, isEnabled] of Object.entries(checks)) {
    const id = CHECK_IDS.find((known) => known === name);
    if (id === undefined) throw unknownSetting(name, file);
    if (!isEnabled) disabled.add(id);
  }
  return disabled;
}

function unknownSetting(name: string, file: string | undefined): AppError {
  const nearest = nearestName(name, CHECK_IDS);
  return new AppError(
    "config",
    `Cannot use ${file ?? "the settings"}: diagnostics.checks.${name} is no check`,
    {
      hint: nearest === undefined
        ? "Run ec2-connect diagnose list for the checks"
        : `Did you mean ${nearest}?`,
    },
  );
}
