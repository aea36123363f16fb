import assert from "node:assert/strict";
import { securityGroups } from "../../../src/diagnostics/checks/security_groups.ts";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import { ENDPOINT_GROUP, HEALTHY, INSTANCE_GROUP, runCheck } from "../../support/facts.ts";
import {
  endpoints,
  groups,
  MESSAGES,
  NO_ENDPOINTS,
  rule,
  SSM,
  WITH_IGW,
  WITH_NAT,
  WITH_TRANSIT,
} from "./_network.ts";
import { coverage, findingOf, short } from "./_outcome.ts";

const ALONE = { ...NO_ENDPOINTS, ...WITH_NAT };
const everyone = ["0.0.0.0/0"];
const [PRIMARY] = HEALTHY.instance.interfaces;

/** The check's words on egress rules, where the way leads to the internet. */
function judgeEgress(...egress: Parameters<typeof rule>[0][]): string[] {
  return short(runCheck(securityGroups, { ...ALONE, ...groups({ egress: egress.map(rule) }) }));
}

Deno.test("SG-1 everything out, no endpoints, NAT: ok", () => {
  assert.deepEqual(short(runCheck(securityGroups, ALONE)), ["ok SG_OK"]);
  assert.deepEqual(short(runCheck(securityGroups, { ...NO_ENDPOINTS, ...WITH_IGW })), ["ok SG_OK"]);
});

Deno.test("SG-2 nothing out: critical, whatever the way is", () => {
  for (const way of [ALONE, {}, NO_ENDPOINTS, { ...NO_ENDPOINTS, ...WITH_TRANSIT }]) {
    const outcome = runCheck(securityGroups, { ...way, ...groups({ egress: [] }) });
    assert.deepEqual(short(outcome), ["critical SG_EGRESS_BLOCKED"]);
    assert.deepEqual(outcome.findings[0]!.fixIds, ["add_instance_egress_443"]);
    assert.equal(outcome.findings[0]!.resources[0]!.id, INSTANCE_GROUP);
    for (const value of Object.values(outcome.findings[0]!.evidence)) {
      if (Array.isArray(value)) assert.equal(new Set(value).size, value.length, String(value));
    }
  }
});

Deno.test("SG-3 out to the endpoints' group alone, in from the instance's: ok", () => {
  const outcome = runCheck(
    securityGroups,
    groups({
      egress: [rule({ groupIds: [ENDPOINT_GROUP] })],
      ingress: [rule({ groupIds: [INSTANCE_GROUP] })],
    }),
  );
  assert.deepEqual(short(outcome), ["ok SG_OK"]);
});

Deno.test("SG-4 the trap: NAT works, but an endpoint with private DNS refuses: critical", () => {
  const outcome = runCheck(securityGroups, { ...WITH_NAT, ...groups({ ingress: [] }) });
  assert.deepEqual(short(outcome), [
    "critical SG_ENDPOINT_INGRESS_BLOCKED",
    "critical SG_ENDPOINT_INGRESS_BLOCKED",
  ]);
  assert.deepEqual(outcome.findings.map(({ resources }) => resources.map(({ id }) => id)), [
    [SSM.endpointId, ENDPOINT_GROUP],
    [MESSAGES.endpointId, ENDPOINT_GROUP],
  ]);
  assert.match(outcome.findings[0]!.message, /the way to the internet is not taken/);
  // One rule mends both: one cause.
  assert.deepEqual(outcome.findings.map(({ follows }) => follows), [
    [],
    [`security_groups.SG_ENDPOINT_INGRESS_BLOCKED#${SSM.endpointId}`],
  ]);
});

