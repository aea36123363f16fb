import assert from "node:assert/strict";
import { vpcEndpoints } from "../../../src/diagnostics/checks/vpc_endpoints.ts";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import type { VpcEndpoint } from "../../../src/diagnostics/facts/network.ts";
import type { PreferencesDocument } from "../../../src/diagnostics/facts/session.ts";
import { REGIONS_WITHOUT_EC2MESSAGES } from "../../../src/diagnostics/network/services.ts";
import { HEALTHY, REGION, runCheck } from "../../support/facts.ts";
import {
  endpoints,
  IGW,
  MESSAGES,
  NO_ENDPOINTS,
  route,
  SSM,
  ways,
  WITH_IGW,
  WITH_NAT,
  WITH_TRANSIT,
} from "./_network.ts";
import { coverage, findingOf, short } from "./_outcome.ts";

const endpointOf = (service: string, changes: Partial<VpcEndpoint> = {}): VpcEndpoint => ({
  ...SSM,
  endpointId: `vpce-${service}`,
  serviceName: `com.amazonaws.${REGION}.${service}`,
  ...changes,
});

Deno.test("VE-1 endpoints for ssm and ssmmessages in a private VPC: ok, nothing on ec2messages", () => {
  const outcome = runCheck(vpcEndpoints);
  assert.deepEqual(short(outcome), ["ok VPCE_OK"]);
  assert.equal(coverage(outcome), 1);
  // An agent whose version nobody knows may be an old one: worth an info, never more.
  const unknownAgent = runCheck(vpcEndpoints, { node: denied("ssm:DescribeInstanceInformation") });
  assert.deepEqual(short(unknownAgent), ["ok VPCE_OK", "+ ok VPCE_OPTIONAL_MISSING"]);
});

Deno.test("VE-2 ssmmessages missing: critical, and explains Online but not connected", () => {
  const outcome = runCheck(vpcEndpoints, endpoints(SSM));
  assert.deepEqual(short(outcome), ["critical VPCE_PARTIAL"]);
  assert.match(
    outcome.findings[0]!.message,
    /no endpoint for ssmmessages.*Online but not connected/,
  );
  assert.deepEqual(outcome.findings[0]!.fixIds, ["create_endpoint"]);
  assert.deepEqual(outcome.findings[0]!.evidence["services"], ["ssmmessages"]);
  const other = runCheck(vpcEndpoints, endpoints(MESSAGES));
  assert.doesNotMatch(other.findings[0]!.message, /Online/);
});

Deno.test("VE-3 private DNS without DNS hostnames: critical, a warning where another way leads out", () => {
  const vpcDns = known({ enableDnsSupport: true, enableDnsHostnames: false });
  const outcome = runCheck(vpcEndpoints, { vpcDns });
  assert.deepEqual(short(outcome), ["critical VPC_DNS_HOSTNAMES_OFF"]);
  assert.deepEqual(outcome.findings[0]!.fixIds, ["enable_dns_attributes"]);
  assert.deepEqual(short(runCheck(vpcEndpoints, { vpcDns, ...WITH_NAT })), [
    "ok VPCE_NOT_REQUIRED",
    "warning/medium VPC_DNS_HOSTNAMES_OFF",
  ]);
  assert.deepEqual(short(runCheck(vpcEndpoints, { vpcDns, ...NO_ENDPOINTS, ...WITH_NAT })), [
    "ok VPCE_NOT_REQUIRED",
  ]);
});

Deno.test("VPC_DNS_SUPPORT_OFF: critical where endpoints are the only way, else a warning", () => {
  const vpcDns = known({ enableDnsSupport: false, enableDnsHostnames: true });
  assert.deepEqual(short(runCheck(vpcEndpoints, { vpcDns })), ["critical VPC_DNS_SUPPORT_OFF"]);
  assert.deepEqual(short(runCheck(vpcEndpoints, { vpcDns, ...NO_ENDPOINTS, ...WITH_NAT })), [
    "ok VPCE_NOT_REQUIRED",
    "warning/high VPC_DNS_SUPPORT_OFF",
  ]);
});

Deno.test("VE-4 private DNS switched off: critical without a way out, a small warning with NAT", () => {
  const changes = endpoints({ ...SSM, privateDnsEnabled: false }, MESSAGES);
  const outcome = runCheck(vpcEndpoints, changes);
  assert.deepEqual(short(outcome), ["critical VPCE_PRIVATE_DNS_OFF"]);
  assert.deepEqual(outcome.findings[0]!.fixIds, ["enable_private_dns"]);
  assert.deepEqual(short(runCheck(vpcEndpoints, { ...changes, ...WITH_NAT })), [
    "ok VPCE_NOT_REQUIRED",
    "warning/low VPCE_PRIVATE_DNS_OFF",
  ]);
});

