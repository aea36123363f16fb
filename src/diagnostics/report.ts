/**
 * The report of a run as a tree of plain values: `report_schema.ts` says what it looks like.
 *
 * @module
 */

import type { CallError } from "./api/caller.ts";
import type { Status } from "./contracts.ts";
import type { SeenFacts } from "./correlation.ts";
import { valueOf } from "./facts/fact.ts";
import type { CheckParameters } from "./parameters.ts";
import type { Report, ReportCheck, ReportFinding, ReportFix } from "./report_schema.ts";
import type { CheckResult, ReportedFinding } from "./results.ts";
import type { RootCause } from "./root_causes.ts";
import type { Summary } from "./summary.ts";

export interface ReportParts {
  command: Report["command"];
  version: string;
  runId: string;
  startedAtMs: number;
  durationMs: number;
  isInterrupted: boolean;
  parameters: CheckParameters;
  facts: SeenFacts;
  summary: Summary;
  rootCauses: readonly RootCause[];
  results: readonly CheckResult[];
  dependencies?: readonly CheckResult[];
  score?: Report["score"];
  fixes?: readonly ReportFix[];
  cache?: Report["cache"];
  errors: readonly CallError[];
}

export function buildReport(parts: ReportParts): Report {
  const { summary, results, dependencies = [] } = parts;
  return {
    schema_version: "1.0",
    tool: { name: "ec2-connect", version: parts.version },
    command: parts.command,
    run_id: parts.runId,
    started_at: isoTime(parts.startedAtMs),
    duration_ms: Math.round(parts.durationMs),
    interrupted: parts.isInterrupted,
    target: targetOf(parts.parameters, parts.facts),
    summary: {
      overall: summary.overall,
      can_connect: summary.canConnect,
      counts: { ...summary.counts },
      exit_code: summary.exitCode,
    },
    root_causes: parts.rootCauses.map((cause) => ({
      rank: cause.rank,
      certainty: cause.certainty,
      finding_ids: [...cause.findingIds],
      message: cause.message,
      remediation: [...cause.remediation],
    })),
    checks: results.map(checkOf),
    dependencies: dependencies.map(({ id, status, findings }) => ({
      check: id,
      status,
      findings: findings.map(({ id, status, message }) => ({ id, status, message })),
    })),
    score: parts.score ?? null,
    fixes: [...parts.fixes ?? []],
    cache: parts.cache ?? { hits: 0, misses: 0, cleared: 0 },
    errors: parts.errors.map((error) => ({
      call: error.call,
      reason_code: error.reason,
      http_status: error.httpStatus ?? null,
      request_id: error.requestId ?? null,
      attempts: error.attempts,
    })),
  };
}

/** `2026-01-02T03:04:05.678Z`. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function targetOf(parameters: CheckParameters, facts: SeenFacts): Report["target"] {
  const identity = facts.identity === undefined ? undefined : valueOf(facts.identity);
  const choice = facts.regionChoice === undefined ? undefined : valueOf(facts.regionChoice);
  return {
    instance_id: parameters.instanceId,
    region: parameters.region,
    region_source: choice?.source ?? null,
    account_id: identity?.accountId ?? null,
    partition: parameters.partition,
    profile: parameters.profile ?? null,
    local_port: parameters.localPort ?? null,
    remote_port: parameters.remotePort ?? null,
    remote_host: parameters.remoteHost ?? null,
    document: parameters.document,
    endpoint_override: parameters.endpointOverride ?? null,
  };
}

function checkOf(result: CheckResult): ReportCheck {
  const { cache } = result;
  return {
    id: result.id,
    title: result.definition.title,
    category: result.definition.category,
    status: result.status,
    raw_status: result.rawStatus,
    severity: result.severity,
    reason_code: result.reason ?? null,
    blocked_by: result.blockedBy ?? null,
    adjusted: result.adjusted ?? null,
    coverage: Math.round(result.coverage * 1000) / 1000,
    confidence: result.confidence,
    duration_ms: Math.max(0, Math.round(result.durationMs)),
    cache: {
      used: cache.used,
      oldest_age_s: cache.oldestAgeMs === undefined ? null : Math.round(cache.oldestAgeMs / 1000),
      expires_at: cache.expiresAtMs === undefined ? null : isoTime(cache.expiresAtMs),
      revalidated: cache.revalidated,
    },
    findings: result.findings.map(findingOf),
  };
}

export function findingOf(finding: ReportedFinding): ReportFinding {
  return {
    id: finding.id,
    code: finding.code,
    status: finding.status,
    severity: finding.severity,
    primary: finding.primary,
    message: finding.message,
    remediation: finding.remediation.slice(0, 5),
    needs: [...finding.needs],
    resources: finding.resources.map(({ type, id }) => ({ type, id })),
    evidence: { ...finding.evidence },
    references: [...finding.references],
    fix_ids: [...finding.fixIds],
    predicted_at: finding.predictedAtMs === undefined ? null : isoTime(finding.predictedAtMs),
    reason_code: finding.reason ?? null,
    adjusted: finding.adjusted ?? null,
  };
}

/** Whether a finding of this status wants the reader to do something. */
export function wantsAction(status: Status): boolean {
  return status === "critical" || status === "warning" || status === "unknown";
}

/** Source: ULID specification: 48 bits of time, 80 of chance, in Crockford's base 32. */
export function newRunId(epochMs: number, random: Uint8Array<ArrayBuffer>): string {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let bits = BigInt(Math.floor(epochMs));
  for (const byte of random.slice(0, 10)) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let index = 0; index < 26; index++) {
    text = alphabet[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text;
}