Deno.test("SG-5 ranges of ports and protocols", () => {
  const to = (from: number, last: number) => ({ ports: { from, to: last }, cidrs: everyone });
  const fine = ["ok SG_OK"];
  const blocked = ["critical SG_EGRESS_BLOCKED"];
  assert.deepEqual(judgeEgress(to(80, 500)), fine);
  assert.deepEqual(judgeEgress(to(443, 443)), fine);
  assert.deepEqual(judgeEgress(to(443, 444)), fine);
  assert.deepEqual(judgeEgress(to(442, 443)), fine);
  assert.deepEqual(judgeEgress(to(444, 65535)), blocked);
  assert.deepEqual(judgeEgress(to(0, 442)), blocked);
  assert.deepEqual(judgeEgress(to(8443, 8443)), blocked);
  assert.deepEqual(judgeEgress(to(0, 65535)), fine);
  assert.deepEqual(judgeEgress(to(0, 65536)), blocked);
  assert.deepEqual(judgeEgress(to(-1, -1)), fine);
  assert.deepEqual(judgeEgress({ ...to(443, 443), protocol: "udp" }), blocked);
  assert.deepEqual(judgeEgress({ ...to(443, 443), protocol: "17" }), blocked);
  assert.deepEqual(judgeEgress({ ...to(443, 443), protocol: "6" }), fine);
  assert.deepEqual(judgeEgress({ cidrs: everyone, protocol: "-1", ports: undefined! }), fine);
  // Any one rule suffices.
  assert.deepEqual(judgeEgress(to(8443, 8443), to(443, 443)), fine);
});

Deno.test("SG-6 out to a prefix list alone: blocked, unless it holds the target", () => {
  const changes = (cidrs: string[]) => ({
    ...groups({ egress: [rule({ prefixListIds: ["pl-s3"] })] }),
    prefixLists: known([{ prefixListId: "pl-s3", cidrs }]),
  });
  const s3 = changes(["52.216.0.0/15", "54.231.0.0/16"]);
  assert.deepEqual(short(runCheck(securityGroups, { ...ALONE, ...s3 })), [
    "critical SG_EGRESS_BLOCKED",
  ]);
  assert.deepEqual(short(runCheck(securityGroups, s3)), ["critical SG_EGRESS_BLOCKED"]);
  assert.deepEqual(short(runCheck(securityGroups, changes(["10.0.0.0/8"]))), ["ok SG_OK"]);
  assert.deepEqual(short(runCheck(securityGroups, { ...ALONE, ...changes(everyone) })), [
    "ok SG_OK",
  ]);
  const unread = runCheck(securityGroups, {
    ...s3,
    prefixLists: denied("ec2:GetManagedPrefixListEntries"),
  });
  assert.deepEqual(short(unread), ["unknown SG_NOT_VISIBLE (access_denied)"]);
  assert.deepEqual(unread.findings[0]!.needs, ["ec2:GetManagedPrefixListEntries"]);
});

Deno.test("SG-7 rules of IPv6 alone do not let IPv4 out", () => {
  assert.deepEqual(judgeEgress({ ipv6Cidrs: ["::/0"] }), ["critical SG_RULE_OTHER_FAMILY"]);
  assert.deepEqual(judgeEgress({ ipv6Cidrs: ["::/0"] }, { cidrs: everyone }), ["ok SG_OK"]);
  // And the other way round, where there is only IPv6.
  const instance = known({
    ...HEALTHY.instance,
    interfaces: [{ ...PRIMARY, privateIps: [], ipv6Addresses: ["2600:1f18::1"] }],
  });
  const only6 = (egress: Parameters<typeof rule>[0]) =>
    short(
      runCheck(securityGroups, {
        ...NO_ENDPOINTS,
        instance,
        ...groups({ egress: [rule(egress)] }),
      }),
    );
  assert.deepEqual(only6({ cidrs: everyone }), ["critical SG_RULE_OTHER_FAMILY"]);
  assert.deepEqual(only6({ ipv6Cidrs: ["::/0"] }), ["ok SG_OK"]);
});

