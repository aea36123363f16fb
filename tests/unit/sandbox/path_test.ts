import assert from "node:assert/strict";
import { Cloud } from "../../../src/sandbox/cloud/cloud.ts";
import { addressAt, containsBlock, parseBlock } from "../../../src/sandbox/cloud/cidr.ts";
import type { Instance } from "../../../src/sandbox/cloud/instance.ts";
import { wayTo } from "../../../src/sandbox/cloud/path.ts";
import {
  aclEntry,
  addRule,
  clearRules,
  type NetworkBuilder,
} from "../../../src/sandbox/scenarios/network_builder.ts";
import { type InstanceOptions, Seeder } from "../../../src/sandbox/scenarios/seeder.ts";

function place(
  build: (network: NetworkBuilder) => void,
  options: InstanceOptions = {},
): { instance: Instance; network: NetworkBuilder; isOpen: () => boolean } {
  const cloud = new Cloud(0);
  const seeder = new Seeder(cloud, {
    region: "us-east-1",
    nowMs: 0,
    scenario: "test",
    number: 7,
  });
  const network = seeder.network();
  build(network);
  const instance = seeder.instance(network, options);
  const region = cloud.region("us-east-1");
  return { instance, network, isOpen: () => wayTo(region, instance, "ssm").isOpen };
}

const HTTPS = { from: 443, to: 443 };
const PUBLIC = { publicIp: "198.51.100.7" };

