/**
 * Sessions of several processes, seen and ended from others: a foreground, a background and a killed
 * host, with the real command.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Child, type CommandResult, startCommand } from "../support/command.ts";
import { echo, fetchPage, jsonError, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

interface Entry {
  session_id: string;
  state: string;
  local_port: number;
  host_pid: number | null;
  background: boolean;
}

/** A world whose background host ends soon, and with the world at the latest. */
class Hosts implements AsyncDisposable {
  readonly world: World;
  readonly env: Record<string, string>;

  private constructor(world: World, lingerS: number) {
    this.world = world;
    this.env = {
      XDG_STATE_HOME: `${world.path}/state`,
      XDG_DATA_HOME: `${world.path}/data`,
      EC2_CONNECT_SESSION_BACKGROUND_LINGER: String(lingerS),
    };
  }

  static async open(options: { lingerS?: number } = {}): Promise<Hosts> {
    return new Hosts(await World.open(), options.lingerS ?? 600);
  }

  get folder(): string {
    return `${this.env["XDG_STATE_HOME"]}/ec2-connect`;
  }

  /** Host files that are there. */
  files(): string[] {
    return [...Deno.readDirSync(`${this.folder}/hosts`)].map(({ name }) => name)
      .filter((name) => name.endsWith(".json"));
  }

  run(args: string[], env: Record<string, string> = {}): Promise<CommandResult> {
    return this.world.run(args, { ...this.env, ...env });
  }

  /** A tunnel to the echo service, held in the foreground. */
  foreground(...more: string[]): Child {
    const remote = this.world.service("echo");
    return this.world.start(
      ["connect", "web-1", "--remote-port", remote, "--format", "json", ...more],
      this.env,
    );
  }

  /** A tunnel to the HTTP service, held in the background. */
  async background(): Promise<ReadyEvent> {
    const args = ["connect", "web-1", "--remote-port", this.world.service("http"), "--background"];
    const result = await this.run([...args, "--format", "json"]);
    assert.equal(result.code, 0, result.stderr);
    return JSON.parse(result.stdout.split("\n").at(-1)!);
  }

  async list(...options: string[]): Promise<Entry[]> {
    const result = await this.run(["list", "--format", "json", ...options]);
    assert.equal(result.code, 0, result.stderr);
    return JSON.parse(result.stdout).sessions;
  }

  async hasHistoryOf(sessionId: string): Promise<boolean> {
    const { stdout } = await this.run(["database", "sessions", "--format", "json"]);
    return stdout.includes(`"${sessionId}"`);
  }