Deno.test("SG-8 in from a block that does not hold the instance: critical; from one that does: ok", () => {
  const from = (cidr: string, privateIp: string) =>
    short(runCheck(securityGroups, {
      ...groups({ ingress: [rule({ cidrs: [cidr] })] }),
      instance: known({
        ...HEALTHY.instance,
        interfaces: [{ ...PRIMARY, privateIps: [privateIp] }],
      }),
    }));
  const blocked = Array(2).fill("critical SG_ENDPOINT_INGRESS_BLOCKED");
  assert.deepEqual(from("10.0.0.0/24", "172.31.0.4"), blocked);
  assert.deepEqual(from("172.31.0.0/20", "172.31.0.4"), ["ok SG_OK"]);
  assert.deepEqual(from("172.31.0.4/32", "172.31.0.4"), ["ok SG_OK"]);
  assert.deepEqual(from("10.0.0.0/24", "10.0.0.255"), ["ok SG_OK"]);
  assert.deepEqual(from("10.0.0.0/24", "10.0.1.0"), blocked);
});

Deno.test("SG-9 a group that EC2 does not show: unknown, unless the other one already allows", () => {
  const instance = known({
    ...HEALTHY.instance,
    interfaces: [{ ...PRIMARY, groupIds: [INSTANCE_GROUP, "sg-hidden"] }],
  });
  const allowed = runCheck(securityGroups, { instance });
  assert.deepEqual(short(allowed), ["ok SG_OK", "+ unknown SG_NOT_VISIBLE (not_visible)"]);
  assert.ok(coverage(allowed) < 1);
  const refused = runCheck(securityGroups, { instance, ...groups({ egress: [] }) });
  assert.deepEqual(short(refused), ["unknown SG_NOT_VISIBLE (not_visible)"]);
  assert.match(refused.findings[0]!.message, /sg-hidden/);
});

Deno.test("SG_EGRESS_RESTRICTED: some addresses of the internet only", () => {
  assert.deepEqual(judgeEgress({ cidrs: ["52.0.0.0/8"] }), ["warning/high SG_EGRESS_RESTRICTED"]);
  // Private blocks are no part of the internet; two halves are all of it.
  assert.deepEqual(judgeEgress({ cidrs: ["10.0.0.0/8"] }), ["critical SG_EGRESS_BLOCKED"]);
  assert.deepEqual(judgeEgress({ cidrs: ["0.0.0.0/1"] }, { cidrs: ["128.0.0.0/1"] }), ["ok SG_OK"]);
  // Behind a transit gateway, a private block or a group may be a shared VPC's endpoint.
  for (const peer of [{ cidrs: ["10.0.0.0/8"] }, { groupIds: ["sg-peer"] }]) {
    assert.deepEqual(
      short(runCheck(securityGroups, {
        ...NO_ENDPOINTS,
        ...WITH_TRANSIT,
        ...groups({ egress: [rule(peer)] }),
      })),
      ["warning/high SG_EGRESS_RESTRICTED"],
    );
  }
});

Deno.test("SG_ENDPOINT_PARTIAL: some interfaces of an endpoint, not all", () => {
  const outcome = runCheck(securityGroups, {
    ...endpoints(SSM, { ...MESSAGES, interfaceIds: [...MESSAGES.interfaceIds, "eni-3"] }),
    endpointInterfaces: known([
      ...HEALTHY.endpointInterfaces,
      { ...HEALTHY.endpointInterfaces[0], interfaceId: "eni-3", privateIps: ["10.0.1.200"] },
    ]),
    ...groups({ egress: [rule({ cidrs: ["10.0.1.0/25"] })] }),
  });
  assert.deepEqual(short(outcome), ["warning/high SG_ENDPOINT_PARTIAL"]);
  assert.deepEqual(outcome.findings[0]!.evidence["services"], ["ssmmessages"]);
});

Deno.test("an endpoint's interface of another zone is not judged where the own zone has one", () => {
  const outcome = runCheck(securityGroups, {
    ...endpoints(SSM, { ...MESSAGES, interfaceIds: [...MESSAGES.interfaceIds, "eni-3"] }),
    endpointInterfaces: known([...HEALTHY.endpointInterfaces, {
      ...HEALTHY.endpointInterfaces[0],
      interfaceId: "eni-3",
      availabilityZone: "us-east-1b",
      privateIps: ["10.0.9.9"],
    }]),
    ...groups({ egress: [rule({ cidrs: ["10.0.1.0/24"] })] }),
  });
  assert.deepEqual(short(outcome), ["ok SG_OK"]);
});

