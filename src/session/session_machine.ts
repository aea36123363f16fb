/**
 * The life of one session as a pure function: from a state and an event to the next state and what is
 * to be done.
 *
 * `PortSession` does what the effects say and feeds what comes of it back. Everything about waiting,
 * trying again and giving up is decided here, where it can be tested without a clock or a network.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";
import type { SessionEnd, SessionState } from "./contracts.ts";
import type { ReconnectPolicy } from "./reconnect_delay.ts";

/** What does not change during a session. */
export interface MachineRules {
  /** Undefined: a lost connection ends the session. */
  reconnect: ReconnectPolicy | undefined;
  /** Whether a session that cannot be resumed may be started anew. */
  canRestart: boolean;
}

/** Each state with what only it needs to know. `attempts` counts those made in a row. */
export type MachineState =
  | { phase: "connecting" | "handshaking" }
  | { phase: "active" | "suspect"; sinceMs: number; attempts: number }
  | { phase: "resuming" | "restarting"; attempts: number }
  | { phase: "closing" | "closed"; end: SessionEnd }
  /** `isReleased`: nothing is held any more. */
  | { phase: "failed"; outcome: Outcome; isReleased: boolean };

/** A session that never opened has an error, one that was lost an end. */
type Outcome = { error: unknown } | { end: SessionEnd };

export type MachineEvent =
  /** The data channel stands, the agent is to speak. */
  | { type: "channel_open" }
  /** Data can be carried: for the first time, or after a restart. `notice`: text for the person. */
  | { type: "ready"; notice: string }
  | { type: "resumed" }
  | { type: "attempt_failed"; error: unknown }
  /** An attempt was given up because the network came back meanwhile: another one has better chances. */
  | { type: "attempt_overtaken" }
  /** The service does not resume this session. `mayRestart`: another one may take its place. */
  | { type: "resume_refused"; reason: string; mayRestart: boolean }
  /** The wait before an attempt is over. */
  | { type: "waited" }
  /** The connection closed. `hasHeard`: something had been received over it. */
  | { type: "lost"; reason: string; isRoutine: boolean; hasHeard: boolean }
  /** The connection is open as far as the system knows, and nothing comes. */
  | { type: "silent"; reason: string; hasHeard: boolean }
  /** The gateway answers, the agent does not. */
  | { type: "unanswered"; reason: string }
  /** What was suspect has answered. */
  | { type: "heard" }
  | { type: "clock_jumped"; byMs: number }
  | { type: "reconnect_asked" }
  /** The peer broke the protocol. */
  | { type: "broken"; reason: string }
  /** The service or the agent ended the session. */
  | { type: "ended_remotely"; reason: string }
  | { type: "close_asked"; reason: string }
  /** Everything is given back. */
  | { type: "released" };

export type Effect =
  | { type: "tell_state"; from: SessionState; to: SessionState; reason: string; isRoutine: boolean }
  | { type: "tell"; message: string }
  /** StartSession, the data channel, the handshake. Brings `channel_open`, `ready`, `attempt_failed`. */
  | { type: "start" }
  /** Brings `resumed`, `resume_refused`, `attempt_failed` or `attempt_overtaken`. */
  | { type: "resume" }
  /** As `start`, with the instance chosen anew. */
  | { type: "restart" }
  /** Before another attempt. Brings `waited`. */
  | { type: "wait"; attempts: number }
  /** The wait that is on ends now. */
  | { type: "hurry" }
  /** Watches the connection. Brings `silent`, `unanswered`, `heard`, `clock_jumped`. */
  | { type: "watch" }
  | { type: "unwatch" }
  /** Asks the other side for a sign of life. Brings `heard` or `silent`. */
  | { type: "probe" }
  /** Closes the connection; the channel goes on with the next one. */
  | { type: "drop" }
  /** Closes the channel: what still waits for the other side waits in vain. */
  | { type: "call_off" }
  /** Breaks local connections off, and gives the channel up that they ran over. */
  | { type: "break_off" }
  /** Gives everything back. `terminate`: the other side is told. Brings `released`. */
  | { type: "release"; terminate: boolean }
  | { type: "opened" }
  | { type: "not_opened"; error: unknown }
  | { type: "ended"; end: SessionEnd };

type Step = [MachineState, Effect[]];

/**
 * How long a connection must last to count as one, when nothing is heard over it. The gateway does not
 * confirm the token: one that it refuses shows as a close right after the opening.
 */
export const PROVEN_AFTER_MS = 10_000;

const SHORT_LIVED = "the gateway closed the new connection at once, or said nothing over it";

/** The state of a session that begins, and what is to be done first. */
export function begin(): Step {
  return [{ phase: "connecting" }, [{ type: "start" }]];
}

