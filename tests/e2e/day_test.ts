/**
 * A working day in one terminal, recorded: the seed's configuration file with three presets and a group,
 * and every command that such a day takes, typed as a person types it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { commandLine } from "../support/command.ts";
import { quietPort } from "../support/quiet_port.ts";
import { needsOpenSsh } from "../support/ssh_server.ts";
import { Terminal, TMUX } from "./_terminal.ts";
import { fetchPage, World } from "./_world.ts";

const IN_TERMINAL = { ignore: needsOpenSsh().ignore || TMUX === undefined };

/** The file of commands.md. */
const SEED = {
  aws: { default_region: "us-east-1", connection_timeout: 30, request_timeout: 60 },
  session: {
    max_sessions_per_instance: 3,
    health_check_interval: 5,
    reconnection: { enabled: true, max_attempts: 5, base_delay_ms: 1000, max_delay_ms: 16000 },
  },
  resources: { max_memory_mb: 10, max_cpu_percent: 0.5, low_power_mode: true },
};

/** A terminal of someone who has `ec2-connect` on the path and their presets in the file. */
class Day implements AsyncDisposable {
  readonly webPort = quietPort();
  readonly world: World;
  readonly terminal: Terminal;
  #lines = 0;

  private constructor(world: World, terminal: Terminal) {
    this.world = world;
    this.terminal = terminal;
  }

  static async begin(): Promise<Day> {
    const world = await World.open();
    const folder = join(world.path, "bin");
    await Deno.mkdir(folder);
    const [program, before] = commandLine();
    const words = [program, ...before].map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(join(folder, "ec2-connect"), `#!/bin/sh\nexec ${words} "$@"\n`, {
      mode: 0o755,
    });
    const path = `${folder}:${Deno.env.get("PATH")}`;
    const day = new Day(world, await Terminal.open({ ...world.env, PATH: path }));
    await day.#writeConfig();
    return day;
  }

