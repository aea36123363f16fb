import assert from "node:assert/strict";
import { routeTo } from "../../../src/sandbox/agent/dial.ts";
import { ApiError } from "../../../src/sandbox/aws/api_error.ts";
import { wildcard } from "../../../src/sandbox/aws/ec2/filters.ts";
import { pageOf } from "../../../src/sandbox/aws/page.ts";
import { planSession } from "../../../src/sandbox/aws/ssm_documents.ts";
import { DEFAULT_PREFERENCES } from "../../../src/sandbox/cloud/preferences.ts";
import { escapeXml, toXml, XmlList } from "../../../src/sandbox/aws/xml.ts";
import { Fleet } from "../../../src/sandbox/fleet.ts";
import { SCENARIO_NAMES } from "../../../src/sandbox/scenarios/catalogue.ts";

Deno.test("the fleet: unique ids and addresses, every scenario, two of one name, more than a page", () => {
  const { instances } = new Fleet({ region: "us-east-1" });
  const ids = instances.map((instance) => instance.instanceId);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => /^i-[0-9a-f]{17}$/.test(id)));
  const addresses = instances.map(({ privateIp }) => privateIp).filter((ip) => ip !== "");
  assert.equal(new Set(addresses).size, addresses.length);
  for (const scenario of SCENARIO_NAMES) {
    assert.ok(new Fleet({ region: "us-east-1", scenario }).instances.length > 0, scenario);
  }
  const names = instances.map((instance) => instance.tags["Name"]);
  assert.equal(names.filter((name) => name === "duplicate").length, 2);
  assert.ok(ids.length > 20);
});

Deno.test("the fleet refuses an unknown scenario and names the known ones", () => {
  assert.throws(
    () => new Fleet({ region: "us-east-1", scenario: "perfect" }),
    /no scenario "perfect"/,
  );
});

Deno.test("other regions are empty, and DNS names follow the region", () => {
  const fleet = new Fleet({ region: "eu-west-1" });
  assert.deepEqual(fleet.inRegion("us-east-1"), []);
  assert.equal(
    fleet.privateDnsName(fleet.instances[0]!),
    "ip-10-0-1-10.eu-west-1.compute.internal",
  );
  const east = new Fleet({ region: "us-east-1" });
  assert.equal(east.privateDnsName(east.instances[0]!), "ip-10-0-1-10.ec2.internal");
});

const plan = (name: string | undefined, parameters: Record<string, string[]> = {}) =>
  planSession(name, new Map(Object.entries(parameters)), {
    ...DEFAULT_PREFERENCES,
    shellProfile: "cd /srv",
  });

Deno.test("planSession() gives the agent the work of each document", () => {
  assert.deepEqual(plan("AWS-StartPortForwardingSession", { portNumber: ["8080"] }).work, {
    kind: "port",
    properties: { portNumber: "8080", localPortNumber: "0", type: "LocalPortForwarding" },
  });
  assert.deepEqual(plan("AWS-StartSSHSession").work, {
    kind: "port",
    properties: { portNumber: "22" },
  });
  assert.deepEqual(plan(undefined), {
    documentName: "SSM-SessionManagerRunShell",
    work: { kind: "shell", profile: "cd /srv" },
    needsRemoteHost: false,
  });
  assert.deepEqual(plan("SSM-SessionManagerRunShell").work, plan(undefined).work);
  assert.deepEqual(plan("AWS-StartInteractiveCommand", { command: ["top -d 1"] }).work, {
    kind: "interactive",
    command: "top -d 1",
  });
  const command = ["ls 'a b'"];
  assert.deepEqual(plan("AWS-StartNonInteractiveCommand", { command }).work, {
    kind: "command",
    command: "ls 'a b'",
    output: { isSeparate: false, stdoutPrefix: "", stderrPrefix: "" },
  });
  const parameters = {
    command,
    separateOutputStream: ["true"],
    stdoutSeparatorPrefix: ["OUT:"],
    stderrSeparatorPrefix: ["ERR:"],
  };
  assert.deepEqual(plan("AWS-StartNonInteractiveCommand", parameters).work, {
    kind: "command",
    command: "ls 'a b'",
    output: { isSeparate: true, stdoutPrefix: "OUT:", stderrPrefix: "ERR:" },
  });
  const remote = plan("AWS-StartPortForwardingSessionToRemoteHost", { host: ["db.internal"] });
  assert.deepEqual(remote, {
    documentName: "AWS-StartPortForwardingSessionToRemoteHost",
    work: {
      kind: "port",
      properties: {
        portNumber: "80",
        localPortNumber: "0",
        host: "db.internal",
        type: "LocalPortForwarding",
      },
    },
    needsRemoteHost: true,
  });
});