/** The next state, and the effects in their order. Events that mean nothing in a state change nothing. */
export function step(
  state: MachineState,
  event: MachineEvent,
  { rules, nowMs }: { rules: MachineRules; nowMs: number },
): Step {
  switch (state.phase) {
    case "connecting":
    case "handshaking":
      return stepOpening(state, event, nowMs);
    case "active":
    case "suspect":
      return stepConnected(state, event, { rules, nowMs });
    case "resuming":
    case "restarting":
      return stepReconnecting(state, event, { rules, nowMs });
    case "closing":
      if (event.type !== "released") return [state, callOff(event)];
      return [{ phase: "closed", end: state.end }, [
        tellState(state, "closed", state.end.reason),
        { type: "ended", end: state.end },
      ]];
    case "failed":
      if (event.type !== "released" || state.isReleased) return [state, callOff(event)];
      return [{ ...state, isReleased: true }, [settle(state.outcome)]];
    case "closed":
      return [state, []];
    default:
      return state satisfies never;
  }
}

/** Nothing more is to be had from the other side then, nor waited for. */
function callOff(event: MachineEvent): Effect[] {
  return event.type === "lost" || event.type === "ended_remotely" ? [{ type: "call_off" }] : [];
}

function settle(outcome: Outcome): Effect {
  return "end" in outcome
    ? { type: "ended", end: outcome.end }
    : { type: "not_opened", error: outcome.error };
}

// --- Opening ---

type Opening = Extract<MachineState, { phase: "connecting" | "handshaking" }>;

function stepOpening(state: Opening, event: MachineEvent, nowMs: number): Step {
  switch (event.type) {
    case "channel_open":
      if (state.phase === "handshaking") return [state, []];
      return [{ phase: "handshaking" }, [tellState(state, "handshaking")]];
    case "ready":
      return [{ phase: "active", sinceMs: nowMs, attempts: 0 }, [
        tellState(state, "active"),
        ...tell(event.notice),
        { type: "opened" },
        { type: "watch" },
      ]];
    case "attempt_failed":
      return fail(state, { error: event.error }, messageOf(event.error));
    case "close_asked": {
      const error = new Error("the session was closed before it was open");
      return fail(state, { error }, error.message);
    }
    default:
      return [state, []];
  }
}

// --- Connected ---

type Connected = Extract<MachineState, { phase: "active" | "suspect" }>;

interface StepFacts {
  rules: MachineRules;
  nowMs: number;
}

function stepConnected(state: Connected, event: MachineEvent, facts: StepFacts): Step {
  switch (event.type) {
    case "lost":
      return lose(state, event, facts);
    case "silent": {
      if (state.phase === "suspect") return lose(state, event, facts);
      const suspect: Connected = { ...state, phase: "suspect" };
      const [next, effects] = lose(suspect, event, facts);
      return [next, [tellState(state, "suspect", event.reason), ...effects]];
    }
    case "unanswered":
      return suspect(state, event.reason);
    case "clock_jumped": {
      const seconds = Math.round(event.byMs / 1000);
      const reason = `the clock jumped by ${seconds} s: this computer slept or was stopped`;
      const [next, effects] = suspect(state, reason);
      return [next, [...effects, { type: "probe" }]];
    }
    case "heard":
      if (state.phase === "active") return [state, []];
      return [{ ...state, phase: "active" }, [tellState(state, "active", "heard again")]];
    case "reconnect_asked":
      if (facts.rules.reconnect === undefined) return [state, []];
      return reconnect(state, "resuming", { attempts: 0, reason: "asked for" });
    case "broken":
      return breakDown(state, event.reason, facts);
    case "ended_remotely":
      return end(state, { by: "remote", reason: event.reason });
    case "close_asked":
      return end(state, { by: "user", reason: event.reason });
    default:
      return [state, []];
  }
}

function suspect(state: Connected, reason: string): Step {
  if (state.phase === "suspect") return [state, []];
  return [{ ...state, phase: "suspect" }, [tellState(state, "suspect", reason)]];
}

/** The connection is gone, or as good as. */
function lose(
  state: Connected,
  loss: { reason: string; isRoutine?: boolean; hasHeard: boolean },
  { rules, nowMs }: StepFacts,
): Step {
  const { reason } = loss;
  if (rules.reconnect === undefined) return fail(state, { end: { by: "lost", reason } }, reason);
  const isProven = loss.hasHeard || state.attempts === 0 ||
    nowMs - state.sinceMs >= PROVEN_AFTER_MS;
  if (isProven) {
    return reconnect(state, "resuming", {
      attempts: 0,
      reason,
      isRoutine: loss.isRoutine === true,
    });
  }
  // The attempt that had brought this connection was none.
  const { attempts } = state;
  const told: Effect = {
    type: "tell",
    message: `Resume attempt ${attempts} failed: ${SHORT_LIVED}`,
  };
  const [next, effects] = isLast(attempts, rules)
    ? giveUp(state, { error: new Error(SHORT_LIVED), what: "Resuming the session" })
    : reconnect(state, "resuming", { attempts, reason });
  return [next, [told, ...effects]];
}

