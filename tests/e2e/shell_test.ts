/**
 * Shells on an instance, in a real terminal.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { needsPrograms } from "../support/needs_programs.ts";
import { eventually } from "../support/port_client.ts";
import { startCommand } from "../support/command.ts";
import { Terminal } from "./_terminal.ts";
import { POSIX_ONLY, World } from "./_world.ts";

const IN_TERMINAL = needsPrograms("tmux", "python3");
const FULL_SCREEN = needsPrograms("tmux", "python3", "less", "vi");
/** The prompt of a shell of the sandbox, after whatever was on the line. */
const PROMPT = /[$#] *$/m;

/** A shell on `web-1` in a terminal, whose modes were written down before. */
class Shell implements AsyncDisposable {
  readonly world: World;
  readonly terminal: Terminal;

  private constructor(world: World, terminal: Terminal) {
    this.world = world;
    this.terminal = terminal;
  }

  static async open(args = "shell web-1"): Promise<Shell> {
    const world = await World.open();
    const terminal = await Terminal.open(world.env);
    const shell = new Shell(world, terminal);
    await terminal.type("stty -a > ~/before\n");
    await terminal.run(`${args}`);
    await terminal.type("PS1='there> '\n");
    await terminal.shows(/^there>$/m);
    return shell;
  }

  /** Waits for the end, and for the terminal to be as it was. */
  async ended(status: number): Promise<string> {
    const { terminal, world } = this;
    const screen = await terminal.shows(new RegExp(`^status ${status}$`, "m"));
    await terminal.type("stty -a > ~/after\n");
    const read = (name: string) => Deno.readTextFile(join(world.path, name));
    await eventually("the modes are written down", async () => {
      try {
        return (await read("after")).endsWith("\n");
      } catch {
        return false;
      }
    });
    assert.equal(await read("after"), await read("before"));
    return screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

Deno.test("shell: a terminal with its size, what is typed, and the end", IN_TERMINAL, async () => {
  await using shell = await Shell.open();
  const { terminal, world } = shell;
  await terminal.type("stty size; test -t 0 && echo a terminal\n");
  await terminal.shows(/^24 80\na terminal$/m);
  await terminal.resize(100, 30);
  // What is typed may be on its way before the size is.
  await terminal.type(`until [ "$(stty size)" = "30 100" ]; do sleep 0.1; done; stty size\n`);
  await terminal.shows(/^30 100$/m);
  await terminal.resize(80, 24);
  await terminal.type("printf '%s|\\n' 'größe 木 🌲'\n");
  await terminal.shows(/^größe 木 🌲\|$/m);
  const { stdout } = await world.run(["list"]);
  assert.match(stdout, /web-1 +active +- +shell/);
  await terminal.type("exit\n");
  const screen = await shell.ended(0);
  assert.match(screen, /^The shell on web-1 has ended$/m);
  assert.equal(world.sandbox.sessions()[0]!.documentName, "SSM-SessionManagerRunShell");
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});

Deno.test(
  "shell: Ctrl-C goes to the instance, and interrupts what runs there",
  IN_TERMINAL,
  async () => {
    await using shell = await Shell.open();
    const { terminal } = shell;
    await terminal.type("sleep 100; echo interrupted with $?\n");
    await terminal.key("C-c");
    await terminal.shows(/\^C/);
    await terminal.type("echo still there\n");
    await terminal.shows(/^still there$/m);
    await terminal.key("C-d");
    await shell.ended(0);
  },
);

Deno.test("shell: ten kilobytes pasted at once arrive whole", IN_TERMINAL, async () => {
  await using shell = await Shell.open();
  const { terminal, world } = shell;
  const lines = Array.from({ length: 700 }, (_, i) => `~${i}. line, größe 木\n`);
  const text = lines.join("");
  assert.ok(new TextEncoder().encode(text).byteLength > 10_000);
  const file = join(world.path, "pasted");
  await terminal.type(`stty -echo; cat > ${file}; stty echo; clear; echo whole\n`);
  await terminal.paste(text);
  await terminal.key("C-d");
  await terminal.shows(/^whole$/m);
  assert.equal(await Deno.readTextFile(file), text);
});

Deno.test(
  "shell: full-screen programs, and one that is left in the middle",
  FULL_SCREEN,
  async () => {
    await using shell = await Shell.open();
    const { terminal, world } = shell;
    await terminal.type("seq 500 | less\n");
    await terminal.shows(/^1\n2\n[^]*^:$/m);
    await terminal.type("G");
    await terminal.shows(/^500\n\(END\)$/m);
    await terminal.resize(100, 30);
    await terminal.shows(/^500\n(?:~\n)+\(END\)$/m);
    await terminal.resize(80, 24);
    await terminal.type("q");
    await terminal.shows(/less\nthere>$/m);
    const file = join(world.path, "written");
    await terminal.type(`vi ${file}\n`);
    await terminal.shows(/^~ *\n~ *\n/m);
    await terminal.type("ihello from vi");
    await terminal.key("Escape");
    await terminal.type(":wq\n");
    await eventually("vi has written", async () => {
      return await Deno.readTextFile(file).then((text) => text === "hello from vi\n", () => false);
    });
    // What is typed before a full-screen program has gone is dropped by it.
    await terminal.shows(/written\nthere>$/m);
    await terminal.type("clear; vi\n");
    await terminal.shows(/^~ *\n~ *\n/m);
    const listed = JSON.parse((await world.run(["list", "--format", "json"])).stdout).sessions;
    await world.run(["terminate", listed[0].session_id]);
    const screen = await shell.ended(0);
    assert.doesNotMatch(screen, /^~ *$/m, "vi's screen is put away");
    assert.match(screen, /^The shell on web-1 has ended: .*terminate/m);
  },
);

Deno.test("shell: nothing that is typed over cuts is lost", IN_TERMINAL, async () => {
  await using shell = await Shell.open();
  const { terminal, world } = shell;
  const file = join(world.path, "typed");
  await terminal.type(`cat > ${file}\n`);
  const words: string[] = [];
  for (let i = 0; i < 6; i++) {
    world.sandbox.faults.apply({ fault: "cut" });
    const word = `typed-${i}-${"x".repeat(i)}`;
    words.push(word);
    await terminal.type(`${word}\n`);
  }
  await terminal.key("C-d");
  await terminal.shows(/^typed-5-x+\n(?:.*\n)*there>$/m);
  assert.equal(await Deno.readTextFile(file), words.map((word) => `${word}\n`).join(""));
  const [session] = JSON.parse((await world.run(["list", "--format", "json"])).stdout).sessions;
  assert.ok(session.reconnects > 0);
  assert.doesNotMatch(await terminal.screen(), /\[ec2-connect/, "a short loss is not told");
});

Deno.test("shell: ~. leaves at once while nothing answers", IN_TERMINAL, async () => {
  await using shell = await Shell.open();
  const { terminal, world } = shell;
  world.sandbox.faults.apply({ fault: "blackhole" });
  world.sandbox.faults.apply({ fault: "hang_api" });
  await terminal.type("echo lost\n");
  await terminal.shows(/^\[ec2-connect: connection lost, resuming; .* ~\. leaves\]$/m);
  await terminal.type("~.");
  await terminal.shows(/^Leaving web-1: the session is being ended$/m);
  await terminal.key("C-c");
  await shell.ended(0);
});

Deno.test(
  "shell: ~^Z suspends, with the terminal as it was, and fg goes on",
  IN_TERMINAL,
  async () => {
    await using shell = await Shell.open();
    const { terminal, world } = shell;
    await terminal.type("\n");
    await terminal.key("~");
    await terminal.key("C-z");
    await terminal.shows(/Stopped[^]*^[$#] *$/m);
    await terminal.type("stty -a > ~/suspended; echo here\n");
    await terminal.shows(/^here$/m);
    assert.equal(
      await Deno.readTextFile(join(world.path, "suspended")),
      await Deno.readTextFile(join(world.path, "before")),
    );
    await terminal.type("clear; fg\n");
    await terminal.type("echo there\n");
    await terminal.shows(/^there$/m);
    await terminal.type("exit\n");
    await terminal.shows(/^The shell on web-1 has ended\n[$#] *$/m);
    await terminal.type("printf 'status %s\\n' $?\n");
    await shell.ended(0);
  },
);

Deno.test(
  "shell: the terminal is as it was after a signal, and after the end of everything",
  IN_TERMINAL,
  async () => {
    {
      await using shell = await Shell.open();
      const [session] = JSON.parse((await shell.world.run(["list", "--format", "json"])).stdout)
        .sessions;
      Deno.kill(session.host_pid, "SIGTERM");
      await shell.ended(143);
    }
    await using shell = await Shell.open("shell web-1 --no-reconnect");
    shell.world.sandbox.faults.apply({ fault: "gateway_down" });
    shell.world.sandbox.faults.apply({ fault: "cut" });
    assert.match(
      await shell.ended(3),
      /^error: The shell on web-1 has ended: the connection was lost$/m,
    );
  },
);

Deno.test(
  "shell: an instance chosen from the list, and no key lost after it",
  IN_TERMINAL,
  async () => {
    await using world = await World.open();
    await using terminal = await Terminal.open(world.env);
    await terminal.run("shell");
    await terminal.shows(/bastion +i-\w+/);
    await terminal.type("web-1");
    await terminal.shows(/^> web-1 +i-\w+/m);
    await terminal.key("Enter");
    await terminal.shows(PROMPT);
    await terminal.type("echo chosen\n");
    await terminal.shows(/^chosen$/m);
    await terminal.type("exit\n");
    await terminal.shows(/^status 0$/m);
  },
);

Deno.test(
  "shell: a script on standard input is typed in, and its end ends the shell",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    await using child = startCommand(["shell", "web-1"], { env: world.env, stdin: "piped" });
    const writer = child.process.stdin.getWriter();
    await writer.write(new TextEncoder().encode("cd /; pwd; echo $((6 * 7))\n"));
    await writer.close();
    const { code, stdout, stderr } = await child.result();
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^\/\r?\n42\r?$/m);
  },
);

Deno.test("shell: without a terminal and an instance it is a usage error", async () => {
  await using world = await World.open();
  const { code, stderr } = await world.run(["shell"]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: Cannot choose an instance: none was given$/m);
});
