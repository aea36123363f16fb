import assert from "node:assert/strict";
import { networkAcls } from "../../../src/diagnostics/checks/network_acls.ts";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import type { NetworkAclEntry } from "../../../src/diagnostics/facts/network.ts";
import { HEALTHY, runCheck } from "../../support/facts.ts";
import {
  acl,
  entry,
  EPHEMERAL_PORTS,
  FAR_ENDPOINTS,
  FAR_SUBNET,
  HTTPS_PORTS,
  NO_ENDPOINTS,
  OPEN_ACL,
  WITH_IGW,
  WITH_NAT,
  WITH_TRANSIT,
} from "./_network.ts";
import { findingOf, short } from "./_outcome.ts";

const PUBLIC = { ...NO_ENDPOINTS, ...WITH_IGW };
const allOut = entry(100, "egress", "allow");
const allIn = entry(100, "ingress", "allow");

/** The check's words on the instance's ACL, where the way leads to the internet. */
function judge(entries: readonly NetworkAclEntry[], changes: Parameters<typeof runCheck>[1] = {}) {
  return short(
    runCheck(networkAcls, { ...PUBLIC, networkAcls: known([acl(entries)]), ...changes }),
  );
}

/** The same on the ACL of the endpoints' subnet. */
function judgeFar(entries: readonly NetworkAclEntry[]) {
  const far = acl(entries, { networkAclId: "acl-far", subnetIds: [FAR_SUBNET] });
  return short(runCheck(networkAcls, { ...FAR_ENDPOINTS, networkAcls: known([OPEN_ACL, far]) }));
}

Deno.test("NA-1 the default ACL: ok", () => {
  assert.deepEqual(short(runCheck(networkAcls)), ["ok NACL_OK"]);
  assert.deepEqual(short(runCheck(networkAcls, PUBLIC)), ["ok NACL_OK"]);
  assert.deepEqual(short(runCheck(networkAcls, NO_ENDPOINTS)), ["ok NACL_OK"]);
  assert.deepEqual(short(runCheck(networkAcls, FAR_ENDPOINTS)), ["ok NACL_OK"]);
});

Deno.test("NA-2 443 out and nothing in: the answers are denied", () => {
  assert.deepEqual(judge([entry(100, "egress", "allow", HTTPS_PORTS)]), [
    "critical NACL_RETURN_BLOCKED",
  ]);
});

Deno.test("NA-3 the first rule that matches decides", () => {
  const deny = (number: number) => entry(number, "egress", "deny", HTTPS_PORTS);
  assert.deepEqual(judge([deny(90), allOut, allIn]), ["critical NACL_EGRESS_BLOCKED"]);
  assert.deepEqual(judge([allOut, deny(90), allIn]), ["critical NACL_EGRESS_BLOCKED"]);
  assert.deepEqual(judge([deny(110), allOut, allIn]), ["ok NACL_OK"]);
  const advice = findingOf(
    runCheck(networkAcls, { ...PUBLIC, networkAcls: known([acl([deny(90), allOut, allIn])]) }),
    "NACL_EGRESS_BLOCKED",
  ).remediation[0]!;
  assert.match(advice, /--egress --rule-number 89 .*From=443,To=443/);
});

Deno.test("NA-4 answers to a part of the ephemeral ports: a warning, small where Linux's are all in", () => {
  const answers = (from: number, to: number) => [
    allOut,
    entry(100, "ingress", "allow", { from, to }),
  ];
  const small = ["warning/low NACL_RETURN_PARTIAL"];
  const large = ["warning/high NACL_RETURN_PARTIAL"];
  assert.deepEqual(judge(answers(32768, 61000)), small);
  assert.deepEqual(judge(answers(32768, 60999)), small);
  assert.deepEqual(judge(answers(32769, 60999)), large);
  assert.deepEqual(judge(answers(32768, 60998)), large);
  assert.deepEqual(judge(answers(1024, 65535)), ["ok NACL_OK"]);
  assert.deepEqual(judge(answers(1025, 65535)), small);
  assert.deepEqual(judge(answers(1024, 65534)), small);
  assert.deepEqual(judge(answers(0, 1023)), ["critical NACL_RETURN_BLOCKED"]);
  const windows = known({ ...HEALTHY.instance, platform: "windows" as const });
  assert.deepEqual(judge(answers(32768, 60999), { instance: windows, ...WITH_NAT }), large);
  assert.deepEqual(judge(answers(32768, 60999), WITH_NAT), large);
});

