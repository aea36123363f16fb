/**
 * Presets and groups of the configuration, with the real command.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Child, CommandResult } from "../support/command.ts";
import { echo, fetchPage, jsonError, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

type Table = Record<string, unknown>;

/** A world with a configuration file. */
class Desk implements AsyncDisposable {
  readonly world: World;
  readonly file: string;

  private constructor(world: World) {
    this.world = world;
    this.file = join(world.path, ".config", "ec2-connect", "config.json");
  }

  static async open(settings: (desk: Desk) => Table = () => ({})): Promise<Desk> {
    const desk = new Desk(await World.open());
    await desk.configure(settings(desk));
    return desk;
  }

  /** Port of one of the services behind the instances. */
  port(service: "echo" | "http"): number {
    return Number(this.world.service(service));
  }

  async configure(settings: Table): Promise<void> {
    await Deno.mkdir(join(this.file, ".."), { recursive: true });
    await Deno.writeTextFile(this.file, JSON.stringify(settings));
  }

  run(...args: string[]): Promise<CommandResult> {
    return this.world.run(args);
  }

  /** The result of a command that succeeds, as JSON. */
  // deno-lint-ignore no-explicit-any
  async json(...args: string[]): Promise<any> {
    const result = await this.run(...args, "--format", "json");
    assert.equal(result.code, 0, result.stderr);
    return JSON.parse(result.stdout);
  }

  start(...args: string[]): Child {
    return this.world.start(args);
  }

