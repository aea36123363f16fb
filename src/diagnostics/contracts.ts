/**
 * The words of the diagnosis: checks, what they find, and how they are given what they look at.
 *
 * A check is a pure function of facts and parameters. It never calls AWS, never reads a clock, never
 * prints: the engine reads the facts (`fact_store.ts`), runs the checks and correlates what they say.
 *
 * Source of every name here: the report schema 1.0, docs/DATA_MODELS.md. They are public and frozen.
 *
 * @module
 */

import type { FailureReason } from "./facts/fact.ts";
import type { FactId, Facts } from "./facts/facts.ts";
import type { CheckParameters } from "./parameters.ts";

/** Every check, in the order of the catalogue, which is the order of the report. Ids are frozen. */
export const CHECK_IDS = [
  "instance_state",
  "ssm_agent",
  "iam_permissions",
  "vpc_endpoints",
  "security_groups",
  "network_connectivity",
  "local_port_availability",
  "credentials",
  "clock_skew",
  "region_match",
  "instance_profile",
  "host_management",
  "routing",
  "network_acls",
  "session_preferences",
  "agent_features",
  "scheduled_events",
  "session_limits",
  "local_prerequisites",
] as const;

export type CheckId = (typeof CHECK_IDS)[number];

/** Every predictor of `diagnose preventive`, in the order of its table. */
export const PREDICTOR_IDS = [
  "expiring_credentials",
  "idle_timeout",
  "max_duration",
  "old_agent",
  "stale_ping",
  "status_checks",
  "predicted_events",
  "session_quota",
  "path_decay",
  "kms_key",
  "clock_drift",
  "spot_or_asg",
  "local_port",
] as const;

export type PredictorId = (typeof PREDICTOR_IDS)[number];

/** Anything that runs and has findings. */
export type ItemId = CheckId | PredictorId;

/** What part of the way to the instance a check is about. */
export type Category =
  | "instance"
  | "agent"
  | "iam"
  | "network"
  | "local"
  | "credentials"
  | "session";

/**
 * What is known of a question.
 *
 * - `critical`: a connection cannot work, or will stop within the window asked about.
 * - `unknown`: the question could not be answered. Never having been allowed to look is this.
 * - `warning`: works now, but degraded, fragile or only partly proven.
 * - `ok`: answered positively, with evidence.
 * - `skipped`: not applicable, disabled, aborted, or blocked by another check.
 */
export type Status = "critical" | "unknown" | "warning" | "ok" | "skipped";

/** How bad: fixed by the status but for a warning, see {@link severityOf} in `findings.ts`. */
export type Severity = "info" | "low" | "medium" | "high" | "critical";

/** Why something is `unknown` or `skipped`. */
export type ReasonCode =
  | "access_denied"
  | FailureReason
  | "blocked_by"
  | "disabled"
  | "invalid_input"
  | "not_visible";

/** How sure an answer is. */
export type Confidence = "high" | "medium" | "low";

/** Anything that JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A thing of AWS or of this computer that a finding is about. */
export interface Resource {
  /** `instance`, `security-group`, `vpc-endpoint`, `subnet`, `vpc`, `role`, `port` ... */
  type: string;
  id: string;
}

/** One observation. Made by the functions of `findings.ts`, never by hand. */
export interface Finding {
  /** As in the catalogue: `SG_EGRESS_BLOCKED`, `role.DENIED`. Frozen. */
  code: string;
  status: Status;
  severity: Severity;
  /** Whether it answers the check's primary question. */
  primary: boolean;
  /** What was seen, with values. One sentence without a final period. */
  message: string;
  /** What the reader can do, first step first, at most five: a command of ours, a line for the AWS CLI, or the exact place in the console. */
  remediation: readonly string[];
  /** IAM actions without which this stays unknown: `ec2:DescribeVpcEndpoints`. */
  needs: readonly string[];
  /** What it is about; the first one is part of the finding's id. */
  resources: readonly Resource[];
  evidence: { readonly [key: string]: Json };
  /** Marks of the sources in the specification: `D2`, `R4`. */
  references: readonly string[];
  /** Ids of the fixes of `fixes/` that mend it. */
  fixIds: readonly string[];
  /** When it is expected to bite, in milliseconds since 1970; undefined when now or never. */
  predictedAtMs: number | undefined;
  /** Set when `unknown` or `skipped`. */
  reason: ReasonCode | undefined;
  /**
   * Ids of findings, of this check or of others, that this one follows from: `PATH_BLOCKED` names the
   * `security_groups.SG_EGRESS_BLOCKED#sg-1` that blocks. They become one root cause.
   */
  follows: readonly string[];
}

/** What a check says alone. */
export interface CheckOutcome {
  /** At least one; at least one of them primary. */
  findings: readonly Finding[];
  /**
   * How many things the check wanted to look at. Each secondary `unknown` finding is one that it
   * could not; the share of the others is the check's coverage.
   */
  planned: number;
  /** `high` when left out. */
  confidence?: Confidence;
}

/** Gives facts that were read before: no waiting, no failing. */
export interface FactReader<Id extends FactId = FactId> {
  get<Key extends Id>(id: Key): Facts[Key];
}

/** What must hold before a check makes sense; the engine skips it (`blocked_by`) otherwise. */
export interface Requirements {
  /** Needs calls of AWS: skipped when credentials are refused. */
  aws: boolean;
  /**
   * - `none`: says something without an EC2 instance.
   * - `exists`: skipped when the instance is not found or terminated.
   * - `running`: skipped also when it is stopped or stopping.
   */
  instance: "none" | "exists" | "running";
  /** Needs EC2's view of the instance: skipped (`not_applicable`) for a hybrid node (`mi-`). */
  ec2: boolean;
}

/** One check: its line in the catalogue, and the function behind it. */
export interface CheckDefinition<Id extends FactId = FactId> {
  id: ItemId;
  /** The check whose exit code and correlation a predictor shares; a check stands for itself. */
  standsFor?: CheckId;
  /** For headings: `Security group rules`. */
  title: string;
  category: Category;
  /** One of the seven checks that the program began with. */
  isSeedItem: boolean;
  /** The one question it answers: `do the rules let TCP 443 flow instance -> service`. */
  primaryQuestion: string;
  /** Every fact that `run` may ask for; asking for another one throws. */
  facts: readonly Id[];
  requires: Requirements;
  /** IAM actions behind its facts, for `diagnose list --iam-policy`. */
  actions: readonly string[];
  /** Pure; must take any value of its facts, however odd, without throwing. */
  run(facts: FactReader<Id>, parameters: CheckParameters): CheckOutcome;
}

/** Keeps a definition's list of facts and the facts that its `run` asks for in step. */
export function defineCheck<const Id extends FactId>(
  definition: CheckDefinition<Id>,
): CheckDefinition {
  return definition as unknown as CheckDefinition;
}

/** The check that decides about exit code and correlation. */
export function basisOf({ id, standsFor }: Pick<CheckDefinition, "id" | "standsFor">): CheckId {
  return standsFor ?? id as CheckId;
}

/** A finding's id in the report, stable between runs: `security_groups.SG_EGRESS_BLOCKED#sg-1`. */
export function findingId(check: ItemId, finding: Pick<Finding, "code" | "resources">): string {
  const [resource] = finding.resources;
  return `${check}.${finding.code}${resource === undefined ? "" : `#${resource.id}`}`;
}
