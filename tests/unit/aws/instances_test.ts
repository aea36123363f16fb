import assert from "node:assert/strict";
import { type InstanceSelector, parseSelector } from "../../../src/aws/mod.ts";
import { collectPages } from "../../../src/aws/instances.ts";
import { awsFor, ec2Error, FakeService, xml } from "./_support.ts";

const ID = "i-0123456789abcdef0";

function item(id: string, state: string, more = ""): string {
  return `<item><instanceId>${id}</instanceId><instanceState><code>16</code><name>${state}</name>` +
    `</instanceState>${more}</item>`;
}

function page(items: string, nextToken = ""): Response {
  return xml(
    `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` +
      `<requestId>req-1</requestId><reservationSet><item><instancesSet>${items}</instancesSet></item>` +
      `</reservationSet>${nextToken && `<nextToken>${nextToken}</nextToken>`}` +
      `</DescribeInstancesResponse>`,
  );
}

/** The filters of a query, `name` to `values`. */
function filtersOf(body: string): Record<string, string[]> {
  const form = new URLSearchParams(body);
  const filters: Record<string, string[]> = {};
  for (let n = 1; form.has(`Filter.${n}.Name`); n++) {
    const values: string[] = [];
    for (let m = 1; form.has(`Filter.${n}.Value.${m}`); m++) {
      values.push(form.get(`Filter.${n}.Value.${m}`) ?? "");
    }
    filters[form.get(`Filter.${n}.Name`) ?? ""] = values;
  }
  return filters;
}

Deno.test("findInstances() reads every member, over all pages", async () => {
  const details = "<privateIpAddress>10.0.0.5</privateIpAddress>" +
    "<privateDnsName>ip-10-0-0-5.ec2.internal</privateDnsName><instanceType>t3.micro</instanceType>" +
    "<vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId><platform>windows</platform>" +
    "<tagSet><item><key>Name</key><value>web</value></item><item><key>Env</key><value/></item></tagSet>";
  await using service = new FakeService((_request, count) =>
    count === 1
      ? page(item(ID, "running", details), "more")
      : page(item("i-00000000000000002", "stopped"))
  );
  using aws = awsFor(service.url);
  const instances = await aws.findInstances(parseSelector("web"));
  assert.deepEqual(instances.map(({ instanceId, state }) => [instanceId, state]), [
    [ID, "running"],
    ["i-00000000000000002", "stopped"],
  ]);
  assert.deepEqual({ ...instances[0] }, {
    instanceId: ID,
    name: "web",
    state: "running",
    privateIp: "10.0.0.5",
    privateDns: "ip-10-0-0-5.ec2.internal",
    platform: "windows",
    instanceType: "t3.micro",
    vpcId: "vpc-1",
    subnetId: "subnet-1",
    tags: { Name: "web", Env: "" },
  });
  const [first, second] = service.received.map(({ body }) => new URLSearchParams(body));
  assert.equal(first?.get("Action"), "DescribeInstances");
  assert.equal(first?.get("NextToken"), null);
  assert.equal(second?.get("NextToken"), "more");
});

const LIVING = ["pending", "running", "shutting-down", "stopping", "stopped"];
const QUERIES: readonly (readonly [InstanceSelector, Record<string, string[]>])[] = [
  [parseSelector("web"), { "tag:Name": ["web"] }],
  [parseSelector("web *?\\"), { "tag:Name": ["web \\*\\?\\\\"] }],
  [parseSelector("tag:Env=prod*"), { "tag:Env": ["prod\\*"] }],
  [parseSelector("10.0.0.5"), { "private-ip-address": ["10.0.0.5"] }],
  [parseSelector("2001:db8::1"), {
    "network-interface.ipv6-addresses.ipv6-address": ["2001:db8::1"],
  }],
  [parseSelector("IP-10-0-0-5.ec2.internal"), { "private-dns-name": ["ip-10-0-0-5.ec2.internal"] }],
  [parseSelector("ec2-1-2-3-4.compute-1.amazonaws.com"), {
    "dns-name": ["ec2-1-2-3-4.compute-1.amazonaws.com"],
  }],
  [{ by: "all" }, {}],
];

Deno.test("every selector asks for living instances, names taken literally", async () => {
  await using service = new FakeService(() => page(""));
  using aws = awsFor(service.url);
  for (const [selector] of QUERIES) assert.deepEqual(await aws.findInstances(selector), []);
  const asked = service.received.map(({ body }) => filtersOf(body));
  assert.deepEqual(
    asked,
    QUERIES.map(([, wanted]) => ({ "instance-state-name": LIVING, ...wanted })),
  );
});

Deno.test("an id is asked for without a filter, so that a terminated one is found", async () => {
  await using service = new FakeService(() => page(item(ID, "terminated")));
  using aws = awsFor(service.url);
  assert.equal(await aws.instanceState(ID), "terminated");
  const form = new URLSearchParams(service.received[0]?.body);
  assert.equal(form.get("InstanceId.1"), ID);
  assert.equal(form.get("MaxResults"), null, "EC2 refuses it together with ids");
  assert.deepEqual(filtersOf(service.received[0]?.body ?? ""), {});
});

Deno.test("instanceState() of an id that EC2 does not know is unknown", async () => {
  await using service = new FakeService(() =>
    ec2Error("InvalidInstanceID.NotFound", `The instance ID '${ID}' does not exist`, 400)
  );
  using aws = awsFor(service.url);
  assert.equal(await aws.instanceState(ID), "unknown");
});

Deno.test("instanceState() passes other failures on", async () => {
  await using service = new FakeService(() =>
    ec2Error("UnauthorizedOperation", "You are not authorized to perform this operation.", 403)
  );
  using aws = awsFor(service.url);
  await assert.rejects(aws.instanceState(ID), {
    kind: "auth",
    message: `Cannot look up instance ${ID}: not allowed: ec2:DescribeInstances`,
  });
});

Deno.test("instanceState() asks EC2 nothing about managed nodes", async () => {
  await using service = new FakeService(() => page(""));
  using aws = awsFor(service.url);
  assert.equal(await aws.instanceState("mi-0123456789abcdef0"), "unknown");
  assert.equal(service.received.length, 0);
});

Deno.test("an empty list of reservations is no instance", async () => {
  await using service = new FakeService(() =>
    xml(
      "<DescribeInstancesResponse><requestId>r</requestId><reservationSet/></DescribeInstancesResponse>",
    )
  );
  using aws = awsFor(service.url);
  assert.deepEqual(await aws.findInstances({ by: "all" }), []);
});

Deno.test("an instance without an id is an error of protocol", async () => {
  await using service = new FakeService(() => page("<item><imageId>ami-1</imageId></item>"));
  using aws = awsFor(service.url);
  await assert.rejects(aws.findInstances({ by: "all" }), { kind: "protocol" });
});

Deno.test("collectPages() ends when the pages lead in a circle", async () => {
  const tokens = ["a", "b", "a"];
  await assert.rejects(
    collectPages("instances", () => Promise.resolve({ items: [], nextToken: tokens.shift() })),
    { kind: "protocol", message: /same page again/ },
  );
});
