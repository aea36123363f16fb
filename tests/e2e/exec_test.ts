/**
 * Commands on an instance, from the command line to their status.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { needsPrograms } from "../support/needs_programs.ts";
import { eventually } from "../support/port_client.ts";
import { Child, childEnvironment, commandLine } from "../support/command.ts";
import { POSIX_ONLY, World } from "./_world.ts";

const WITH_PYTHON = needsPrograms("python3", "bash", "sha256sum");
const PYTHON = `import sys
for i in range(40000):
    sys.stdout.buffer.write(bytes((i * 7 + j) % 256 for j in range(128)))
    if i % 1000 == 0: sys.stderr.write("line %d\\n" % i)
`;

/** Runs a line in a shell of this machine, in which `tool` is the command. */
function inShell(line: string, world: World): Child {
  const [program, before] = commandLine();
  const words = [program, ...before].map((word) => `'${word}'`).join(" ");
  return new Child(
    new Deno.Command("bash", {
      args: ["-c", `tool() { ${words} "$@"; }; ${line}`],
      env: childEnvironment(world.env),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

Deno.test(
  "exec: standard output and error apart, and the command's status",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const line = ["sh", "-c", 'echo out; echo err >&2; printf %s "$1"; exit 7', "sh", "it's  me"];
    const { code, stdout, stderr } = await world.run(["exec", "web-1", "--", ...line]);
    assert.deepEqual([code, stdout, stderr], [7, "out\nit's  me", "err\n"]);
    const [session] = world.sandbox.sessions();
    assert.equal(session!.documentName, "AWS-StartNonInteractiveCommand");
    const one = await world.run(["exec", "web-1", "--", "echo 'one  word' two"]);
    assert.deepEqual([one.code, one.stdout], [0, "one  word two"]);
  },
);

Deno.test("exec: what cannot be started is 127, with the agent's words", POSIX_ONLY, async () => {
  await using world = await World.open();
  const { code, stdout, stderr } = await world.run(["exec", "web-1", "--", "no-such-program"]);
  assert.deepEqual([code, stdout], [127, ""]);
  assert.match(stderr, /exec: "no-such-program": executable file not found/);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
});

Deno.test(
  "exec: five megabytes of binary output arrive whole, also over a cut",
  WITH_PYTHON,
  async () => {
    await using world = await World.open();
    const expected = createHash("sha256");
    for (let i = 0; i < 40_000; i++) {
      expected.update(Uint8Array.from({ length: 128 }, (_, j) => (i * 7 + j) % 256));
    }
    const line = `tool exec web-1 -- python3 -c '${PYTHON}' 2>/dev/null | sha256sum`;
    await using child = inShell(line, world);
    await eventually("output comes", () => world.sandbox.sessions().length === 1);
    world.sandbox.faults.apply({ fault: "cut" });
    const { stdout } = await child.result();
    assert.match(stdout, new RegExp(`^${expected.digest("hex")} `));
  },
);

Deno.test(
  "exec: in a pipe whose reader leaves it ends quietly, and so does the command",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = inShell(
      `tool exec web-1 -- sh -c 'while echo y; do :; done' | head -1; echo "\${PIPESTATUS[*]}"`,
      world,
    );
    const { stdout, stderr } = await child.result();
    assert.deepEqual([stdout, stderr], ["y\n141 0", ""]);
    await eventually("it has ended", () => world.sessionStates.join() === "Terminated");
  },
);

Deno.test(
  "exec: Ctrl-C interrupts the command, which may have the last word",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const script = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done";
    await using child = world.start(["exec", "web-1", "--", "sh", "-c", script]);
    assert.equal(await child.line(), "ready");
    assert.equal(await child.interrupt(), 9);
    assert.equal((await child.result()).stdout, "ready\ncaught");
  },
);

Deno.test("exec: ended from elsewhere, it says so and is no success", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start(["exec", "web-1", "--", "sh", "-c", "echo ready; exec sleep 60"]);
  assert.equal(await child.line(), "ready");
  const listed = JSON.parse((await world.run(["list", "--format", "json"])).stdout).sessions;
  assert.deepEqual(
    listed.map((
      { kind, remote_port, state }: Record<string, unknown>,
    ) => [kind, remote_port, state]),
    [["exec", null, "active"]],
  );
  const { code } = await world.run(["terminate", listed[0].session_id]);
  assert.equal(code, 0);
  const result = await child.result();
  assert.equal(result.code, 3);
  assert.match(result.stderr, /^error: The command on web-1 was cut off: the session was ended/m);
});

Deno.test("exec: an instance without an agent is explained", POSIX_ONLY, async () => {
  await using world = await World.open({ scenario: "stopped" });
  const [instance] = world.sandbox.instances;
  const { code, stderr } = await world.run(["exec", instance!.instanceId, "--", "true"]);
  assert.equal(code, 3);
  assert.match(stderr, /stopped/);
});
