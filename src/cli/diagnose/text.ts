/**
 * A report as a person reads it, from the top down: the verdict, the causes with what proves them and
 * what to do, then every check.
 *
 * @module
 */

import type { Report, ReportCheck, ReportFinding } from "../../diagnostics/mod.ts";
import { formatScore, fullCommand } from "../../diagnostics/mod.ts";
import { printable } from "../text.ts";

/** Widest name of a status. */
const STATUS_COLUMNS = 8;

export function reportLines(report: Report): string[] {
  return [
    ...verdictLines(report),
    ...scoreLines(report),
    ...causeLines(report),
    ...adviceLines(report),
    "",
    "Checks:",
    ...report.checks.flatMap(checkLines),
    ...dependencyLines(report),
    ...fixLines(report),
    "",
    countLine(report),
    ...nextLines(report),
  ].map(printable);
}

/** What goes to standard error when the report goes to a file. */
export function summaryLine(report: Report): string {
  return printable(`${verdictOf(report)}: ${countsOf(report)}`);
}

function verdictOf({ target, summary, interrupted, checks }: Report): string {
  const who = target.instance_id;
  if (interrupted) return `${who}: the diagnosis was stopped before its end`;
  switch (summary.can_connect) {
    case "yes":
      return summary.overall === "ok" || summary.overall === "skipped"
        ? `${who} can be connected to`
        : `${who} can be connected to, with ${summary.overall} findings`;
    case "no":
      return `${who} cannot be connected to`;
    case "unknown":
      return checks.some(({ status }) => status === "unknown")
        ? `${who}: not known whether it can be connected to, for not everything could be seen`
        : `${who}: nothing found that forbids a connection`;
    default:
      return summary.can_connect satisfies never;
  }
}

function verdictLines(report: Report): string[] {
  const { target } = report;
  const account = target.account_id === null ? "" : `, account ${target.account_id}`;
  return [verdictOf(report), `Region ${target.region}${account}`];
}

function scoreLines({ score }: Report): string[] {
  if (score === null) return [];
  const range = score.upper > score.value
    ? ` (up to ${formatScore(score.upper)} if all is well that could not be seen)`
    : "";
  const excluded = score.excluded.length === 0 ? "" : `; left out: ${score.excluded.join(", ")}`;
  return [
    `Score ${formatScore(score.value)} of 100, wanted ${formatScore(score.minimum)}: ` +
    `${score.result}${range}${excluded}`,
  ];
}

function causeLines({ root_causes, checks }: Report): string[] {
  const findings = new Map(
    checks.flatMap(({ findings }) => findings).map((finding) => [finding.id, finding]),
  );
  return root_causes.flatMap((cause) => {
    const known = cause.finding_ids.flatMap((id) => findings.get(id) ?? []);
    const title = cause.certainty === "proven" ? "Cause" : "Possible cause";
    return [
      "",
      `${title} ${cause.rank}: ${cause.message}`,
      ...cause.finding_ids.map((id, index) => `  ${index === 0 ? "found by" : "also seen"}  ${id}`),
      ...evidenceLines(known[0]),
      ...cause.remediation.map((step) => `  do        ${step}`),
    ];
  });
}

function evidenceLines(finding: ReportFinding | undefined): string[] {
  const entries = Object.entries(finding?.evidence ?? {})
    .filter(([, value]) => value !== null && value !== "")
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  if (entries.length === 0) return [];
  return [`  evidence  ${entries.map(([name, value]) => `${name}: ${plain(value)}`).join("; ")}`];
}

function plain(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(plain).join(", ");
  return JSON.stringify(value);
}

/** What is wrong or unseen and no root cause: the warnings, with what to do. */
function adviceLines({ root_causes, checks }: Report): string[] {
  const told = new Set(root_causes.flatMap(({ finding_ids }) => finding_ids));
  const findings = checks.flatMap(({ findings }) => findings)
    .filter(({ id, status }) => status !== "ok" && status !== "skipped" && !told.has(id));
  if (findings.length === 0) return [];
  return ["", "Also:", ...findings.flatMap(findingLines)];
}

function findingLines(finding: ReportFinding): string[] {
  return [
    `  ${finding.status.padEnd(STATUS_COLUMNS)}  ${finding.message} [${finding.code}]`,
    ...finding.remediation.map((step) => `  ${" ".repeat(STATUS_COLUMNS)}  do: ${step}`),
  ];
}

function checkLines(check: ReportCheck): string[] {
  const worst = check.findings.filter(({ status }) => status === check.status);
  const shown = worst.length > 0 ? worst : check.findings;
  const name = `  ${check.status.padEnd(STATUS_COLUMNS)}  ${check.id}`;
  const codes = [...new Set(shown.map(({ code }) => code))].join(", ");
  const notes = check.findings.filter(({ status, severity, primary }) =>
    status === "ok" && severity === "info" && !primary
  );
  return [
    `${name}: ${shown[0]?.message ?? ""}${codes === "" ? "" : ` [${codes}]`}`,
    ...notes.filter((note) => !shown.includes(note))
      .map(({ message }) => `  ${" ".repeat(STATUS_COLUMNS)}  ${message}`),
  ];
}

function dependencyLines({ dependencies }: Report): string[] {
  if (dependencies.length === 0) return [];
  return [
    "",
    "Depends on:",
    ...dependencies.map(({ check, status, findings }) =>
      `  ${status.padEnd(STATUS_COLUMNS)}  ${check}: ${findings[0]?.message ?? ""}`
    ),
  ];
}

function fixLines({ fixes }: Report): string[] {
  if (fixes.length === 0) return [];
  return [
    "",
    "Fixes:",
    ...fixes.map(({ id, state, decision }) => `  ${id}: ${state} (${decision})`),
  ];
}

function countsOf({ summary, duration_ms }: Report): string {
  const { counts } = summary;
  const words = (["critical", "unknown", "warning", "ok", "skipped"] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${status}`);
  return `${words.join(", ")} in ${(duration_ms / 1000).toFixed(1)} s`;
}

function countLine(report: Report): string {
  const { hits, misses } = report.cache;
  const cache = hits + misses === 0 ? "" : `; ${hits} facts remembered, ${misses} read`;
  return countsOf(report) + cache;
}

/** Where to go on. */
function nextLines({ command, target, checks }: Report): string[] {
  const agent = checks.find(({ id }) => id === "ssm_agent");
  if (command !== "precheck" || agent?.status !== "critical") return [];
  return [`run: ${fullRun(target)}`];
}

/** The line that diagnoses all of a report's target. */
export function fullRun(target: Report["target"]): string {
  return fullCommand({
    instanceId: target.instance_id,
    region: target.region,
    isRegionExplicit: target.region_source === "flag",
    profile: target.profile ?? undefined,
  });
}