  async list(): Promise<{ session_id: string; preset: string | null; state: string }[]> {
    return (await this.json("list")).sessions;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}

/** A free port of this machine, a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("connect NAME opens what the preset says; options come first", POSIX_ONLY, async () => {
  const local = freePort();
  await using desk = await Desk.open((desk) => ({
    connections: {
      // Named like another instance: the preset wins.
      "web-1": {
        instance: "tag:Name=web-2",
        local_port: local,
        remote_port: desk.port("http"),
        reason: "of the preset",
      },
    },
  }));
  {
    await using child = desk.start("connect", "web-1", "--format", "json", "-v");
    const ready = await child.event<ReadyEvent & { instance_id: string }>("ready");
    assert.deepEqual(
      [ready.local_port, ready.instance_id],
      [local, desk.world.instanceId("web-2")],
    );
    assert.match(await fetchPage(local), /It works/);
    assert.match(child.stderrSoFar, /debug preset web-1: tag:Name=web-2/);
    assert.deepEqual((await desk.list()).map(({ preset }) => preset), ["web-1"]);
    assert.match((await desk.run("status", "web-1")).stdout, /preset +web-1/);
    assert.equal((await desk.run("terminate", "web-1")).code, 0);
    assert.equal((await child.result()).code, 0);
  }
  await using other = desk.start(
    ...["connect", "web-1", "--local-port", "0", "--remote-port", String(desk.port("echo"))],
    ...["--format", "json", "--reason", "of the line"],
  );
  const ready = await other.event<ReadyEvent>("ready");
  assert.notEqual(ready.local_port, local);
  assert.equal(await echo(ready.local_port, "hello"), "hello");
  await using instance = desk.start("connect", "-i", "web-1", "--format", "json");
  const plain = await instance.event<ReadyEvent & { instance_id: string }>("ready");
  assert.deepEqual(
    [plain.instance_id, plain.remote_port],
    [desk.world.instanceId("web-1"), 22],
  );
});

Deno.test(
  "a port that a session of ours has: the session is named, with the way to it",
  POSIX_ONLY,
  async () => {
    const local = freePort();
    await using desk = await Desk.open((desk) => ({
      connections: {
        shop: { instance: "web-1", local_port: local, remote_port: desk.port("http") },
      },
    }));
    const first = await desk.run("connect", "shop", "--background");
    assert.equal(first.code, 0, first.stderr);
    const [session] = await desk.list();
    for (const options of [[], ["--background"], ["--bind", "0.0.0.0"]]) {
      const { code, stderr } = await desk.run("connect", "shop", ...options);
      assert.equal(code, 5, stderr);
      const lines = stderr.split("\n");
      assert.match(lines.find((line) => line.startsWith("error"))!, /:\d+: the port is in use$/);
      assert.equal(
        lines.find((line) => line.includes("cause")),
        `  cause: It leads to web-1:${desk.port("http")} already (session ${
          session!.session_id
        }, preset shop)`,
      );
      assert.match(
        lines.find((line) => line.includes("hint"))!,
        new RegExp(
          `See it: ec2-connect status ${local}; end it: ec2-connect terminate ${local}; or use port \\d+, which is free$`,
        ),
      );
    }
    // What it says works.
    assert.equal((await desk.run("terminate", String(local))).code, 0);
    assert.equal((await desk.run("connect", "shop", "--background")).code, 0);
    assert.equal((await desk.run("host", "stop")).code, 0);
  },
);

Deno.test("connect NAME in the background, with a command, and mistyped", POSIX_ONLY, async () => {
  await using desk = await Desk.open((desk) => ({
    connections: { shop: { instance: "web-1", remote_port: desk.port("http") } },
    groups: { day: ["shop"] },
    nosuch: 1,
  }));
  const background = await desk.run("connect", "shop", "--background");
  assert.equal(background.code, 0, background.stderr);
  assert.match(
    background.stdout,
    new RegExp(`^Forwarding 127.0.0.1:\\d+ -> i-\\w+:${desk.port("http")} `),
  );
  assert.equal(background.stderr.match(/Unknown setting nosuch/g)?.length, 1, "told once");
  assert.deepEqual((await desk.list()).map(({ preset }) => preset), ["shop"]);

  const command = await desk.run(
    "connect",
    "shop",
    "--",
    "sh",
    "-c",
    "echo $EC2_CONNECT_LOCAL_PORT",
  );
  assert.match(command.stdout, /^\d+$/);

  for (const where of [[], ["--background"]]) {
    const typo = await desk.run("connect", "shpo", "--format", "json", ...where);
    assert.equal(typo.code, 3);
    assert.equal(jsonError(typo).hint, "Did you mean the preset shop?");
    const group = await desk.run("connect", "day", "--format", "json", ...where);
    assert.match(jsonError(group).hint!, /is a group: ec2-connect up day$/);
  }
});

Deno.test(
  "a session that is replaced looks its preset's instance up again",
  POSIX_ONLY,
  async () => {
    await using desk = await Desk.open((desk) => ({
      connections: { shop: { instance: "tag:Name=web-1", remote_port: desk.port("echo") } },
    }));
    await using child = desk.start("connect", "shop", "--format", "json", "-v");
    const before = await child.event<ReadyEvent>("ready");
    const lookups = () => child.stderrSoFar.split("ec2:DescribeInstances").length - 1;
    const first = lookups();
    assert.ok(first > 0);
    desk.world.sandbox.faults.apply({ fault: "resume_without_token", count: 1 });
    desk.world.sandbox.faults.apply({ fault: "cut" });
    const after = await child.event<ReadyEvent>("ready");
    assert.notEqual(after.session_id, before.session_id);
    assert.ok(lookups() > first);
    assert.equal(await echo(after.local_port, "still there"), "still there");
    // It is the same session of the same preset to everybody else.
    const sessions = await desk.list();
    assert.deepEqual(sessions.map(({ session_id, preset }) => [session_id, preset]), [
      [after.session_id, "shop"],
    ]);
  },
);

/** A day: three presets, one with two forwards, and a group. */
function day(desk: Desk, ports: number[] = []): Table {
  const [web = 0, db = 0] = ports;
  return {
    connections: {
      web: {
        instance: "web-1",
        forwards: [
          { local_port: web, remote_port: desk.port("http") },
          { remote_port: desk.port("echo") },
        ],
      },
      db: { instance: "web-2", local_port: db, remote_port: desk.port("http") },
      cache: {
        instance: desk.world.instanceId("web-2"),
        remote_host: "127.0.0.1",
        remote_port: desk.port("echo"),
      },
      broken: { instance: "stopped-1" },
    },
    groups: { day: ["web", "db", "cache"], bad: ["web", "broken", "db"] },
  };
}

interface Up {
  schema: string;
  presets: {
    name: string;
    ready: boolean;
    already_up: boolean;
    sessions: { session_id: string; local_port: number; remote_port: number }[];
    error: { kind: string; exit_code: number; message: string } | null;
  }[];
}

Deno.test(
  "up opens a group with traffic through each; again it is up already; down ends it alone",
  POSIX_ONLY,
  async () => {
    await using desk = await Desk.open((desk) => day(desk));
    // Nobody's preset: it outlives all of it.
    const other = await desk.run("connect", "web-1", "--background");
    assert.equal(other.code, 0, other.stderr);

    const up: Up = await desk.json("up", "day", "db", "web");
    assert.equal(up.schema, "ec2-connect/up/v1");
    assert.deepEqual(
      up.presets.map((
        { name, ready, already_up, sessions, error },
      ) => [name, ready, already_up, sessions.length, error]),
      [["web", true, false, 2, null], ["db", true, false, 1, null], [
        "cache",
        true,
        false,
        1,
        null,
      ]],
    );
    for (const { local_port, remote_port } of up.presets.flatMap(({ sessions }) => sessions)) {
      if (remote_port === desk.port("http")) assert.match(await fetchPage(local_port), /It works/);
      else assert.equal(await echo(local_port, "hello"), "hello");
    }
    const names = (await desk.list()).map(({ preset }) => preset);
    assert.deepEqual(names.toSorted(), ["cache", "db", null, "web", "web"].toSorted());

    const again = await desk.run("up", "day");
    assert.equal(again.code, 0, again.stderr);
    const lines = again.stdout.trim().split("\n").toSorted();
    assert.equal(lines.length, 4);
    for (const line of lines) {
      assert.match(line, /^(web|db|cache): Forwarding 127\.0\.0\.1:\d+ -> .*\), already up$/);
    }
    assert.equal(again.stderr.trim(), "3 presets are up, as before");
    assert.equal((await desk.list()).length, 5);

    // Two sessions are of web: that is no SESSION.
    const ambiguous = await desk.run("terminate", "web");
    assert.equal(ambiguous.code, 2);
    assert.match(ambiguous.stderr, /ec2-connect down web ends all of the preset/);
    // One of the two ends: up opens that one again.
    const [echoing] = up.presets[0]!.sessions.filter((each) =>
      each.remote_port === desk.port("echo")
    );
    assert.equal((await desk.run("terminate", echoing!.session_id)).code, 0);
    const part: Up = await desk.json("up", "web");
    assert.deepEqual(
      [part.presets[0]!.already_up, part.presets[0]!.sessions.length],
      [false, 2],
    );
    assert.equal((await desk.list()).length, 5);

    const down = await desk.json("down", "day", "db");
    assert.equal(down.schema, "ec2-connect/down/v1");
    assert.deepEqual(
      down.presets.map((
        each: { name: string; was_up: boolean; sessions: unknown[] },
      ) => [each.name, each.was_up, each.sessions.length]),
      [["web", true, 2], ["db", true, 1], ["cache", true, 1]],
    );
    assert.deepEqual((await desk.list()).map(({ preset }) => preset), [null]);
    const nothing = await desk.run("down", "db");
    assert.deepEqual([nothing.code, nothing.stderr.trim()], [0, "db is not up"]);
  },
);

