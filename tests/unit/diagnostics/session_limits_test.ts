import assert from "node:assert/strict";
import { sessionLimits } from "../../../src/diagnostics/checks/session_limits.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { ActiveSession, LocalSession } from "../../../src/diagnostics/facts/session.ts";
import { HEALTHY, INSTANCE_ID, MINUTE_MS, NOW_MS, runCheck } from "../../support/facts.ts";
import { coverage, short } from "./_outcome.ts";

const ME = HEALTHY.identity.arn;

const remote = (sessionId: string, changes: Partial<ActiveSession> = {}): ActiveSession => ({
  sessionId,
  owner: ME,
  status: "Connected",
  startedAtMs: NOW_MS - 5 * MINUTE_MS,
  document: "AWS-StartPortForwardingSession",
  maxDurationMin: undefined,
  ...changes,
});

const local = (sessionId: string, instanceId = INSTANCE_ID): LocalSession => ({
  sessionId,
  instanceId,
  localPort: 8080,
  remotePort: 80,
  state: "active",
  hostPid: 4711,
  startedAtMs: NOW_MS - MINUTE_MS,
});

Deno.test("SL-1 two of three sessions are a low warning", () => {
  const sessions = known([remote("alice-1"), remote("alice-2")]);
  assert.deepEqual(short(runCheck(sessionLimits, { sessions })), [
    "warning/low SESSION_LIMIT_NEAR",
  ]);
});

Deno.test("SL-2 three of three are critical", () => {
  const sessions = known(["1", "2", "3"].map((id) => remote(id)));
  const outcome = runCheck(sessionLimits, { sessions });
  assert.deepEqual(short(outcome), ["critical SESSION_LIMIT_REACHED"]);
  assert.deepEqual(outcome.findings[0]?.fixIds, []);
});

Deno.test("SL-3 sessions of others are not counted, and one known twice counts once", () => {
  const sessions = known([
    remote("bob-1", { owner: "arn:aws:iam::123456789012:user/bob" }),
    remote("bob-2", { owner: "arn:aws:iam::123456789012:user/bob" }),
    remote("alice-1"),
  ]);
  const localSessions = known([local("alice-1"), local("alice-9", "i-0fffffffffffffff0")]);
  const outcome = runCheck(sessionLimits, { sessions, localSessions });
  assert.deepEqual(short(outcome), ["ok SESSIONS_OK"]);
  assert.equal(outcome.findings[0]?.evidence["active"], 1);
});

Deno.test("SL-4 AWS's list may not be read: our own answers, less covered", () => {
  const outcome = runCheck(sessionLimits, {
    sessions: denied("ssm:DescribeSessions"),
    localSessions: known([local("alice-1"), local("alice-2"), local("alice-3")]),
  });
  assert.deepEqual(short(outcome), [
    "critical SESSION_LIMIT_REACHED",
    "+ unknown SESSIONS_NOT_VISIBLE (access_denied)",
  ]);
  assert.equal(coverage(outcome), 0.5);
  const neither = runCheck(sessionLimits, {
    sessions: denied("ssm:DescribeSessions"),
    localSessions: failed("service_error", "read the database", "damaged"),
  });
  assert.deepEqual(short(neither), ["unknown SESSIONS_NOT_VISIBLE (access_denied)"]);
});

Deno.test("SL-5 sixty sessions are all counted", () => {
  const sessions = known(Array.from({ length: 60 }, (_, index) => remote(`alice-${index}`)));
  const outcome = runCheck(sessionLimits, { sessions }, { maxSessionsPerInstance: 61 });
  assert.deepEqual(short(outcome), ["warning/low SESSION_LIMIT_NEAR"]);
  assert.equal(outcome.findings[0]?.evidence["active"], 60);
});

Deno.test("a session disconnected for longer than the idle timeout is stale, and can be ended", () => {
  const stale = remote("alice-1", {
    status: "Disconnected",
    startedAtMs: NOW_MS - 21 * MINUTE_MS,
  });
  const sessions = known([stale, remote("alice-2"), remote("alice-3")]);
  const outcome = runCheck(sessionLimits, { sessions });
  assert.deepEqual(short(outcome), ["critical SESSION_LIMIT_REACHED", "+ ok SESSIONS_STALE"]);
  assert.deepEqual(outcome.findings[0]?.fixIds, ["terminate_own_session"]);
  assert.deepEqual(outcome.findings[1]?.resources, [{ type: "session", id: "alice-1" }]);
  const fresh = known([remote("alice-1", { status: "Disconnected" })]);
  assert.deepEqual(short(runCheck(sessionLimits, { sessions: fresh })), ["ok SESSIONS_OK"]);
});

Deno.test("without an identity no session of AWS's list can be told to be ours", () => {
  const outcome = runCheck(sessionLimits, {
    sessions: known([remote("alice-1")]),
    identity: failed("timeout", "sts:GetCallerIdentity", "late"),
  });
  assert.deepEqual(short(outcome), [
    "ok SESSIONS_OK",
    "+ unknown SESSIONS_NOT_VISIBLE (timeout)",
  ]);
});

Deno.test("a limit of one is not nearly reached by none", () => {
  assert.deepEqual(short(runCheck(sessionLimits, {}, { maxSessionsPerInstance: 1 })), [
    "ok SESSIONS_OK",
  ]);
});
