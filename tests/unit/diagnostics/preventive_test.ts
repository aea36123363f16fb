import assert from "node:assert/strict";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import { HEALTHY, MINUTE_MS, NOW_MS } from "../../support/facts.ts";
import { madeDiagnosis, never } from "../../support/made_diagnosis.ts";

const preventive = { command: "preventive" } as const;
const endingIn = (minutes: number) => ({
  localCredentials: known({
    ...HEALTHY.localCredentials,
    expiresAtMs: NOW_MS + minutes * MINUTE_MS,
  }),
});
const retirement = {
  instanceStatus: known({
    ...HEALTHY.instanceStatus,
    events: [{
      eventId: "e-1",
      code: "instance-retirement",
      description: "The instance is on degraded hardware",
      notBeforeMs: NOW_MS + 10 * MINUTE_MS,
      notAfterMs: undefined,
    }],
  }),
};

Deno.test("PV-1 credentials that end in three minutes are critical, exit 4", async () => {
  const { report, exitCode } = await madeDiagnosis({ facts: endingIn(3), request: preventive });
  assert.equal(exitCode, 4);
  const [first] = report.checks;
  assert.equal(first!.id, "expiring_credentials", "what bites first comes first");
  assert.equal(first!.findings[0]!.predicted_at, new Date(NOW_MS + 3 * MINUTE_MS).toISOString());
});

Deno.test("PV-2 half an hour of sixty minutes is a warning: exit 0, and 1 with --strict", async () => {
  const facts = endingIn(30);
  const loose = await madeDiagnosis({ facts, request: preventive });
  assert.equal(loose.exitCode, 0);
  const credentials = loose.report.checks.find(({ id }) => id === "expiring_credentials")!;
  assert.equal(credentials.status, "warning");
  const strict = await madeDiagnosis({ facts, request: { ...preventive, isStrict: true } });
  assert.equal(strict.exitCode, 1);
});

Deno.test("PV-3 the first critical ends the run; what was not finished is aborted", async () => {
  const { report, exitCode } = await madeDiagnosis({
    facts: retirement,
    request: { ...preventive, stopsOnCritical: true },
    // Read by later predictors alone; given up when the run ends.
    before: (id, signal) => id === "gateways" ? never(signal) : Promise.resolve(),
  });
  assert.equal(exitCode, 3);
  const path = report.checks.find(({ id }) => id === "path_decay")!;
  assert.deepEqual([path.status, path.reason_code], ["skipped", "aborted"]);
});

Deno.test("PV-4 without it both criticals are listed", async () => {
  const { report, exitCode } = await madeDiagnosis({
    facts: { ...retirement, ...endingIn(6), ...brokenNat() },
    request: preventive,
  });
  const critical = report.checks.filter(({ status }) => status === "critical").map(({ id }) => id);
  assert.ok(critical.includes("predicted_events"), critical.join());
  assert.equal(exitCode, 3);
  assert.equal(
    report.checks.filter(({ status }) => status === "skipped" && status === "skipped")
      .filter(({ reason_code }) => reason_code === "aborted").length,
    0,
  );
});

Deno.test("PV-5 a session near its maximum is critical, and when it ends is told", async () => {
  const { report } = await madeDiagnosis({
    facts: {
      preferences: known({ exists: true, version: "1", preferences: preferences(120) }),
      sessions: known([{
        sessionId: "alice-0123456789abcdef0",
        owner: HEALTHY.identity.arn,
        status: "Connected",
        startedAtMs: NOW_MS - 118 * MINUTE_MS,
        document: undefined,
        maxDurationMin: undefined,
      }]),
    },
    request: preventive,
  });
  const [first] = report.checks;
  assert.equal(first!.id, "max_duration");
  assert.equal(first!.status, "critical");
  assert.equal(first!.findings[0]!.predicted_at, new Date(NOW_MS + 2 * MINUTE_MS).toISOString());
});

Deno.test("PV-6 everything denied: exit 4, and nothing that asks AWS is ok", async () => {
  const facts: Partial<Facts> = Object.fromEntries(
    ([
      "instance",
      "instanceStatus",
      "node",
      "connection",
      "preferences",
      "sessions",
      "kmsKey",
      "gateways",
      "vpcEndpoints",
    ] as const).map((id) => [id, denied(`x:${id}`)]),
  );
  const { report, exitCode } = await madeDiagnosis({ facts, request: preventive });
  assert.equal(exitCode, 4);
  // Credentials, clock, the local port, and our own list of sessions need no permission.
  const free = ["expiring_credentials", "clock_drift", "local_port", "session_quota"];
  for (const { id, status } of report.checks) {
    if (!free.includes(id)) assert.equal(status, "unknown", id);
  }
});

function preferences(maxDurationMin: number) {
  return {
    idleTimeoutMin: 20,
    maxDurationMin,
    invalid: {},
    kmsKeyId: undefined,
    runAsEnabled: false,
    runAsDefaultUser: undefined,
    s3BucketName: undefined,
    s3EncryptionEnabled: false,
    cloudWatchLogGroupName: undefined,
    cloudWatchEncryptionEnabled: false,
    cloudWatchStreamingEnabled: false,
  };
}

function brokenNat(): Partial<Facts> {
  return {
    gateways: known({
      internet: [],
      nat: [{
        natGatewayId: "nat-1",
        vpcId: HEALTHY.vpc.vpcId,
        subnetId: "subnet-1",
        state: "deleting",
        connectivity: "public",
        isRegional: false,
      }],
      egressOnly: [],
    }),
  };
}