  async host(): Promise<{ running: boolean; pid: number; sessions: number }> {
    return JSON.parse((await this.run(["host", "status", "--format", "json"])).stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(["host", "stop"]);
    await this.world[Symbol.asyncDispose]();
  }
}

/** As the tunnels are listed, without what differs from run to run. */
const states = (entries: Entry[]) =>
  new Map(entries.map(({ session_id, state }) => [session_id, state]));

Deno.test(
  "a foreground, a background and a killed host at once: listed, looked at and ended from another",
  POSIX_ONLY,
  async () => {
    await using hosts = await Hosts.open();
    const { world } = hosts;
    await using foreground = hosts.foreground();
    await using killed = hosts.foreground();
    const front = await foreground.event<ReadyEvent>("ready");
    const lost = await killed.event<ReadyEvent>("ready");
    const back = await hosts.background();
    assert.match(await fetchPage(back.local_port), /It works/);
    // The history is written a moment after a tunnel is ready.
    while (!await hosts.hasHistoryOf(lost.session_id));
    killed.process.kill("SIGKILL");
    await killed.process.status;

    const entries = await hosts.list();
    assert.deepEqual(
      states(entries),
      new Map([
        [front.session_id, "active"],
        [lost.session_id, "lost"],
        [back.session_id, "active"],
      ]),
    );
    const of = (id: string) => entries.find(({ session_id }) => session_id === id)!;
    assert.deepEqual(
      [of(front.session_id).host_pid, of(front.session_id).background],
      [foreground.process.pid, false],
    );
    assert.equal(of(lost.session_id).host_pid, null);
    const host = await hosts.host();
    assert.deepEqual([host.running, host.sessions], [true, 1]);
    assert.deepEqual(
      [of(back.session_id).host_pid, of(back.session_id).background],
      [host.pid, true],
    );
    const table = await hosts.run(["list"]);
    assert.match(table.stdout, /^SESSION +INSTANCE +STATE +LOCAL +REMOTE +UP\n/);
    assert.equal(table.stdout.split("\n").length, 4);

    const status = await hosts.run(["status", String(back.local_port), "--format", "json"]);
    const [details] = JSON.parse(status.stdout).sessions;
    assert.equal(details.session_id, back.session_id);
    assert.equal(details.history.at(-1).to, "active");

    // By port, by prefix, and the lost one on AWS's side.
    const ended = await hosts.run([
      "terminate",
      String(front.local_port),
      back.session_id.slice(0, -1),
      lost.session_id,
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stdout.split("\n").length, 3);
    assert.deepEqual(world.sessionStates, ["Terminated", "Terminated", "Terminated"]);
    const { code, stdout } = await foreground.result();
    assert.equal(code, 0);
    assert.match(stdout.split("\n").at(-1)!, /"event":"closed".*"by":"user"/);
    assert.deepEqual(await hosts.list(), []);
    assert.equal(hosts.files().length, 1, "only the background host is left");

    const again = await hosts.run(["terminate", lost.session_id, "--format", "json"]);
    assert.equal(again.code, 2);
    assert.equal(jsonError(again).message, `Session ${lost.session_id} has already ended`);
    const unknown = await hosts.run(["terminate", "nobody"]);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /Cannot find session "nobody"/);
    const all = states(await hosts.list("--all"));
    assert.deepEqual([...all.values()], ["closed", "closed", "closed"]);
  },
);

Deno.test(
  "list --remote shows what no host here holds, and terminate ends it",
  POSIX_ONLY,
  async () => {
    await using hosts = await Hosts.open();
    await using elsewhere = hosts.world.start(
      ["connect", "web-1", "--format", "json"],
      { ...hosts.env, XDG_STATE_HOME: `${hosts.world.path}/another` },
    );
    const { session_id } = await elsewhere.event<ReadyEvent>("ready");
    assert.deepEqual(await hosts.list(), []);
    assert.deepEqual(states(await hosts.list("--remote")), new Map([[session_id, "remote"]]));
    const ended = await hosts.run(["terminate", session_id]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /^Terminated \S+ \(i-\w+, remote\)$/);
    assert.deepEqual(hosts.world.sessionStates, ["Terminated"]);
    assert.deepEqual(await hosts.list("--remote"), []);
    const { code, stderr } = await elsewhere.result();
    assert.equal(code, 3, stderr);
    assert.equal((await hosts.run(["terminate", session_id])).code, 2);
  },
);

Deno.test("an ssh connection is listed and ended like any session", POSIX_ONLY, async () => {
  await using hosts = await Hosts.open();
  await using ssh = startCommand(["ssh-proxy", "web-1", hosts.world.service("echo")], {
    env: { ...hosts.world.env, ...hosts.env },
    stdin: "piped",
  });
  let entries: Entry[] = [];
  while (entries.length === 0) entries = await hosts.list();
  const [{ session_id, local_port, host_pid }] = entries as [Entry];
  assert.deepEqual([local_port, host_pid], [null, ssh.process.pid]);
  assert.equal((await hosts.run(["terminate", session_id])).code, 0);
  assert.equal((await ssh.process.status).code, 0);
  await ssh.process.stdin.close();
  assert.deepEqual(hosts.world.sessionStates, ["Terminated"]);
});

Deno.test("two at the same time start one host, and it holds both", POSIX_ONLY, async () => {
  await using hosts = await Hosts.open();
  const ready = await Promise.all([hosts.background(), hosts.background(), hosts.background()]);
  const entries = await hosts.list();
  assert.deepEqual(
    new Set(entries.map(({ session_id }) => session_id)),
    new Set(ready.map(({ session_id }) => session_id)),
  );
  assert.equal(new Set(entries.map(({ host_pid }) => host_pid)).size, 1);
  assert.equal(hosts.files().length, 1);
  // Many commands at once, among them two that end the same session.
  const [first] = ready;
  const results = await Promise.all([
    hosts.run(["terminate", first!.session_id]),
    hosts.run(["terminate", first!.session_id]),
    hosts.run(["list"]),
    hosts.run(["status"]),
  ]);
  for (const { code, stderr } of results) {
    assert.ok(code === 0 || /already ended/.test(stderr), stderr);
  }
  assert.equal((await hosts.list()).length, 2);
});

Deno.test("--background fails as the foreground does, and leaves nothing", POSIX_ONLY, async () => {
  await using hosts = await Hosts.open();
  const { world } = hosts;
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cases: [string[], Record<string, string>, number][] = [
    [["nosuch"], {}, 3],
    [["stopped-1"], {}, 3],
    [["web-1", "--local-port", String(taken.addr.port)], {}, 5],
    [["web-1"], { AWS_SECRET_ACCESS_KEY: "wrong" }, 4],
    [["web-1"], { AWS_REGION: "", AWS_DEFAULT_REGION: "" }, 2],
    [["web-1", "--config", "nosuch.json"], {}, 2],
    [[], {}, 2],
  ];
  for (const [args, env, code] of cases) {
    const here = await hosts.run(["connect", ...args], env);
    const there = await hosts.run(["connect", ...args, "--background"], env);
    assert.equal(here.code, code, here.stderr);
    assert.equal(there.code, code, there.stderr);
    // A relative path is made absolute on the way.
    const said = there.stderr.replaceAll(`${Deno.cwd()}/`, "");
    assert.equal(said, here.stderr.replaceAll(`${Deno.cwd()}/`, ""));
  }
  assert.deepEqual(world.sessionStates, []);
  assert.deepEqual(await hosts.list(), []);
});

Deno.test("each tunnel uses the credentials of its own terminal", POSIX_ONLY, async () => {
  await using hosts = await Hosts.open();
  await hosts.background();
  const wrong = await hosts.run(["connect", "web-1", "--background"], {
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  });
  assert.equal(wrong.code, 4, wrong.stderr);
  await hosts.background();
  const { pid, sessions } = await hosts.host();
  assert.equal(sessions, 2);
  const other = await hosts.run(["connect", "web-1", "--background"], {
    HTTPS_PROXY: "http://127.0.0.1:9",
  });
  assert.equal(other.code, 2);
  assert.match(other.stderr, /it was started with another HTTPS_PROXY/);
  if (Deno.build.os !== "linux") return;
  const environment = await Deno.readTextFile(`/proc/${pid}/environ`);
  const secret = hosts.world.sandbox.credentials.secretAccessKey;
  assert.ok(environment.includes("HOME=") && !environment.includes(secret));
  assert.ok(!(await Deno.readTextFile(`/proc/${pid}/cmdline`)).includes("AKIA"));
  for (const path of [...hosts.files().map((name) => `hosts/${name}`), "background.log"]) {
    const text = await Deno.readTextFile(`${hosts.folder}/${path}`);
    assert.ok(!text.includes(secret) && !text.includes("AKIA"), path);
  }
});

Deno.test(
  "the background host outlives SIGHUP, ends its sessions on SIGTERM, and ends by itself",
  POSIX_ONLY,
  async () => {
    await using hosts = await Hosts.open({ lingerS: 0.2 });
    const { world } = hosts;
    const { local_port } = await hosts.background();
    const { pid } = await hosts.host();
    Deno.kill(pid, "SIGHUP");
    assert.match(await fetchPage(local_port), /It works/);
    Deno.kill(pid, "SIGTERM");
    while ((await hosts.host()).running);
    assert.deepEqual(world.sessionStates, ["Terminated"]);
    // Another takes its place, and goes when its last session has.
    await hosts.background();
    assert.notEqual((await hosts.host()).pid, pid);
    assert.equal((await hosts.run(["terminate", "--all"])).code, 0);
    while ((await hosts.host()).running);
    assert.deepEqual(hosts.files(), []);
    assert.match(
      await Deno.readTextFile(`${hosts.folder}/background.log`),
      /ends: SIGTERM[^]*ends: nothing left to do/,
    );
  },
);

Deno.test("host stop ends it and its sessions; twice is no failure", POSIX_ONLY, async () => {
  await using hosts = await Hosts.open();
  await hosts.background();
  const stopped = await hosts.run(["host", "stop", "--format", "json"]);
  assert.deepEqual(JSON.parse(stopped.stdout).sessions, 1);
  assert.deepEqual(hosts.world.sessionStates, ["Terminated"]);
  const again = await hosts.run(["host", "stop"]);
  assert.deepEqual([again.code, again.stdout], [0, "No background host runs"]);
});

Deno.test("Ctrl-C while the background host connects leaves no session", POSIX_ONLY, async () => {
  await using hosts = await Hosts.open();
  const { world } = hosts;
  // The host is there, so that what is interrupted is the connecting.
  const { session_id } = await hosts.background();
  world.sandbox.faults.apply({ fault: "hang_api", operation: "StartSession" });
  await using child = world.start(["connect", "web-1", "--background", "-v"], hosts.env);
  while (!child.stderrSoFar.includes("instance:")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(await child.interrupt("SIGINT"), 130);
  assert.deepEqual((await hosts.list()).map((each) => each.session_id), [session_id]);
});

Deno.test("a pid that belongs to another program is never signalled", POSIX_ONLY, async () => {
  await using hosts = await Hosts.open();
  await using child = hosts.foreground();
  const { session_id } = await child.event<ReadyEvent>("ready");
  child.process.kill("SIGKILL");
  await child.process.status;
  // As if the system had given the number to this test.
  const [name] = hosts.files();
  const path = `${hosts.folder}/hosts/${name}`;
  const file = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...file, pid: Deno.pid, background: true }));
  assert.deepEqual(states(await hosts.list()), new Map([[session_id, "lost"]]));
  assert.equal((await hosts.host()).running, false);
  assert.equal((await hosts.run(["host", "stop"])).code, 0);
  assert.equal((await hosts.run(["terminate", session_id])).code, 0);
  assert.deepEqual(hosts.world.sessionStates, ["Terminated"]);
  assert.deepEqual(hosts.files(), []);
});

