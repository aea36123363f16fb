import assert from "node:assert/strict";
import { networkConnectivity } from "../../../src/diagnostics/checks/network_connectivity.ts";
import { denied, failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { ClientProbe, ProbeOutcome } from "../../../src/diagnostics/facts/local.ts";
import { SLOW_MS } from "../../../src/diagnostics/network/client_findings.ts";
import { ENDPOINT_GROUP, HEALTHY, INSTANCE_ID, runCheck } from "../../support/facts.ts";
import {
  acl,
  endpoints,
  entry,
  FAR_ENDPOINTS,
  groups,
  MESSAGES,
  NO_ENDPOINTS,
  OPEN_ACL,
  rule,
  SSM,
  WITH_NAT,
  WITH_TRANSIT,
} from "./_network.ts";
import { findingOf, short } from "./_outcome.ts";

type Service = ClientProbe["service"];
type Stage = Extract<ProbeOutcome, { reached: false }>["stage"];

/** The healthy probes, with changes to those of some services. */
function probes(changes: Partial<Record<Service, Partial<ClientProbe>>>) {
  return {
    clientProbes: known(
      HEALTHY.clientProbes.map((probe): ClientProbe => ({ ...probe, ...changes[probe.service] })),
    ),
  };
}

function missed(stage: Stage): Partial<ClientProbe> {
  return { outcome: { reached: false, stage, detail: `${stage} failed` } };
}

/** What the half of this computer says. */
function judgeClient(changes: Parameters<typeof probes>[0]): string[] {
  return short(runCheck(networkConnectivity, probes(changes))).filter((line) =>
    line.includes(" CLIENT_")
  );
}

/** What the half of the instance says. */
function path(changes: Parameters<typeof runCheck>[1], parameters = {}) {
  const { findings } = runCheck(networkConnectivity, changes, parameters);
  return findings.find(({ code }) => code.startsWith("PATH_"))!;
}

function blockers(changes: Parameters<typeof runCheck>[1]) {
  const finding = path(changes);
  assert.equal(finding.code, "PATH_BLOCKED");
  const list = finding.evidence["blockers"] as {
    service: string;
    code: string;
    resources: string[];
  }[];
  return list;
}

Deno.test("NC-1 everything is reached: ok, with latencies", () => {
  const outcome = runCheck(networkConnectivity);
  assert.deepEqual(short(outcome), ["ok CLIENT_OK", "ok PATH_OPEN"]);
  const latency = findingOf(outcome, "CLIENT_OK").evidence["latency_ms"] as Record<string, number>;
  assert.equal(latency["ssm.us-east-1.amazonaws.com"], 50);
});

Deno.test("NC-2 ssmmessages alone is refused: sessions start and then hang", () => {
  for (const stage of ["dns", "tcp", "tls", "timeout"] as const) {
    assert.deepEqual(judgeClient({ ssmmessages: missed(stage) }), [
      "critical CLIENT_SSMMESSAGES_BLOCKED",
    ]);
  }
});

Deno.test("a probe of ssmmessages without any other to compare with is a blocked port", () => {
  const [, , messages] = HEALTHY.clientProbes;
  const probe: ClientProbe = { ...messages!, ...missed("tcp") };
  const clientProbes = known([probe]);
  assert.deepEqual(short(runCheck(networkConnectivity, { clientProbes })), [
    "critical CLIENT_TCP_BLOCKED",
    "ok PATH_OPEN",
  ]);
});

Deno.test("NC-4 no route and no endpoints: blocked by two missing endpoints", () => {
  assert.deepEqual(blockers(NO_ENDPOINTS).map(({ service, code }) => [service, code]), [
    ["ssm", "VPCE_MISSING"],
    ["ssmmessages", "VPCE_MISSING"],
  ]);
  assert.deepEqual(path(NO_ENDPOINTS).follows, [
    "vpc_endpoints.VPCE_MISSING#com.amazonaws.us-east-1.ssm",
    "vpc_endpoints.VPCE_MISSING#com.amazonaws.us-east-1.ssmmessages",
  ]);
});

Deno.test("NC-5 an endpoint whose group refuses, and NAT: blocked, and the group is named", () => {
  const list = blockers({ ...WITH_NAT, ...groups({ ingress: [] }) });
  assert.deepEqual(list.map(({ code }) => code), Array(2).fill("SG_ENDPOINT_INGRESS_BLOCKED"));
  assert.ok(list.every(({ resources }) => resources.includes(ENDPOINT_GROUP)));
});

Deno.test("NC-6 groups that may not be read: the path is unknown, with the permission", () => {
  const finding = path({ securityGroups: denied("ec2:DescribeSecurityGroups") });
  assert.equal(finding.code, "PATH_NOT_VISIBLE");
  assert.equal(finding.status, "unknown");
  assert.equal(finding.reason, "access_denied");
  assert.deepEqual(finding.needs, ["ec2:DescribeSecurityGroups"]);
});

Deno.test("NC-7 probes that never ended: unknown for a timeout, and the path is judged all the same", () => {
  const clientProbes = failed("timeout", "connect to the endpoints", "no answer in 30 s");
  assert.deepEqual(short(runCheck(networkConnectivity, { clientProbes })), [
    "unknown CLIENT_NOT_PROBED (timeout)",
    "ok PATH_OPEN",
  ]);
});

Deno.test("where nothing was probed, nothing is said of this computer's way", () => {
  const nothing = { clientProbes: known([]) };
  assert.deepEqual(short(runCheck(networkConnectivity, nothing)), ["ok PATH_OPEN"]);
});

Deno.test("a name without an address, a closed port, a certificate nobody trusts: critical", () => {
  assert.deepEqual(judgeClient({ ec2: missed("dns") }), ["critical CLIENT_DNS_FAILED"]);
  assert.deepEqual(judgeClient({ ec2: missed("tcp") }), ["critical CLIENT_TCP_BLOCKED"]);
  assert.deepEqual(judgeClient({ ec2: missed("timeout") }), ["critical CLIENT_TCP_BLOCKED"]);
  assert.deepEqual(judgeClient({ ec2: missed("tls") }), ["critical CLIENT_TLS_INTERCEPTED"]);
  // With another service out of reach, ssmmessages is no case of its own.
  assert.deepEqual(judgeClient({ ssm: missed("tcp"), ssmmessages: missed("tcp") }), [
    "critical CLIENT_TCP_BLOCKED",
    "critical CLIENT_TCP_BLOCKED",
  ]);
});

Deno.test("CLIENT_PROBE_DENIED: what this program may not try is unknown, and the flag is named", () => {
  const outcome = runCheck(networkConnectivity, probes({ ssmmessages: missed("permission") }));
  const finding = findingOf(outcome, "CLIENT_PROBE_DENIED");
  assert.equal(finding.status, "unknown");
  assert.match(finding.remediation[0]!, /--allow-net=ssmmessages\.us-east-1\.amazonaws\.com:443/);
});

Deno.test("a private authority, a proxy, private addresses, slowness", () => {
  const fine = "ok CLIENT_OK";
  assert.deepEqual(judgeClient({ ssm: { isPrivateAuthority: true, issuer: "Corp CA" } }), [
    fine,
    "warning/medium CLIENT_TLS_INTERCEPTED",
  ]);
  assert.deepEqual(judgeClient({ ssm: { proxy: "http://proxy:3128" } }), [
    fine,
    "warning/low CLIENT_PROXY_IN_USE",
  ]);
  assert.deepEqual(judgeClient({ ssm: { addresses: ["10.0.1.51"] } }), [
    fine,
    "+ ok CLIENT_PRIVATE_RESOLUTION",
  ]);
  const slow = (totalMs: number) =>
    judgeClient({ ssm: { outcome: { reached: true, connectMs: totalMs - 100, tlsMs: 100 } } });
  assert.deepEqual(slow(SLOW_MS), [fine]);
  assert.deepEqual(slow(SLOW_MS + 1), [fine, "warning/low CLIENT_SLOW"]);
});

Deno.test("without an instance to ask about, the half of this computer stands alone", () => {
  const judge = (changes: Parameters<typeof runCheck>[1], parameters = {}) =>
    short(runCheck(networkConnectivity, changes, parameters));
  assert.deepEqual(judge({ instance: known(undefined) }), [
    "ok CLIENT_OK",
    "skipped PATH_NOT_VISIBLE (blocked_by)",
  ]);
  assert.deepEqual(judge({}, { isHybrid: true, instanceId: "mi-0123456789abcdef0" }), [
    "ok CLIENT_OK",
    "skipped PATH_NOT_VISIBLE (not_applicable)",
  ]);
  assert.deepEqual(judge({ instance: failed("auth_failed", "ec2:DescribeInstances", "expired") }), [
    "ok CLIENT_OK",
    "skipped PATH_NOT_VISIBLE (blocked_by)",
  ]);
  assert.deepEqual(judge({ instance: denied("ec2:DescribeInstances") }), [
    "ok CLIENT_OK",
    "unknown PATH_NOT_VISIBLE (access_denied)",
  ]);
});

Deno.test("the path goes to the endpoint first, to the internet second", () => {
  assert.equal(path({ ...NO_ENDPOINTS, ...WITH_NAT }).code, "PATH_OPEN");
  assert.equal(path({ ...NO_ENDPOINTS, ...WITH_TRANSIT }).code, "PATH_NOT_VISIBLE");
  // One over its endpoint, one over NAT.
  assert.equal(path({ ...endpoints(SSM), ...WITH_NAT }).code, "PATH_OPEN");
  assert.deepEqual(
    blockers({ ...NO_ENDPOINTS, ...WITH_TRANSIT, ...groups({ egress: [] }) })
      .map(({ code }) => code),
    ["SG_EGRESS_BLOCKED", "SG_EGRESS_BLOCKED"],
  );
  // An endpoint in the making is a warning of its own, and no way through.
  assert.deepEqual(
    blockers(endpoints(SSM, { ...MESSAGES, state: "pending" })).map(({ code }) => code),
    ["VPCE_NOT_AVAILABLE"],
  );
});

Deno.test("only what concerns a service blocks it", () => {
  const egress = [rule({ cidrs: ["10.0.1.51/32"] })];
  assert.deepEqual(blockers(groups({ egress })).map(({ service, code }) => [service, code]), [
    ["ssmmessages", "SG_EGRESS_BLOCKED"],
  ]);
  const closed = acl([entry(100, "egress", "allow")]);
  assert.deepEqual(
    blockers({
      ...FAR_ENDPOINTS,
      networkAcls: known([closed, {
        ...OPEN_ACL,
        networkAclId: "acl-far",
        subnetIds: ["subnet-0f000000000000001"],
      }]),
    })
      .map(({ code }) => code),
    ["NACL_RETURN_BLOCKED", "NACL_RETURN_BLOCKED"],
  );
});

Deno.test("a finding about the path names the instance and how it was found", () => {
  const finding = path({});
  assert.deepEqual(finding.resources, [{ type: "instance", id: INSTANCE_ID }]);
  assert.equal(finding.evidence["method"], "computed");
  assert.match(finding.message, /not measured/);
});
