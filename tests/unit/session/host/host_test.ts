import assert from "node:assert/strict";
import { VERSION } from "../../../../src/cli/version.ts";
import {
  ControlClient,
  entryOf,
  forgetLost,
  Host,
  type HostOptions,
  SessionRegistry,
  type SurveyedHost,
  surveyHosts,
} from "../../../../src/session/host/mod.ts";
import { FakeClock } from "../../../support/fake_clock.ts";
import { FakeHostedSession } from "../../../support/fake_hosted_session.ts";
import { refusal } from "../../../support/fake_io.ts";

const POSIX_ONLY = { ignore: Deno.build.os === "windows" };

class Folder implements AsyncDisposable {
  readonly path: string;
  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<Folder> {
    return new Folder(await Deno.makeTempDir({ prefix: "ec2-connect-host-" }));
  }

  get hosts(): string {
    return `${this.path}/state/hosts`;
  }

  serve(options: Partial<HostOptions> = {}): Promise<Host> {
    return Host.serve({
      sessions: new SessionRegistry(),
      stateFolder: `${this.path}/state`,
      version: VERSION,
      background: false,
      ...options,
    });
  }

  survey(options: Partial<Parameters<typeof surveyHosts>[0]> = {}): Promise<SurveyedHost[]> {
    return surveyHosts({ stateFolder: `${this.path}/state`, ...options });
  }

  /** Names of the host files. */
  files(): string[] {
    return [...Deno.readDirSync(this.hosts)].map(({ name }) => name);
  }

  async readOne(): Promise<Record<string, unknown> & { sessions: Record<string, unknown>[] }> {
    const name = this.files().find((each) => each.endsWith(".json"));
    return JSON.parse(await Deno.readTextFile(`${this.hosts}/${name}`));
  }