Deno.test("an endpoint's address outside its subnet stands for the whole subnet", () => {
  const endpointInterfaces = known(
    HEALTHY.endpointInterfaces.map((each) => ({ ...each, privateIps: ["192.168.7.7"] })),
  );
  const to = (cidr: string) =>
    short(runCheck(securityGroups, {
      endpointInterfaces,
      ...groups({ egress: [rule({ cidrs: [cidr] })] }),
    }));
  assert.deepEqual(to("10.0.1.0/24"), ["ok SG_OK"]);
  assert.deepEqual(to("10.0.1.0/25"), ["critical SG_EGRESS_BLOCKED"]);
  assert.deepEqual(to("192.168.7.7/32"), ["critical SG_EGRESS_BLOCKED"]);
});

Deno.test("SG_MULTI_ENI: another interface with other rules is worth an info", () => {
  const instance = known({
    ...HEALTHY.instance,
    interfaces: [PRIMARY, { ...PRIMARY, id: "eni-2", deviceIndex: 1, groupIds: [ENDPOINT_GROUP] }],
  });
  assert.deepEqual(short(runCheck(securityGroups, { instance })), [
    "ok SG_OK",
    "+ ok SG_MULTI_ENI",
  ]);
});

Deno.test("SG_INBOUND_OPEN: ports for logins open to anybody", () => {
  const judge = (own: Parameters<typeof rule>[0]) =>
    short(runCheck(securityGroups, groups({ own: [rule(own)] })));
  const open = ["ok SG_OK", "+ warning/low SG_INBOUND_OPEN"];
  assert.deepEqual(judge({ ports: { from: 22, to: 22 }, cidrs: everyone }), open);
  assert.deepEqual(judge({ ports: { from: 3389, to: 3389 }, ipv6Cidrs: ["::/0"] }), open);
  assert.deepEqual(judge({ ports: { from: 22, to: 22 }, cidrs: ["10.0.0.0/8"] }), ["ok SG_OK"]);
  assert.deepEqual(judge({ ports: { from: 23, to: 3388 }, cidrs: everyone }), ["ok SG_OK"]);
});

Deno.test("without anything to reach, rules that let something out are neither right nor wrong", () => {
  const outcome = runCheck(securityGroups, {
    ...NO_ENDPOINTS,
    ...groups({ egress: [rule({ cidrs: ["10.0.0.0/16"] })] }),
  });
  assert.deepEqual(short(outcome), ["skipped SG_SKIPPED (not_applicable)"]);
  assert.deepEqual(short(runCheck(securityGroups, NO_ENDPOINTS)), ["ok SG_OK"]);
});

Deno.test("SG_NOT_VISIBLE: what may not be read is unknown with its permission", () => {
  const needs = (changes: Parameters<typeof runCheck>[1]) => {
    const outcome = runCheck(securityGroups, changes);
    assert.deepEqual(short(outcome), ["unknown SG_NOT_VISIBLE (access_denied)"]);
    return findingOf(outcome, "SG_NOT_VISIBLE").needs;
  };
  assert.deepEqual(needs({ securityGroups: denied("ec2:DescribeSecurityGroups") }), [
    "ec2:DescribeSecurityGroups",
  ]);
  assert.deepEqual(needs({ vpcEndpoints: denied("ec2:DescribeVpcEndpoints") }), [
    "ec2:DescribeVpcEndpoints",
  ]);
  assert.deepEqual(needs({ vpcDns: denied("ec2:DescribeVpcAttribute") }), [
    "ec2:DescribeVpcAttribute",
  ]);
  assert.deepEqual(needs({ instance: denied("ec2:DescribeInstances") }), ["ec2:DescribeInstances"]);
  assert.deepEqual(
    needs({
      endpointInterfaces: denied("ec2:DescribeNetworkInterfaces"),
      subnets: denied("ec2:DescribeSubnets"),
      ...groups({ egress: [rule({ cidrs: ["10.0.1.51/32"] })] }),
    }),
    ["ec2:DescribeNetworkInterfaces"],
  );
});
