/**
 * Instances and roles of moto's server, as the commands look for them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Aws, parseSelector, resolveInstance } from "../../src/aws/mod.ts";
import { testWithMoto } from "../support/moto.ts";
import { envOf, KEYS, withSharedFiles } from "../unit/aws/_support.ts";

/** A call of EC2's query protocol; moto does not look at signatures. */
async function ec2(url: string, form: Record<string, string>): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/ec2/aws4_request, " +
        "SignedHeaders=host, Signature=0",
    },
    body: new URLSearchParams({ Version: "2016-11-15", ...form }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

async function launch(url: string, name: string): Promise<{ id: string; ip: string; dns: string }> {
  const answer = await ec2(url, {
    Action: "RunInstances",
    ImageId: "ami-12c6146b",
    MinCount: "1",
    MaxCount: "1",
    "TagSpecification.1.ResourceType": "instance",
    "TagSpecification.1.Tag.1.Key": "Name",
    "TagSpecification.1.Tag.1.Value": name,
  });
  const member = (tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(answer)?.[1] ?? "";
  return {
    id: member("instanceId"),
    ip: member("privateIpAddress"),
    dns: member("privateDnsName"),
  };
}

testWithMoto("moto: instances by every selector", async (url) => {
  const web = await launch(url, "web");
  const stopped = await launch(url, "db.staging");
  await ec2(url, { Action: "StopInstances", "InstanceId.1": stopped.id });
  const gone = await launch(url, "web");
  await ec2(url, { Action: "TerminateInstances", "InstanceId.1": gone.id });
  using aws = new Aws({
    connectionTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    env: envOf({ ...KEYS, AWS_ENDPOINT_URL: url }),
  });
  for (const text of ["web", "tag:Name=web", web.ip, web.dns]) {
    const found = await resolveInstance(aws, parseSelector(text));
    assert.deepEqual(found, { instanceId: web.id, name: "web" }, text);
  }
  await assert.rejects(resolveInstance(aws, parseSelector("db.staging")), {
    kind: "target",
    message: new RegExp(`^Cannot connect to ${stopped.id} .*: it is stopped$`),
  });
  await assert.rejects(resolveInstance(aws, parseSelector("absent")), { kind: "target" });
  assert.equal(await aws.instanceState(gone.id), "terminated");
  assert.equal(await aws.instanceState("i-00000000000000000"), "unknown");
  const all = await aws.findInstances({ by: "all" });
  assert.deepEqual(
    new Set(all.map(({ instanceId }) => instanceId)),
    new Set([web.id, stopped.id]),
  );
  await assumesRole(url);
});

async function assumesRole(url: string): Promise<void> {
  const config = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n" +
    "[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\n" +
    `region = us-east-1\nendpoint_url = ${url}\n`;
  await withSharedFiles({ config, credentials: "" }, async (paths) => {
    using aws = new Aws({
      connectionTimeoutMs: 10_000,
      requestTimeoutMs: 10_000,
      profile: "ops",
      env: envOf(paths),
    });
    const { accessKeyId, sessionToken, expiration } = await aws.credentials();
    assert.match(accessKeyId, /^ASIA/);
    assert.ok(sessionToken);
    assert.ok(expiration && expiration.getTime() > Date.now());
  });
}
