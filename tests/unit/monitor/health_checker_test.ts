import assert from "node:assert/strict";
import {
  checkClock,
  checkCredentials,
  checkDatabase,
  checkProbe,
  checkReachability,
  checkResources,
  checkSession,
  type HealthFinding,
  type HealthStatus,
  overallHealth,
} from "../../../src/monitor/mod.ts";

const NOW_MS = Date.UTC(2024, 0, 1);
const SESSION = { id: "me-0001", name: "web" };

function finding(status: HealthStatus): HealthFinding {
  return { check: "x", subject: undefined, status, message: "", hint: undefined };
}

Deno.test("the worst finding decides, and asks for its exit code", () => {
  const cases: [HealthStatus[], HealthStatus, number][] = [
    [[], "ok", 0],
    [["ok", "unknown"], "unknown", 0],
    [["warning", "ok", "unknown"], "warning", 0],
    [["warning", "exceeded"], "exceeded", 5],
    [["denied", "exceeded"], "denied", 4],
    [["down", "denied", "exceeded", "ok"], "down", 3],
  ];
  for (const [statuses, status, exitCode] of cases) {
    assert.deepEqual(overallHealth(statuses.map(finding)), { status, exitCode });
  }
});

Deno.test("a session is judged by its state", () => {
  const expected: Record<string, HealthStatus> = {
    active: "ok",
    connecting: "warning",
    handshaking: "warning",
    closing: "warning",
    closed: "warning",
    suspect: "down",
    resuming: "down",
    restarting: "down",
    failed: "down",
    lost: "down",
    "never heard of": "down",
  };
  for (const [state, status] of Object.entries(expected)) {
    assert.equal(checkSession({ ...SESSION, state }).status, status, state);
  }
  const lost = checkSession({ ...SESSION, state: "lost" });
  assert.match(lost.message, /gone or does not answer$/);
  assert.match(lost.hint!, /terminate me-0001/);
});

Deno.test("a limit that is passed tells what is done about it", () => {
  const measures = [{ text: "looks less often" }];
  const findings = checkResources("host 7", { exceeded: ["cpu"], measures });
  assert.deepEqual(findings.map(({ check, status }) => [check, status]), [
    ["memory", "ok"],
    ["cpu", "exceeded"],
  ]);
  assert.equal(findings[1]!.message, "above its limit; looks less often");
});

Deno.test("probe, credentials, clock, database and AWS", () => {
  const failure = { failure: "no", hint: "do" };
  const minutes = (count: number) => ({ expiresAtMs: NOW_MS + count * 60_000 });
  const cases: [HealthFinding, HealthStatus, RegExp][] = [
    [checkProbe(SESSION, { roundTripMs: 1.26 }), "ok", /^web: the agent answered after 1\.3 ms$/],
    [checkProbe(SESSION, { roundTripMs: 3_000 }), "warning", /3000\.0 ms/],
    [checkProbe(SESSION, { failure: "5 s" }), "down", /no answer from the agent: 5 s/],
    [checkCredentials({ expiresAtMs: undefined }, NOW_MS), "ok", /without an end/],
    [checkCredentials(minutes(59.5), NOW_MS), "ok", /for 59 more minutes/],
    [checkCredentials(minutes(4), NOW_MS), "warning", /for 4 more/],
    [checkCredentials(minutes(-1), NOW_MS), "denied", /^expired at 2023-12-31T23:59/],
    [checkCredentials(failure, NOW_MS), "denied", /^no$/],
    [checkClock(undefined), "unknown", /not known/],
    [checkClock(-2_500), "ok", /^2\.5 s behind AWS's$/],
    [checkClock(90_000), "warning", /^90 s ahead of/],
    [checkClock(400_000), "denied", /refuses requests/],
    [checkDatabase({ rows: 3 }), "ok", /sound, 3 rows/],
    [checkDatabase(failure), "exceeded", /^no$/],
    [checkReachability({ tookMs: 12.4, endpoint: "sts" }), "ok", /^sts answered after 12 ms$/],
    [checkReachability(failure), "down", /^no$/],
  ];
  for (const [found, status, message] of cases) {
    assert.equal(found.status, status, found.message);
    assert.match(found.message, message);
  }
});
