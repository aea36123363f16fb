import assert from "node:assert/strict";
import { clockSkew } from "../../../src/diagnostics/checks/clock_skew.ts";
import { credentials } from "../../../src/diagnostics/checks/credentials.ts";
import type { LocalCredentials } from "../../../src/diagnostics/facts/account.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import { ACCOUNT, HEALTHY, MINUTE_MS, NOW_MS, runCheck } from "../../support/facts.ts";
import { findingOf, short } from "./_outcome.ts";

type Found = Extract<LocalCredentials, { found: true }>;
const local = (changes: Partial<Found>) =>
  known<LocalCredentials>({ ...HEALTHY.localCredentials, ...changes });
const none = (problem: "missing" | "expired" | "sso_expired" | "unknown_profile" | "failed") =>
  known<LocalCredentials>({
    found: false,
    problem,
    detail: "words of the provider",
    hasEnvironmentKeys: false,
  });
const STS = "sts:GetCallerIdentity";
const refused = (code: string) => failed("auth_failed", STS, "words of the service", code);

Deno.test("CR-1 valid credentials are ok; account, masked ARN and provider are told", () => {
  const outcome = runCheck(credentials);
  assert.deepEqual(short(outcome), ["ok CREDS_OK"]);
  assert.equal(
    outcome.findings[0]?.message,
    "account 123456789012, arn:aws:iam::********9012:user/alice, from environment",
  );
});

Deno.test("CR-2 no credentials anywhere: critical, and the profile is named", () => {
  const outcome = runCheck(credentials, {
    localCredentials: none("missing"),
    identity: failed("auth_failed", STS, "no credentials"),
  }, { profile: "dev" });
  assert.deepEqual(short(outcome), ["critical CREDS_MISSING"]);
  assert.match(outcome.findings[0]!.message, /profile dev/);
  assert.ok(outcome.findings[0]?.remediation.some((line) => line.includes("aws configure")));
});

Deno.test("CR-3 a wrong secret: critical, and not the clock's fault", () => {
  for (const code of ["SignatureDoesNotMatch", "AuthFailure", "InvalidClientTokenId"]) {
    const outcome = runCheck(credentials, { identity: refused(code) });
    assert.deepEqual(short(outcome), ["critical CREDS_INVALID"], code);
  }
});

Deno.test("CR-4 credentials that expire in the middle are critical", () => {
  const outcome = runCheck(credentials, { identity: refused("ExpiredTokenException") });
  assert.deepEqual(short(outcome), ["critical CREDS_EXPIRED"]);
});

Deno.test("CR-5 the end in 4 minutes is a high warning, in 14 a medium one, in 15 none", () => {
  const ending = (minutes: number) =>
    runCheck(credentials, {
      localCredentials: local({ expiresAtMs: NOW_MS + minutes * MINUTE_MS }),
    });
  assert.deepEqual(short(ending(4)), ["warning/high CREDS_EXPIRING"]);
  assert.equal(ending(4).findings[0]?.predictedAtMs, NOW_MS + 4 * MINUTE_MS);
  assert.deepEqual(short(ending(5)), ["warning/medium CREDS_EXPIRING"]);
  assert.deepEqual(short(ending(14)), ["warning/medium CREDS_EXPIRING"]);
  assert.deepEqual(short(ending(15)), ["ok CREDS_OK"]);
});

Deno.test("CR-6 an expired SSO login names the profile and the command", () => {
  const outcome = runCheck(credentials, {
    localCredentials: none("sso_expired"),
    identity: failed("auth_failed", STS, "no credentials"),
  }, { profile: "dev" });
  assert.deepEqual(short(outcome), ["critical CREDS_SSO_EXPIRED"]);
  assert.match(outcome.findings[0]!.message, /profile dev/);
  assert.deepEqual(outcome.findings[0]?.remediation, ["aws sso login --profile dev"]);
  assert.deepEqual(outcome.findings[0]?.fixIds, ["sso_login"]);
  const later = runCheck(credentials, {
    localCredentials: local({ provider: "sso" }),
    identity: refused("ExpiredToken"),
  }, { profile: "dev" });
  assert.deepEqual(short(later), ["critical CREDS_SSO_EXPIRED"]);
});

Deno.test("CR-7 another account than the expected one is critical", () => {
  const outcome = runCheck(credentials, {}, { expectedAccountId: "210987654321" });
  assert.deepEqual(short(outcome), ["critical CREDS_ACCOUNT_MISMATCH"]);
  assert.match(outcome.findings[0]!.message, /123456789012.*210987654321/);
  assert.deepEqual(short(runCheck(credentials, {}, { expectedAccountId: ACCOUNT })), [
    "ok CREDS_OK",
  ]);
});

