import assert from "node:assert/strict";
import { agentFeatures } from "../../../src/diagnostics/checks/agent_features.ts";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import { forbiddenRemoteHost } from "../../../src/diagnostics/remote_host.ts";
import { HEALTHY, runCheck } from "../../support/facts.ts";
import { short } from "./_outcome.ts";

const agent = (agentVersion: string) => ({ node: known({ ...HEALTHY.node, agentVersion }) });
const REMOTE = { connection: "remote_host", remoteHost: "db.internal" } as const;

Deno.test("AF-1 forwarding to a remote host needs 3.1.1374.0", () => {
  const old = runCheck(agentFeatures, agent("3.1.1373.0"), REMOTE);
  assert.deepEqual(short(old), ["critical FEATURE_UNSUPPORTED"]);
  assert.deepEqual(old.findings[0]?.fixIds, ["update_agent"]);
  assert.deepEqual(short(runCheck(agentFeatures, agent("3.1.1374.0"), REMOTE)), ["ok FEATURES_OK"]);
});

Deno.test("AF-2 several connections need more than 3.0.196.0", () => {
  const at = (version: string) => short(runCheck(agentFeatures, agent(version)));
  assert.deepEqual(at("3.0.196.0"), ["warning/low FEATURE_UNSUPPORTED"]);
  assert.deepEqual(at("3.0.196.1"), ["ok FEATURES_OK"]);
  assert.deepEqual(
    short(runCheck(agentFeatures, agent("3.0.196.0"), { wantsMultiplexing: false })),
    ["ok FEATURES_OK"],
  );
});

Deno.test("AF-3 the metadata service is no remote host", () => {
  const outcome = runCheck(agentFeatures, {}, { ...REMOTE, remoteHost: "169.254.169.254" });
  assert.deepEqual(short(outcome), ["critical FEATURE_REMOTE_HOST_FORBIDDEN", "ok FEATURES_OK"]);
  assert.match(outcome.findings[0]!.message, /metadata service/);
});

Deno.test("AF-4 a version that is missing is unknown", () => {
  assert.deepEqual(short(runCheck(agentFeatures, agent(""))), [
    "unknown FEATURES_UNKNOWN (not_visible)",
  ]);
  assert.deepEqual(short(runCheck(agentFeatures, { node: known(undefined) })), [
    "unknown FEATURES_UNKNOWN (not_visible)",
  ]);
  const hidden = denied("ssm:DescribeInstanceInformation");
  assert.deepEqual(short(runCheck(agentFeatures, { node: hidden })), [
    "unknown FEATURES_UNKNOWN (access_denied)",
  ]);
});

Deno.test("AF-5 the first four and the last address of the VPC are AWS's own", () => {
  const vpc = known({ ...HEALTHY.vpc, cidrs: ["10.0.0.0/16", "100.64.0.0/28"] });
  const at = (remoteHost: string) =>
    short(runCheck(agentFeatures, { vpc }, { ...REMOTE, remoteHost }));
  assert.deepEqual(at("10.0.0.2"), ["critical FEATURE_REMOTE_HOST_FORBIDDEN", "ok FEATURES_OK"]);
  assert.deepEqual(at("10.0.0.10"), ["ok FEATURES_OK"]);
  const forbidden = (host: string) => forbiddenRemoteHost(host, vpc.value.cidrs) !== undefined;
  const cases: [string, boolean][] = [
    ["10.0.0.0", true],
    ["10.0.0.3", true],
    ["10.0.0.4", false],
    ["10.0.255.254", false],
    ["10.0.255.255", true],
    ["10.1.0.0", false],
    ["9.255.255.255", false],
    ["100.64.0.15", true],
    ["100.64.0.16", false],
    ["FD00:EC2::254", true],
    ["db.internal", false],
    ["10.0.0.300", false],
  ];
  for (const [host, expected] of cases) assert.equal(forbidden(host), expected, host);
  assert.equal(forbiddenRemoteHost("10.0.0.2", ["nonsense", "10.0.0.0/40"]), undefined);
});

Deno.test("an agent too old for anything follows what ssm_agent says of it", () => {
  const outcome = runCheck(agentFeatures, agent("2.3.0.0"));
  assert.deepEqual(short(outcome), ["critical FEATURE_UNSUPPORTED"]);
  assert.deepEqual(outcome.findings[0]?.follows, ["ssm_agent.AGENT_TOO_OLD#i-0123456789abcdef0"]);
});

Deno.test("ports and ssh need 2.3.672.0, shells less", () => {
  const at = (version: string, connection: "port" | "ssh" | "shell") =>
    short(runCheck(agentFeatures, agent(version), { connection, wantsMultiplexing: false }));
  assert.deepEqual(at("2.3.671.9", "port"), ["critical FEATURE_UNSUPPORTED"]);
  assert.deepEqual(at("2.3.672.0", "ssh"), ["ok FEATURES_OK"]);
  assert.deepEqual(at("2.3.68.0", "shell"), ["ok FEATURES_OK"]);
});
