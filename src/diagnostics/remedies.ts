/**
 * Things that a reader can do, as lines to copy.
 *
 * @module
 */

import { quoteForShell } from "../platform/mod.ts";
import type { CheckId } from "./contracts.ts";
import type { CheckParameters } from "./parameters.ts";

type Target = Pick<CheckParameters, "instanceId" | "region" | "isRegionExplicit" | "profile">;

/** A line for the AWS CLI, in the Region and with the profile of this run. */
export function awsCli(command: string, target: Target): string {
  return `aws ${command} --region ${target.region}${profileOption(target)}`;
}

/**
 * Our own fix.
 *
 * @param consent `approve`: the fix is not safe and must be named.
 */
export function fixCommand(
  fixId: string,
  target: Target,
  consent: "approve" | "auto" = "approve",
): string {
  const how = consent === "auto" ? "--auto-fix" : `--approve ${fixId}`;
  return `ec2-connect fix -i ${target.instanceId} ${how}${ownOptions(target)}`;
}

/** One of our checks, alone. */
export function itemCommand(check: CheckId, target: Target): string {
  return `ec2-connect diagnose item --item ${check} -i ${target.instanceId}${ownOptions(target)}`;
}

/** Every check. */
export function fullCommand(target: Target): string {
  return `ec2-connect diagnose full ${target.instanceId}${ownOptions(target)}`;
}

/** For a symptom whose cause other checks see. */
export function findCause(target: Target): string {
  return `Find the cause: ${fullCommand(target)}`;
}

/** The Region only where it was given by hand: elsewhere the next command finds it as this one did. */
export function ownOptions(target: Target): string {
  const region = target.isRegionExplicit ? ` --region ${target.region}` : "";
  return region + profileOption(target);
}

function profileOption({ profile }: Target): string {
  return profile === undefined ? "" : ` --profile ${quoteForShell(profile)}`;
}

/** `40 s`, `12 min`, `3 h`, `5 days`, for a sentence. Negative durations count as 0. */
export function describeDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** A moment in UTC, `2026-01-02 03:04:05Z`. */
export function describeMoment(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}