  /** Leaves a file as a host does that was killed: `change` is what differs from a live one's. */
  async abandon(name: string, change: Record<string, unknown> = {}): Promise<void> {
    await Deno.mkdir(this.hosts, { recursive: true });
    const before = this.files();
    const sessions = new SessionRegistry();
    sessions.add(new FakeHostedSession());
    await using _host = await this.serve({ sessions });
    const own = this.files().find((each) => !before.includes(each))!;
    const file = JSON.parse(await Deno.readTextFile(`${this.hosts}/${own}`));
    const content = { ...file, ...change };
    await Deno.writeTextFile(`${this.hosts}/${name}`, JSON.stringify(content));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

Deno.test("a process does not ask itself what it holds", async () => {
  await using folder = await Folder.create();
  await folder.abandon("1-killed.json", { pid: Deno.pid + 1 });
  await using host = await folder.serve();
  await host.written;
  const statuses = (hosts: SurveyedHost[]) => hosts.map(({ status }) => status).sort();
  assert.deepEqual(statuses(await folder.survey()), ["gone", "live"]);
  assert.deepEqual(statuses(await folder.survey({ exceptPid: Deno.pid })), ["gone"]);
});

/** A port where nothing listens. */
function deadPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("a host is found, with its sessions, until it ends; then nothing is left", async () => {
  await using folder = await Folder.create();
  const sessions = new SessionRegistry();
  const session = new FakeHostedSession();
  sessions.add(session);
  {
    await using host = await folder.serve({ sessions, background: true });
    const [found] = await folder.survey();
    assert.equal(found?.status, "live");
    assert.deepEqual(
      [found.file.pid, found.file.port, found.file.version, found.file.background],
      [Deno.pid, host.port, VERSION, true],
    );
    const { uptime_s, ...entry } = entryOf(found.sessions[0]!);
    assert.ok(uptime_s > 0);
    assert.deepEqual(entry, {
      session_id: "me-0001",
      instance_id: "i-0123456789abcdef0",
      instance_name: "web",
      preset: null,
      kind: "port",
      state: "active",
      priority: "normal",
      bind: "127.0.0.1",
      local_port: 8080,
      remote_host: null,
      remote_port: 80,
      host_pid: Deno.pid,
      background: true,
      started_at: "2024-01-01T00:00:00.000Z",
      reconnects: 0,
      bytes_in: 10,
      bytes_out: 20,
      round_trip_ms: 1.5,
      open_connections: 1,
    });
  }
  assert.deepEqual(folder.files(), []);
  assert.deepEqual(await folder.survey(), []);
  await session.close();
});

Deno.test("details: limits and what is left of them, history, credentials", async () => {
  await using folder = await Folder.create();
  const sessions = new SessionRegistry();
  const clock = new FakeClock();
  sessions.add(
    new FakeHostedSession({
      startedAtMs: clock.epochMs(),
      // Another session took the place of the first after five minutes: its limit counts anew.
      sessionStartedAtMs: clock.epochMs() + 300_000,
      lastActivityAtMs: clock.epochMs() + 600_000,
      policy: { idleTimeoutMin: 20, maxDurationMin: 60 },
      credentialsExpireAtMs: clock.epochMs() + 3_600_000,
      history: [{ atMs: clock.epochMs(), from: "active", to: "resuming", reason: "lost" }],
    }),
  );
  clock.advance(15 * 60_000);
  await using _host = await folder.serve({ sessions, clock });
  const [found] = await folder.survey();
  const details = found!.sessions[0]!;
  assert.equal(details.uptime_s, 900);
  assert.equal(details.credentials_expire_at, "2024-01-01T01:00:00.000Z");
  assert.deepEqual(details.policy, {
    idle_timeout_min: 20,
    max_duration_min: 60,
    idle_left_min: 15,
    max_left_min: 50,
  });
  assert.deepEqual(details.history, [
    { at: "2024-01-01T00:00:00.000Z", from: "active", to: "resuming", reason: "lost" },
  ]);
});

Deno.test("the file is its owner's alone and holds no more than it must", POSIX_ONLY, async () => {
  await using folder = await Folder.create();
  await Deno.mkdir(folder.hosts, { recursive: true });
  await Deno.chmod(folder.hosts, 0o755);
  const sessions = new SessionRegistry();
  sessions.add(new FakeHostedSession());
  await using _host = await folder.serve({ sessions });
  const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
  assert.equal(mode(folder.hosts), 0o700);
  assert.deepEqual(folder.files().map((name) => mode(`${folder.hosts}/${name}`)), [0o600]);
  assert.deepEqual(Object.keys(await folder.readOne()).sort(), [
    "background",
    "pid",
    "port",
    "schema",
    "sessions",
    "started_at",
    "token",
    "updated_at",
    "version",
  ]);
});

Deno.test("the file follows the sessions", async () => {
  await using folder = await Folder.create();
  const sessions = new SessionRegistry();
  const session = new FakeHostedSession();
  {
    await using _host = await folder.serve({ sessions });
    assert.deepEqual((await folder.readOne()).sessions, []);
    sessions.add(session);
    session.change("resuming");
    session.change("active", { sessionId: "me-0002", previousSessionIds: ["me-0001"] });
    const is = async (wanted: unknown[]) => {
      for (;;) {
        const { sessions } = await folder.readOne();
        const found = sessions.map((each) => [each["session_id"], each["state"]]);
        if (JSON.stringify(found) === JSON.stringify(wanted)) return;
      }
    };
    await is([["me-0002", "active"]]);
    await session.close();
    await is([]);
  }
  assert.equal(session.listeners, 0);
  assert.deepEqual(folder.files(), []);
});

Deno.test("a client ends a session, makes it reconnect, and reads reports", async () => {
  await using folder = await Folder.create();
  const sessions = new SessionRegistry();
  const session = new FakeHostedSession({ previousSessionIds: ["me-0000"] });
  sessions.add(session);
  await using _host = await folder.serve({
    sessions,
    reports: { resources: () => Promise.resolve({ cpu: 1 }) },
  });
  const [{ file }] = await folder.survey() as [SurveyedHost];
  using client = new ControlClient(file);
  assert.deepEqual(await client.report("resources"), { cpu: 1 });
  assert.equal(await client.report("toString"), undefined);
  assert.equal(await client.reconnect("me-0001"), true);
  assert.equal(session.reconnects, 1);
  assert.equal(await client.reconnect("me-000"), false);
  assert.equal(await client.terminate("me-0000"), true);
  assert.deepEqual([session.closeCalls, sessions.size], [1, 0]);
  assert.equal(await client.terminate("me-0001"), false);
});

Deno.test("a host that is gone: its sessions are lost, and stay until they are ended", async () => {
  await using folder = await Folder.create();
  await folder.abandon("1-dead.json", { pid: 1, port: deadPort() });
  const [lost] = await folder.survey();
  assert.equal(lost?.status, "gone");
  const { state, host_pid, session_id } = lost.sessions[0]!;
  assert.deepEqual({ state, host_pid, session_id }, {
    state: "lost",
    host_pid: null,
    session_id: "me-0001",
  });
  assert.deepEqual(folder.files(), ["1-dead.json"]);
  await forgetLost(lost, ["me-0002"]);
  assert.equal((await folder.survey())[0]?.sessions.length, 1);
  await forgetLost(lost, ["me-0001"]);
  assert.deepEqual(await folder.survey(), []);
  // Another command has done the same.
  await forgetLost(lost, ["me-0001"]);
  assert.deepEqual(folder.files().filter((name) => name.endsWith(".json")), []);
});

Deno.test("files of hosts that are gone are removed when nothing is left to end", async () => {
  await using folder = await Folder.create();
  await folder.abandon("1-empty.json", { port: deadPort(), sessions: [] });
  await folder.abandon("2-old.json", {
    port: deadPort(),
    updated_at: new Date(Date.now() - 25 * 3600 * 1000).toISOString(),
  });
  assert.deepEqual(await folder.survey(), []);
  assert.deepEqual(folder.files(), []);
});

Deno.test("another program on the port, or another host, is not the one of the file", async () => {
  await using folder = await Folder.create();
  const strangers = [
    () => new Response("It works"),
    () => Response.json({ host: { pid: 1 }, sessions: [] }),
    () => Response.json(null),
    () => new Response("", { status: 401 }),
    () => new Response("", { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
  ];
  for (const answer of strangers) {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
    await folder.abandon("1-dead.json", { pid: Deno.pid, port: server.addr.port });
    const [lost] = await folder.survey();
    assert.equal(lost?.status, "gone", String(answer));
    await server.shutdown();
  }
  // A live host of this user, but started at another time: the port was given out again.
  await using host = await folder.serve();
  await folder.abandon("1-dead.json", { port: host.port });
  const statuses = (await folder.survey()).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), ["gone", "live"]);
});

Deno.test("somebody who holds the port and says nothing is silent, and nothing is removed", async () => {
  await using folder = await Folder.create();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await folder.abandon("1-stopped.json", {
    port: listener.addr.port,
    updated_at: "2001-01-01T00:00:00Z",
  });
  const clock = new FakeClock();
  const surveying = folder.survey({ clock });
  await clock.waitedFor();
  using _conn = await listener.accept();
  clock.advance(5_000);
  const [silent] = await surveying;
  assert.equal(silent?.status, "silent");
  assert.equal(silent.sessions[0]?.state, "lost");
  assert.deepEqual(folder.files(), ["1-stopped.json"]);
  assert.deepEqual(clock.delays, []);
});

Deno.test("what is no host file is left alone", async () => {
  await using folder = await Folder.create();
  const [port] = [deadPort()];
  await folder.abandon("1-other.json", { schema: "ec2-connect/host/v2", port });
  await folder.abandon("2-port.json", { port: 0 });
  await folder.abandon("3-pid.json", { pid: "1", port });
  await folder.abandon("4-time.json", { updated_at: "yesterday", port });
  await folder.abandon("5-session.json", { sessions: [{}], port });
  await Deno.writeTextFile(`${folder.hosts}/6-broken.json`, "{");
  await Deno.writeTextFile(`${folder.hosts}/7-half.json.part`, "");
  await Deno.mkdir(`${folder.hosts}/8-folder.json`);
  assert.deepEqual(await folder.survey(), []);
  assert.equal(folder.files().length, 8);
});

Deno.test("a state folder that cannot be used is an error with a way out", POSIX_ONLY, async () => {
  await using folder = await Folder.create();
  const file = `${folder.path}/file`;
  await Deno.writeTextFile(file, "");
  const error = await refusal(() => folder.serve({ stateFolder: file }));
  assert.equal(error.exitCode, 5);
  assert.match(error.message, /^Cannot use .*\/file\/hosts: /);
  assert.match(error.hint ?? "", /XDG_STATE_HOME/);
});

Deno.test("a file that cannot be written any more is logged, and the endpoint goes on", async () => {
  await using folder = await Folder.create();
  const sessions = new SessionRegistry();
  const logged = Promise.withResolvers<string>();
  await using _host = await folder.serve({ sessions, log: logged.resolve });
  const [{ file }] = await folder.survey() as [SurveyedHost];
  await Deno.remove(folder.hosts, { recursive: true });
  sessions.add(new FakeHostedSession());
  assert.match(await logged.promise, /its folder does not exist/);
  using client = new ControlClient(file);
  assert.equal((await client.sessions()).sessions.length, 1);
});
