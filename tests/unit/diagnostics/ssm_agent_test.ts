import assert from "node:assert/strict";
import { ssmAgent } from "../../../src/diagnostics/checks/ssm_agent.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { ManagedNode } from "../../../src/diagnostics/facts/instance.ts";
import { HEALTHY, MINUTE_MS, NOW_MS, runCheck } from "../../support/facts.ts";
import { findingOf, short } from "./_outcome.ts";

const node = (changes: Partial<ManagedNode>) => known({ ...HEALTHY.node, ...changes });
const NO_RECORD = known(undefined);
const DOWN = known("notconnected");

const launched = (minutesAgo: number) =>
  known({ ...HEALTHY.instance, launchedAtMs: NOW_MS - minutesAgo * MINUTE_MS });

Deno.test("SA-1 connected, Online, fresh: ok, with the agent's version", () => {
  const outcome = runCheck(ssmAgent);
  assert.deepEqual(short(outcome), ["ok AGENT_CONNECTED"]);
  assert.equal(outcome.findings[0]?.message, "agent 3.3.987.0 connected");
});

Deno.test("SA-2 Online without a session channel: critical, and only what concerns ssmmessages is told", () => {
  const outcome = runCheck(ssmAgent, { connection: DOWN });
  assert.deepEqual(short(outcome), ["critical AGENT_NO_SESSION_CHANNEL"]);
  const text = outcome.findings[0]!.remediation.join("\n");
  assert.match(text, /ssmmessages/);
  assert.doesNotMatch(text, /not installed|reboot/);
});

Deno.test("SA-3 no record: a warning in the first 10 minutes, critical after", () => {
  const young = runCheck(ssmAgent, { connection: DOWN, node: NO_RECORD, instance: launched(3) });
  assert.deepEqual(short(young), ["warning/medium AGENT_REGISTERING"]);
  assert.deepEqual(young.findings[0]?.fixIds, ["wait_agent"]);
  const old = runCheck(ssmAgent, { connection: DOWN, node: NO_RECORD, instance: launched(11) });
  assert.deepEqual(short(old), ["critical AGENT_NOT_REGISTERED"]);
  const edge = runCheck(ssmAgent, { connection: DOWN, node: NO_RECORD, instance: launched(10) });
  assert.deepEqual(short(edge), ["critical AGENT_NOT_REGISTERED"]);
});

Deno.test("SA-4 the channel may not be seen and the agent pings: unknown, never ok", () => {
  const outcome = runCheck(ssmAgent, { connection: denied("ssm:GetConnectionStatus") });
  assert.deepEqual(short(outcome), ["unknown AGENT_CHANNEL_NOT_VISIBLE (access_denied)"]);
  assert.match(outcome.findings[0]!.message, /the agent pings \(Online\)/);
});

Deno.test("SA-5 neither may be seen: unknown, and both permissions are named", () => {
  const outcome = runCheck(ssmAgent, {
    connection: denied("ssm:GetConnectionStatus"),
    node: denied("ssm:DescribeInstanceInformation"),
  });
  assert.deepEqual(short(outcome), [
    "unknown AGENT_CHANNEL_NOT_VISIBLE (access_denied)",
    "+ unknown AGENT_NODE_NOT_VISIBLE (access_denied)",
  ]);
  assert.deepEqual(outcome.findings.flatMap(({ needs }) => needs), [
    "ssm:GetConnectionStatus",
    "ssm:DescribeInstanceInformation",
  ]);
});

Deno.test("SA-6 an id that Systems Manager refuses counts as no record", () => {
  // The reader makes undefined of InvalidInstanceId.
  const outcome = runCheck(ssmAgent, { connection: DOWN, node: NO_RECORD });
  assert.deepEqual(short(outcome), ["critical AGENT_NOT_REGISTERED"]);
});

Deno.test("SA-7 Inactive is taken for lost, and said to be deprecated", () => {
  const outcome = runCheck(ssmAgent, {
    connection: DOWN,
    node: node({ pingStatus: "inactive", lastPingAtMs: NOW_MS - 40 * MINUTE_MS }),
  });
  assert.deepEqual(short(outcome), ["critical AGENT_CONNECTION_LOST"]);
  assert.match(outcome.findings[0]!.message, /Inactive, last ping 40 min ago.*deprecated/);
});