Deno.test("VE-5 a deleted endpoint that is still listed counts as missing", () => {
  const deleted = { ...MESSAGES, state: "deleted" };
  assert.deepEqual(short(runCheck(vpcEndpoints, endpoints(SSM, deleted))), [
    "critical VPCE_PARTIAL",
  ]);
  assert.deepEqual(
    short(runCheck(vpcEndpoints, endpoints({ ...SSM, state: "deleting" }, deleted))),
    ["critical VPCE_MISSING", "critical VPCE_MISSING"],
  );
});

Deno.test("VE-6 no endpoints and a way to the internet: they are not required", () => {
  for (const way of [WITH_IGW, WITH_NAT]) {
    assert.deepEqual(short(runCheck(vpcEndpoints, { ...NO_ENDPOINTS, ...way })), [
      "ok VPCE_NOT_REQUIRED",
    ]);
  }
});

Deno.test("VE-7 no endpoints behind a transit gateway: unknown, not critical", () => {
  const outcome = runCheck(vpcEndpoints, { ...NO_ENDPOINTS, ...WITH_TRANSIT });
  assert.deepEqual(short(outcome), ["unknown VPCE_PATH_NOT_VISIBLE (not_visible)"]);
});

Deno.test("VE-8 name servers of one's own and endpoints: a warning", () => {
  const dhcpOptions = known({ dhcpOptionsId: "dopt-1", domainNameServers: ["10.0.0.2"] });
  assert.deepEqual(short(runCheck(vpcEndpoints, { dhcpOptions })), [
    "ok VPCE_OK",
    "warning/medium VPCE_CUSTOM_DNS",
  ]);
  assert.deepEqual(short(runCheck(vpcEndpoints, { dhcpOptions, ...NO_ENDPOINTS, ...WITH_NAT })), [
    "ok VPCE_NOT_REQUIRED",
  ]);
});

Deno.test("VE-9 endpoints that may not be seen: unknown with the permission", () => {
  const outcome = runCheck(vpcEndpoints, { vpcEndpoints: denied("ec2:DescribeVpcEndpoints") });
  assert.deepEqual(short(outcome), ["unknown VPCE_NOT_VISIBLE (access_denied)"]);
  assert.deepEqual(outcome.findings[0]!.needs, ["ec2:DescribeVpcEndpoints"]);
});

Deno.test("VE-10 the one that matters among 120 endpoints is found", () => {
  const others = Array.from({ length: 118 }, (_, index) => endpointOf(`other${index}`));
  assert.deepEqual(short(runCheck(vpcEndpoints, endpoints(SSM, ...others, MESSAGES))), [
    "ok VPCE_OK",
  ]);
});

Deno.test("VE-11 neither a gateway endpoint nor a name that ends alike stands for ssm", () => {
  const gateway = { ...SSM, type: "gateway", privateDnsEnabled: false, interfaceIds: [] };
  const alike = ["s3", "notssm", "ssm-contacts", "ssm.fake", "x.ssm"].map((name) =>
    endpointOf(name)
  );
  const elsewhere = { ...SSM, serviceName: "com.amazonaws.eu-west-1.ssm" };
  const outcome = runCheck(vpcEndpoints, endpoints(gateway, elsewhere, ...alike, MESSAGES));
  assert.deepEqual(short(outcome), ["critical VPCE_PARTIAL"]);
  const china = runCheck(
    vpcEndpoints,
    endpoints(
      { ...SSM, serviceName: "cn.com.amazonaws.cn-north-1.ssm" },
      { ...MESSAGES, serviceName: "com.amazonaws.cn-north-1.ssmmessages" },
    ),
    { region: "cn-north-1", partition: "aws-cn" },
  );
  assert.deepEqual(short(china), ["ok VPCE_OK"]);
});

