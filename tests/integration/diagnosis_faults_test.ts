/**
 * Whole diagnoses while the services fail, and with names that are hard to pass on.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Diagnosis, Report } from "../../src/diagnostics/mod.ts";
import { diagnoseSandbox } from "../support/diagnose_sandbox.ts";
import { diagnoseLive } from "../support/live_diagnosis.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";

async function diagnosed({ sandbox }: TestSandbox, scenario: string): Promise<Diagnosis> {
  const { instanceId } = sandbox.instances.find((each) => each.scenario === scenario)!;
  return await diagnoseLive({
    endpoint: sandbox.endpointUrl,
    region: sandbox.region,
    keys: sandbox.credentials,
    instanceId,
    isParallel: true,
    timeoutMs: 60_000,
  });
}

/** What a report says, without how long it took and how often it was asked. */
function said({ checks, root_causes, summary }: Report) {
  const timeless = checks.map(({ id, status, findings }) => ({
    id,
    status,
    findings: findings.map(({ id, status, severity }) => ({ id, status, severity })),
  }));
  return { checks: timeless, root_causes, summary };
}

Deno.test("XX-2 every call answers HTTP 500: nothing is critical, all that AWS must say is unknown, exit code 1", async () => {
  await using test = await openSandbox({ scenario: "private-endpoints" });
  test.sandbox.faults.apply({ fault: "api_error", code: "InternalFailure", status: 500 });
  const { report, exitCode } = await diagnosed(test, "private-endpoints");
  const others = report.checks.filter(({ status }) => status !== "unknown")
    .map(({ id, status }) => `${id} ${status}`);
  // An error has a Date too; preferences never keep a port from being forwarded; our own sessions we
  // count ourselves.
  assert.deepEqual(others, ["clock_skew ok", "session_preferences warning", "session_limits ok"]);
  assert.equal(exitCode, 1);
  assert.equal(report.summary.exit_code, 1);
});

Deno.test("XX-3 every call throttled twice, then fine: the same report", async () => {
  await using test = await openSandbox({ scenario: "endpoint-shadows-nat" });
  const quiet = await diagnosed(test, "endpoint-shadows-nat");
  for (const call of quiet.callCounts.keys()) {
    const [, operation] = call.split(":");
    test.sandbox.faults.apply({
      fault: "api_error",
      code: "ThrottlingException",
      status: 400,
      operation: operation!,
      count: 2,
    });
  }
  const throttled = await diagnosed(test, "endpoint-shadows-nat");
  assert.deepEqual(test.sandbox.faults.list(), [], "every fault has struck");
  assert.deepEqual(said(throttled.report), said(quiet.report));
});

Deno.test("XX-8 a profile with blanks and quotes, and a report in a folder with Japanese names", async () => {
  await using test = await openSandbox({ scenario: "private-endpoints" });
  const { instanceId } = test.instance("private-endpoints");
  const profile = `Ops "日本" o'neil`;
  const home = await Deno.makeTempDir();
  try {
    const folder = join(home, "診断 結果");
    await Deno.mkdir(folder);
    const output = join(folder, "報告.json");
    const { accessKeyId, secretAccessKey } = test.sandbox.credentials;
    const credentials = join(home, "credentials");
    await Deno.writeTextFile(
      credentials,
      `[${profile}]\naws_access_key_id = ${accessKeyId}\n` +
        `aws_secret_access_key = ${secretAccessKey}\n`,
    );
    const args = ["full", "-i", instanceId, "--profile", profile, "--output", output];
    const env = { AWS_CONFIG_FILE: join(home, "none"), AWS_SHARED_CREDENTIALS_FILE: credentials };
    const { exitCode, report } = await diagnoseSandbox(test, args, { env, output });
    assert.equal(exitCode, 0);
    assert.equal(report.target.profile, profile);
    assert.equal(report.summary.overall, "ok");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
