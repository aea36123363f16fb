/**
 * Outcomes of checks in short, for comparing whole.
 *
 * @module
 */

import type { CheckOutcome, Finding } from "../../../src/diagnostics/contracts.ts";

/** Each finding as `critical INSTANCE_STOPPED`, `warning/low SPOT_INSTANCE`, `unknown X (throttled)`; `+` marks secondary ones. */
export function short(outcome: CheckOutcome): string[] {
  return outcome.findings.map((finding) => {
    const { code, status, severity, reason, primary } = finding;
    const grade = status === "warning" ? `/${severity}` : "";
    const why = reason === undefined ? "" : ` (${reason})`;
    return `${primary ? "" : "+ "}${status}${grade} ${code}${why}`;
  });
}

/** The finding of that code; the test fails without one. */
export function findingOf(outcome: CheckOutcome, code: string): Finding {
  const found = outcome.findings.find((finding) => finding.code === code);
  if (found === undefined) throw new Error(`No ${code} in ${short(outcome).join(", ")}`);
  return found;
}

/** The share of what a check wanted to look at and could. */
export function coverage({ findings, planned }: CheckOutcome): number {
  const hidden = findings.filter(({ primary, status }) => !primary && status === "unknown");
  return (planned - hidden.length) / planned;
}
