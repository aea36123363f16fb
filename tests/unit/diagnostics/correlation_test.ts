import assert from "node:assert/strict";
import type { CheckId } from "../../../src/diagnostics/contracts.ts";
import { correlate, type SeenFacts } from "../../../src/diagnostics/correlation.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import { critical, unknown } from "../../../src/diagnostics/findings.ts";
import type { CheckResult } from "../../../src/diagnostics/results.ts";
import { rootCauses } from "../../../src/diagnostics/root_causes.ts";
import { summarize } from "../../../src/diagnostics/summary.ts";
import { allBut, plain, result } from "../../support/check_results.ts";
import { HEALTHY, healthyParameters } from "../../support/facts.ts";

const NETWORK = [
  "vpc_endpoints",
  "security_groups",
  "routing",
  "network_acls",
] as const;
const offline = known({ ...HEALTHY.node, pingStatus: "connectionlost" });
const NOT_CONNECTED: SeenFacts = { connection: known("notconnected"), node: offline };

function allNetworkCritical(): Partial<Record<CheckId, CheckResult>> {
  return {
    ...Object.fromEntries(NETWORK.map((id) => [id, plain(id, "critical")])),
    network_connectivity: result("network_connectivity", critical("PATH_BLOCKED", "blocked")),
  };
}

Deno.test("CO-1 all of the network critical, and connected: no critical is left", () => {
  const results = correlate(allBut(allNetworkCritical()), { connection: known("connected") });
  for (const { id, status } of results) assert.notEqual(status, "critical", id);
  const routing = results.find(({ id }) => id === "routing")!;
  assert.deepEqual(routing.adjusted, { from: "critical", by: "C3" });
  assert.equal(routing.severity, "medium");
  assert.equal(routing.rawStatus, "critical");
  assert.match(routing.findings[0]!.message, /connected right now/);
  const { canConnect, overall } = summarize(results, { connection: known("connected") }, 0);
  assert.deepEqual({ canConnect, overall }, { canConnect: "yes", overall: "warning" });
});

Deno.test("CO-2 the same and not connected: criticals stay, causes are in the order of blame", () => {
  const changes = {
    ...allNetworkCritical(),
    instance_profile: plain("instance_profile", "critical"),
    ssm_agent: result("ssm_agent", critical("AGENT_NOT_REGISTERED", "no agent")),
  };
  const results = correlate(allBut(changes), NOT_CONNECTED);
  const causes = rootCauses(results, NOT_CONNECTED, healthyParameters());
  assert.deepEqual(causes.map(({ findingIds }) => findingIds[0]), [
    "instance_profile.BAD",
    "vpc_endpoints.BAD",
    "security_groups.BAD",
    "network_acls.BAD",
    "routing.BAD",
  ]);
  assert.deepEqual(causes.map(({ rank }) => rank), [1, 2, 3, 4, 5]);
  assert.ok(causes.every(({ certainty }) => certainty === "proven"));
});

Deno.test("CO-3 pings alone soften nothing", () => {
  const facts: SeenFacts = {
    connection: denied("ssm:GetConnectionStatus"),
    node: known(HEALTHY.node),
  };
  const results = correlate(allBut({ routing: plain("routing", "critical") }), facts);
  assert.equal(results.find(({ id }) => id === "routing")!.status, "critical");
});

Deno.test("CO-4 everything in order and not connected: the cause is on the instance", () => {
  const fixIds = ["reboot_instance"];
  const agent = result("ssm_agent", critical("AGENT_CONNECTION_LOST", "lost", { fixIds }));
  const causes = rootCauses(allBut({ ssm_agent: agent }), NOT_CONNECTED, healthyParameters());
  assert.equal(causes.length, 1);
  assert.deepEqual(causes[0]!.findingIds, ["ssm_agent.AGENT_CONNECTION_LOST"]);
  assert.equal(causes[0]!.certainty, "possible");
  assert.match(causes[0]!.remediation.join("\n"), /--approve reboot_instance\n.*system log/);
});

Deno.test("what could not be seen is possible, never proven", () => {
  const changes = {
    ssm_agent: result("ssm_agent", critical("AGENT_CONNECTION_LOST", "lost")),
    security_groups: plain("security_groups", "unknown"),
  };
  const causes = rootCauses(allBut(changes), NOT_CONNECTED, healthyParameters());
  assert.deepEqual(causes.map(({ certainty, findingIds }) => [certainty, findingIds[0]]), [
    ["possible", "security_groups.UNSEEN"],
  ]);
});

Deno.test("C3b: not visible becomes a low warning when connected, no permission stays unknown", () => {
  const changes = {
    routing: result("routing", unknown("ROUTE_NOT_VISIBLE", "not_visible", "tgw")),
    security_groups: plain("security_groups", "unknown"),
  };
  const results = correlate(allBut(changes), { connection: known("connected") });
  const of = (id: CheckId) => results.find((each) => each.id === id)!;
  assert.equal(of("routing").status, "warning");
  assert.deepEqual(of("routing").adjusted, { from: "unknown", by: "C3b" });
  assert.equal(of("security_groups").status, "unknown");
});

Deno.test("C5: Online and not connected blames only what concerns ssmmessages", () => {
  const facts: SeenFacts = { connection: known("notconnected"), node: known(HEALTHY.node) };
  const about = (service: string) => ({ evidence: { service } });
  const changes = {
    ssm_agent: result("ssm_agent", critical("AGENT_NO_SESSION_CHANNEL", "no channel")),
    vpc_endpoints: result(
      "vpc_endpoints",
      critical("A", "ssm", about("com.amazonaws.us-east-1.ssm")),
      critical("B", "messages", about("com.amazonaws.us-east-1.ssmmessages")),
    ),
    instance_profile: plain("instance_profile", "critical"),
  };
  const causes = rootCauses(allBut(changes), facts, healthyParameters());
  assert.deepEqual(causes.map(({ findingIds }) => findingIds[0]), ["vpc_endpoints.B"]);
});

Deno.test("C6: no profile and no host management are one cause with both findings", () => {
  const changes = {
    instance_profile: result("instance_profile", critical("PROFILE_MISSING", "none")),
    host_management: result("host_management", critical("DHMC_OFF", "off")),
  };
  const causes = rootCauses(allBut(changes), NOT_CONNECTED, healthyParameters());
  assert.deepEqual(causes.map(({ findingIds }) => findingIds), [
    ["instance_profile.PROFILE_MISSING", "host_management.DHMC_OFF"],
  ]);
});

Deno.test("CR-4 credentials that are refused half way: one critical, the others blocked", () => {
  const expired = failed("auth_failed", "ec2:DescribeVpcs", "expired", "ExpiredTokenException");
  const results = correlate(allBut({ routing: plain("routing", "critical") }), { vpc: expired });
  const of = (id: CheckId) => results.find((each) => each.id === id)!;
  assert.equal(of("credentials").status, "critical");
  assert.equal(of("credentials").findings[0]!.code, "CREDS_EXPIRED");
  assert.equal(of("routing").status, "skipped");
  assert.equal(of("routing").blockedBy, "credentials");
  assert.equal(of("local_port_availability").status, "ok");
});
