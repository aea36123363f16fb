/**
 * Sessions of other processes in a real terminal: one that outlives it, and one that is watched.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Terminal, TMUX } from "./_terminal.ts";
import { fetchPage, World } from "./_world.ts";

const IN_TERMINAL = { ignore: TMUX === undefined };

Deno.test(
  "--background: chosen from the list in the terminal, and open when the terminal is gone",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    {
      await using terminal = await Terminal.open(world.env);
      await terminal.run(`connect --background --remote-port ${world.service("http")}`);
      await terminal.shows(/api-1 +i-\w+ +running +online/);
      await terminal.type("web-1");
      await terminal.shows(/^Connect to: web-1\n.*\n> web-1 /m);
      await terminal.key("Enter");
      await terminal.shows(/^Forwarding [^]*^status 0$/m);
    }
    try {
      const { stdout } = await world.run(["list", "--format", "json"]);
      const [session] = JSON.parse(stdout).sessions;
      assert.equal(session.state, "active");
      assert.match(await fetchPage(session.local_port), /It works/);
    } finally {
      await world.run(["host", "stop"]);
    }
    assert.deepEqual(world.sessionStates, ["Terminated"]);
  },
);

Deno.test(
  "status --watch draws anew until Ctrl-C, and gives the screen back",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    await using tunnel = world.start(["connect", "web-1", "--format", "json"]);
    await tunnel.event("ready");
    await using terminal = await Terminal.open(world.env);
    await terminal.run("status --watch");
    await terminal.shows(/^ {2}state +active$[^]*handshaking -> active/m);
    world.sandbox.faults.apply({ fault: "cut" });
    const screen = await terminal.shows(/resuming -> active/);
    assert.equal(screen.match(/^ {2}state /gm)?.length, 1, "drawn over, not below");
    await terminal.key("C-c");
    assert.doesNotMatch(await terminal.shows(/^status 0$/m), /handshaking/);
  },
);
