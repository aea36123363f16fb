import assert from "node:assert/strict";
import { sessionPreferences } from "../../../src/diagnostics/checks/session_preferences.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import type { Permissions } from "../../../src/diagnostics/facts/iam.ts";
import { parsePreferences } from "../../../src/diagnostics/facts/preferences_document.ts";
import type { KmsKey } from "../../../src/diagnostics/facts/session.ts";
import { allowed, HEALTHY, runCheck } from "../../support/facts.ts";
import { coverage, short } from "./_outcome.ts";

const SHELL = { connection: "shell", document: "SSM-SessionManagerRunShell" } as const;
const KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/k";

const document = (inputs: Record<string, unknown>) =>
  known(parsePreferences(JSON.stringify({ sessionType: "Standard_Stream", inputs }), "1"));

const key = (state: string) =>
  known<KmsKey>({ keyId: "k", arn: KEY_ARN, state, deletionAtMs: undefined });

/** Preferences that name a key which works. */
const KEYED: Partial<Facts> = {
  preferences: document({ kmsKeyId: "k" }),
  kmsKey: key("Enabled"),
  kmsKeyUse: known("allowed" as const),
};

Deno.test("SP-1 preferences that nobody changed are ok", () => {
  assert.deepEqual(short(runCheck(sessionPreferences)), ["ok PREFS_DEFAULT"]);
});

Deno.test("SP-2 a short idle timeout is a warning: below 5 minutes a high one", () => {
  const idle = (minutes: string) =>
    short(runCheck(sessionPreferences, { preferences: document({ idleSessionTimeout: minutes }) }));
  assert.deepEqual(idle("3"), ["warning/high PREFS_IDLE_SHORT"]);
  assert.deepEqual(idle("5"), ["warning/medium PREFS_IDLE_SHORT"]);
  assert.deepEqual(idle("9"), ["warning/medium PREFS_IDLE_SHORT"]);
  assert.deepEqual(idle("10"), ["ok PREFS_OK"]);
  assert.deepEqual(idle(""), ["ok PREFS_OK"]);
});

Deno.test("SP-3 a disabled key ends shells and does not concern ports", () => {
  for (const kmsKey of [key("Disabled"), key("PendingDeletion"), known(undefined)]) {
    const changes = { ...KEYED, kmsKey };
    assert.deepEqual(short(runCheck(sessionPreferences, changes, SHELL)), [
      "critical PREFS_KMS_KEY_UNUSABLE",
    ]);
    assert.deepEqual(short(runCheck(sessionPreferences, changes)), [
      "warning/low PREFS_KMS_KEY_UNUSABLE",
    ]);
  }
});

Deno.test("SP-4 content that is no document", () => {
  const cases = ["not json", "[1]", "null", '{"sessionType":"Port"}', '{"inputs":{}}'];
  for (const content of cases) {
    const preferences = known(parsePreferences(content, "2"));
    assert.deepEqual(
      short(runCheck(sessionPreferences, { preferences })),
      ["warning/high PREFS_INVALID"],
      content,
    );
  }
  for (const minutes of ["0", "61", "soon", "-1"]) {
    const preferences = document({ idleSessionTimeout: minutes });
    assert.deepEqual(
      short(runCheck(sessionPreferences, { preferences })),
      ["warning/high PREFS_INVALID"],
      minutes,
    );
  }
});

Deno.test("SP-5 a key that may not be described leaves shells unknown", () => {
  const changes = {
    ...KEYED,
    kmsKey: denied("kms:DescribeKey"),
    kmsKeyUse: denied("kms:DescribeKey"),
  };
  const outcome = runCheck(sessionPreferences, changes, SHELL);
  assert.deepEqual(short(outcome), ["unknown PREFS_KMS_NOT_VISIBLE (access_denied)"]);
  assert.deepEqual(outcome.findings[0]?.needs, ["kms:DescribeKey"]);
  assert.deepEqual(short(runCheck(sessionPreferences, changes)), ["ok PREFS_OK"]);
});