Deno.test("SA-8 an endpoint without these calls: unknown, not a crash", () => {
  const none = (action: string) =>
    failed("service_error", action, "HTTP 500 with a page instead of an answer");
  const outcome = runCheck(ssmAgent, {
    connection: none("ssm:GetConnectionStatus"),
    node: none("ssm:DescribeInstanceInformation"),
  });
  assert.deepEqual(short(outcome), [
    "unknown AGENT_CHANNEL_NOT_VISIBLE (service_error)",
    "+ unknown AGENT_NODE_NOT_VISIBLE (service_error)",
  ]);
});

Deno.test("SA-9 connected and ConnectionLost contradict each other", () => {
  const outcome = runCheck(ssmAgent, {
    node: node({ pingStatus: "connectionlost", lastPingAtMs: NOW_MS - 40 * MINUTE_MS }),
  });
  assert.deepEqual(short(outcome), ["warning/high AGENT_STATUS_CONFLICT"]);
});

Deno.test("SA-10 versions compare by number; what is none is never too old", () => {
  const cases: [string, boolean][] = [
    ["2.3.68.0", false],
    ["2.3.9.0", true],
    ["2.3.67.9", true],
    ["3.10.0.0", false],
    ["3.9.999.0", false],
    ["", false],
    ["garbage", false],
  ];
  for (const [agentVersion, isTooOld] of cases) {
    const outcome = runCheck(ssmAgent, { node: node({ agentVersion }) });
    const expected = isTooOld
      ? ["ok AGENT_CONNECTED", "critical AGENT_TOO_OLD"]
      : ["ok AGENT_CONNECTED"];
    assert.deepEqual(short(outcome), expected, agentVersion);
  }
});

Deno.test("a ping older than 10 minutes is stale; one of 10 is not", () => {
  const at = (minutes: number) => node({ lastPingAtMs: NOW_MS - minutes * MINUTE_MS });
  assert.deepEqual(short(runCheck(ssmAgent, { node: at(10) })), ["ok AGENT_CONNECTED"]);
  assert.deepEqual(short(runCheck(ssmAgent, { node: at(11) })), [
    "warning/medium AGENT_PING_STALE",
  ]);
});

Deno.test("connected without a record, and lost with one", () => {
  assert.deepEqual(short(runCheck(ssmAgent, { node: NO_RECORD })), [
    "warning/low AGENT_RECORD_MISSING",
  ]);
  const lost = runCheck(ssmAgent, {
    connection: DOWN,
    node: node({ pingStatus: "connectionlost" }),
  });
  assert.deepEqual(short(lost), ["critical AGENT_CONNECTION_LOST"]);
  assert.ok(lost.findings[0]?.remediation.some((line) => /after an hour/.test(line)));
});

Deno.test("the record may not be seen: the channel alone decides", () => {
  const hidden = denied("ssm:DescribeInstanceInformation");
  assert.deepEqual(short(runCheck(ssmAgent, { node: hidden })), [
    "ok AGENT_CONNECTED",
    "+ unknown AGENT_NODE_NOT_VISIBLE (access_denied)",
  ]);
  assert.deepEqual(short(runCheck(ssmAgent, { connection: DOWN, node: hidden })), [
    "critical AGENT_NOT_REGISTERED",
    "+ unknown AGENT_NODE_NOT_VISIBLE (access_denied)",
  ]);
});

Deno.test("not the latest agent: told on Linux, not on Windows", () => {
  const outdated = (platformType: "Linux" | "Windows") =>
    runCheck(ssmAgent, { node: node({ isLatestVersion: false, platformType }) });
  assert.deepEqual(short(outdated("Linux")), ["ok AGENT_CONNECTED", "+ ok AGENT_OUTDATED"]);
  assert.equal(findingOf(outdated("Linux"), "AGENT_OUTDATED").severity, "info");
  assert.deepEqual(short(outdated("Windows")), ["ok AGENT_CONNECTED"]);
});

Deno.test("a stopped instance has no agent to ask", () => {
  const outcome = runCheck(ssmAgent, {
    connection: DOWN,
    instance: known({ ...HEALTHY.instance, state: "stopped" }),
  });
  assert.deepEqual(short(outcome), ["skipped AGENT_SKIPPED (blocked_by)"]);
});

Deno.test("a word for the connection that nobody knows proves nothing", () => {
  assert.deepEqual(short(runCheck(ssmAgent, { connection: known("perhaps") })), [
    "unknown AGENT_CHANNEL_NOT_VISIBLE (service_error)",
  ]);
});