for (
  const [what, build, isOpen, options] of [
    ["nothing at all", () => {}, false],
    ["an endpoint", (n) => n.addEndpoints(), true],
    ["an endpoint of another service", (n) => n.addEndpoint("ssmmessages"), false],
    ["an endpoint that is pending", (n) => n.addEndpoints({ state: "pending" }), false],
    ["an endpoint without private DNS", (n) => n.addEndpoints({ privateDns: false }), false],
    ["one without private DNS, and NAT", (n) => {
      n.addEndpoints({ privateDns: false });
      n.addNat();
    }, true],
    ["NAT", (n) => void n.addNat(), true],
    ["NAT that is pending", (n) => void n.addNat({ state: "pending" }), false],
    ["NAT that is deleted", (n) => void n.addNat({ state: "deleted" }), false],
    ["NAT in a private subnet", (n) => void n.addNat({ isPublicSubnet: false }), false],
    ["an internet gateway, and an address", (n) => n.route(n.addInternetGateway()), true, PUBLIC],
    ["an internet gateway, and no address", (n) => n.route(n.addInternetGateway()), false],
    [
      "a detached internet gateway",
      (n) => n.route(n.addInternetGateway({ isAttached: false })),
      false,
      PUBLIC,
    ],
    ["a more specific route that is broken", (n) => {
      n.addNat();
      n.route("nat-0a5b0cfffffffffff", "3.224.0.0/12");
    }, false],
    ["a more specific route elsewhere that is broken", (n) => {
      n.addNat();
      n.route("nat-0a5b0cfffffffffff", "52.0.0.0/8");
    }, true],
    ["a group that lets nothing out", (n) => {
      n.addNat();
      clearRules(n.group, "out");
    }, false],
    ["a group that lets out only HTTPS", (n) => {
      n.addNat();
      clearRules(n.group, "out");
      addRule(n.group, { isEgress: true, peer: { cidr: "0.0.0.0/0" }, ports: HTTPS });
    }, true],
    ["a group that lets out only SSH", (n) => {
      n.addNat();
      clearRules(n.group, "out");
      const ports = { from: 22, to: 22 };
      addRule(n.group, { isEgress: true, peer: { cidr: "0.0.0.0/0" }, ports });
    }, false],
    ["a group that lets out to the endpoints' group", (n) => {
      n.addEndpoints();
      clearRules(n.group, "out");
      const peer = { groupId: n.endpointGroup.groupId };
      addRule(n.group, { isEgress: true, peer, ports: HTTPS });
    }, true],
    ["a group that lets out to the list of S3 alone", (n) => {
      n.addNat();
      clearRules(n.group, "out");
      const [list] = n.region.prefixLists.keys();
      addRule(n.group, { isEgress: true, peer: { prefixListId: list! }, ports: HTTPS });
    }, false],
    ["an endpoint whose group lets in the instance's group", (n) => {
      n.addEndpoints();
      clearRules(n.endpointGroup, "in");
      addRule(n.endpointGroup, { peer: { groupId: n.group.groupId }, ports: HTTPS });
    }, true],
    ["an endpoint that refuses, though NAT works", (n) => {
      n.addEndpoints();
      n.addNat();
      clearRules(n.endpointGroup, "in");
    }, false],
    ["a list that lets answers in", (n) => {
      n.addNat();
      n.replaceAcl(n.subnet, [
        aclEntry(100, "out", "allow", HTTPS),
        aclEntry(100, "in", "allow", { from: 1024, to: 65_535 }),
      ]);
    }, true],
    ["a list that lets no answers in", (n) => {
      n.addNat();
      n.replaceAcl(n.subnet, [
        aclEntry(100, "out", "allow", HTTPS),
        aclEntry(100, "in", "allow", HTTPS),
      ]);
    }, false],
    ["a list that refuses before it lets pass", (n) => {
      n.addNat();
      n.replaceAcl(n.subnet, [
        aclEntry(100, "out", "allow"),
        aclEntry(90, "out", "deny", HTTPS),
        aclEntry(100, "in", "allow"),
      ]);
    }, false],
    ["a list that refuses after it has let pass", (n) => {
      n.addNat();
      n.replaceAcl(n.subnet, [
        aclEntry(110, "out", "deny", HTTPS),
        aclEntry(100, "out", "allow"),
        aclEntry(100, "in", "allow"),
      ]);
    }, true],
    ["a list that is not asked within a subnet", (n) => {
      n.addEndpoints();
      n.replaceAcl(n.subnet, []);
    }, true],
    ["a VPC without DNS", (n) => {
      n.addNat();
      n.vpc.dnsSupport = false;
    }, false],
    ["a VPC without DNS hostnames, and NAT", (n) => {
      n.addEndpoints();
      n.addNat();
      n.vpc.dnsHostnames = false;
      clearRules(n.endpointGroup, "in");
    }, true],
    ["a name server that asks the VPC's", (n) => {
      n.addEndpoints();
      n.useNameServer("10.7.0.53");
    }, true],
  ] as [string, (network: NetworkBuilder) => void, boolean, InstanceOptions?][]
) {
  Deno.test(`the way to a service: ${what}: ${isOpen ? "open" : "closed"}`, () => {
    assert.equal(place(build, options).isOpen(), isOpen);
  });
}

Deno.test("blocks of addresses: both families, and never across them", () => {
  assert.ok(containsBlock("10.0.0.0/8", "10.255.255.255"));
  assert.ok(containsBlock("0.0.0.0/0", "203.0.113.9/32"));
  assert.ok(!containsBlock("10.0.0.0/24", "10.0.0.0/16"));
  assert.ok(!containsBlock("10.0.0.0/24", "10.0.1.0"));
  assert.ok(containsBlock("2001:db8::/32", "2001:db8:1::1"));
  assert.ok(!containsBlock("2001:db8::/32", "2001:db9::1"));
  assert.ok(!containsBlock("::/0", "10.0.0.1"));
  assert.ok(!containsBlock("0.0.0.0/0", "::1"));
  for (const text of ["", "10.0.0", "10.0.0.256", "10.0.0.0/33", "::1::", "x:y", "10.0.0.0/8/9"]) {
    assert.equal(parseBlock(text), undefined, text);
  }
  assert.equal(addressAt("10.1.0.0/16", 258), "10.1.1.2");
});
