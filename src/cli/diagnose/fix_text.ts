/**
 * What a person reads of `fix`.
 *
 * @module
 */

import { type Consent, type FixRun, planLines, resultLine } from "../../diagnostics/fixes/mod.ts";

export function fixText(
  { report, results }: FixRun,
  { consent, isDryRun, isSilent, journal }: {
    consent: Consent;
    isDryRun: boolean;
    /** There was nobody to ask. */
    isSilent: boolean;
    /** Path of the journal, if something was changed. */
    journal: string | undefined;
  },
): string[] {
  const { target, summary, root_causes: causes } = report;
  const lines = [
    ...causes.map(({ rank, message }) => `Cause ${rank}: ${message}`),
    ...(causes.length === 0 ? [] : [""]),
  ];
  if (results.length === 0) {
    return [...lines, `Nothing to fix on ${target.instance_id}: ${summary.overall}`];
  }
  for (const [index, result] of results.entries()) {
    lines.push(...planLines(result, index + 1, consent), "");
  }
  if (isDryRun) {
    if (isSilent) {
      lines.push("There is no terminal to ask on: add --auto-fix or --approve FIX_ID to apply.");
    }
    return [...lines, "Nothing was changed."];
  }
  lines.push(...results.map(resultLine));
  if (journal !== undefined) {
    lines.push("", `Written down in ${journal}`);
    if (results.some(({ rollback }) => rollback.length > 0)) {
      lines.push(`To take it back: ec2-connect fix --rollback ${report.run_id}`);
    }
  }
  lines.push("", `Now: ${summary.overall}, can connect: ${summary.can_connect}`);
  return lines;
}
