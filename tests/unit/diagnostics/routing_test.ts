import assert from "node:assert/strict";
import { routing } from "../../../src/diagnostics/checks/routing.ts";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import { HEALTHY, runCheck } from "../../support/facts.ts";
import {
  IGW,
  NAT,
  nat,
  NO_ENDPOINTS,
  route,
  table,
  type Ways,
  ways,
  WITH_IGW,
  WITH_NAT,
  WITH_TRANSIT,
} from "./_network.ts";
import { findingOf, short } from "./_outcome.ts";

/** What the check says of a way out, without and with endpoints. */
function judge(way: Ways): { alone: string[]; covered: string[] } {
  return {
    alone: short(runCheck(routing, { ...NO_ENDPOINTS, ...ways(way) })),
    covered: short(runCheck(routing, ways(way))),
  };
}

Deno.test("RT-1 an internet gateway and a public address: ok", () => {
  assert.deepEqual(short(runCheck(routing, { ...NO_ENDPOINTS, ...WITH_IGW })), ["ok ROUTE_PUBLIC"]);
});

Deno.test("RT-2 an internet gateway without a public address: critical, unless endpoints serve", () => {
  assert.deepEqual(judge({ routes: [route("0.0.0.0/0", IGW)] }), {
    alone: ["critical ROUTE_IGW_NO_PUBLIC_IP"],
    covered: ["warning/medium ROUTE_IGW_NO_PUBLIC_IP"],
  });
});

Deno.test("RT-3 a NAT gateway whose subnet leads to an internet gateway: ok", () => {
  assert.deepEqual(short(runCheck(routing, { ...NO_ENDPOINTS, ...WITH_NAT })), ["ok ROUTE_NAT"]);
});

Deno.test("RT-4 a NAT gateway that is deleted or gone, its route still active", () => {
  for (const gateways of [[nat({ state: "deleted" })], [nat({ state: "pending" })], []]) {
    assert.deepEqual(judge({ routes: [route("0.0.0.0/0", NAT)], nat: gateways }), {
      alone: ["critical ROUTE_NAT_UNAVAILABLE"],
      covered: ["warning/medium ROUTE_NAT_UNAVAILABLE"],
    });
  }
});

Deno.test("RT-5 an internet gateway that is detached, its route still active: critical", () => {
  const changes = { ...NO_ENDPOINTS, ...WITH_IGW };
  const gateways = known({ internet: [], nat: [], egressOnly: [] });
  const outcome = runCheck(routing, { ...changes, gateways });
  assert.deepEqual(short(outcome), ["critical ROUTE_IGW_DETACHED"]);
  assert.deepEqual(outcome.findings[0]?.resources[0], { type: "gateway", id: IGW });
});

Deno.test("RT-6 a subnet on the main table by default is judged by it", () => {
  const routeTables = known({
    instance: { ...table(route("0.0.0.0/0", NAT)), isMain: true, subnetIds: [] },
    isImplicit: true,
    bySubnet: {},
  });
  const regional = known({
    internet: [],
    nat: [nat({ isRegional: true, subnetId: undefined })],
    egressOnly: [],
  });
  const outcome = runCheck(routing, { ...NO_ENDPOINTS, routeTables, gateways: regional });
  assert.deepEqual(short(outcome), ["ok ROUTE_NAT"]);
});

Deno.test("RT-7 a transit gateway cannot be followed: unknown, and ok where endpoints serve", () => {
  assert.deepEqual(short(runCheck(routing, { ...NO_ENDPOINTS, ...WITH_TRANSIT })), [
    "unknown ROUTE_NOT_VISIBLE (not_visible)",
  ]);
  assert.deepEqual(short(runCheck(routing, WITH_TRANSIT)), ["ok ROUTE_NOT_VISIBLE"]);
});

Deno.test("RT-8 a part of the internet routed to a deleted NAT gateway beside a good default", () => {
  const gone = "nat-0d000000000000001";
  const outcome = runCheck(routing, {
    ...NO_ENDPOINTS,
    ...ways({ routes: [route("0.0.0.0/0", NAT), route("52.0.0.0/8", gone)], nat: [nat()] }),
  });
  assert.deepEqual(short(outcome), ["ok ROUTE_NAT", "+ warning/low ROUTE_PARTIAL"]);
  assert.match(findingOf(outcome, "ROUTE_PARTIAL").message, /^52\.0\.0\.0\/8 .*nat-0d0/);
});

Deno.test("no route is legitimate, and a black hole is not", () => {
  assert.deepEqual(judge({ routes: [] }), {
    alone: ["ok ROUTE_PRIVATE"],
    covered: ["ok ROUTE_PRIVATE"],
  });
  assert.deepEqual(judge({ routes: [route("0.0.0.0/0", "tgw-1", "blackhole")] }).alone, [
    "critical ROUTE_BLACKHOLE",
  ]);
  // The target says more, where it can be looked at.
  const gone = { routes: [route("0.0.0.0/0", NAT, "blackhole")] };
  assert.deepEqual(judge(gone).alone, ["critical ROUTE_NAT_UNAVAILABLE"]);
  assert.deepEqual(judge({ ...gone, nat: [nat()] }).alone, ["critical ROUTE_BLACKHOLE"]);
});