  async #writeConfig(): Promise<void> {
    const { world } = this;
    const connections = {
      web: {
        instance: "web-1",
        local_port: this.webPort,
        remote_port: Number(world.service("http")),
      },
      orders: { instance: "tag:Name=web-2", remote_port: Number(world.service("echo")) },
      uploads: {
        instance: world.instanceId("web-1"),
        remote_port: Number(world.service("sink")),
        description: "where files go",
      },
    };
    const groups = { dev: ["web", "orders", "uploads"] };
    const folder = join(world.path, ".config", "ec2-connect");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(
      join(folder, "config.json"),
      JSON.stringify({ ...SEED, connections, groups }, undefined, 2),
    );
  }

  /** Types a line and waits for its end. @returns What is on the screen. */
  async line(line: string, status = 0): Promise<string> {
    await this.begins(line);
    return await this.ends(status);
  }

  /** Types a line that goes on until it is told to end. */
  async begins(line: string): Promise<void> {
    this.#lines++;
    await this.terminal.type(`clear; ${line}; echo "line ${this.#lines} ended: $?"\n`);
  }

  /** Waits for the end of the last line. */
  async ends(status = 0): Promise<string> {
    const screen = await this.terminal.shows(
      new RegExp(`^(?:\\^C)?line ${this.#lines} ended: \\d+$`, "m"),
    );
    assert.match(screen, new RegExp(` ended: ${status}$`, "m"), screen);
    return screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminal[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

Deno.test("a whole day's commands in one terminal", IN_TERMINAL, async (test) => {
  await using day = await Day.begin();
  const { terminal, world } = day;
  /** What comes after a failure would only fail as well. */
  const step = async (name: string, run: () => Promise<void>) => {
    if (!await test.step(name, run)) throw new Error(`the day ends where ${name}`);
  };

  await step("the file is looked at", async () => {
    assert.match(await day.line("ec2-connect config validate"), /is valid/);
    const shown = await day.line("ec2-connect config show --origin | grep -E '^(aws|resources)'");
    assert.match(shown, /^aws\.request_timeout +60 +.*config\.json/m);
    assert.match(await day.line("ec2-connect config test"), /^ok +AWS +/m);
  });

  await step("a group comes up, and carries traffic over a cut", async () => {
    const up = await day.line("ec2-connect up dev");
    assert.equal(up.match(/Forwarding 127\.0\.0\.1:\d+/g)?.length, 3, up);
    const list = await day.line("ec2-connect list");
    for (const name of ["web", "orders", "uploads"]) {
      assert.match(list, new RegExp(` ${name} .* active `));
    }
    assert.match(await fetchPage(day.webPort), /It works/);
    world.sandbox.faults.apply({ fault: "cut" });
    assert.match(await fetchPage(day.webPort), /It works/);
    assert.match(await day.line("ec2-connect status web | grep -E 'state|lost'"), /1 reconnect/);
    assert.match(await day.line("ec2-connect up dev | cat"), /already up/);
  });

  await step("a command is run on an instance, and its status is the command's", async () => {
    const screen = await day.line(
      `ec2-connect exec web-2 -- sh -c 'echo out; echo err >&2; exit 7'`,
      7,
    );
    assert.match(screen, /^out$/m);
    assert.match(screen, /^err$/m);
    assert.match(await day.line("ec2-connect exec web-2 -- echo ok 2>/dev/null | cat"), /^ok$/m);
  });

  await step("a shell is opened, fits the terminal, and is left", async () => {
    await day.begins("ec2-connect shell web-2");
    await terminal.shows(/^[$#] *$/m);
    await terminal.type("stty size\n");
    await terminal.shows(/^24 80$/m);
    await terminal.type("exit\n");
    await day.ends();
    assert.match(await day.line("stty -a | tr ';' '\\n' | grep -w icanon"), /(?<!-)\bicanon\b/);
  });

  await step("an instance is chosen from the list, and Ctrl-C ends its tunnel", async () => {
    await day.begins(`ec2-connect connect --remote-port ${world.service("http")}`);
    await terminal.shows(/web-2/);
    await terminal.type("web-2");
    await terminal.key("Enter");
    await terminal.shows(/^Forwarding 127\.0\.0\.1:\d+ -> /m);
    await terminal.key("C-c");
    await day.ends();
  });

  await step("a tunnel is kept as a preset", async () => {
    const service = world.service("echo");
    await day.line(
      `ec2-connect connect web-2 --remote-port ${service} --save second --background`,
    );
    assert.match(await day.line("ec2-connect config show | grep second"), /web-2/);
    assert.match(await day.line("ec2-connect down second"), /second/);
  });

  await step("health and figures are looked at", async () => {
    assert.match(await day.line("ec2-connect health"), /web-1/);
    assert.match(await day.line("ec2-connect metrics web | head -5"), /round trip/);
  });

  await step("ssh is set up for the editor", async () => {
    const before = await day.line("ec2-connect vscode setup web-1 --user me --dry-run");
    assert.match(before, /\+ *ProxyCommand/);
    await day.line("ec2-connect vscode setup web-1 --user me");
    assert.match(await day.line("ssh -F ~/.ssh/config -G web-1 | grep -i '^hostkeyalias'"), /i-/);
    assert.match(await day.line("ec2-connect vscode setup web-1 --user me"), /[Nn]othing/);
  });

  await step("what is wrong is found", async () => {
    assert.match(
      await day.line("ec2-connect connect wbe --no-input", 3),
      /Did you mean .*web/s,
    );
    assert.match(await day.line("ec2-connect precheck web-2 | head -3"), /can be connected to/);
  });

  await step("all of it ends", async () => {
    assert.match(await day.line("ec2-connect down dev"), /web: ended/);
    assert.match(await day.line("ec2-connect list"), /No session is open/);
    assert.match(await day.line("ec2-connect database sessions --limit 3 | cat"), /web-/);
    await day.line("ec2-connect host stop");
    assert.ok(world.sessionStates.every((state) => state === "Terminated"));
  });
});
