/**
 * `health` for a person.
 *
 * @module
 */
import type { HealthFinding, HealthStatus } from "../../monitor/mod.ts";
import { printable } from "../text.ts";

/** One line a finding, its hint below it where it is not well, and the whole at the end. */
export function healthLines(findings: readonly HealthFinding[], status: HealthStatus): string[] {
  const widest = (of: (finding: HealthFinding) => string) =>
    Math.max(0, ...findings.map((finding) => of(finding).length));
  const statusWidth = widest((finding) => finding.status);
  const checkWidth = widest(nameOf);
  const lines = findings.flatMap((finding) => [
    `${finding.status.padEnd(statusWidth)}  ${
      nameOf(finding).padEnd(checkWidth)
    }  ${finding.message}`,
    ...(finding.hint === undefined || finding.status === "ok" ? [] : [`  hint: ${finding.hint}`]),
  ]);
  return [...lines.map(printable), `Overall: ${status}`];
}

function nameOf({ check, subject }: HealthFinding): string {
  return subject === undefined ? check : `${check} ${subject}`;
}
