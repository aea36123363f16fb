/**
 * One thing that was read, or the reason why it could not be.
 *
 * @module
 */

import type { AwsFailureClass } from "../../aws/mod.ts";

/** Read successfully. An empty list in here is an answer. */
export interface Known<T> {
  state: "known";
  value: T;
}

/** AWS refused to show it: a permission is missing. */
export interface Denied {
  state: "denied";
  /** The IAM action that would show it: `ec2:DescribeVpcEndpoints`. */
  action: string;
  /** The service's words. */
  detail: string;
}

/** Why a reading came to nothing, other than for a permission. */
export type FailureReason =
  | Exclude<AwsFailureClass, "access_denied" | "other">
  | "aborted"
  /** There is nothing to read: the fact that names it says so. */
  | "not_applicable";

/** Could not be read. */
export interface Failed {
  state: "failed";
  reason: FailureReason;
  /** What was tried: the IAM action, or words such as `connect to ssm.us-east-1.amazonaws.com`. */
  action: string;
  /** The service's error code, if one answered. */
  code: string | undefined;
  detail: string;
}

/**
 * A fact. One that depends on another one which is not known carries that one's `denied` or `failed`
 * unchanged: a VPC that nobody may look up is not visible because of `ec2:DescribeInstances`.
 */
export type Fact<T> = Known<T> | Denied | Failed;

export function known<T>(value: T): Known<T> {
  return { state: "known", value };
}

export function denied(action: string, detail = "not authorized"): Denied {
  return { state: "denied", action, detail };
}

export function failed(
  reason: FailureReason,
  action: string,
  detail: string,
  code?: string,
): Failed {
  return { state: "failed", reason, action, code, detail };
}

/** The value if it is known, else undefined. For what is only a help, never for a verdict. */
export function valueOf<T>(fact: Fact<T>): T | undefined {
  return fact.state === "known" ? fact.value : undefined;
}

/** The first of some facts that is not known; undefined when all are. */
export function firstUnknown(...facts: readonly Fact<unknown>[]): Denied | Failed | undefined {
  return facts.find((fact) => fact.state !== "known") as Denied | Failed | undefined;
}
