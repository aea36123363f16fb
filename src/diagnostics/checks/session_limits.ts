/**
 * `session_limits`: are we about to hit a limit of sessions.
 *
 * AWS publishes none of concurrent sessions; the one that counts is `session.max_sessions_per_instance`.
 * The sessions of this computer answer the question; what AWS lists adds those of other computers.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { type Denied, type Failed, valueOf } from "../facts/fact.ts";
import type { ActiveSession } from "../facts/session.ts";
import { critical, info, ok, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { fixCommand } from "../remedies.ts";
import { staleSessions } from "../stale_sessions.ts";

/** Our own registry, and AWS's list. */
const PLANNED = 2;

export const sessionLimits = defineCheck({
  id: "session_limits",
  title: "Session limits",
  category: "session",
  isSeedItem: false,
  primaryQuestion: "are we about to hit a session or rate limit",
  facts: ["sessions", "localSessions", "identity", "preferences"],
  requires: { aws: true, instance: "none", ec2: false },
  actions: ["ssm:DescribeSessions"],
  run(facts, parameters): CheckOutcome {
    const listed = facts.get("sessions");
    const local = facts.get("localSessions");
    const identity = facts.get("identity");
    if (local.state !== "known" && listed.state !== "known") {
      const message = "neither AWS's list nor our own of active sessions could be read";
      return {
        findings: [unknownBecause("SESSIONS_NOT_VISIBLE", listed, message)],
        planned: PLANNED,
      };
    }
    const caller = valueOf(identity)?.arn;
    const ours = caller === undefined
      ? []
      : (valueOf(listed) ?? []).filter(({ owner }) => owner === caller);
    const ids = new Set([
      ...ours.map(({ sessionId }) => sessionId),
      ...(valueOf(local) ?? []).filter(({ instanceId }) => instanceId === parameters.instanceId)
        .map(({ sessionId }) => sessionId),
    ]);
    const preferences = valueOf(facts.get("preferences"));
    const stale = staleSessions(
      { sessions: ours, callerArn: caller, preferences },
      parameters.nowMs,
    );
    const hidden = [
      ...secondary(listed.state === "known" ? undefined : listed, "AWS's list of sessions"),
      // Without knowing who we are no session on the list can be told to be ours.
      ...secondary(
        listed.state !== "known" || identity.state === "known" ? undefined : identity,
        "whose the sessions on AWS's list are",
      ),
      ...secondary(local.state === "known" ? undefined : local, "our own list of sessions"),
    ];
    return {
      findings: [
        countFinding(ids, stale, parameters),
        ...staleFindings(stale, parameters),
        ...hidden,
      ],
      planned: PLANNED,
    };
  },
});

function countFinding(
  ids: ReadonlySet<string>,
  stale: readonly ActiveSession[],
  parameters: CheckParameters,
): Finding {
  const { maxSessionsPerInstance: limit, instanceId } = parameters;
  const text = `${ids.size} of ${limit} sessions to ${instanceId} are open`;
  const evidence = { active: ids.size, limit, session_ids: [...ids] };
  const remediation = [
    "See them: ec2-connect list --remote",
    "End one: ec2-connect terminate SESSION",
    "Or raise session.max_sessions_per_instance: ec2-connect config show --origin",
  ];
  if (ids.size >= limit) {
    const canFix = stale.length > 0;
    return critical("SESSION_LIMIT_REACHED", text, {
      remediation: canFix
        ? [fixCommand("terminate_own_session", parameters), ...remediation]
        : remediation,
      evidence,
      fixIds: canFix ? ["terminate_own_session"] : [],
    });
  }
  if (ids.size === limit - 1 && ids.size > 0) {
    return warning("SESSION_LIMIT_NEAR", "low", `${text}: one more is possible`, {
      remediation,
      evidence,
    });
  }
  return ok("SESSIONS_OK", text, { evidence });
}

function staleFindings(
  stale: readonly ActiveSession[],
  parameters: CheckParameters,
): Finding[] {
  if (stale.length === 0) return [];
  return [
    info(
      "SESSIONS_STALE",
      `${stale.length} of them are disconnected for longer than the idle timeout`,
      {
        remediation: [fixCommand("terminate_own_session", parameters)],
        resources: stale.map(({ sessionId }) => ({ type: "session", id: sessionId })),
        evidence: { session_ids: stale.map(({ sessionId }) => sessionId) },
      },
    ),
  ];
}

function secondary(fact: Denied | Failed | undefined, what: string): Finding[] {
  if (fact === undefined) return [];
  return [
    unknownBecause("SESSIONS_NOT_VISIBLE", fact, `${what} could not be read`, { primary: false }),
  ];
}
