/**
 * The lists to choose from in a real terminal: stale and refreshed, narrow, long, and left again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Terminal, TMUX } from "./_terminal.ts";
import { World } from "./_world.ts";

const IN_TERMINAL = { ignore: TMUX === undefined };

/** Widest line of a screen, in characters. */
function widest(screen: string): number {
  return Math.max(...screen.split("\n").map((line) => line.trimEnd().length));
}

async function cacheFiles(world: World): Promise<string[]> {
  const folder = join(world.path, ".cache", "ec2-connect", "instances");
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => join(folder, name));
}

Deno.test(
  "the list of the last time is shown at once, and replaced in place by what AWS says",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    await using terminal = await Terminal.open(world.env);
    await terminal.run("connect");
    await terminal.shows(/^78$/m);
    await terminal.key("Escape");
    await terminal.shows(/^status 130$/m);
    const [path] = await cacheFiles(world);
    const cached = JSON.parse(await Deno.readTextFile(path!));
    assert.equal((await Deno.stat(path!)).mode! & 0o777, 0o600);
    // One that is gone since, and one whose name was another.
    const [first, ...others] = cached.instances;
    cached.instances = [
      { ...first, instance_id: "i-00000000000000bad", name: "gone-1" },
      { ...first, name: "once-named" },
      ...others,
    ];
    cached.at = new Date(Date.now() - 3 * 3_600_000).toISOString();
    await Deno.writeTextFile(path!, JSON.stringify(cached));

    const delay = world.sandbox.faults.apply({ fault: "delay_api", service: "ec2", ms: 600_000 });
    await terminal.run("connect");
    await terminal.shows(/^79, as of 3h 00m ago, looking again…$/m);
    await terminal.type("batch-");
    await terminal.shows(/^Connect to: batch-\n.*\n> batch-01 .*\n {2}batch-02 /m);
    await terminal.key("Down");
    await terminal.shows(/^> batch-02 /m);
    await terminal.key("C-u");
    await terminal.type("gone");
    await terminal.shows(/^> gone-1 /m);
    world.sandbox.faults.clear(delay.id!);
    await terminal.key("C-c");
    await terminal.shows(/^status 130$/m);

    // Quick again: what is gone goes, and what was typed stays.
    await terminal.run("connect");
    await terminal.type("ba");
    await terminal.shows(/^Connect to: ba\n.*\n> bastion [^]*^13 of 78$/m);
    await terminal.key("Enter");
    await terminal.shows(new RegExp(`^Chosen: bastion \\(${world.instanceId("bastion")}\\)$`, "m"));
    await terminal.shows(/^Forwarding /m);
    await terminal.key("C-c");
    await terminal.shows(/^status 0$/m);
  },
);

Deno.test(
  "while AWS does not answer one of the last list is connected to; it is first the next time",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    await using terminal = await Terminal.open(world.env);
    await terminal.run("connect");
    await terminal.shows(/^78$/m);
    await terminal.key("C-c");
    await terminal.shows(/^status 130$/m);
    world.sandbox.faults.apply({ fault: "delay_api", service: "ec2", ms: 600_000 });
    await terminal.run("connect");
    await terminal.shows(/looking again…$/m);
    await terminal.type("web-2");
    await terminal.key("Enter");
    await terminal.shows(new RegExp(`^Forwarding .* -> ${world.instanceId("web-2")}:22`, "m"));
    await terminal.key("C-c");
    await terminal.shows(/^status 0$/m);
    await terminal.run("connect");
    await terminal.shows(/PLATFORM.*\n> web-2 /);
    await terminal.key("C-c");
    await terminal.shows(/^status 130$/m);
  },
);

Deno.test(
  "without the permission for agents the list works, and says so",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    world.sandbox.faults.apply({ fault: "deny", actions: ["ssm:DescribeInstanceInformation"] });
    await using terminal = await Terminal.open(world.env);
    await terminal.run("connect");
    const screen = await terminal.shows(/^78, no permission to ask for agents$/m);
    assert.match(screen, /^ {2}api-1 +i-\w+ +running +- +linux/m);
    await terminal.key("C-d");
    await terminal.shows(/^status 130$/m);
  },
);

Deno.test(
  "without the permission for instances the error is the command's",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    world.sandbox.faults.apply({ fault: "deny", actions: ["ec2:DescribeInstances"] });
    await using terminal = await Terminal.open(world.env);
    await terminal.run("connect");
    assert.match(await terminal.shows(/^status 4$/m), /^error: .*ec2:DescribeInstances/m);
  },
);

