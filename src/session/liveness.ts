/**
 * Whether a connection lives, judged by what was heard and what should have been.
 *
 * Pure: times are of the monotonic clock, in ms.
 *
 * @module
 */

export interface LivenessFacts {
  /** Since when this connection is watched. */
  sinceMs: number;
  /** Anything came: a message, or the answer to a ping. */
  heardMs: number;
  /** A message came: from the agent, or from the service for it. */
  messageMs: number;
  /** A sign of life was last asked for. */
  askedMs: number;
  /** A data message was last sent. */
  sentMs: number;
  /** The oldest message without an acknowledgement was first sent; undefined when there is none. */
  unansweredMs: number | undefined;
}

export interface LivenessRules {
  /** Silence after which a connection is taken for lost. */
  intervalMs: number;
  /** Whether a sign of life can be asked for. */
  canAsk: boolean;
  /** Data at this distance at least keeps the account's idle timeout away; undefined: not wanted. */
  activityMs: number | undefined;
}

/**
 * - `silent`: what should have come did not.
 * - `unanswered`: the gateway lives, and the agent answers nothing.
 * - `agent_lost`: the same, for so long that another connection is worth a try.
 */
export interface Verdict {
  is: "fine" | "unanswered" | "agent_lost" | "silent";
  /** How long nothing came: from anybody, or, when unanswered, from the agent. */
  silentMs: number;
  /** A sign of life is to be asked for now. */
  ask: boolean;
  /** When to judge again; nothing can change before but for the better. */
  againMs: number;
}

/**
 * Intervals of an agent's silence, over a connection that lives, after which a new connection is tried.
 * An agent that writes to a slow target is silent as well, and no new connection helps that.
 */
const AGENT_INTERVALS = 6;

/** Judges a connection. */
export function judge(facts: LivenessFacts, rules: LivenessRules, nowMs: number): Verdict {
  const { intervalMs, canAsk, activityMs } = rules;
  const heardMs = Math.max(facts.sinceMs, facts.heardMs);
  const messageMs = Math.max(facts.sinceMs, facts.messageMs);
  // Over this connection: what an older one lost was sent again when this one began.
  const unansweredMs = facts.unansweredMs === undefined
    ? Infinity
    : Math.max(facts.sinceMs, facts.unansweredMs);
  const hasAsked = facts.askedMs > heardMs;
  const expectedMs = Math.min(hasAsked ? facts.askedMs : Infinity, unansweredMs);
  // Silence counts once something was to be answered, and half an interval is time enough for that.
  const lostMs = Math.max(heardMs + intervalMs, expectedMs + intervalMs / 2);
  const agentMs = Math.max(messageMs + intervalMs, unansweredMs + intervalMs / 2);
  const agentLostMs = agentMs + (AGENT_INTERVALS - 1) * intervalMs;
  const quietMs = canAsk && !hasAsked ? heardMs + intervalMs / 2 : Infinity;
  const idleMs = Math.max(facts.sinceMs, facts.sentMs) + (activityMs ?? Infinity);
  const ask = nowMs >= Math.min(quietMs, idleMs);
  const next = [lostMs, agentLostMs, nowMs + intervalMs / 2];
  if (!ask) next.push(quietMs, idleMs);
  if (nowMs < agentMs) next.push(agentMs);
  const againMs = Math.min(...next);
  if (nowMs >= lostMs) return { is: "silent", silentMs: nowMs - heardMs, ask: false, againMs };
  if (nowMs < agentMs) return { is: "fine", silentMs: nowMs - heardMs, ask, againMs };
  const is = nowMs >= agentLostMs ? "agent_lost" : "unanswered";
  return { is, silentMs: nowMs - messageMs, ask: ask && is === "unanswered", againMs };
}