Deno.test("NA-5 the endpoints' subnet denies 443 in or answers out: critical; in one's own it filters nothing", () => {
  const blocked = ["critical NACL_ENDPOINT_SUBNET"];
  assert.deepEqual(judgeFar([allOut, entry(90, "ingress", "deny", HTTPS_PORTS), allIn]), blocked);
  assert.deepEqual(judgeFar([allIn]), blocked);
  assert.deepEqual(
    judgeFar([allIn, entry(90, "egress", "deny", EPHEMERAL_PORTS), allOut]),
    blocked,
  );
  assert.deepEqual(
    judgeFar([allIn, entry(100, "egress", "allow", { from: 32768, to: 60999 })]),
    ["warning/low NACL_RETURN_PARTIAL"],
  );
  // From other addresses than the instance's it may deny what it likes.
  const others = { cidr: "10.0.3.0/24" };
  assert.deepEqual(
    judgeFar([allOut, entry(90, "ingress", "deny", HTTPS_PORTS, others), allIn]),
    ["ok NACL_OK"],
  );
  const own = acl([entry(100, "ingress", "deny"), entry(100, "egress", "deny")]);
  assert.deepEqual(short(runCheck(networkAcls, { networkAcls: known([own]) })), ["ok NACL_OK"]);
});

Deno.test("NA-6 UDP, ICMP and IPv6 rules say nothing about TCP over IPv4", () => {
  const others = (action: "allow" | "deny") =>
    (["egress", "ingress"] as const).flatMap((direction) => [
      entry(10, direction, action, undefined, { protocol: "17" }),
      entry(11, direction, action, undefined, { protocol: "1" }),
      entry(12, direction, action, undefined, { protocol: "58" }),
      entry(13, direction, action, undefined, { cidr: undefined, ipv6Cidr: "::/0" }),
    ]);
  assert.deepEqual(judge([...others("deny"), allOut, allIn]), ["ok NACL_OK"]);
  assert.deepEqual(judge(others("allow")), [
    "critical NACL_EGRESS_BLOCKED",
    "critical NACL_RETURN_BLOCKED",
  ]);
});

Deno.test("the instance's own ACL against endpoints in another subnet", () => {
  const own = (entries: readonly NetworkAclEntry[]) =>
    short(runCheck(networkAcls, {
      ...FAR_ENDPOINTS,
      networkAcls: known([
        acl(entries),
        { ...OPEN_ACL, networkAclId: "acl-far", subnetIds: [FAR_SUBNET] },
      ]),
    }));
  assert.deepEqual(own([entry(90, "egress", "deny", HTTPS_PORTS), allOut, allIn]), [
    "critical NACL_EGRESS_BLOCKED",
  ]);
  assert.deepEqual(own([allOut]), ["critical NACL_RETURN_BLOCKED"]);
  const toEndpoints = { cidr: "10.0.2.0/24" };
  assert.deepEqual(
    own([
      entry(100, "egress", "allow", HTTPS_PORTS, toEndpoints),
      entry(100, "ingress", "allow", EPHEMERAL_PORTS, toEndpoints),
    ]),
    ["ok NACL_OK"],
  );
});

Deno.test("NACL_EGRESS_PARTIAL: 443 out to a part of the internet", () => {
  const part = entry(100, "egress", "allow", HTTPS_PORTS, { cidr: "52.0.0.0/8" });
  assert.deepEqual(judge([part, allIn]), ["warning/high NACL_EGRESS_PARTIAL"]);
  // What is denied to private addresses is not denied to the internet.
  const local = entry(90, "egress", "deny", HTTPS_PORTS, { cidr: "192.168.0.0/16" });
  assert.deepEqual(judge([local, allOut, allIn]), ["ok NACL_OK"]);
  assert.deepEqual(judge([local, allOut, allIn], WITH_TRANSIT), [
    "warning/high NACL_EGRESS_PARTIAL",
  ]);
});

Deno.test("NACL_NOT_VISIBLE: what may not be read, or is not shown, is unknown", () => {
  const needs = (changes: Parameters<typeof runCheck>[1]) => {
    const outcome = runCheck(networkAcls, changes);
    assert.deepEqual(short(outcome), ["unknown NACL_NOT_VISIBLE (access_denied)"]);
    return outcome.findings[0]!.needs;
  };
  assert.deepEqual(needs({ networkAcls: denied("ec2:DescribeNetworkAcls") }), [
    "ec2:DescribeNetworkAcls",
  ]);
  assert.deepEqual(needs({ vpcEndpoints: denied("ec2:DescribeVpcEndpoints") }), [
    "ec2:DescribeVpcEndpoints",
  ]);
  const hidden = runCheck(networkAcls, { ...PUBLIC, networkAcls: known([]) });
  assert.deepEqual(short(hidden), ["unknown NACL_NOT_VISIBLE (not_visible)"]);
});
