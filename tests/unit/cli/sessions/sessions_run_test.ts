/**
 * `list`, `status` and `terminate` against hosts in this process; AWS and the history are lists.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ActiveSession } from "../../../../src/aws/mod.ts";
import { runList } from "../../../../src/cli/sessions/list_run.ts";
import type { SessionsParts } from "../../../../src/cli/sessions/parts.ts";
import { runStatus } from "../../../../src/cli/sessions/status_run.ts";
import { runTerminate } from "../../../../src/cli/sessions/terminate_run.ts";
import { AppError } from "../../../../src/errors/mod.ts";
import {
  ControlClient,
  Host,
  SessionRegistry,
  surveyHosts,
} from "../../../../src/session/host/mod.ts";
import type { SessionFilter, StoredSession } from "../../../../src/storage/mod.ts";
import { FakeHostedSession } from "../../../support/fake_hosted_session.ts";
import { fakeContext, FakeIo, type FakeIoOptions, refusal } from "../../../support/fake_io.ts";

const NO_AWS = { profile: undefined, region: undefined, endpointUrl: undefined };
const STARTED_MS = Date.UTC(2024, 0, 1);

class Stage implements AsyncDisposable {
  readonly folder: string;
  readonly sessions = new SessionRegistry();
  readonly #host: Host;
  active: ActiveSession[] = [];
  history: StoredSession[] = [];
  readonly endedOnAws: { session_id: string; region: string | undefined }[] = [];
  readonly closedInHistory: string[] = [];
  awsFailure: AppError | undefined;

  private constructor(folder: string, host: Host, sessions: SessionRegistry) {
    this.folder = folder;
    this.#host = host;
    this.sessions = sessions;
  }

  static async open(...sessions: FakeHostedSession[]): Promise<Stage> {
    const folder = await Deno.makeTempDir({ prefix: "ec2-connect-sessions-" });
    const registry = new SessionRegistry();
    for (const session of sessions) registry.add(session);
    const host = await Host.serve({
      sessions: registry,
      stateFolder: folder,
      version: "0",
      background: true,
    });
    return new Stage(folder, host, registry);
  }

  /** Leaves behind what a killed host does, with these sessions. */
  async leaveLost(...facts: ConstructorParameters<typeof FakeHostedSession>[0][]): Promise<void> {
    const sessions = new SessionRegistry();
    for (const each of facts) sessions.add(new FakeHostedSession(each));
    const before = this.files();
    let lost: string;
    {
      await using _host = await Host.serve({
        sessions,
        stateFolder: this.folder,
        version: "0",
        background: false,
      });
      const [name] = this.files().filter((each) => !before.includes(each));
      lost = await Deno.readTextFile(`${this.folder}/hosts/${name}`);
    }
    await Deno.writeTextFile(`${this.folder}/hosts/0-lost.json`, lost);
  }

  files(): string[] {
    return [...Deno.readDirSync(`${this.folder}/hosts`)].map(({ name }) => name)
      .filter((name) => name.endsWith(".json"));
  }

  readonly parts = (): Promise<SessionsParts> => {
    const parts: SessionsParts = {
      survey: () => surveyHosts({ stateFolder: this.folder }),
      endAtHost: async ({ file }, id) => {
        using client = new ControlClient(file);
        return await client.terminate(id);
      },
      endOnAws: ({ session_id, region }) => {
        if (this.awsFailure !== undefined) return Promise.reject(this.awsFailure);
        this.endedOnAws.push({ session_id, region });
        return Promise.resolve();
      },
      activeOnAws: () =>
        this.awsFailure === undefined
          ? Promise.resolve(this.active)
          : Promise.reject(this.awsFailure),
      past: (filter: SessionFilter = {}) =>
        Promise.resolve(
          this.history.filter(({ sessionId, localPort }) =>
            (filter.sessionIdPrefix === undefined ||
              sessionId.startsWith(filter.sessionIdPrefix)) &&
            (filter.localPort === undefined || localPort === filter.localPort)
          ),
        ),
      closePast: (ids) => {
        this.closedInHistory.push(...ids);
        return Promise.resolve();
      },
      [Symbol.dispose]() {},
    };
    return Promise.resolve(parts);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function stored(partial: Partial<StoredSession>): StoredSession {
  return {
    ...new FakeHostedSession().snapshot(),
    id: 1,
    hostPid: 1,
    isBackground: false,
    updatedAtMs: STARTED_MS + 60_000,
    end: undefined,
    ...partial,
  };
}

interface Run {
  code: number;
  stdout: string;
  stderr: string;
  // deno-lint-ignore no-explicit-any
  json: any;
}

async function list(
  stage: Stage,
  options: { all?: boolean; remote?: boolean; format?: "json" } & FakeIoOptions = {},
): Promise<Run> {
  const io = new FakeIo(options);
  using context = fakeContext(io, { format: options.format ?? "text" });
  const { all = false, remote = false } = options;
  const code = await runList({ all, remote, aws: NO_AWS, output: undefined }, context, stage.parts);
  return await result(io, code, options.format);
}

async function terminate(
  stage: Stage,
  sessions: string[] | "all",
  format?: "json",
): Promise<Run> {
  const io = new FakeIo();
  using context = fakeContext(io, { format: format ?? "text" });
  const all = sessions === "all";
  const code = await runTerminate(
    { sessions: all ? [] : sessions, all, aws: NO_AWS, output: undefined },
    context,
    stage.parts,
  );
  return await result(io, code, format);
}

async function result(io: FakeIo, code: number, format: string | undefined): Promise<Run> {
  const [stdout, stderr] = [await io.stdout(), await io.stderr()];
  return { code, stdout, stderr, json: format === "json" ? JSON.parse(stdout) : undefined };
}

const web = () => new FakeHostedSession();
const database = () =>
  new FakeHostedSession({
    sessionId: "me-0002",
    instanceName: undefined,
    localPort: 5432,
    remoteHost: "db.internal",
    remotePort: 5432,
    startedAtMs: STARTED_MS + 1_000,
  });

Deno.test("list: a table for a person, the contract's fields for a program", async () => {
  await using stage = await Stage.open(database(), web());
  const { stdout, code } = await list(stage);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n").map((line) => line.replace(/\d+d \d\dh$/, "UP"));
  assert.deepEqual(lines, [
    "SESSION  INSTANCE             STATE   LOCAL           REMOTE            UP",
    "me-0001  web                  active  127.0.0.1:8080  80                UP",
    "me-0002  i-0123456789abcdef0  active  127.0.0.1:5432  db.internal:5432  UP",
  ]);
  const { json } = await list(stage, { format: "json" });
  assert.equal(json.schema, "ec2-connect/list/v1");
  assert.deepEqual(Object.keys(json.sessions[0]), [
    "session_id",
    "instance_id",
    "instance_name",
    "preset",
    "kind",
    "state",
    "priority",
    "bind",
    "local_port",
    "remote_host",
    "remote_port",
    "host_pid",
    "background",
    "started_at",
    "uptime_s",
    "reconnects",
    "bytes_in",
    "bytes_out",
    "round_trip_ms",
    "open_connections",
  ]);
});

Deno.test("list and status: sessions of presets show the name, and are chosen by it", async () => {
  await using stage = await Stage.open(
    web(),
    new FakeHostedSession({ sessionId: "me-0002", localPort: 5432, preset: "db" }),
  );
  const rows = (await list(stage)).stdout.trimEnd().split("\n").map((line) => line.split(/ +/));
  assert.deepEqual(
    rows.map(([session, preset, instance]) => [session, preset, instance]),
    [["SESSION", "PRESET", "INSTANCE"], ["me-0001", "-", "web"], ["me-0002", "db", "web"]],
  );
  const { json } = await list(stage, { format: "json" });
  assert.deepEqual(json.sessions.map(({ preset }: { preset: string | null }) => preset), [
    null,
    "db",
  ]);
  const io = new FakeIo();
  using context = fakeContext(io, { format: "text" });
  await runStatus({ session: "db", watch: false, output: undefined }, context, stage.parts);
  assert.match(await io.stdout(), /^me-0002\n[^]* preset +db\n/);
  assert.match((await terminate(stage, ["db"])).stdout, /^Terminated me-0002 /);
  assert.match(
    (await refusal(() => terminate(stage, ["nosuch"]))).message,
    /id, local port or preset$/,
  );
});

Deno.test("list: on a terminal a table fits into its width", async () => {
  await using stage = await Stage.open(
    new FakeHostedSession({
      sessionId: "somebody-0f3c2a4b5d6e7f801",
      instanceName: "an-instance-with-a-long-name",
      remoteHost: "database.eu-west-1.rds.internal",
      startedAtMs: Date.now(),
    }),
  );
  const { stdout } = await list(stage, { isTerminal: true });
  for (const line of stdout.trimEnd().split("\n")) assert.ok(line.length <= 80, line);
  assert.match(stdout, /^somebody-0f3c2a4b5d6e7f801 {2}an-instance-[a-z]+… {2}active/m);
});

Deno.test("list: nothing open is said to a person and an empty list to a program", async () => {
  await using stage = await Stage.open();
  const text = await list(stage);
  assert.deepEqual([text.stdout, text.stderr], ["", "No session is open\n"]);
  assert.deepEqual((await list(stage, { format: "json" })).json.sessions, []);
});

Deno.test("list --all adds what has ended, and calls lost what nobody ended", async () => {
  await using stage = await Stage.open(new FakeHostedSession({ previousSessionIds: ["me-0000"] }));
  stage.history = [
    stored({ sessionId: "me-0001" }),
    // As it was before its restart.
    stored({ sessionId: "me-0000" }),
    stored({
      sessionId: "me-8000",
      state: "closed",
      startedAtMs: STARTED_MS - 60_000,
      end: { atMs: STARTED_MS - 30_000, by: "user", reason: "" },
    }),
    stored({ sessionId: "me-7000", kind: "ssh", bind: "", localPort: 0, startedAtMs: 0 }),
  ];
  const { json } = await list(stage, { all: true, format: "json" });
  const rows = json.sessions.map((
    { session_id, state, uptime_s, local_port }: Record<string, unknown>,
  ) => [session_id, state, local_port, session_id === "me-8000" ? uptime_s : 0]);
  assert.deepEqual(rows, [
    ["me-7000", "lost", null, 0],
    ["me-8000", "closed", 8080, 30],
    ["me-0001", "active", 8080, 0],
  ]);
  assert.equal((await list(stage, { format: "json" })).json.sessions.length, 1);
});

Deno.test("list --remote adds what only AWS knows", async () => {
  await using stage = await Stage.open(web());
  stage.active = ["me-0001", "me-9000"].map((sessionId) => ({
    sessionId,
    target: "i-0a",
    startedAtMs: STARTED_MS,
    documentName: "AWS-StartSSHSession",
  }));
  stage.history = [stored({ sessionId: "me-9000" })];
  const { json } = await list(stage, { remote: true, all: true, format: "json" });
  const remote = json.sessions[1];
  assert.deepEqual([json.sessions.length, remote.session_id, remote.state, remote.host_pid], [
    2,
    "me-9000",
    "remote",
    null,
  ]);
});

Deno.test("status: one session or all, with everything that is known", async () => {
  await using stage = await Stage.open(web(), database());
  const status = async (session: string | undefined, format: "text" | "json") => {
    const io = new FakeIo();
    using context = fakeContext(io, { format });
    await runStatus({ session, watch: false, output: undefined }, context, stage.parts);
    return await io.stdout();
  };
  const text = await status("8080", "text");
  assert.match(text, /^me-0001\n {2}state +active\n {2}instance +i-0123456789abcdef0 \(web\)/);
  assert.match(text, /agent +3\.3\.0\.0, mux, 1 data channel$/m);
  assert.match(text, /leads +127\.0\.0\.1:8080 -> 80/);
  assert.match(text, /2024-01-01 00:00:00Z {2}handshaking -> active$/m);
  assert.match(await status(undefined, "text"), /\n\nme-0002\n/);
  const { schema, sessions } = JSON.parse(await status("me-0002", "json"));
  assert.equal(schema, "ec2-connect/status/v1");
  assert.equal(sessions[0].keep_alive, "always");
  assert.equal(sessions[0].policy, null);
  assert.deepEqual([sessions[0].channels, sessions[0].retransmissions], [1, 2]);
  assert.ok(!("round_trips" in sessions[0]));
});

Deno.test("status --watch: an object a line until somebody asks to stop", async () => {
  const session = web();
  await using stage = await Stage.open(session);
  const io = new FakeIo();
  using context = fakeContext(io, { format: "json" });
  const watching = runStatus(
    { session: "8080", watch: true, output: undefined },
    context,
    stage.parts,
  );
  await io.clock.scheduled(1_000);
  session.change("resuming");
  io.clock.advance(1_000);
  await io.clock.scheduled(1_000);
  io.signal("SIGINT");
  assert.equal(await watching, 0);
  const states = (await io.events()).map(({ sessions }) =>
    (sessions as { state: string }[])[0]!.state
  );
  assert.deepEqual(states, ["active", "resuming"]);
  assert.deepEqual(io.clock.delays, []);
});

Deno.test("status --watch on a terminal draws over itself and gives the screen back", async () => {
  await using stage = await Stage.open(web());
  const io = new FakeIo({ isTerminal: true });
  using context = fakeContext(io);
  const watching = runStatus(
    { session: undefined, watch: true, output: undefined },
    context,
    stage.parts,
  );
  await io.clock.scheduled(1_000);
  io.signal("SIGINT");
  assert.equal(await watching, 0);
  const text = await io.stdout();
  assert.ok(text.startsWith("\x1b[?1049h\x1b[?25l\x1b[Hme-0001"));
  assert.ok(text.endsWith("\x1b[J\x1b[?25h\x1b[?1049l"));
});

Deno.test("terminate: by id, prefix or port, each once, and told", async () => {
  const [first, second] = [web(), database()];
  await using stage = await Stage.open(first, second);
  const { code, stdout } = await terminate(stage, ["8080", "me-0001", "me-0002"]);
  assert.equal(code, 0);
  assert.equal(
    stdout,
    "Terminated me-0001 (web, 127.0.0.1:8080, active)\n" +
      "Terminated me-0002 (i-0123456789abcdef0, 127.0.0.1:5432, active)\n",
  );
  assert.deepEqual([first.closeCalls, second.closeCalls, stage.sessions.size], [1, 1, 0]);
  assert.deepEqual(stage.endedOnAws, []);
});

Deno.test("terminate: a slip in one of several ends none", async () => {
  const session = web();
  await using stage = await Stage.open(session, database());
  const error = await refusal(() => terminate(stage, ["8080", "nobody"]));
  assert.equal(error.exitCode, 2);
  assert.match(error.why!, /^Open: me-0001 \(web.*me-0002/);
  assert.match((await refusal(() => terminate(stage, ["me-"]))).message, /fits 2$/);
  assert.equal(session.closeCalls, 0);
});

Deno.test("terminate twice: the second is told that it has ended", async () => {
  await using stage = await Stage.open();
  stage.history = [stored({ sessionId: "me-0001" })];
  for (const text of ["me-0001", "me-0", "8080"]) {
    const error = await refusal(() => terminate(stage, [text]));
    assert.deepEqual([error.message, error.exitCode], ["Session me-0001 has already ended", 2]);
  }
  stage.history.push(stored({ sessionId: "me-0002" }));
  assert.match((await refusal(() => terminate(stage, ["me-0"]))).message, /^Cannot find session/);
});

Deno.test("terminate: one that only AWS knows is ended there, by its whole id", async () => {
  const alive = web();
  await using stage = await Stage.open(alive);
  const sessionId = "me-0123456789abcdef0";
  stage.active = [{
    sessionId,
    target: "i-0a",
    startedAtMs: 0,
    documentName: "AWS-StartSSHSession",
  }];
  const { stdout, code } = await terminate(stage, [sessionId, sessionId]);
  assert.deepEqual([code, stdout], [0, `Terminated ${sessionId} (i-0a, remote)\n`]);
  assert.deepEqual(stage.endedOnAws, [{ session_id: sessionId, region: undefined }]);
  assert.equal(alive.closeCalls, 0);
  // Part of an id might be anybody's; one that is not active, or cannot be looked up, is unknown.
  const unknown = /^Cannot find session/;
  assert.match((await refusal(() => terminate(stage, [sessionId.slice(0, -1)]))).message, unknown);
  stage.awsFailure = new AppError("auth", "Cannot look up sessions: not allowed");
  assert.match((await refusal(() => terminate(stage, [sessionId]))).message, unknown);
  stage.awsFailure = undefined;
  stage.active = [];
  assert.match((await refusal(() => terminate(stage, [sessionId]))).message, unknown);
});

Deno.test("terminate twice: the host knows before the history does", async () => {
  await using stage = await Stage.open(web());
  assert.equal((await terminate(stage, ["me-0001"])).code, 0);
  assert.deepEqual(stage.history, []);
  for (const text of ["me-0001", "me-0"]) {
    const error = await refusal(() => terminate(stage, [text]));
    assert.deepEqual([error.message, error.exitCode], ["Session me-0001 has already ended", 2]);
  }
});

Deno.test("terminate: Ctrl-C while AWS is asked is that, and no session that is not there", async () => {
  await using stage = await Stage.open();
  const io = new FakeIo();
  using context = fakeContext(io);
  io.signal("SIGINT");
  const { signal } = context.stop;
  assert.ok(signal.aborted);
  stage.awsFailure = new AppError("network", "aborted");
  const options = { sessions: ["me-0123456789abcdef0"], all: false, aws: NO_AWS };
  const running = runTerminate({ ...options, output: undefined }, context, stage.parts);
  await assert.rejects(running, stage.awsFailure);
});

Deno.test("terminate: sessions of a killed host are ended on AWS's side, in their region", async () => {
  const alive = web();
  await using stage = await Stage.open(alive);
  await stage.leaveLost({ sessionId: "me-0003", region: "eu-west-1", localPort: 9000 }, {
    sessionId: "me-0004",
    localPort: 9001,
  });
  const states = (await list(stage, { format: "json" })).json.sessions
    .map(({ session_id, state }: Record<string, string>) => [session_id, state]);
  assert.deepEqual(
    new Map(states),
    new Map([
      ["me-0001", "active"],
      ["me-0003", "lost"],
      ["me-0004", "lost"],
    ]),
  );
  const { json } = await terminate(stage, ["9000"], "json");
  assert.deepEqual(json.sessions, [{
    session_id: "me-0003",
    instance_id: "i-0123456789abcdef0",
    was: "lost",
    terminated: true,
    error: null,
  }]);
  assert.deepEqual(stage.endedOnAws, [{ session_id: "me-0003", region: "eu-west-1" }]);
  assert.deepEqual(stage.closedInHistory, ["me-0003"]);
  await terminate(stage, "all");
  assert.equal(alive.closeCalls, 1);
  assert.equal(stage.endedOnAws[1]?.session_id, "me-0004");
  assert.equal(stage.files().length, 1);
  assert.deepEqual((await list(stage, { format: "json" })).json.sessions, []);
});

Deno.test("terminate: what AWS refuses stays listed and is the exit code; the rest is done", async () => {
  const alive = web();
  await using stage = await Stage.open(alive);
  await stage.leaveLost({ sessionId: "me-0003" });
  stage.awsFailure = new AppError("auth", "Cannot end session me-0003: not allowed");
  const error = await refusal(() => terminate(stage, "all"));
  assert.equal(error.exitCode, 4);
  assert.equal(alive.closeCalls, 1);
  const left = (await list(stage, { format: "json" })).json.sessions;
  assert.deepEqual(left.map(({ session_id }: { session_id: string }) => session_id), ["me-0003"]);
});

Deno.test("terminate --all with nothing open is no failure", async () => {
  await using stage = await Stage.open();
  assert.deepEqual((await terminate(stage, "all")).stderr, "No session is open\n");
});

Deno.test("terminate: without SESSION and without a terminal nothing is ended", async () => {
  await using stage = await Stage.open(new FakeHostedSession());
  for (const setup of [{}, { isTerminal: true, globals: { input: false } }]) {
    using context = fakeContext(new FakeIo(setup), setup);
    const error = await refusal(() =>
      runTerminate(
        { sessions: [], all: false, aws: NO_AWS, output: undefined },
        context,
        stage.parts,
      )
    );
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, "Cannot choose a session: none was given");
  }
  assert.equal(stage.sessions.all.length, 1);
});
