/**
 * Cases of single checks that only the whole command can show: exit codes, and what is not asked.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Home, World } from "./_world.ts";

interface Report {
  checks: { id: string; status: string; blocked_by: string | null; findings: { code: string }[] }[];
  summary: { exit_code: number };
}

Deno.test("CR-2 without credentials: exit 4, nothing is asked of AWS, the port is tried", async () => {
  await using home = await Home.create();
  const { code, stdout } = await home.run([
    ...["diagnose", "full", "i-0123456789abcdef0", "--region", "us-east-1"],
    ...["--local-port", "0", "--format", "json"],
  ], {
    // Whatever is asked all the same goes nowhere.
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  });
  const { checks, summary } = JSON.parse(stdout) as Report;
  const found = (id: string) => checks.find((check) => check.id === id)!;
  assert.deepEqual([code, summary.exit_code], [4, 4]);
  assert.deepEqual(found("credentials").findings.map((one) => one.code), ["CREDS_MISSING"]);
  assert.equal(found("local_port_availability").status, "ok");
  for (const id of ["instance_state", "ssm_agent", "iam_permissions", "security_groups"]) {
    assert.deepEqual([found(id).status, found(id).blocked_by], ["skipped", "credentials"], id);
  }
});

Deno.test("LP-2 a taken port: exit 5, and the next free one is named", async () => {
  await using world = await World.open({ scenario: "nat" });
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const id = world.sandbox.instances[0]!.instanceId;
  const { code, stdout } = await world.run(["precheck", id, "--local-port", `${taken.addr.port}`]);
  assert.equal(code, 5, stdout);
  assert.match(stdout, /PORT_IN_USE/);
  assert.match(stdout, /--local-port \d+/);
});

Deno.test("LP-7 what is no port: exit 2 before anything is asked", async () => {
  await using home = await Home.create();
  for (const port of ["70000", "abc"]) {
    const { code } = await home.run(["precheck", "i-0123456789abcdef0", "--local-port", port]);
    assert.equal(code, 2, port);
  }
});
