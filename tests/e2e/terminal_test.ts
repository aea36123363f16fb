/**
 * The command in a real terminal: the list to choose from, the live line, and Ctrl-C as a key.
 *
 * @module
 */
import assert from "node:assert/strict";
import { World } from "./_world.ts";
import { Terminal, TMUX } from "./_terminal.ts";

const IN_TERMINAL = { ignore: TMUX === undefined };

/** What the terminal is like when no program has it in raw mode. */
async function assertRestored(terminal: Terminal): Promise<void> {
  await terminal.type("clear; stty -a\n");
  assert.match(await terminal.shows(/ echo /), / icanon /);
}

Deno.test(
  "without INSTANCE a list is offered; letters search it, Enter connects",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    await using terminal = await Terminal.open(world.env);
    await terminal.run(`connect --remote-port ${world.service("http")}`);
    await terminal.shows(/api-1 +i-\w+ +running +online +linux/);
    await terminal.type("bast");
    await terminal.shows(/^Connect to: bast\n.*\n> bastion/m);
    await terminal.key("Enter");
    const id = world.instanceId("bastion");
    await terminal.shows(new RegExp(`^Forwarding 127\\.0\\.0\\.1:\\d+ -> ${id}:`, "m"));
    await terminal.shows(/^active \|.* \| 0 open$/m);
    await terminal.key("C-c");
    const screen = await terminal.shows(/^status 0$/m);
    assert.doesNotMatch(screen, /^active \|/m, "the live line is gone");
    await assertRestored(terminal);
    assert.deepEqual(world.sessionStates, ["Terminated"]);
  },
);

Deno.test("Ctrl-C in the list leaves with 130 and a terminal as it was", IN_TERMINAL, async () => {
  await using world = await World.open();
  await using terminal = await Terminal.open(world.env);
  await terminal.run("connect");
  await terminal.shows(/api-1 +i-/);
  await terminal.key("C-c");
  await terminal.shows(/^status 130$/m);
  await assertRestored(terminal);
});

Deno.test("several instances of a name are offered", IN_TERMINAL, async () => {
  await using world = await World.open();
  await using terminal = await Terminal.open(world.env);
  await terminal.run("connect duplicate");
  await terminal.shows(/Several instances fit/);
  await terminal.key("Enter");
  await terminal.shows(/^Forwarding .* -> i-\w+:22 /m);
  await terminal.key("C-c");
  await terminal.shows(/^status 0$/m);
});

Deno.test("--no-input asks nothing on a terminal either", IN_TERMINAL, async () => {
  await using world = await World.open();
  await using terminal = await Terminal.open(world.env);
  await terminal.run("connect duplicate --no-input");
  assert.match(await terminal.shows(/^status 2$/m), /2 are there named "duplicate"/);
  await terminal.run("connect --no-input");
  assert.match(await terminal.shows(/^status 2$/m), /Cannot choose an instance: none was given/);
});

Deno.test("Ctrl-C belongs to the command that connect runs", IN_TERMINAL, async () => {
  await using world = await World.open();
  await using terminal = await Terminal.open(world.env);
  const script =
    "trap 'echo caught' INT; echo begun; read line; read line; echo read \\$line; exit 5";
  await terminal.run(`connect web-1 -- sh -c "${script}"`);
  await terminal.shows(/^begun$/m);
  await terminal.key("C-c");
  await terminal.shows(/caught$/m);
  await terminal.type("hello\n");
  await terminal.type("hello\n");
  await terminal.shows(/^status 5$/m);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});