Deno.test(
  "5,000 instances and a terminal of 40 columns: searched, resized, left",
  IN_TERMINAL,
  async () => {
    const names = Array.from({ length: 5_000 }, (_, n) => `fleet-${String(n).padStart(4, "0")}`);
    await using world = await World.open({ crowd: names });
    await using terminal = await Terminal.open(world.env, { columns: 40, rows: 12 });
    await terminal.run("connect");
    let screen = await terminal.shows(/^5,078$/m);
    assert.ok(widest(screen) < 40, screen);
    assert.match(screen, /^ {2}NAME +INSTANCE$/m);
    await terminal.type("4321");
    screen = await terminal.shows(/^> fleet-4321 {2,}i-0a5b0c000001010e1$/m);
    assert.match(screen, /^1 of 5,078$/m);
    await terminal.resize(110, 30);
    await terminal.shows(/^> fleet-4321 .* running +no agent +linux +10\.100\.17\.225$/m);
    await terminal.key("Escape");
    screen = await terminal.shows(/^5,078$/m);
    assert.equal(screen.match(/^.* running /gm)?.length, 26, "the taller screen is filled");
    await terminal.key("End");
    await terminal.shows(/^> \S+ .* (?:stopped|terminated|stopping|pending) /m);
    await terminal.resize(40, 10);
    await terminal.shows(/^Connect to:\n {2}NAME +INSTANCE\n/);
    await terminal.key("C-c");
    screen = await terminal.shows(/^status 130$/m);
    assert.doesNotMatch(screen, /INSTANCE|fleet/);
    await terminal.type("clear; stty -a\n");
    assert.match(await terminal.shows(/ echo /), / icanon /);
  },
);

Deno.test(
  "names of any characters are shown in one line each, and chosen",
  IN_TERMINAL,
  async () => {
    const names = ['my "own" $(web)', "数据库 🚀", "red[31m\nnext", "left\u202eright"];
    await using world = await World.open({ crowd: names });
    await using terminal = await Terminal.open(world.env, { columns: 120, rows: 24 });
    await terminal.run("connect");
    await terminal.type("crowd?");
    await terminal.shows(/^Connect to: crowd\?/m);
    await terminal.key("C-u");
    await terminal.type("10.100.1");
    const screen = await terminal.shows(/^4 of 82$/m);
    assert.match(screen, /my "own" \$\(web\) +i-/);
    assert.match(screen, /red\[31m next +i-/);
    assert.match(screen, /left\\u202eright +i-/);
    // Two columns a character: the ids stand below each other all the same.
    assert.match(screen, /数据库 🚀 {2,}i-/);
    await terminal.key("C-u");
    await terminal.type("数据");
    await terminal.shows(/^> 数据库 🚀/m);
    await terminal.key("Enter");
    await terminal.shows(/^Chosen: 数据库 🚀 \(i-0a5b0c00000100001\)$/m);
    await terminal.shows(/^status 3$/m);
  },
);

Deno.test("shell: what is typed right after the choice is the shell's", IN_TERMINAL, async () => {
  await using world = await World.open();
  await using terminal = await Terminal.open(world.env);
  await terminal.run("shell");
  await terminal.shows(/^Open a shell on:$/m);
  await terminal.type("web-2");
  await terminal.shows(/^> web-2 /m);
  await terminal.type("\necho typed-$((40+2))\n");
  await terminal.shows(/^typed-42$/m);
  await terminal.type("exit 7\n");
  await terminal.shows(/^The shell on web-2 has ended[^]*^status \d+$/m);
});

Deno.test("one that does not run is shown, and says how to start it", IN_TERMINAL, async () => {
  await using world = await World.open();
  await using terminal = await Terminal.open(world.env);
  await terminal.run("connect");
  await terminal.type("stopped-1");
  await terminal.shows(/^> stopped-1 .* stopped /m);
  await terminal.key("Enter");
  const id = world.instanceId("stopped-1");
  await terminal.shows(
    new RegExp(`^It is stopped: aws ec2 start-instances --instance-ids ${id}$`, "m"),
  );
  await terminal.key("C-c");
  await terminal.shows(/^status 130$/m);
});

Deno.test(
  "sessions are offered by terminate, several at a time, and by status",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    const names = ["web-1", "web-2", "bastion"];
    for (const name of names) {
      const { code, stderr } = await world.run(["connect", name, "--background"]);
      assert.equal(code, 0, stderr);
    }
    await using terminal = await Terminal.open(world.env);
    await terminal.run("status");
    await terminal.shows(/^Status of:\n.*\n> all 3\n {2}web-1 /m);
    await terminal.type("bast");
    await terminal.shows(/^> bastion /m);
    await terminal.key("Enter");
    const shown = await terminal.shows(/^status 0$/m);
    assert.match(shown, /instance +i-\w+ \(bastion\)/);
    assert.doesNotMatch(shown, /web-1/);

    await terminal.run("terminate --no-input");
    assert.match(await terminal.shows(/^status 2$/m), /Cannot choose a session: none was given/);
    await terminal.run("terminate");
    await terminal.shows(/^Terminate:\n.*\n> {3}web-1 /m);
    await terminal.type("web");
    await terminal.shows(/^Terminate: web/m);
    await terminal.key("Tab");
    await terminal.key("Tab");
    await terminal.shows(/^2 of 3, 2 marked$/m);
    await terminal.key("Enter");
    const ended = await terminal.shows(/^status 0$/m);
    assert.equal(ended.match(/^Terminated /gm)?.length, 2);
    assert.equal(world.sessionStates.filter((state) => state === "Terminated").length, 2);
    await terminal.run("status");
    assert.match(await terminal.shows(/^status 0$/m), /\(bastion\)/, "one is shown without asking");
  },
);