Deno.test("GetCallerIdentity needs no permission: a denial is an authentication problem", () => {
  assert.deepEqual(short(runCheck(credentials, { identity: denied(STS) })), [
    "critical CREDS_INVALID",
  ]);
});

Deno.test("STS that is not reached says nothing about the credentials", () => {
  for (const reason of ["network", "timeout", "throttled", "service_error"] as const) {
    const outcome = runCheck(credentials, { identity: failed(reason, STS, "detail") });
    assert.deepEqual(short(outcome), [`unknown CREDS_UNKNOWN (${reason})`]);
  }
});

Deno.test("remarks: root, long-lived keys, keys beside a profile", () => {
  const root = runCheck(credentials, {
    identity: known({ ...HEALTHY.identity, arn: `arn:aws:iam::${ACCOUNT}:root` }),
  });
  assert.deepEqual(short(root), ["ok CREDS_OK", "+ warning/medium CREDS_ROOT"]);
  const keys = runCheck(
    credentials,
    { localCredentials: local({ isLongLived: true, maskedKeyId: "AKIA...WXYZ" }) },
    { profile: "dev", isProfileExplicit: true },
  );
  assert.deepEqual(short(keys), [
    "ok CREDS_OK",
    "+ ok CREDS_LONG_LIVED",
    "+ warning/low CREDS_ENV_OVERRIDES_PROFILE",
  ]);
  assert.match(findingOf(keys, "CREDS_ENV_OVERRIDES_PROFILE").message, /AWS_ACCESS_KEY_ID is used/);
});

Deno.test("a profile that is not there, and a provider that fails", () => {
  const identity = failed("auth_failed", STS, "no credentials");
  for (const problem of ["unknown_profile", "failed"] as const) {
    const outcome = runCheck(credentials, { localCredentials: none(problem), identity });
    assert.deepEqual(short(outcome), ["critical CREDS_MISSING"], problem);
  }
  const expired = runCheck(credentials, { localCredentials: none("expired"), identity });
  assert.deepEqual(short(expired), ["critical CREDS_EXPIRED"]);
});

const clock = (skewMs: number | undefined, toleranceMs = 50) => known({ skewMs, toleranceMs });

Deno.test("CS-1 a clock that agrees is ok", () => {
  assert.deepEqual(short(runCheck(clockSkew)), ["ok CLOCK_OK"]);
  assert.deepEqual(short(runCheck(clockSkew, { clock: clock(60_000, 0) })), ["ok CLOCK_OK"]);
});

Deno.test("CS-2 90 seconds are a warning", () => {
  for (const skewMs of [90_000, -90_000, 60_001, 240_000]) {
    assert.deepEqual(short(runCheck(clockSkew, { clock: clock(skewMs, 0) })), [
      "warning/medium CLOCK_DRIFT",
    ]);
  }
});

Deno.test("CS-3 ten minutes are critical, and a refused signature is the clock's fault", () => {
  const facts = {
    clock: clock(10 * MINUTE_MS),
    identity: refused("SignatureDoesNotMatch"),
  };
  const outcome = runCheck(clockSkew, facts);
  assert.deepEqual(short(outcome), ["critical CLOCK_SKEWED"]);
  assert.match(outcome.findings[0]!.message, /10 min ahead of/);
  assert.deepEqual(short(runCheck(credentials, facts)), ["unknown CREDS_UNKNOWN (clock_skew)"]);
  assert.deepEqual(short(runCheck(clockSkew, { clock: clock(240_001, 0) })), [
    "critical CLOCK_SKEWED",
  ]);
});

Deno.test("CS-4 without a Date the clock is unknown, unless AWS itself blames it", () => {
  assert.deepEqual(short(runCheck(clockSkew, { clock: clock(undefined) })), [
    "unknown CLOCK_UNKNOWN (service_error)",
  ]);
  const blamed = runCheck(clockSkew, {
    clock: clock(undefined),
    identity: failed("clock_skew", STS, "too skewed", "RequestTimeTooSkewed"),
  });
  assert.deepEqual(short(blamed), ["critical CLOCK_SKEWED"]);
});

Deno.test("CS-5 a slow answer with an exact Date is ok: half its duration is tolerance", () => {
  // Eight seconds: the Date may be of its begin or its end.
  assert.deepEqual(short(runCheck(clockSkew, { clock: clock(4_000, 4_000) })), ["ok CLOCK_OK"]);
  assert.deepEqual(short(runCheck(clockSkew, { clock: clock(63_000, 4_000) })), ["ok CLOCK_OK"]);
});
