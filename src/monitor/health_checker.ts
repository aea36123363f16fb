/**
 * Health Checker: whether sessions and what they need are well, one finding each, and the exit code of
 * the worst.
 *
 * Pure: what was asked and answered goes in.
 *
 * @module
 */
import { EXIT_CODES } from "../errors/mod.ts";
import type { Limit } from "./resource_monitor.ts";

/**
 * - `ok`: asked, and well.
 * - `warning`: works, and may soon not.
 * - `down`: a session, or the way to AWS, carries nothing.
 * - `denied`: credentials are missing, expired or refused.
 * - `exceeded`: a limit, or local resources.
 * - `unknown`: could not be asked.
 */
export type HealthStatus = "ok" | "warning" | "unknown" | "exceeded" | "denied" | "down";

export interface HealthFinding {
  /** What was looked at: `session`, `probe`, `memory`, `credentials`, … */
  check: string;
  /** The session or host that it is about. */
  subject: string | undefined;
  status: HealthStatus;
  message: string;
  hint: string | undefined;
}

/** Worst last. */
const SEVERITY: readonly HealthStatus[] = [
  "ok",
  "unknown",
  "warning",
  "exceeded",
  "denied",
  "down",
];

const EXIT_CODE_OF: Readonly<Record<HealthStatus, number>> = {
  ok: 0,
  unknown: 0,
  warning: 0,
  exceeded: EXIT_CODES.resource,
  denied: EXIT_CODES.auth,
  down: EXIT_CODES.network,
};

/** The worst of all, and the exit code that it asks for. Nothing to look at is well. */
export function overallHealth(
  findings: readonly HealthFinding[],
): { status: HealthStatus; exitCode: number } {
  const worst = Math.max(0, ...findings.map(({ status }) => SEVERITY.indexOf(status)));
  const status = SEVERITY[worst]!;
  return { status, exitCode: EXIT_CODE_OF[status] };
}

/** One session by its state. Any state that this program does not know counts as down. */
export function checkSession(session: { id: string; name: string; state: string }): HealthFinding {
  const { id, name, state } = session;
  const finding = (status: HealthStatus, message: string, hint?: string): HealthFinding => ({
    check: "session",
    subject: id,
    status,
    message: `${name}: ${message}`,
    hint,
  });
  switch (state) {
    case "active":
      return finding("ok", "active");
    case "connecting":
    case "handshaking":
      return finding("warning", `${state}: not ready yet`);
    case "closing":
    case "closed":
      return finding("warning", `${state}: it is being ended`);
    case "lost":
      return finding(
        "down",
        "its process is gone or does not answer",
        `End it on AWS's side with ec2-connect terminate ${id}`,
      );
    default:
      return finding(
        "down",
        `${state}: it carries no data now`,
        `See the reason with ec2-connect status ${id}`,
      );
  }
}

/** The limits of one host. */
export function checkResources(
  host: string,
  report: { exceeded: readonly Limit[]; measures: readonly { text: string }[] },
): HealthFinding[] {
  const limits: readonly Limit[] = ["memory", "cpu"];
  return limits.map((limit) => {
    const isExceeded = report.exceeded.includes(limit);
    const done = report.measures.map(({ text }) => `; ${text}`).join("");
    return {
      check: limit,
      subject: host,
      status: isExceeded ? "exceeded" : "ok",
      message: isExceeded ? `above its limit${done}` : "within its limit",
      hint: isExceeded ? "See ec2-connect resources for the figures" : undefined,
    };
  });
}

/** Round trip above which a tunnel that answers is worth a word. */
const SLOW_PROBE_MS = 1_000;

