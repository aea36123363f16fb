/**
 * Tunnels that stay, through the whole command: started anew behind the same port, limited by the
 * machine, watched for their account's limits.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Child } from "../support/command.ts";
import { echo, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

interface StateEvent {
  from: string;
  to: string;
  reason: string | null;
}

async function until(child: Child, state: string): Promise<StateEvent> {
  for (;;) {
    const event = await child.event<StateEvent>("state");
    if (event.to === state) return event;
  }
}

Deno.test(
  "a session that cannot be resumed is replaced behind the same port",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = world.start([
      ...["connect", "web-1", "--remote-port", world.service("echo"), "--format", "json"],
    ]);
    const before = await child.event<ReadyEvent>("ready");
    world.sandbox.faults.apply({ fault: "resume_without_token", count: 1 });
    world.sandbox.faults.apply({ fault: "cut" });
    const { reason } = await until(child, "restarting");
    assert.equal(reason, "the session has ended and cannot be resumed");
    const after = await child.event<ReadyEvent>("ready");
    assert.notEqual(after.session_id, before.session_id);
    assert.equal(after.local_port, before.local_port);
    await until(child, "active");
    assert.equal(await echo(after.local_port, "still there"), "still there");
    assert.equal(await child.interrupt(), 0);
  },
);

Deno.test("a session that is lost for good: exit 3, and what was tried", POSIX_ONLY, async () => {
  await using world = await World.open();
  const once = { EC2_CONNECT_SESSION_RECONNECTION_MAX_ATTEMPTS: "1" };
  await using child = world.start(["connect", "web-1"], once);
  await child.line();
  world.sandbox.faults.apply({
    fault: "api_error",
    code: "InternalServerError",
    operation: "ResumeSession",
  });
  world.sandbox.faults.apply({ fault: "cut" });
  const { code, stderr } = await child.result();
  assert.equal(code, 3);
  assert.match(stderr, /Resume attempt 1 failed: .*AWS failed/);
  assert.match(stderr, /^error: The tunnel .* has ended: the connection was lost$/m);
});

Deno.test(
  "where the limit is reached the lower priority yields; of equals the new one",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const one = { EC2_CONNECT_MAX_SESSIONS: "1" };
    await using low = world.start(
      ["connect", "web-1", "--priority", "low", "--format", "json"],
      one,
    );
    await low.event("ready");
    await using high = world.start(
      ["connect", "web-1", "--priority", "high", "--format", "json"],
      one,
    );
    await high.event("ready");
    const closed = await low.event<{ by: string; exit_code: number }>("closed");
    assert.deepEqual([closed.by, closed.exit_code], ["user", 0]);
    assert.equal((await low.result()).code, 0);
    const refusals = [["connect", "high"], ["connect", "low"], ["ssh-proxy", "high"]] as const;
    for (const [command, priority] of refusals) {
      const refused = await world.run([command, "web-1", "--priority", priority], one);
      assert.equal(refused.code, 5);
      assert.match(refused.stderr, /^error: Cannot open another session to i-\w+: 1 is open$/m);
      assert.match(refused.stderr, /max_sessions_per_instance is 1/);
    }
    // Another instance has a limit of its own.
    await using other = world.start(["connect", "bastion", "--format", "json"], one);
    await other.event("ready");
    assert.equal(await other.interrupt(), 0);
    assert.equal(await high.interrupt(), 0);
  },
);

Deno.test(
  "status tells the keep-alive and what is left of the account's limits",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = world.start([
      "connect",
      "web-1",
      "--keep-alive",
      "policy",
      "--format",
      "json",
    ]);
    const { session_id } = await child.event<ReadyEvent>("ready");
    interface Details {
      keep_alive: string;
      policy: { idle_timeout_min: number; idle_left_min: number } | null;
    }
    let session: Details;
    do {
      const { stdout } = await world.run(["status", session_id, "--format", "json"]);
      [session] = JSON.parse(stdout).sessions;
    } while (session!.policy === null);
    assert.equal(session!.keep_alive, "policy");
    assert.equal(session!.policy.idle_timeout_min, 20);
    assert.ok(session!.policy.idle_left_min > 15 && session!.policy.idle_left_min <= 20);
    assert.equal(await child.interrupt(), 0);
  },
);