Deno.test(
  "a state folder that cannot be written: the tunnel goes on, said once",
  POSIX_ONLY,
  async () => {
    await using hosts = await Hosts.open();
    await Deno.writeTextFile(`${hosts.world.path}/state`, "a file in its place");
    await using child = hosts.foreground("-L", `0:${hosts.world.service("http")}`);
    const two = await child.result();
    assert.equal(two.code, 2, "the ports are given twice");
    await using tunnel = hosts.foreground();
    const { local_port } = await tunnel.event<ReadyEvent>("ready");
    assert.equal(await echo(local_port, "hello"), "hello");
    assert.equal(await tunnel.interrupt(), 0);
    const { stderr } = await tunnel.result();
    assert.equal(stderr.match(/list and terminate will not see this session/g)?.length, 1);
    const background = await hosts.run(["connect", "web-1", "--background"]);
    assert.equal(background.code, 5);
    assert.match(background.stderr, /hint: .*XDG_STATE_HOME/);
  },
);

Deno.test(
  "an instance's proxy settings do not get between a command and a host",
  POSIX_ONLY,
  async () => {
    await using hosts = await Hosts.open();
    await using child = hosts.foreground();
    await child.event("ready");
    const { stdout } = await hosts.run(["list"], { HTTP_PROXY: "http://127.0.0.1:9" });
    assert.match(stdout, / active /);
  },
);