/** The session cannot go on as it is; another one may. */
function breakDown(state: Connected, reason: string, { rules, nowMs }: StepFacts): Step {
  const lost: Outcome = { end: { by: "lost", reason } };
  if (rules.reconnect === undefined || !rules.canRestart) return fail(state, lost, reason);
  const attempts = nowMs - state.sinceMs >= PROVEN_AFTER_MS ? 0 : state.attempts;
  if (isLast(attempts, rules)) return fail(state, lost, reason);
  return reconnect(state, "restarting", { attempts, reason });
}

// --- Reconnecting ---

type Reconnecting = Extract<MachineState, { phase: "resuming" | "restarting" }>;

function stepReconnecting(state: Reconnecting, event: MachineEvent, facts: StepFacts): Step {
  const { rules, nowMs } = facts;
  switch (event.type) {
    case "resumed":
    case "ready": {
      const done = state.phase === "resuming" ? "resumed" : "restarted";
      // Counted until something is heard: the connection may not last.
      return [{ phase: "active", sinceMs: nowMs, attempts: state.attempts + 1 }, [
        tellState(state, "active", done),
        ...tell(event.type === "ready" ? event.notice : ""),
        { type: "watch" },
      ]];
    }
    case "waited":
    case "attempt_overtaken":
      return [state, [tryAgain(state.phase)]];
    case "reconnect_asked":
      return [state, [{ type: "hurry" }]];
    case "attempt_failed":
      return failedAttempt(state, event.error, rules);
    case "resume_refused":
      if (state.phase !== "resuming") return [state, []];
      if (!rules.canRestart || !event.mayRestart) {
        return end(state, { by: "remote", reason: event.reason });
      }
      return reconnect(state, "restarting", { attempts: 0, reason: event.reason });
    case "ended_remotely":
      return end(state, { by: "remote", reason: event.reason });
    case "close_asked":
      return end(state, { by: "user", reason: event.reason });
    default:
      return [state, []];
  }
}

function tryAgain(phase: Reconnecting["phase"]): Effect {
  return { type: phase === "resuming" ? "resume" : "restart" };
}

function failedAttempt(state: Reconnecting, error: unknown, rules: MachineRules): Step {
  const attempts = state.attempts + 1;
  const isResuming = state.phase === "resuming";
  const name = isResuming ? "Resume" : "Restart";
  const told: Effect = {
    type: "tell",
    message: `${name} attempt ${attempts} failed: ${messageOf(error)}`,
  };
  if (isFinal(error) || isLast(attempts, rules)) {
    const what = isResuming ? "Resuming the session" : "Starting a session in place of the old one";
    const [next, effects] = giveUp(state, { error, what });
    return [next, [told, ...effects]];
  }
  return [{ ...state, attempts }, [told, { type: "wait", attempts }]];
}

/** Whether another attempt cannot help: nobody but the person can mend credentials or settings. */
function isFinal(error: unknown): boolean {
  return error instanceof AppError && (error.kind === "auth" || error.kind === "config");
}

function isLast(attempts: number, { reconnect }: MachineRules): boolean {
  const most = reconnect?.maxAttempts ?? 1;
  return most > 0 && attempts >= most;
}

// --- Transitions ---

/** Leaves a connection, or a resume that was refused, for an attempt to get another one. */
function reconnect(
  state: Connected | Reconnecting,
  phase: Reconnecting["phase"],
  options: { attempts: number; reason: string; isRoutine?: boolean },
): Step {
  const { attempts, reason, isRoutine = false } = options;
  return [{ phase, attempts }, [
    tellState(state, phase, reason, isRoutine),
    { type: "unwatch" },
    { type: "drop" },
    ...(phase === "restarting" ? [{ type: "break_off" } as const] : []),
    // The first attempt is made at once: most losses are over when they are noticed.
    attempts === 0 ? tryAgain(phase) : { type: "wait", attempts },
  ]];
}

function giveUp(
  state: Connected | Reconnecting,
  { error, what }: { error: unknown; what: string },
): Step {
  const reason = error instanceof AppError ? error.message : `${what}: ${messageOf(error)}`;
  return fail(state, { end: { by: "lost", reason } }, reason);
}

function fail(state: MachineState, outcome: Outcome, reason: string): Step {
  return [{ phase: "failed", outcome, isReleased: false }, [
    tellState(state, "failed", reason),
    { type: "unwatch" },
    { type: "release", terminate: true },
  ]];
}

function end(state: MachineState, how: SessionEnd): Step {
  return [{ phase: "closing", end: how }, [
    tellState(state, "closing", how.reason),
    { type: "unwatch" },
    { type: "release", terminate: how.by !== "remote" },
  ]];
}

function tell(message: string): Effect[] {
  return message === "" ? [] : [{ type: "tell", message }];
}

function tellState(
  { phase: from }: MachineState,
  to: SessionState,
  reason = "",
  isRoutine = false,
): Effect {
  return { type: "tell_state", from, to, reason, isRoutine };
}
