/**
 * A reading that came to nothing, on its way to becoming a fact.
 *
 * @module
 */

import type { AwsFailure, AwsFailureClass } from "../../aws/mod.ts";
import { type Denied, denied, type Failed, failed, type FailureReason } from "../facts/fact.ts";

/** Thrown by readers and calls; the store turns it into the fact it carries. */
export class FactFailure extends Error {
  readonly fact: Denied | Failed;

  constructor(fact: Denied | Failed) {
    super(fact.state === "denied" ? `${fact.action} denied` : `${fact.action}: ${fact.detail}`);
    this.name = "FactFailure";
    this.fact = fact;
  }

  /** The service's error code; undefined when none answered. */
  get code(): string | undefined {
    return this.fact.state === "failed" ? this.fact.code : undefined;
  }

  /** Whether AWS said that the thing does not exist. */
  get isNotFound(): boolean {
    return this.fact.state === "failed" && this.fact.reason === "not_found";
  }
}

/** A reading that failed for a reason that a reader knows itself. */
export function failedFact(reason: FailureReason, action: string, detail: string): FactFailure {
  return new FactFailure(failed(reason, action, detail));
}

/** There is nothing to read. */
export function notApplicable(action: string, detail: string): FactFailure {
  return failedFact("not_applicable", action, detail);
}

/** @param action The IAM action of the call: `ec2:DescribeInstances`. */
export function failureOfCall(action: string, failure: AwsFailure): FactFailure {
  // Needs no permission, so whoever is denied it has wrong credentials.
  if (action === "sts:GetCallerIdentity" && failure.class === "access_denied") {
    return new FactFailure(failed("auth_failed", action, failure.detail, failure.code));
  }
  if (failure.class === "access_denied") return new FactFailure(denied(action, failure.detail));
  return new FactFailure(failed(REASONS[failure.class], action, failure.detail, failure.code));
}

const REASONS: Readonly<Record<Exclude<AwsFailureClass, "access_denied">, FailureReason>> = {
  auth_failed: "auth_failed",
  clock_skew: "clock_skew",
  region_disabled: "region_disabled",
  throttled: "throttled",
  not_found: "not_found",
  timeout: "timeout",
  network: "network",
  service_error: "service_error",
  not_supported: "not_supported",
  other: "service_error",
};
