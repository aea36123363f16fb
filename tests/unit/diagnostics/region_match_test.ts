import assert from "node:assert/strict";
import { resolveRegion } from "../../../src/aws/region.ts";
import { instanceState } from "../../../src/diagnostics/checks/instance_state.ts";
import { regionMatch } from "../../../src/diagnostics/checks/region_match.ts";
import { findingId } from "../../../src/diagnostics/contracts.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import { AppError } from "../../../src/errors/mod.ts";
import { REGION, runCheck } from "../../support/facts.ts";
import { findingOf, short } from "./_outcome.ts";

const ABSENT = known(undefined);

Deno.test("RM-1 valid, enabled, and it holds the instance: ok", () => {
  const outcome = runCheck(regionMatch);
  assert.deepEqual(short(outcome), ["ok REGION_OK"]);
  assert.deepEqual(outcome.findings[0]!.evidence, { region: REGION, source: "flag" });
});

Deno.test("RM-2 a Region that is not enabled: critical", () => {
  const region = { region: "mx-central-1" };
  const regionStatus = known({ exists: true, optIn: "not-opted-in" as const });
  const outcome = runCheck(regionMatch, { regionStatus, instance: ABSENT }, region);
  assert.deepEqual(short(outcome), ["critical REGION_NOT_ENABLED"]);
  assert.match(outcome.findings[0]!.remediation[0]!, /enable-region --region-name mx-central-1/);
  const refused = failed("region_disabled", "ec2:DescribeRegions", "OptInRequired");
  assert.deepEqual(
    short(runCheck(regionMatch, { regionStatus: refused, instance: refused }, region)),
    ["critical REGION_NOT_ENABLED"],
  );
});

Deno.test("RM-3 the instance is in another Region, which is found when asked to", () => {
  const changes = { instance: ABSENT, otherRegions: known(["eu-west-1"]) };
  const outcome = runCheck(regionMatch, changes, { searchRegions: true });
  assert.deepEqual(short(outcome), ["critical REGION_INSTANCE_ELSEWHERE"]);
  assert.deepEqual(outcome.findings[0]!.remediation, ["Use --region eu-west-1"]);
  // That it is not found here follows from it: one cause.
  const missing = findingOf(
    runCheck(instanceState, changes, { searchRegions: true }),
    "INSTANCE_NOT_FOUND",
  );
  assert.deepEqual(missing.follows, [findingId("region_match", outcome.findings[0]!)]);
});

Deno.test("RM-4 no Region at all is refused before anything is called", async () => {
  await assert.rejects(
    resolveRegion({ profile: undefined, region: undefined }, noEnvironment),
    (error) =>
      error instanceof AppError && error.kind === "config" && /none is set/.test(error.message),
  );
});

Deno.test("RM-5 an availability zone is refused, and its Region named", async () => {
  await assert.rejects(
    resolveRegion({ profile: undefined, region: "us-east-1a" }, noEnvironment),
    (error) =>
      error instanceof AppError && error.kind === "config" &&
      error.hint === "Its region is us-east-1",
  );
});

Deno.test("RM-6 an instance that is not here points to the Region", () => {
  const outcome = runCheck(regionMatch, { instance: ABSENT });
  assert.deepEqual(short(outcome), ["unknown REGION_NOT_VISIBLE (not_visible)"]);
  assert.match(outcome.findings[0]!.message, /may be in another Region/);
  assert.match(outcome.findings[0]!.remediation[0]!, /--search-regions/);
});

Deno.test("a Region that EC2 does not know, or that is not written as one: critical", () => {
  const regionStatus = known({ exists: false, optIn: undefined });
  assert.deepEqual(short(runCheck(regionMatch, { regionStatus })), ["critical REGION_INVALID"]);
  for (const region of ["moon", "us-east-", "us-east-12", "US-EAST-1", "e-1"]) {
    assert.deepEqual(short(runCheck(regionMatch, {}, { region })), ["critical REGION_INVALID"]);
  }
  for (const region of ["us-gov-west-1", "us-isob-east-1", "ap-southeast-5", "cn-north-1"]) {
    assert.deepEqual(short(runCheck(regionMatch, {}, { region })), ["ok REGION_OK"]);
  }
});

Deno.test("a Region whose state may not be read: ok where the instance is found, else unknown", () => {
  const regionStatus = denied("ec2:DescribeRegions");
  assert.deepEqual(short(runCheck(regionMatch, { regionStatus })), [
    "ok REGION_OK",
    "+ unknown REGION_NOT_VISIBLE (access_denied)",
  ]);
  const instance = denied("ec2:DescribeInstances");
  assert.deepEqual(short(runCheck(regionMatch, { regionStatus, instance })), [
    "unknown REGION_NOT_VISIBLE (access_denied)",
  ]);
  assert.deepEqual(short(runCheck(regionMatch, { instance })), [
    "unknown REGION_NOT_VISIBLE (access_denied)",
  ]);
});

Deno.test("environment and profile that name different Regions: a small warning", () => {
  const choice = (source: "AWS_REGION" | "flag" | "profile", profileRegion: string | undefined) =>
    short(runCheck(regionMatch, { regionChoice: known({ name: REGION, source, profileRegion }) }));
  const conflict = ["ok REGION_OK", "+ warning/low REGION_SOURCE_CONFLICT"];
  assert.deepEqual(choice("AWS_REGION", "eu-west-1"), conflict);
  assert.deepEqual(choice("AWS_REGION", REGION), ["ok REGION_OK"]);
  assert.deepEqual(choice("AWS_REGION", undefined), ["ok REGION_OK"]);
  assert.deepEqual(choice("flag", "eu-west-1"), ["ok REGION_OK"]);
});

/** Neither variables nor, with a home that is none, files. */
function noEnvironment(name: string): string | undefined {
  return name === "HOME" || name === "USERPROFILE" ? "/nonexistent" : undefined;
}
