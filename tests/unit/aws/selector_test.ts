import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { describeSelector, type InstanceSelector, parseSelector } from "../../../src/aws/mod.ts";

const READ: readonly (readonly [string, InstanceSelector])[] = [
  ["i-0123456789abcdef0", { by: "id", instanceId: "i-0123456789abcdef0" }],
  ["i-01234567", { by: "id", instanceId: "i-01234567" }],
  [" I-0123456789ABCDEF0 ", { by: "id", instanceId: "i-0123456789abcdef0" }],
  ["mi-0123456789abcdef0", { by: "id", instanceId: "mi-0123456789abcdef0" }],
  ["tag:Environment=prod", { by: "tag", key: "Environment", value: "prod" }],
  ["tag:a=b=c", { by: "tag", key: "a", value: "b=c" }],
  ["tag:empty=", { by: "tag", key: "empty", value: "" }],
  ["tag:aws:cloudformation:stack-name=x", {
    by: "tag",
    key: "aws:cloudformation:stack-name",
    value: "x",
  }],
  ["tag:Name=i-web", { by: "tag", key: "Name", value: "i-web" }],
  ["10.0.3.17", { by: "ip", address: "10.0.3.17" }],
  ["fd00:ec2::23", { by: "ip", address: "fd00:ec2::23" }],
  ["[2001:DB8:0:0::1]", { by: "ip", address: "2001:db8::1" }],
  ["ip-10-0-0-1.ec2.internal", { by: "dns", dnsName: "ip-10-0-0-1.ec2.internal" }],
  ["ip-10-0-0-1.eu-west-1.compute.internal", {
    by: "dns",
    dnsName: "ip-10-0-0-1.eu-west-1.compute.internal",
  }],
  ["i-0123456789abcdef0.us-west-2.compute.internal", {
    by: "dns",
    dnsName: "i-0123456789abcdef0.us-west-2.compute.internal",
  }],
  ["Web.Staging", { by: "dns", dnsName: "Web.Staging" }],
  ["web", { by: "name", name: "web" }],
  ["i-am-a-name", { by: "name", name: "i-am-a-name" }],
  ["Web server 1", { by: "name", name: "Web server 1" }],
  ["v1.2 (blue)", { by: "name", name: "v1.2 (blue)" }],
  ["a:b", { by: "name", name: "a:b" }],
  ["12:34", { by: "name", name: "12:34" }],
];

Deno.test("parseSelector() reads every form of INSTANCE", () => {
  for (const [text, wanted] of READ) assert.deepEqual(parseSelector(text), wanted, text);
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["", /it is empty/],
  ["  ", /it is empty/],
  ["i-", /17 \(or 8\) hex digits/],
  ["i-0123", /17 \(or 8\) hex digits/],
  ["i-0123456789abcdef01", /17 \(or 8\) hex digits/],
  ["i-0123456789abcdefg", /17 \(or 8\) hex digits/],
  ["mi-01234567", /17 \(or 8\) hex digits/],
  ["i-web", /17 \(or 8\) hex digits/],
  ["tag:", /tag:KEY=VALUE/],
  ["tag:key", /tag:KEY=VALUE/],
  ["tag:=value", /tag:KEY=VALUE/],
  ["10.0.0.256", /no IPv4 address/],
  ["10.0.0.01", /no IPv4 address/],
  ["999.1.1.1", /no IPv4 address/],
];

Deno.test("parseSelector() refuses what is nearly an id, tag or address", () => {
  for (const [text, why] of REFUSED) {
    assert.throws(() => parseSelector(text), (error) => {
      assert.ok(error instanceof AppError, text);
      assert.equal(error.kind, "usage", text);
      assert.match(error.message, why, text);
      assert.ok(error.hint, text);
      return true;
    });
  }
});

Deno.test("a broken id's hint says how to ask for a name like it", () => {
  assert.throws(() => parseSelector("i-web"), { hint: /tag:Name=i-web/ });
});

Deno.test("describeSelector() names what was looked for", () => {
  assert.equal(describeSelector({ by: "name", name: "web" }), 'named "web"');
  assert.equal(describeSelector({ by: "tag", key: "a", value: "b" }), "with tag a=b");
  assert.equal(
    describeSelector({ by: "ip", address: "10.0.0.1" }),
    "with private address 10.0.0.1",
  );
});
