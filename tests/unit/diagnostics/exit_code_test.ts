import assert from "node:assert/strict";
import type { CheckId } from "../../../src/diagnostics/contracts.ts";
import type { SeenFacts } from "../../../src/diagnostics/correlation.ts";
import { diagnosisExitCode, worstCode } from "../../../src/diagnostics/exit_code.ts";
import { known } from "../../../src/diagnostics/facts/fact.ts";
import { critical } from "../../../src/diagnostics/findings.ts";
import type { CheckResult } from "../../../src/diagnostics/results.ts";
import { allBut, plain, result } from "../../support/check_results.ts";

const CONNECTED: SeenFacts = { connection: known("connected") };
const NOT_CONNECTED: SeenFacts = { connection: known("notconnected") };
const exit = (
  changes: Partial<Record<CheckId, CheckResult>>,
  facts = NOT_CONNECTED,
  options = {},
) => diagnosisExitCode(allBut(changes), facts, options);

Deno.test("EX-1 nothing critical is 0, also with warnings", () => {
  assert.equal(exit({}), 0);
  assert.equal(exit({ routing: plain("routing", "high") }), 0);
});

Deno.test("EX-2 --strict makes a warning 1", () => {
  assert.equal(exit({ routing: plain("routing", "low") }, CONNECTED, { isStrict: true }), 1);
  assert.equal(exit({}, CONNECTED, { isStrict: true }), 0);
});

Deno.test("EX-3 a critical about the connection is 3", () => {
  const ids: CheckId[] = [
    "instance_state",
    "ssm_agent",
    "agent_features",
    "vpc_endpoints",
    "security_groups",
    "routing",
    "network_acls",
    "network_connectivity",
    "scheduled_events",
    "session_preferences",
    "instance_profile",
    "host_management",
  ];
  for (const id of ids) assert.equal(exit({ [id]: plain(id, "critical") }), 3, id);
  const role = result("iam_permissions", critical("role.DENIED", "denied"));
  assert.equal(exit({ iam_permissions: role }), 3);
});

Deno.test("EX-4 a critical about credentials or the caller's permissions is 4", () => {
  for (const id of ["credentials", "clock_skew", "region_match"] as const) {
    assert.equal(exit({ [id]: plain(id, "critical") }), 4, id);
  }
  const caller = result("iam_permissions", critical("caller.NOT_ALLOWED", "not allowed"));
  assert.equal(exit({ iam_permissions: caller }), 4);
});

Deno.test("EX-5 a critical about this computer is 5, and so is throttling of everything", () => {
  for (const id of ["local_port_availability", "session_limits", "local_prerequisites"] as const) {
    assert.equal(exit({ [id]: plain(id, "critical") }), 5, id);
  }
  const throttled = allBut({}).map((each) =>
    each.definition.requires.aws ? plain(each.basis, "unknown", "throttled") : each
  );
  assert.equal(diagnosisExitCode(throttled, NOT_CONNECTED), 5);
});

Deno.test("EX-6 of several criticals, 4 comes before 3 before 5 before 1", () => {
  const network = { routing: plain("routing", "critical") };
  const local = { session_limits: plain("session_limits", "critical") };
  const credentials = { credentials: plain("credentials", "critical") };
  assert.equal(exit({ ...network, ...local }), 3);
  assert.equal(exit({ ...network, ...local, ...credentials }), 4);
  assert.equal(exit({ ...local, ...credentials }), 4);
  assert.equal(worstCode([1, 5]), 5);
  assert.equal(worstCode([]), 0);
});

Deno.test("EX-7 a critical decides, whatever else could not be seen", () => {
  const changes = {
    routing: plain("routing", "critical"),
    security_groups: plain("security_groups", "unknown"),
  };
  assert.equal(exit(changes), 3);
});

Deno.test("EX-8 the unknown rule: 0 when connected, 4 for lack of permission alone, else 1", () => {
  const denied = { security_groups: plain("security_groups", "unknown") };
  assert.equal(exit(denied, CONNECTED), 0);
  assert.equal(exit(denied), 4);
  assert.equal(exit({ ...denied, routing: plain("routing", "unknown", "timeout") }), 1);
});
