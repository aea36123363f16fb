/**
 * The shape of a report, schema version 1.0: what `--format json` and `--format yaml` write.
 *
 * Every key is always there, null when it is empty. Adding keys is a minor version, removing or
 * renaming them a major one. Importing this loads zod; `report.ts` needs its types alone.
 *
 * @module
 */

import { z } from "zod";
import { CHECK_IDS } from "./contracts.ts";

const status = z.enum(["ok", "warning", "unknown", "critical", "skipped"]);
const severity = z.enum(["info", "low", "medium", "high", "critical"]);
const reasonCode = z.enum([
  "access_denied",
  "auth_failed",
  "clock_skew",
  "region_disabled",
  "throttled",
  "not_found",
  "timeout",
  "network",
  "service_error",
  "not_supported",
  "blocked_by",
  "disabled",
  "aborted",
  "not_applicable",
  "invalid_input",
  "not_visible",
]);
/** UTC with milliseconds: `2026-01-02T03:04:05.678Z`. */
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const checkId = z.enum(CHECK_IDS);
const adjusted = z.object({ from: status, by: z.string() }).nullable();
const apiCall = z.object({
  service: z.string(),
  action: z.string(),
  params: z.record(z.string(), z.unknown()),
});

const finding = z.object({
  id: z.string(),
  code: z.string(),
  status,
  severity,
  primary: z.boolean(),
  message: z.string(),
  remediation: z.array(z.string()).max(5),
  needs: z.array(z.string()),
  resources: z.array(z.object({ type: z.string(), id: z.string() })),
  evidence: z.record(z.string(), z.unknown()),
  references: z.array(z.string()),
  fix_ids: z.array(z.string()),
  predicted_at: time.nullable(),
  reason_code: reasonCode.nullable(),
  adjusted,
});

const check = z.object({
  /** A check, or a predictor of `diagnose preventive`. */
  id: z.string(),
  title: z.string(),
  category: z.enum(["instance", "agent", "iam", "network", "local", "credentials", "session"]),
  status,
  raw_status: status,
  severity,
  reason_code: reasonCode.nullable(),
  blocked_by: checkId.nullable(),
  adjusted,
  coverage: z.number().min(0).max(1),
  confidence: z.enum(["high", "medium", "low"]),
  duration_ms: z.int().min(0),
  cache: z.object({
    used: z.boolean(),
    oldest_age_s: z.number().nullable(),
    expires_at: time.nullable(),
    revalidated: z.boolean(),
  }),
  findings: z.array(finding),
});

const fix = z.object({
  id: z.string(),
  class: z.enum(["safe", "unsafe", "manual"]),
  unsafe_because: z.array(z.string()),
  scope: z.enum(["local", "instance", "subnet", "vpc", "account"]),
  finding_ids: z.array(z.string()),
  calls: z.array(apiCall),
  permissions: z.array(z.string()),
  preconditions: z.array(
    z.object({ text: z.string(), state: z.enum(["ok", "no", "unknown"]) }),
  ),
  blast_radius: z.record(z.string(), z.unknown()),
  rollback: z.array(apiCall),
  verify: z.array(z.string()),
  state: z.string(),
  decision: z.string(),
  error: z.string().nullable(),
  /** What a person has to do; empty unless the class is `manual`. */
  manual_steps: z.array(z.string()),
});

export const reportSchema = z.object({
  schema_version: z.literal("1.0"),
  tool: z.object({ name: z.literal("ec2-connect"), version: z.string() }),
  command: z.enum([
    "full",
    "precheck",
    "preventive",
    "item",
    "aws-config",
    "aws-config-integrated",
    "interactive",
    "fix",
  ]),
  run_id: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/),
  started_at: time,
  duration_ms: z.int().min(0),
  interrupted: z.boolean(),
  target: z.object({
    instance_id: z.string(),
    region: z.string(),
    region_source: z.string().nullable(),
    account_id: z.string().nullable(),
    partition: z.string(),
    profile: z.string().nullable(),
    local_port: z.int().nullable(),
    remote_port: z.int().nullable(),
    remote_host: z.string().nullable(),
    document: z.string(),
    endpoint_override: z.string().nullable(),
  }),
  summary: z.object({
    overall: status,
    can_connect: z.enum(["yes", "no", "unknown"]),
    counts: z.object({
      ok: z.int(),
      warning: z.int(),
      unknown: z.int(),
      critical: z.int(),
      skipped: z.int(),
    }),
    exit_code: z.int(),
  }),
  root_causes: z.array(z.object({
    rank: z.int().min(1),
    certainty: z.enum(["proven", "possible"]),
    finding_ids: z.array(z.string()),
    message: z.string(),
    remediation: z.array(z.string()),
  })),
  checks: z.array(check),
  /** `diagnose item`: what the checks say that the item depends on, in short form. */
  dependencies: z.array(z.object({
    check: z.string(),
    status,
    findings: z.array(z.object({ id: z.string(), status, message: z.string() })),
  })),
  score: z.object({
    value: z.number(),
    upper: z.number(),
    minimum: z.number(),
    result: z.enum(["pass", "undetermined", "fail"]),
    cap: z.number().nullable(),
    weights: z.record(z.string(), z.number()),
    excluded: z.array(z.string()),
  }).nullable(),
  fixes: z.array(fix),
  cache: z.object({ hits: z.int(), misses: z.int(), cleared: z.int() }),
  errors: z.array(z.object({
    call: z.string(),
    reason_code: reasonCode,
    http_status: z.int().nullable(),
    request_id: z.string().nullable(),
    attempts: z.int().min(1),
  })),
});

export type Report = z.infer<typeof reportSchema>;
export type ReportCheck = z.infer<typeof check>;
export type ReportFinding = z.infer<typeof finding>;
export type ReportFix = z.infer<typeof fix>;

/** The schema for other programs, as in `docs/schema/report-1.0.json`. */
export function reportJsonSchema(): Record<string, unknown> {
  return {
    $id: "https://github.com/ec2-connect/ec2-connect/docs/schema/report-1.0.json",
    title: "ec2-connect diagnosis report 1.0",
    ...z.toJSONSchema(reportSchema, { io: "input" }),
  };
}