/** The answer to a message through a tunnel that its agent must acknowledge. */
export function checkProbe(
  session: { id: string; name: string },
  outcome: { roundTripMs: number } | { failure: string },
): HealthFinding {
  const finding = { check: "probe", subject: session.id, hint: undefined };
  if ("failure" in outcome) {
    return {
      ...finding,
      status: "down",
      message: `${session.name}: no answer from the agent: ${outcome.failure}`,
      hint: `See ec2-connect status ${session.id}`,
    };
  }
  const took = `${outcome.roundTripMs.toFixed(1)} ms`;
  return {
    ...finding,
    status: outcome.roundTripMs > SLOW_PROBE_MS ? "warning" : "ok",
    message: `${session.name}: the agent answered after ${took}`,
  };
}

const CREDENTIALS_SOON_MS = 5 * 60_000;

/** Credentials that were obtained, or why not. `expiresAtMs` is epoch ms; undefined never expires. */
export function checkCredentials(
  outcome: { expiresAtMs: number | undefined } | { failure: string; hint: string | undefined },
  nowMs: number,
): HealthFinding {
  const finding = { check: "credentials", subject: undefined, hint: undefined };
  if ("failure" in outcome) {
    return { ...finding, status: "denied", message: outcome.failure, hint: outcome.hint };
  }
  const { expiresAtMs } = outcome;
  if (expiresAtMs === undefined) {
    return { ...finding, status: "ok", message: "valid, without an end" };
  }
  const leftMin = Math.floor((expiresAtMs - nowMs) / 60_000);
  if (expiresAtMs <= nowMs) {
    return {
      ...finding,
      status: "denied",
      message: `expired at ${new Date(expiresAtMs).toISOString()}`,
      hint: "Renew them, for instance with aws sso login",
    };
  }
  const isSoon = expiresAtMs - nowMs < CREDENTIALS_SOON_MS;
  return {
    ...finding,
    status: isSoon ? "warning" : "ok",
    message: `valid for ${leftMin} more minutes`,
  };
}

/** AWS refuses signatures that are further off. Source: Signature Version 4, request date. */
const CLOCK_LIMIT_MS = 5 * 60_000;
const CLOCK_WARNING_MS = 60_000;

/** This computer's clock against AWS's. `offsetMs`: positive is ahead; undefined is not known. */
export function checkClock(offsetMs: number | undefined): HealthFinding {
  const finding = { check: "clock", subject: undefined, hint: undefined };
  if (offsetMs === undefined) {
    return { ...finding, status: "unknown", message: "AWS's time is not known" };
  }
  const seconds = Math.abs(offsetMs) / 1000;
  const off = `${seconds.toFixed(seconds < 10 ? 1 : 0)} s ${
    offsetMs < 0 ? "behind" : "ahead of"
  } AWS's`;
  const hint = "Set the clock, or turn on time synchronisation";
  if (Math.abs(offsetMs) > CLOCK_LIMIT_MS) {
    return { ...finding, status: "denied", message: `${off}: AWS refuses requests`, hint };
  }
  if (Math.abs(offsetMs) > CLOCK_WARNING_MS) {
    return { ...finding, status: "warning", message: off, hint };
  }
  return { ...finding, status: "ok", message: off };
}

/** The database, looked through. */
export function checkDatabase(
  outcome: { rows: number } | { failure: string; hint: string | undefined },
): HealthFinding {
  const finding = { check: "database", subject: undefined };
  if ("failure" in outcome) {
    return { ...finding, status: "exceeded", message: outcome.failure, hint: outcome.hint };
  }
  return { ...finding, status: "ok", message: `sound, ${outcome.rows} rows`, hint: undefined };
}

/** A call of the AWS API that needs no permission. */
export function checkReachability(
  outcome: { tookMs: number; endpoint: string } | { failure: string; hint: string | undefined },
): HealthFinding {
  const finding = { check: "aws", subject: undefined };
  if ("failure" in outcome) {
    return { ...finding, status: "down", message: outcome.failure, hint: outcome.hint };
  }
  const { tookMs, endpoint } = outcome;
  return {
    ...finding,
    status: "ok",
    message: `${endpoint} answered after ${Math.round(tookMs)} ms`,
    hint: undefined,
  };
}