Deno.test("SP-6 booleans may be texts", () => {
  const preferences = document({ runAsEnabled: "true", runAsDefaultUser: "app" });
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences }, SHELL)), [
    "warning/low PREFS_RUNAS",
  ]);
  const off = document({ runAsEnabled: "false", runAsDefaultUser: "app" });
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences: off }, SHELL)), [
    "ok PREFS_OK",
  ]);
});

Deno.test("SP-7 the caller may use the key, or not", () => {
  assert.deepEqual(short(runCheck(sessionPreferences, KEYED, SHELL)), ["ok PREFS_OK"]);
  const refused = { ...KEYED, kmsKeyUse: known("denied" as const) };
  assert.deepEqual(short(runCheck(sessionPreferences, refused, SHELL)), [
    "critical PREFS_KMS_CALLER_DENIED",
  ]);
  assert.deepEqual(short(runCheck(sessionPreferences, refused)), [
    "ok PREFS_OK",
    "+ ok PREFS_KMS_CALLER_DENIED",
  ]);
});

Deno.test("the role must decrypt with the key of a shell; what was asked of no key proves nothing", () => {
  const asked = (resource: string) =>
    known<Permissions>({
      method: "simulated",
      decisions: [{ ...allowed("kms:Decrypt", resource), decision: "implicitDeny" }],
      tried: [],
    });
  const lacking = { ...KEYED, rolePermissions: asked(KEY_ARN) };
  assert.deepEqual(short(runCheck(sessionPreferences, lacking, SHELL)), [
    "critical PREFS_KMS_ROLE_DENIED",
  ]);
  const general = { ...KEYED, rolePermissions: asked("*") };
  assert.deepEqual(short(runCheck(sessionPreferences, general, SHELL)), ["ok PREFS_OK"]);
});

Deno.test("an agent that knows no encryption", () => {
  const node = known({ ...HEALTHY.node, agentVersion: "2.3.538.9" });
  assert.deepEqual(short(runCheck(sessionPreferences, { ...KEYED, node }, SHELL)), [
    "critical PREFS_KMS_AGENT_OLD",
  ]);
  assert.deepEqual(short(runCheck(sessionPreferences, { ...KEYED, node })), ["ok PREFS_OK"]);
});

Deno.test("a maximum duration below the one that is wanted", () => {
  const preferences = document({ maxSessionDuration: "30" });
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences })), [
    "warning/medium PREFS_MAX_DURATION",
  ]);
  assert.deepEqual(
    short(runCheck(sessionPreferences, { preferences }, { expectedDurationMin: 30 })),
    ["ok PREFS_OK"],
  );
});

Deno.test("RunAs without a user hangs on a tag; Windows and ports do not mind", () => {
  const preferences = document({ runAsEnabled: true });
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences }, SHELL)), [
    "warning/high PREFS_RUNAS",
  ]);
  const instance = known({ ...HEALTHY.instance, platform: "windows" as const });
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences, instance }, SHELL)), [
    "ok PREFS_OK",
  ]);
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences })), ["ok PREFS_OK"]);
});

Deno.test("log targets that must be encrypted are not looked at: less covered, for shells", () => {
  const preferences = document({ s3BucketName: "logs", s3EncryptionEnabled: true });
  const outcome = runCheck(sessionPreferences, { preferences }, SHELL);
  assert.deepEqual(short(outcome), [
    "ok PREFS_OK",
    "+ unknown PREFS_LOG_UNENCRYPTED (not_visible)",
  ]);
  assert.equal(coverage(outcome), 0.5);
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences })), ["ok PREFS_OK"]);
});

Deno.test("preferences that may not be read: unknown for a shell, a low warning for a port", () => {
  const preferences = denied("ssm:GetDocument");
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences }, SHELL)), [
    "unknown PREFS_NOT_VISIBLE (access_denied)",
  ]);
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences })), [
    "warning/low PREFS_NOT_VISIBLE",
  ]);
  const late = failed("timeout", "ssm:GetDocument", "no answer");
  assert.deepEqual(short(runCheck(sessionPreferences, { preferences: late }, SHELL)), [
    "unknown PREFS_NOT_VISIBLE (timeout)",
  ]);
});