Deno.test(
  "up: a member that fails leaves the others up, and is the exit code",
  POSIX_ONLY,
  async () => {
    await using desk = await Desk.open((desk) => day(desk));
    const failed = await desk.run("up", "bad");
    assert.equal(failed.code, 3);
    const opened = failed.stdout.trim().split("\n").map((line) => line.split(" ", 2).join(" "));
    assert.deepEqual(opened.toSorted(), ["db: Forwarding", "web: Forwarding", "web: Forwarding"]);
    assert.match(failed.stderr, /^2 of 3 presets are up, and stay up$/m);
    assert.match(failed.stderr, /^To end them: ec2-connect down web db$/m);
    assert.match(
      failed.stderr,
      /^error: Preset broken is not up: Cannot connect to .*: it is stopped$/m,
    );
    assert.match(failed.stderr, /start-instances/);
    assert.equal((await desk.list()).length, 3);
    const json = await desk.run("up", "broken", "db", "--format", "json");
    assert.equal(json.code, 3);
    const [broken, db] = (JSON.parse(json.stdout) as Up).presets;
    assert.deepEqual([broken!.ready, broken!.error?.exit_code, broken!.sessions], [false, 3, []]);
    assert.deepEqual([db!.ready, db!.already_up], [true, true]);
    assert.match(jsonError(json).message, /^Preset broken is not up/);
    const all = await desk.run("down", "--all");
    assert.equal(all.stdout.trim().split("\n").length, 3);
    assert.deepEqual(await desk.list(), []);
  },
);