Deno.test("VPCE_NOT_AVAILABLE: pending is a warning, what failed counts as missing", () => {
  const withState = (state: string) => endpoints(SSM, { ...MESSAGES, state, lastError: "quota" });
  const judge = (state: string, way = {}) =>
    short(runCheck(vpcEndpoints, { ...withState(state), ...way }));
  assert.deepEqual(judge("pending"), ["warning/medium VPCE_NOT_AVAILABLE"]);
  for (const state of ["pendingacceptance", "rejected", "failed", "expired", "partial"]) {
    assert.deepEqual(judge(state), ["critical VPCE_NOT_AVAILABLE"], state);
  }
  assert.deepEqual(judge("failed", WITH_NAT), ["ok VPCE_NOT_REQUIRED", "+ ok VPCE_NOT_AVAILABLE"]);
  assert.match(
    runCheck(vpcEndpoints, withState("failed")).findings[0]!.message,
    /vpce-0a000000000000002 for ssmmessages is failed: quota/,
  );
  const bare = endpoints(SSM, { ...MESSAGES, interfaceIds: [] });
  assert.deepEqual(short(runCheck(vpcEndpoints, bare)), ["critical VPCE_NOT_AVAILABLE"]);
  // The enumeration of EC2's model is written with a capital.
  const capital = endpoints({ ...SSM, state: "Available", type: "Interface" }, MESSAGES);
  assert.deepEqual(short(runCheck(vpcEndpoints, capital)), ["ok VPCE_OK"]);
});

Deno.test("VPCE_MISSING follows from the route that was meant to lead out", () => {
  const outcome = runCheck(vpcEndpoints, {
    ...NO_ENDPOINTS,
    ...ways({ routes: [route("0.0.0.0/0", IGW)] }),
  });
  assert.deepEqual(outcome.findings.map(({ follows }) => follows), [
    [`routing.ROUTE_IGW_NO_PUBLIC_IP#${IGW}`],
    [`routing.ROUTE_IGW_NO_PUBLIC_IP#${IGW}`],
  ]);
  assert.deepEqual(runCheck(vpcEndpoints, NO_ENDPOINTS).findings[0]!.follows, []);
});

Deno.test("VPCE_OTHER_AZ: no interface in the instance's zone", () => {
  const outcome = runCheck(vpcEndpoints, {
    ...endpoints(SSM, { ...MESSAGES, subnetIds: ["subnet-far"] }),
    endpointInterfaces: known(HEALTHY.endpointInterfaces.map((each, index) => ({
      ...each,
      availabilityZone: index === 0 ? each.availabilityZone : "us-east-1b",
    }))),
  });
  assert.deepEqual(short(outcome), ["ok VPCE_OK", "+ warning/low VPCE_OTHER_AZ"]);
  const unseen = runCheck(vpcEndpoints, {
    endpointInterfaces: denied("ec2:DescribeNetworkInterfaces"),
    subnets: denied("ec2:DescribeSubnets"),
  });
  assert.deepEqual(short(unseen), ["ok VPCE_OK", "+ unknown VPCE_NOT_VISIBLE (access_denied)"]);
});

