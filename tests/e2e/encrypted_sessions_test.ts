/**
 * Shells and commands of an account whose preferences name a key of KMS.
 *
 * @module
 */
import assert from "node:assert/strict";
import { IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { EnableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { SandboxOptions } from "../../src/sandbox/mod.ts";
import { needsPrograms } from "../support/needs_programs.ts";
import { Terminal } from "./_terminal.ts";
import { POSIX_ONLY, World } from "./_world.ts";

const KEY_ALIAS = "alias/sandbox-sessions";

/** A world whose key is good, and whose instance may use it, unless it is said otherwise. */
async function encrypted(options: SandboxOptions = {}, mayDecrypt = true): Promise<World> {
  const world = await World.open({ scenario: "key-disabled", ...options });
  const { endpointUrl: endpoint, region, credentials } = world.sandbox;
  const kms = new KMSClient({ endpoint, region, credentials });
  await kms.send(new EnableKeyCommand({ KeyId: KEY_ALIAS }));
  const iam = new IAMClient({ endpoint, region, credentials });
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: "sandbox-ssm",
      PolicyName: "use-the-key",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{
          Effect: mayDecrypt ? "Allow" : "Deny",
          Action: "kms:Decrypt",
          Resource: "*",
        }],
      }),
    }),
  );
  kms.destroy();
  iam.destroy();
  return world;
}

const instanceOf = (world: World) => world.sandbox.instances[0]!.instanceId;

for (const requireKmsChallenge of [false, true]) {
  const which = requireKmsChallenge ? "that insists on the newer challenge" : "as they are";
  Deno.test(`exec: encrypted, with an agent ${which}`, POSIX_ONLY, async () => {
    await using world = await encrypted({ requireKmsChallenge });
    const script = "echo out; echo err >&2; head -c 100000 /dev/zero; exit 5";
    const line = ["exec", instanceOf(world), "--", "sh", "-c", script];
    const { code, stdout, stderr } = await world.run(line);
    assert.deepEqual([code, stderr], [5, "err\n"]);
    assert.equal(stdout, "out\n" + "\0".repeat(100_000));
  });
}

Deno.test("shell: encrypted, over a cut", needsPrograms("tmux", "python3"), async () => {
  await using world = await encrypted();
  await using terminal = await Terminal.open(world.env);
  await terminal.run(`shell ${instanceOf(world)}`);
  await terminal.shows(/encrypted using AWS KMS/);
  await terminal.type("stty size; echo $((6 * 7))\n");
  await terminal.shows(/^24 80\n42$/m);
  world.sandbox.faults.apply({ fault: "cut" });
  await terminal.type("echo $((6 * 8))\n");
  await terminal.shows(/^48$/m);
  await terminal.type("exit\n");
  await terminal.shows(/^status 0$/m);
});

Deno.test("a key that may not be used, or cannot be, is named with the way out", async () => {
  await using world = await World.open({ scenario: "key-disabled" });
  const line = ["shell", instanceOf(world), "--no-diagnose"];
  const disabled = await world.run(line);
  assert.equal(disabled.code, 2);
  assert.match(disabled.stderr, /^error: Cannot encrypt the session with key arn.*is disabled$/m);
  world.sandbox.faults.apply({ fault: "deny", actions: ["kms:GenerateDataKey"] });
  const denied = await world.run(line);
  assert.equal(denied.code, 4);
  assert.match(denied.stderr, /not allowed: kms:GenerateDataKey on arn:aws:kms/);
  assert.deepEqual(world.sessionStates, ["Failed", "Failed"]);
});

Deno.test(
  "an instance whose role may not use the key: the agent's words, and the way out",
  POSIX_ONLY,
  async () => {
    await using world = await encrypted({}, false);
    const { code, stderr } = await world.run([
      "exec",
      instanceOf(world),
      "--no-diagnose",
      "--",
      "true",
    ]);
    assert.equal(code, 3);
    assert.match(stderr, /cause: .*not authorized to perform: kms:Decrypt/);
    assert.match(stderr, /hint: Let the instance's role call kms:Decrypt on the key/);
  },
);