Deno.test("up: what cannot be is told before anything is opened", POSIX_ONLY, async () => {
  const [a, b] = [freePort(), freePort()];
  await using desk = await Desk.open((desk) => {
    const settings = day(desk, [a, b]) as { connections: Record<string, Table>; groups: Table };
    settings.connections["twin"] = { instance: "web-1", local_port: a, remote_port: 80 };
    settings.connections["many"] = {
      instance: "web-1",
      forwards: [{ remote_port: 80 }, { remote_port: 81 }],
    };
    return settings;
  });
  const conflict = await desk.run("up", "db", "twin", "web");
  assert.equal(conflict.code, 2);
  assert.match(
    conflict.stderr,
    new RegExp(
      `^error: Cannot bring up twin and web together: both want 127\\.0\\.0\\.1:${a}$`,
      "m",
    ),
  );
  const limit = await desk.run("up", "many", "web");
  assert.equal(limit.code, 5);
  assert.match(limit.stderr, /cause: session\.max_sessions_per_instance is 3; many wants 2, web/);
  assert.match(limit.stderr, /EC2_CONNECT_MAX_SESSIONS/);
  const unknown = await desk.run("up", "wbe", "db", "nosuch");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Cannot find presets or groups "wbe", "nosuch"/);
  assert.match(unknown.stderr, /Did you mean web\?/);
  assert.equal((await desk.run("down", "nosuch")).code, 2);
  assert.equal((await desk.run("up")).code, 2);
  assert.deepEqual([await desk.list(), desk.world.sessionStates], [[], []]);

  // A port that another program has: one fails, with its cause.
  using _taken = Deno.listen({ hostname: "127.0.0.1", port: b });
  const taken = await desk.run("up", "db", "cache");
  assert.equal(taken.code, 5);
  assert.match(taken.stderr, /error: Preset db is not up: Cannot listen on 127\.0\.0\.1/);
  assert.deepEqual((await desk.list()).map(({ preset }) => preset), ["cache"]);
});

Deno.test(
  "up: the limit holds between presets that name one instance in different ways",
  POSIX_ONLY,
  async () => {
    await using desk = await Desk.open((desk) => ({
      session: { max_sessions_per_instance: 2 },
      connections: {
        a: { instance: "web-1" },
        b: { instance: "tag:Name=web-1" },
        c: { instance: desk.world.instanceId("web-1") },
      },
      groups: { all: ["a", "b", "c"] },
    }));
    const up = await desk.run("up", "all");
    assert.equal(up.code, 5, up.stderr);
    assert.match(up.stderr, /session\.max_sessions_per_instance is 2/);
    assert.equal((await desk.list()).length, 2);
  },
);

Deno.test(
  "up after the background host was killed; down ends what it left",
  POSIX_ONLY,
  async () => {
    const ports = [freePort(), freePort()];
    await using desk = await Desk.open((desk) => day(desk, ports));
    await desk.json("up", "day");
    const { pid } = await desk.json("host", "status");
    Deno.kill(pid, "SIGKILL");
    while ((await desk.list()).some(({ state }) => state !== "lost"));
    const again: Up = await desk.json("up", "day");
    assert.ok(again.presets.every(({ ready, already_up }) => ready && !already_up));
    assert.match(await fetchPage(ports[0]!), /It works/);
    const down = await desk.json("down", "day");
    const was = down.presets.flatMap((each: { sessions: { was: string }[] }) => each.sessions)
      .map((session: { was: string }) => session.was).toSorted();
    assert.deepEqual(was, [...Array(4).fill("active"), ...Array(4).fill("lost")]);
    assert.deepEqual(await desk.list(), []);
    assert.ok(desk.world.sessionStates.every((state) => state === "Terminated"));
  },
);