for (
  const [name, parameters, code] of [
    [undefined, { command: ["ls"] }, "InvalidParameters"],
    ["AWS-StartInteractiveCommand", {}, "InvalidParameters"],
    ["AWS-StartInteractiveCommand", { command: ["ls", "pwd"] }, "InvalidParameters"],
    ["AWS-StartNonInteractiveCommand", {}, "InvalidParameters"],
    [
      "AWS-StartNonInteractiveCommand",
      { command: ["ls"], separateOutputStream: ["yes"] },
      "InvalidParameters",
    ],
    [
      "AWS-StartNonInteractiveCommand",
      { command: ["ls"], stdoutSeparatorPrefix: ["a b"] },
      "InvalidParameters",
    ],
    ["My-Document", {}, "InvalidDocument"],
    ["toString", {}, "InvalidDocument"],
    ["AWS-StartSSHSession", { host: ["db"] }, "InvalidParameters"],
    ["AWS-StartPortForwardingSession", { portNumber: ["0"] }, "InvalidParameters"],
    ["AWS-StartPortForwardingSession", { portNumber: ["65536"] }, "InvalidParameters"],
    ["AWS-StartPortForwardingSession", { portNumber: ["80", "81"] }, "InvalidParameters"],
    ["AWS-StartPortForwardingSession", { portNumber: [] }, "InvalidParameters"],
    ["AWS-StartPortForwardingSessionToRemoteHost", { host: ["a;b"] }, "InvalidParameters"],
  ] as const
) {
  Deno.test(`planSession() refuses ${name} ${JSON.stringify(parameters)} with ${code}`, () => {
    assert.throws(
      () => plan(name, parameters as unknown as Record<string, string[]>),
      (error) => error instanceof ApiError && error.code === code,
    );
  });
}

const NETWORK = {
  hosts: new Map([["db.internal", "127.0.0.1"], ["10.0.1.11", "127.0.0.1"]]),
  vpcCidr: "10.0.0.0/16",
};

for (
  const [host, route] of [
    ["", { addresses: ["127.0.0.1", "::1"], name: "localhost" }],
    ["localhost", { addresses: ["127.0.0.1", "::1"], name: "localhost" }],
    ["127.0.0.5", { addresses: ["127.0.0.5"], name: "127.0.0.5" }],
    ["db.internal", { addresses: ["127.0.0.1"], name: "db.internal" }],
    ["DB.Internal", { addresses: ["127.0.0.1"], name: "DB.Internal" }],
    ["10.0.1.11", { addresses: ["127.0.0.1"], name: "10.0.1.11" }],
    ["example.com", { addresses: [], name: "example.com" }],
    ["10.0.9.9", { addresses: [], name: "10.0.9.9" }],
    ["169.254.169.254", { forbidden: "169.254.169.254" }],
    ["fd00:ec2::254", { forbidden: "fd00:ec2::254" }],
    ["10.0.0.0", { forbidden: "10.0.0.0" }],
    ["10.0.0.3", { forbidden: "10.0.0.3" }],
    ["10.0.0.4", { addresses: [], name: "10.0.0.4" }],
    ["10.0.255.255", { forbidden: "10.0.255.255" }],
  ] as const
) {
  Deno.test(`routeTo("${host}") is ${JSON.stringify(route)}`, () => {
    assert.deepEqual(routeTo(host, NETWORK), route);
  });
}

for (
  const [value, matches, fails] of [
    ["web-*", ["web-", "web-12"], ["Web-1", "xweb-1"]],
    ["web-?", ["web-1"], ["web-", "web-12"]],
    ["a\\*b", ["a*b"], ["axb"]],
    ["a.b|c", ["a.b|c"], ["axb", "c"]],
    ["[x]", ["[x]"], ["x"]],
  ] as const
) {
  Deno.test(`the filter value ${value} matches ${matches} and not ${fails}`, () => {
    for (const text of matches) assert.ok(wildcard(value).test(text), text);
    for (const text of fails) assert.ok(!wildcard(value).test(text), text);
  });
}

Deno.test("pageOf() walks a list and knows foreign tokens", () => {
  const all = [1, 2, 3, 4, 5];
  const first = pageOf(all, { size: 2, token: undefined, key: "k" })!;
  assert.deepEqual(first.items, [1, 2]);
  const second = pageOf(all, { size: 2, token: first.nextToken, key: "k" })!;
  assert.deepEqual(second.items, [3, 4]);
  const last = pageOf(all, { size: 2, token: second.nextToken, key: "k" })!;
  assert.deepEqual(last, { items: [5], nextToken: undefined });
  assert.equal(pageOf(all, { size: 2, token: first.nextToken, key: "other" }), undefined);
  assert.equal(pageOf(all, { size: 2, token: "nonsense", key: "k" }), undefined);
});

Deno.test("XML is escaped and lists have elements", () => {
  assert.equal(escapeXml(`<a & "b">\u0001`), '&lt;a &amp; "b"&gt;');
  assert.equal(
    toXml({ a: 1, gone: undefined, list: new XmlList([{ b: true }, "x"]) }),
    "<a>1</a><list><item><b>true</b></item><item>x</item></list>",
  );
});