Deno.test("VPCE_POLICY_RESTRICTIVE: a clear no is critical, a conditional yes a warning", () => {
  const judge = (statement: unknown) => {
    const policyText = typeof statement === "string"
      ? statement
      : JSON.stringify({ Statement: statement });
    return short(runCheck(vpcEndpoints, endpoints(SSM, { ...MESSAGES, policyText })));
  };
  const allow = { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" };
  const yes = ["ok VPCE_OK"];
  const maybe = ["ok VPCE_OK", "warning/high VPCE_POLICY_RESTRICTIVE"];
  const no = ["ok VPCE_OK", "critical VPCE_POLICY_RESTRICTIVE"];
  assert.deepEqual(judge([allow]), yes);
  assert.deepEqual(judge({ ...allow, Principal: { AWS: "*" }, Action: ["ssmmessages:*"] }), yes);
  assert.deepEqual(judge([{ ...allow, Action: "ssm:*" }]), no);
  assert.deepEqual(
    judge([allow, { ...allow, Effect: "Deny", Action: "ssmmessages:OpenDataChannel" }]),
    no,
  );
  const condition = { StringEquals: { "aws:PrincipalOrgID": "o-1" } };
  assert.deepEqual(judge([{ ...allow, Condition: condition }]), maybe);
  assert.deepEqual(judge([allow, { ...allow, Effect: "Deny", Condition: condition }]), maybe);
  assert.deepEqual(judge([{ ...allow, Principal: { AWS: "arn:aws:iam::1:root" } }]), maybe);
  assert.deepEqual(judge([{ ...allow, Resource: "arn:aws:ssm:*" }]), maybe);
  assert.deepEqual(judge("no policy at all"), maybe);
});

Deno.test("VPCE_OPTIONAL_MISSING: ec2messages by agent and Region, kms, logs and s3 by preferences", () => {
  const node = (agentVersion: string) => ({ node: known({ ...HEALTHY.node, agentVersion }) });
  assert.deepEqual(short(runCheck(vpcEndpoints, node("3.3.39.0"))), [
    "ok VPCE_OK",
    "+ warning/medium VPCE_OPTIONAL_MISSING",
  ]);
  assert.deepEqual(short(runCheck(vpcEndpoints, node("3.3.40.0"))), ["ok VPCE_OK"]);
  const withoutService = known([`com.amazonaws.${REGION}.ssm`]);
  assert.deepEqual(
    short(runCheck(vpcEndpoints, { ...node("3.1.0.0"), endpointServices: withoutService })),
    ["ok VPCE_OK"],
  );
  const region = REGIONS_WITHOUT_EC2MESSAGES[0]!;
  const there = [SSM, MESSAGES].map((endpoint) => ({
    ...endpoint,
    serviceName: endpoint.serviceName.replace(REGION, region),
  }));
  const young = {
    ...endpoints(...there),
    ...node("3.1.0.0"),
    endpointServices: denied("ec2:DescribeVpcEndpointServices"),
  };
  assert.deepEqual(short(runCheck(vpcEndpoints, young, { region })), ["ok VPCE_OK"]);

  const preferences = known<PreferencesDocument>({
    exists: true,
    version: "1",
    preferences: {
      idleTimeoutMin: undefined,
      maxDurationMin: undefined,
      invalid: {},
      kmsKeyId: "alias/session",
      runAsEnabled: false,
      runAsDefaultUser: undefined,
      s3BucketName: "logs",
      s3EncryptionEnabled: true,
      cloudWatchLogGroupName: "sessions",
      cloudWatchEncryptionEnabled: true,
      cloudWatchStreamingEnabled: true,
    },
  });
  const shell = runCheck(vpcEndpoints, { preferences }, { connection: "shell" });
  assert.deepEqual(short(shell), [
    "ok VPCE_OK",
    "+ warning/high VPCE_OPTIONAL_MISSING",
    "+ warning/high VPCE_OPTIONAL_MISSING",
    "+ warning/medium VPCE_OPTIONAL_MISSING",
  ]);
  assert.deepEqual(short(runCheck(vpcEndpoints, { preferences })), ["ok VPCE_OK"]);
  assert.deepEqual(
    short(runCheck(vpcEndpoints, { preferences, ...WITH_NAT }, { connection: "shell" })),
    ["ok VPCE_OK"],
  );
  const s3 = endpointOf("s3", { type: "gateway", routeTableIds: ["rtb-0a000000000000001"] });
  const served = {
    ...endpoints(SSM, MESSAGES, s3, endpointOf("kms"), endpointOf("logs")),
    preferences,
  };
  assert.deepEqual(short(runCheck(vpcEndpoints, served, { connection: "shell" })), ["ok VPCE_OK"]);
  const elsewhere = endpoints(SSM, MESSAGES, { ...s3, routeTableIds: ["rtb-other"] });
  assert.equal(
    runCheck(vpcEndpoints, { ...elsewhere, preferences }, { connection: "shell" }).findings.length,
    4,
  );
});

Deno.test("what a private endpoint hangs on and is not seen makes it unknown, not ok", () => {
  const dns = runCheck(vpcEndpoints, { vpcDns: denied("ec2:DescribeVpcAttribute") });
  assert.deepEqual(short(dns), ["unknown VPCE_NOT_VISIBLE (access_denied)"]);
  assert.deepEqual(findingOf(dns, "VPCE_NOT_VISIBLE").needs, ["ec2:DescribeVpcAttribute"]);
  const routes = runCheck(vpcEndpoints, {
    ...NO_ENDPOINTS,
    routeTables: denied("ec2:DescribeRouteTables"),
  });
  assert.deepEqual(short(routes), ["unknown VPCE_PATH_NOT_VISIBLE (access_denied)"]);
  const options = runCheck(vpcEndpoints, { dhcpOptions: denied("ec2:DescribeDhcpOptions") });
  assert.deepEqual(short(options), ["ok VPCE_OK", "+ unknown VPCE_NOT_VISIBLE (access_denied)"]);
  assert.ok(coverage(options) < 1);
});