Deno.test(
  "up: Ctrl-C while it waits closes what it opened, and that alone",
  POSIX_ONLY,
  async () => {
    await using desk = await Desk.open((desk) => ({
      connections: {
        before: { instance: "web-1" },
        // Needs no call that hangs: it is ready when the interruption comes.
        quick: { instance: desk.world.instanceId("web-1") },
        slow: { instance: "web-2" },
      },
    }));
    await desk.json("up", "before");
    desk.world.sandbox.faults.apply({ fault: "hang_api", operation: "DescribeInstances" });
    await using child = desk.start("up", "before", "quick", "slow");
    while (child.lines.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(
      child.lines.map((line) => line.split(":", 1)[0]),
      ["before", "quick"],
    );
    assert.equal(await child.interrupt("SIGINT"), 130);
    assert.deepEqual((await desk.list()).map(({ preset }) => preset), ["before"]);
    assert.deepEqual(desk.world.sessionStates.toSorted(), ["Connected", "Terminated"]);
  },
);

Deno.test(
  "--save keeps what is opened, in each format; another preset is not replaced",
  POSIX_ONLY,
  async () => {
    const starts = {
      "config.json": '{\n  "aws": { "connection_timeout": 20 }\n}\n',
      "config.toml": "# mine\n[aws]\nconnection_timeout = 20 # s\n",
      "config.yaml": "# mine\naws:\n  connection_timeout: 20 # s\n",
    };
    await using desk = await Desk.open();
    const [http, secret] = [
      String(desk.port("http")),
      desk.world.sandbox.credentials.secretAccessKey,
    ];
    for (const [name, text] of Object.entries(starts)) {
      const file = join(desk.world.path, name);
      await Deno.writeTextFile(file, text);
      const run = (...args: string[]) => desk.run("--config", file, ...args);
      const saved = await run(
        "connect",
        "web-1",
        "--remote-port",
        http,
        "--background",
        "--save",
        "shop",
      );
      assert.equal(saved.code, 0, saved.stderr);
      assert.ok(
        saved.stderr.includes(`Saved preset shop in ${file}; the file before is ${file}.bak`),
      );
      const now = await Deno.readTextFile(file);
      assert.ok(now.includes("connection_timeout") && now.includes("shop"), now);
      if (name !== "config.json") assert.ok(now.startsWith(text), now);
      assert.ok(!now.includes(secret) && !now.includes("AKIA"));
      // What saved it is of the preset, and the preset opens the same.
      assert.match((await run("up", "shop")).stdout, /^shop: Forwarding .*, already up$/);
      assert.match((await run("down", "shop")).stdout, /^shop: ended /);
      const up: Up = JSON.parse((await run("up", "shop", "--format", "json")).stdout);
      const [session] = up.presets[0]!.sessions;
      assert.match(await fetchPage(session!.local_port), /It works/);
      const same = await run("connect", "shop", "--save", "shop", "--", "true");
      assert.deepEqual([same.code, /is saved already/.test(same.stderr)], [0, true], same.stderr);
      const other = ["connect", "web-2", "--save", "shop"];
      const refused = await run(...other, "--format", "json");
      assert.equal(refused.code, 2);
      assert.match(jsonError(refused).hint!, /--force to replace it$/);
      assert.equal(await Deno.readTextFile(file), now);
      const forced = await run(...other, "--force", "--", "true");
      assert.equal(forced.code, 0, forced.stderr);
      assert.ok((await Deno.readTextFile(file)).includes("web-2"));
      assert.equal((await run("terminate", "--all")).code, 0);
    }
  },
);

Deno.test(
  "--save: a first file, names that cannot be, and a connection that fails",
  POSIX_ONLY,
  async () => {
    await using desk = await Desk.open();
    await Deno.remove(desk.file);
    // Saved before it connects: what was typed is not lost with the instance being stopped.
    const failed = await desk.run("connect", "stopped-1", "--local-port", "0", "--save", "night");
    assert.equal(failed.code, 3, failed.stderr);
    assert.match(failed.stderr, /Saved preset night in .*config\.json$/m);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(desk.file)), {
      connections: { night: { instance: "stopped-1", remote_port: 22 } },
    });
    await desk.configure({ connections: { a: { instance: "web-1" } }, groups: { day: ["a"] } });
    for (const name of ["a b", "-", "i-0123456789abcdef0", "day", ""]) {
      const wrong = await desk.run("connect", "web-1", "--save", name);
      assert.equal(wrong.code, 2, name);
    }
    assert.equal((await desk.run("connect", "--save", "x")).code, 2);
    const { connections } = JSON.parse(await Deno.readTextFile(desk.file));
    assert.deepEqual(Object.keys(connections), ["a"]);
    assert.deepEqual(desk.world.sessionStates, []);
  },
);
