/**
 * `idle_timeout` and `max_duration`: will the account's time limits end the session.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { type Fact, valueOf } from "../facts/fact.ts";
import type { ActiveSession, PreferencesDocument } from "../facts/session.ts";
import { critical, ok, unknownBecause, warning } from "../findings.ts";
import { describeDuration } from "../remedies.ts";

const MINUTE_MS = 60_000;
/** Source: Session Manager user guide, "Specify an idle session timeout value". */
const DEFAULT_IDLE_MIN = 20;
const SHORT_IDLE_MIN = 10;
/** A session that ends sooner is as good as over. */
const CRITICAL_MS = 5 * MINUTE_MS;

/** Time limits of the account; undefined: they could not be read. */
function limitsOf(
  fact: Fact<PreferencesDocument>,
): { idleMin: number; maxMin: number | undefined } | undefined {
  const document = valueOf(fact);
  if (document === undefined) return undefined;
  const preferences = document.exists && "preferences" in document
    ? document.preferences
    : undefined;
  return {
    idleMin: preferences?.idleTimeoutMin ?? DEFAULT_IDLE_MIN,
    maxMin: preferences?.maxDurationMin,
  };
}

function notVisible(fact: Fact<PreferencesDocument>): CheckOutcome {
  if (fact.state === "known") throw new TypeError("only for what is not known");
  const message = "the session preferences could not be read";
  return { planned: 1, findings: [unknownBecause("PREFS_NOT_VISIBLE", fact, message)] };
}

const CHANGE = "Change it: AWS console, Systems Manager, Session Manager, Preferences";

export const idleTimeout = defineCheck({
  id: "idle_timeout",
  standsFor: "session_preferences",
  title: "Idle timeout",
  category: "session",
  isSeedItem: false,
  primaryQuestion: "will the account's idle timeout end the session",
  facts: ["preferences"],
  requires: { aws: true, instance: "none", ec2: false },
  actions: ["ssm:GetDocument"],
  run(facts, parameters): CheckOutcome {
    const fact = facts.get("preferences");
    const limits = limitsOf(fact);
    if (limits === undefined) return notVisible(fact);
    const { idleMin } = limits;
    const { keepsAlive, expectedIdleMin, nowMs } = parameters;
    const isReached = !keepsAlive && expectedIdleMin !== undefined && expectedIdleMin >= idleMin;
    const details = {
      remediation: ["Connect with --keep-alive always", CHANGE],
      evidence: { idle_timeout_min: idleMin },
    };
    const finding = isReached
      ? warning("IDLE_TIMEOUT", "high", `a session that is idle for ${idleMin} min is ended`, {
        ...details,
        predictedAtMs: nowMs + idleMin * MINUTE_MS,
      })
      : idleMin < SHORT_IDLE_MIN
      ? warning("IDLE_TIMEOUT", "medium", `the idle timeout is short: ${idleMin} min`, details)
      : ok("IDLE_TIMEOUT_OK", `idle timeout ${idleMin} min`, { evidence: details.evidence });
    return { planned: 1, findings: [finding] };
  },
});

export const maxDuration = defineCheck({
  id: "max_duration",
  standsFor: "session_preferences",
  title: "Maximum duration",
  category: "session",
  isSeedItem: false,
  primaryQuestion: "will the account's maximum duration end the session",
  facts: ["preferences", "sessions", "identity"],
  requires: { aws: true, instance: "none", ec2: false },
  actions: ["ssm:GetDocument", "ssm:DescribeSessions"],
  run(facts, parameters): CheckOutcome {
    const fact = facts.get("preferences");
    const limits = limitsOf(fact);
    if (limits === undefined) return notVisible(fact);
    const { maxMin } = limits;
    const caller = valueOf(facts.get("identity"))?.arn;
    const own = (valueOf(facts.get("sessions")) ?? []).filter(({ owner }) => owner === caller);
    const findings = own.flatMap((session) => sessionEnd(session, maxMin, parameters));
    if (maxMin !== undefined && maxMin < parameters.expectedDurationMin) {
      findings.push(
        warning("MAX_DURATION", "medium", `a new session is ended after ${maxMin} min`, {
          predictedAtMs: parameters.nowMs + maxMin * MINUTE_MS,
          remediation: ["Expect to reconnect", CHANGE],
          evidence: { max_duration_min: maxMin },
        }),
      );
    }
    if (findings.length === 0) {
      const message = maxMin === undefined
        ? "no maximum duration"
        : `sessions may last ${maxMin} min`;
      findings.push(ok("MAX_DURATION_OK", message));
    }
    return { planned: 1, findings };
  },
});

/** When a session that is open now reaches its limit. */
function sessionEnd(
  session: ActiveSession,
  accountMaxMin: number | undefined,
  { nowMs, expectedDurationMin }: { nowMs: number; expectedDurationMin: number },
): Finding[] {
  const maxMin = session.maxDurationMin ?? accountMaxMin;
  if (maxMin === undefined || session.startedAtMs === undefined) return [];
  const endsAtMs = session.startedAtMs + maxMin * MINUTE_MS;
  const leftMs = endsAtMs - nowMs;
  if (leftMs >= expectedDurationMin * MINUTE_MS) return [];
  const details = {
    resources: [{ type: "session", id: session.sessionId }],
    predictedAtMs: endsAtMs,
    remediation: [
      `End it at a time of your choice: ec2-connect terminate ${session.sessionId}`,
      CHANGE,
    ],
    evidence: { max_duration_min: maxMin, left_s: Math.max(0, Math.round(leftMs / 1000)) },
  };
  const message = `session ${session.sessionId} reaches its maximum of ${maxMin} min in ` +
    describeDuration(leftMs);
  return leftMs <= CRITICAL_MS
    ? [critical("SESSION_ENDS", message, details)]
    : [warning("SESSION_ENDS", "medium", message, details)];
}