Deno.test("a NAT gateway's own subnet: no way, a firewall, a private gateway", () => {
  const behind = (natRoutes: Ways["natRoutes"], changes = {}) =>
    judge({ routes: [route("0.0.0.0/0", NAT)], nat: [nat(changes)], natRoutes: natRoutes! }).alone;
  assert.deepEqual(behind([]), ["critical ROUTE_NAT_NOT_PUBLIC_SUBNET"]);
  assert.deepEqual(behind([route("0.0.0.0/0", IGW, "blackhole")]), [
    "critical ROUTE_NAT_NOT_PUBLIC_SUBNET",
  ]);
  assert.deepEqual(behind([route("0.0.0.0/0", "igw-0b")]), ["critical ROUTE_IGW_DETACHED"]);
  assert.deepEqual(behind([route("0.0.0.0/0", "vpce-0a")]), [
    "unknown ROUTE_NOT_VISIBLE (not_visible)",
  ]);
  assert.deepEqual(behind([route("0.0.0.0/0", IGW)], { connectivity: "private" }), [
    "unknown ROUTE_NOT_VISIBLE (not_visible)",
  ]);
});

Deno.test("halves of the internet count as a whole, a small part of it as unseen", () => {
  const halves = [route("0.0.0.0/1", NAT), route("128.0.0.0/1", NAT)];
  assert.deepEqual(judge({ routes: halves, nat: [nat()] }).alone, ["ok ROUTE_NAT"]);
  assert.deepEqual(judge({ routes: [route("52.0.0.0/8", NAT)], nat: [nat()] }).alone, [
    "unknown ROUTE_NOT_VISIBLE (not_visible)",
  ]);
  // Private networks behind a VPN are no way to the internet.
  assert.deepEqual(judge({ routes: [route("10.0.0.0/8", "vgw-1")] }).alone, ["ok ROUTE_PRIVATE"]);
});

Deno.test("a way out over IPv6 alone is unknown; one without an address is none", () => {
  const way = ways({ routes: [route("::/0", IGW)] });
  const [first] = HEALTHY.instance.interfaces;
  const dual = known({
    ...HEALTHY.instance,
    interfaces: [{ ...first, ipv6Addresses: ["2600:1f18::1"] }],
  });
  const outcome = runCheck(routing, { ...NO_ENDPOINTS, ...way, instance: dual });
  assert.deepEqual(short(outcome), ["unknown ROUTE_NOT_VISIBLE (not_visible)"]);
  assert.match(outcome.findings[0]!.message, /IPv6 alone.*dual-stack/);
  assert.equal(outcome.findings[0]!.evidence["mode"], "MODE6");
  assert.deepEqual(short(runCheck(routing, { ...NO_ENDPOINTS, ...way })), ["ok ROUTE_PRIVATE"]);
});

Deno.test("a subnet with IPv6 alone is unknown, whatever its routes", () => {
  const [first] = HEALTHY.instance.interfaces;
  const only6 = { ...first, privateIps: [], ipv6Addresses: ["2600:1f18::1"] };
  const instance = known({ ...HEALTHY.instance, interfaces: [only6] });
  const outcome = runCheck(routing, { ...NO_ENDPOINTS, ...WITH_NAT, instance });
  assert.deepEqual(short(outcome), ["unknown ROUTE_NOT_VISIBLE (not_visible)"]);
  assert.match(outcome.findings[0]!.message, /only IPv6/);
});

Deno.test("a stopped instance without a public address may get one: unknown", () => {
  const outcome = runCheck(routing, {
    ...NO_ENDPOINTS,
    ...ways({ routes: [route("0.0.0.0/0", IGW)] }),
    instance: known({ ...HEALTHY.instance, state: "stopped" }),
  });
  assert.deepEqual(short(outcome), ["unknown ROUTE_NOT_VISIBLE (not_visible)"]);
});

Deno.test("a customer's prefix list may hold anything, an endpoint's does not", () => {
  const byList = (target: string) => ({
    ...route("x", target),
    destinationCidr: undefined,
    destinationPrefixListId: "pl-1",
  });
  assert.deepEqual(judge({ routes: [byList("tgw-1")] }).alone, [
    "unknown ROUTE_NOT_VISIBLE (not_visible)",
  ]);
  assert.deepEqual(judge({ routes: [byList("vpce-1")] }).alone, ["ok ROUTE_PRIVATE"]);
});

Deno.test("ROUTE_DENIED: what was not read is named, and is never critical", () => {
  const tables = runCheck(routing, { routeTables: denied("ec2:DescribeRouteTables") });
  assert.deepEqual(short(tables), ["unknown ROUTE_DENIED (access_denied)"]);
  assert.deepEqual(tables.findings[0]?.needs, ["ec2:DescribeRouteTables"]);

  const gateways = runCheck(routing, {
    ...NO_ENDPOINTS,
    ...WITH_NAT,
    gateways: denied("ec2:DescribeNatGateways"),
  });
  assert.deepEqual(gateways.findings.map(({ needs }) => needs), [["ec2:DescribeNatGateways"]]);

  const broken = ways({ routes: [route("0.0.0.0/0", NAT)] });
  const endpoints = runCheck(routing, {
    ...broken,
    vpcEndpoints: denied("ec2:DescribeVpcEndpoints"),
  });
  assert.deepEqual(short(endpoints), [
    "+ warning/medium ROUTE_NAT_UNAVAILABLE",
    "unknown ROUTE_DENIED (access_denied)",
  ]);
  const instance = runCheck(routing, { instance: denied("ec2:DescribeInstances") });
  assert.deepEqual(short(instance), ["unknown ROUTE_DENIED (access_denied)"]);
});
