/**
 * `terminate_own_session`: stale sessions of ours make room.
 *
 * @module
 */

import { valueOf } from "../facts/fact.ts";
import { type FixDefinition, precondition } from "./contracts.ts";
import { staleSessions } from "../stale_sessions.ts";

export const terminateOwnSession: FixDefinition = {
  id: "terminate_own_session",
  title: "terminate stale sessions of yours",
  class: "unsafe",
  // A terminated session cannot be resumed.
  unsafeBecause: ["irreversible"],
  scope: "instance",
  permissions: ["ssm:TerminateSession"],
  facts: ["sessions", "identity", "preferences"],
  verify: ["session_limits"],
  verifyTimeoutMs: 60_000,
  plan({ facts, parameters }) {
    const stale = staleSessions(
      {
        sessions: valueOf(facts.get("sessions")) ?? [],
        callerArn: valueOf(facts.get("identity"))?.arn,
        preferences: valueOf(facts.get("preferences")),
      },
      parameters.nowMs,
    );
    return Promise.resolve({
      steps: stale.map(({ sessionId }) => ({
        service: "ssm",
        action: "TerminateSession",
        params: { SessionId: sessionId },
      })),
      preconditions: [precondition("the session is yours and stale", stale.length > 0)],
      blastRadius: { sessions: stale.length },
    });
  },
};
