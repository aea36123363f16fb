/**
 * A remote port on which nothing listens: told once for each connection, and no end of the tunnel.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readAll } from "../support/forwarding.ts";
import { quietPort } from "../support/quiet_port.ts";
import { echo, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

/** A program that connects, and is told that nobody is there. */
async function tryToConnect(port: number): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const received = await readAll(conn).catch((error) => error);
  if (received instanceof Uint8Array) assert.equal(received.length, 0);
  else assert.ok(received instanceof Deno.errors.ConnectionReset, String(received));
}

Deno.test(
  "a refused port is a warning for each connection; Ctrl-C is still 0",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const remotePort = String(quietPort());
    await using child = world.start(["connect", "web-1", "--remote-port", remotePort]);
    const port = Number(/:(\d+) ->/.exec(await child.line())![1]);
    await tryToConnect(port);
    await tryToConnect(port);
    assert.equal(await child.interrupt(), 0);
    const warnings = (await child.result()).stderr.trim().split("\n");
    assert.equal(warnings.length, 2, warnings.join("\n"));
    for (const [index, warning] of warnings.entries()) {
      assert.match(
        warning,
        new RegExp(
          `^warning: .*: connection ${
            index + 1
          } refused: .*localhost:${remotePort}: nothing listens`,
        ),
      );
    }
  },
);

Deno.test(
  "events tell a refused connection, and the tunnel serves the next",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const remotePort = quietPort();
    await using child = world.start([
      ...["connect", "web-1", "--remote-port", String(remotePort), "--format", "json"],
    ]);
    const { local_port } = await child.event<ReadyEvent>("ready");
    await tryToConnect(local_port);
    type Connection = { connection: number; status: string; reason: string | null };
    assert.equal((await child.event<Connection>("connection")).status, "opened");
    const refused = await child.event<Connection>("connection");
    assert.deepEqual([refused.connection, refused.status], [1, "refused"]);
    assert.match(refused.reason!, /nothing listens there/);
    // The server comes up, and the same tunnel leads to it.
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: remotePort, onListen() {} },
      () => new Response("here", { headers: { connection: "close" } }),
    );
    assert.equal(server.addr.port, remotePort);
    assert.equal(await (await fetch(`http://127.0.0.1:${local_port}/`)).text(), "here");
    assert.equal(await child.interrupt(), 0);
  },
);

Deno.test("an agent without a multiplexer that finds no server: exit 3, and its reason", async () => {
  await using world = await World.open();
  const { code, stdout, stderr } = await world.run([
    ...["connect", "old-agent-1", "--remote-port", String(quietPort())],
  ]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /Unable to connect to specified port/);
  // The port was open before the agent tried.
  assert.match(stdout, /^(Forwarding .*)?$/);
  assert.equal(world.sandbox.sessions().length, 1);
});

Deno.test("an agent without a multiplexer carries a tunnel too", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start([
    ...["connect", "old-agent-1", "--remote-port", world.service("echo"), "--format", "json"],
  ]);
  const ready = await child.event<ReadyEvent & { mode: string }>("ready");
  assert.equal(ready.mode, "basic");
  for (const text of ["first", "second"]) {
    assert.equal(await echo(ready.local_port, text), text);
  }
  assert.equal(await child.interrupt(), 0);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});
