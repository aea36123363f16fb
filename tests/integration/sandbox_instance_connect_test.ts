/**
 * EC2 Instance Connect of the sandbox through the SDK's client, and the keys as an instance sees them.
 *
 * @module
 */
import {
  EC2InstanceConnectClient,
  SendSSHPublicKeyCommand,
  type SendSSHPublicKeyCommandInput,
} from "@aws-sdk/client-ec2-instance-connect";
import assert from "node:assert/strict";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { refusalOf } from "../support/sdk.ts";

/** Made by ssh-keygen for this test. */
const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLX3nZK6sJYpTz2F0Yg0m3m5iY4Vw5s7gVvZb0nW9aK me@here";

class Trial implements AsyncDisposable {
  readonly #client: EC2InstanceConnectClient;

  private constructor(readonly test: TestSandbox) {
    const { endpointUrl, region, credentials } = test.sandbox;
    this.#client = new EC2InstanceConnectClient({
      endpoint: endpointUrl,
      region,
      credentials,
      maxAttempts: 1,
    });
  }

  static async open(): Promise<Trial> {
    return new Trial(await openSandbox());
  }

  send(partial: Partial<SendSSHPublicKeyCommandInput> = {}) {
    return this.#client.send(
      new SendSSHPublicKeyCommand({
        InstanceId: this.test.instance("web-1").instanceId,
        InstanceOSUser: "ec2-user",
        SSHPublicKey: KEY,
        ...partial,
      }),
    );
  }

  /** What the instance's metadata service answers; undefined for 404. */
  async activeKeys(name: string, user: string): Promise<string[] | undefined> {
    const { instanceId } = this.test.instance(name);
    const path = "latest/meta-data/managed-ssh-keys/active-keys";
    const url = `${this.test.sandbox.endpointUrl}/_metadata/${instanceId}/${path}/${user}/`;
    const response = await fetch(url);
    const text = await response.text();
    return response.status === 404 ? undefined : text.trimEnd().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
    await this.test[Symbol.asyncDispose]();
  }
}

Deno.test("a pushed key is seen by its instance, for its user, for 60 s", async () => {
  await using trial = await Trial.open();
  const { Success, RequestId } = await trial.send();
  assert.equal(Success, true);
  const lines = await trial.activeKeys("web-1", "ec2-user");
  assert.deepEqual(lines?.filter((line) => !line.startsWith("#")), [KEY]);
  assert.ok(lines?.includes(`#Request=${RequestId}`));
  assert.equal(await trial.activeKeys("web-1", "root"), undefined);
  assert.equal(await trial.activeKeys("web-2", "ec2-user"), undefined);
  trial.test.sandbox.faults.apply({ fault: "clock_skew", ms: 30_000 });
  assert.ok(await trial.activeKeys("web-1", "ec2-user"));
  trial.test.sandbox.faults.apply({ fault: "clock_skew", ms: 60_000 });
  assert.equal(await trial.activeKeys("web-1", "ec2-user"), undefined);
});

Deno.test("what EC2 Instance Connect refuses, in its own codes", async () => {
  await using trial = await Trial.open();
  const cases: [Partial<SendSSHPublicKeyCommandInput>, string][] = [
    [{ InstanceId: "web-1" }, "InvalidArgsException"],
    [{ InstanceOSUser: "a b" }, "InvalidArgsException"],
    [{ InstanceOSUser: "x".repeat(33) }, "InvalidArgsException"],
    [{ SSHPublicKey: "ssh-ed25519 " + "A".repeat(80) }, "InvalidArgsException"],
    [{ SSHPublicKey: KEY.replace("ssh-ed25519 ", "ssh-rsa ") }, "InvalidArgsException"],
    [{ SSHPublicKey: `${KEY}\n${KEY}` }, "InvalidArgsException"],
    [{ InstanceId: "i-0123456789abcdeff" }, "EC2InstanceNotFoundException"],
    [{ AvailabilityZone: "mars-1a" }, "EC2InstanceNotFoundException"],
    [
      { InstanceId: trial.test.instance("stopped-1").instanceId },
      "EC2InstanceStateInvalidException",
    ],
  ];
  for (const [partial, code] of cases) {
    assert.equal((await refusalOf(trial.send(partial)))?.code, code, JSON.stringify(partial));
  }
  trial.test.sandbox.faults.apply({
    fault: "deny",
    actions: ["ec2-instance-connect:SendSSHPublicKey"],
  });
  const denied = await refusalOf(trial.send());
  assert.equal(denied?.code, "AccessDeniedException");
  assert.match(denied.message, /perform: ec2-instance-connect:SendSSHPublicKey on resource: arn:/);
});
