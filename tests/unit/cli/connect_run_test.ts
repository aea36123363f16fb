import assert from "node:assert/strict";
import { TargetNotConnectedError } from "../../../src/aws/mod.ts";
import type { ConnectLine } from "../../../src/cli/commands/connect.ts";
import { runConnect } from "../../../src/cli/connect/run.ts";
import type { Context } from "../../../src/cli/context.ts";
import { Stopped } from "../../../src/cli/stop.ts";
import { AppError } from "../../../src/errors/mod.ts";
import type { SessionEvent, SessionState } from "../../../src/session/mod.ts";
import { fakeContext, FakeIo, type FakeIoOptions, refusal } from "../../support/fake_io.ts";
import { fakeInstance, FakeParts, INSTANCE_ID } from "../../support/fake_tunnels.ts";

const AT = "2024-01-01T00:00:00.000Z";
const AT_MS = Date.parse(AT);

function options(partial: Partial<ConnectLine> = {}): ConnectLine {
  return {
    instance: "web",
    mayBePreset: true,
    forwards: [{ bind: "127.0.0.1", localPort: 8080, remotePort: 80 }],
    single: {},
    save: undefined,
    reason: undefined,
    reconnect: true,
    priority: "normal",
    keepAlive: undefined,
    precheck: false,
    diagnose: true,
    background: false,
    aws: { profile: undefined, region: undefined, endpointUrl: undefined },
    command: undefined,
    ...partial,
  };
}

const TWO = [
  { bind: "127.0.0.1", localPort: 8080, remotePort: 80 },
  { bind: "::1", localPort: 0, remoteHost: "db.internal", remotePort: 5432 },
];

/** A `connect` with fakes around it. */
class Trial implements Disposable {
  readonly io: FakeIo;
  readonly parts = new FakeParts();
  readonly context: Context & Disposable;

  constructor(setup: FakeIoOptions & Parameters<typeof fakeContext>[1] = {}) {
    this.io = new FakeIo(setup);
    this.context = fakeContext(this.io, setup);
  }

  run(partial: Partial<ConnectLine> = {}): Promise<number> {
    return runConnect(options(partial), this.context, () => this.parts);
  }

  /** Starts it and waits until it has opened so many tunnels. */
  async open(
    count: number,
    partial: Partial<ConnectLine> = {},
  ): Promise<{ end: Promise<number> }> {
    const opened = Promise.withResolvers<void>();
    this.parts.onTunnel = () => this.parts.tunnels.length === count && opened.resolve();
    const end = this.run(partial);
    await Promise.race([opened.promise, end]);
    // The tunnel has been made; what is said about it follows in the same turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 0));
    return { end };
  }

  [Symbol.dispose](): void {
    this.context[Symbol.dispose]();
  }
}

Deno.test("connect: a ready forward is one line on stdout; Ctrl-C ends it with 0", async () => {
  using trial = new Trial();
  const { end } = await trial.open(1);
  assert.equal(
    await trial.io.stdout(),
    `Forwarding 127.0.0.1:8080 -> ${INSTANCE_ID}:80 (session me-0001)\n`,
  );
  trial.io.signal("SIGINT");
  assert.equal(await end, 0);
  assert.equal(trial.parts.tunnels[0]!.closeCalls > 0, true);
  assert.ok(trial.parts.isClean);
  assert.equal(await trial.io.stderr(), "");
});

Deno.test("connect: listeners come before any call, and each forward gets its tunnel", async () => {
  using trial = new Trial();
  const { end } = await trial.open(2, { forwards: TWO });
  assert.deepEqual(trial.parts.calls, [
    "listen 127.0.0.1 8080",
    "listen ::1 0",
    "findInstances name",
    `open ${INSTANCE_ID} 80`,
    `open ${INSTANCE_ID} 5432`,
  ]);
  assert.equal(
    await trial.io.stdout(),
    `Forwarding 127.0.0.1:8080 -> ${INSTANCE_ID}:80 (session me-0001)\n` +
      `Forwarding [::1]:50002 -> ${INSTANCE_ID}:db.internal:5432 (session me-0002)\n`,
  );
  trial.io.signal("SIGTERM");
  assert.equal(await end, 0);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect --format json: one event a line, with the fields of the contract", async () => {
  using trial = new Trial({ format: "json" });
  const { end } = await trial.open(1, {
    forwards: [{ bind: "127.0.0.1", localPort: 0, remoteHost: "db", remotePort: 5432 }],
  });
  const events: SessionEvent[] = [
    { type: "state", atMs: AT_MS, from: "active", to: "resuming", reason: "code 1006" },
    { type: "state", atMs: AT_MS, from: "resuming", to: "active" },
    { type: "connection", atMs: AT_MS, connection: 1, status: "opened" },
    { type: "connection", atMs: AT_MS, connection: 2, status: "refused", reason: "no one there" },
    { type: "warning", atMs: AT_MS, message: "m", hint: "h" },
    { type: "notice", atMs: AT_MS, message: "n" },
  ];
  for (const event of events) trial.parts.tunnels[0]!.emit(event);
  trial.io.signal("SIGINT");
  assert.equal(await end, 0);
  const common = { at: AT, session_id: "me-0001", local_port: 50_001 };
  assert.deepEqual(await trial.io.events(), [
    {
      event: "ready",
      ...common,
      bind: "127.0.0.1",
      instance_id: INSTANCE_ID,
      remote_host: "db",
      remote_port: 5432,
      connect_ms: 41.3,
      agent_version: "3.3.0.0",
      mode: "mux",
    },
    { event: "state", ...common, from: "active", to: "resuming", reason: "code 1006" },
    { event: "state", ...common, from: "resuming", to: "active", reason: null },
    { event: "connection", ...common, connection: 1, status: "opened", reason: null },
    { event: "connection", ...common, connection: 2, status: "refused", reason: "no one there" },
    { event: "warning", ...common, message: "m", hint: "h" },
    { event: "warning", ...common, message: "n", hint: null },
    { event: "closed", ...common, reason: "", by: "user", exit_code: 0 },
  ]);
  assert.equal(await trial.io.stderr(), "");
});

Deno.test("connect: state changes and refusals are told on stderr", async () => {
  using trial = new Trial();
  const { end } = await trial.open(1);
  const [tunnel] = trial.parts.tunnels;
  tunnel!.emit({ type: "state", atMs: 0, from: "active", to: "resuming", reason: "code 1006" });
  tunnel!.emit({ type: "state", atMs: 0, from: "resuming", to: "active" });
  tunnel!.emit({ type: "connection", atMs: 0, connection: 1, status: "opened" });
  tunnel!.emit({ type: "connection", atMs: 0, connection: 2, status: "refused", reason: "no one" });
  tunnel!.emit({ type: "notice", atMs: 0, message: "be careful" });
  tunnel!.emit({ type: "state", atMs: 0, from: "active", to: "closing" });
  tunnel!.emit({ type: "connection", atMs: 0, connection: 3, status: "reset", reason: "ended" });
  trial.io.signal("SIGINT");
  await end;
  const name = "127.0.0.1:8080 (session me-0001)";
  assert.equal(
    await trial.io.stderr(),
    `${name}: connection lost: code 1006; resuming\n${name}: resumed\n` +
      `warning: ${name}: connection 2 refused: no one\n${name}: be careful\n`,
  );
});

Deno.test("connect: what is routine is quiet; what is suspect or replaced is told", async () => {
  using trial = new Trial();
  const { end } = await trial.open(1);
  const [tunnel] = trial.parts.tunnels;
  const state = (from: SessionState, to: SessionState, more: object = {}) =>
    tunnel!.emit({ type: "state", atMs: 0, from, to, ...more });
  state("active", "resuming", { reason: "code 1000", isRoutine: true });
  state("resuming", "active", { reason: "resumed" });
  state("active", "suspect", { reason: "silence" });
  state("suspect", "active");
  state("active", "resuming", { reason: "silence" });
  state("resuming", "restarting", { reason: "it is gone" });
  const ready = { ...tunnel!.ready, sessionId: "me-0009" };
  tunnel!.emit({ type: "restarted", atMs: 0, ready, previousSessionId: "me-0001" });
  state("restarting", "active", { reason: "restarted" });
  tunnel!.end({ by: "user", reason: "it yielded its place" });
  assert.equal(await end, 0);
  const [before, after] = ["me-0001", "me-0009"].map((id) => `127.0.0.1:8080 (session ${id})`);
  assert.deepEqual((await trial.io.stderr()).trimEnd().split("\n"), [
    `${before}: connection suspect: silence`,
    `${before}: connection fine again`,
    `${before}: connection lost: silence; resuming`,
    `${before}: the session is lost: it is gone; starting another one`,
    `${after}: started in place of session me-0001`,
    `${after}: closed: it yielded its place`,
  ]);
});

Deno.test("connect: a tunnel that ends unasked is reported and exits with 3", async () => {
  const cases = [
    { by: "remote", reason: "Terminated by admin", message: /AWS or the agent closed it$/m },
    { by: "remote", reason: "", message: /^ {2}cause: No reason was given$/m },
    { by: "lost", reason: "code 1006", message: /the connection was lost\n {2}cause: code 1006$/m },
  ] as const;
  for (const { by, reason, message } of cases) {
    using trial = new Trial();
    const { end } = await trial.open(1);
    trial.parts.tunnels[0]!.end({ by, reason });
    assert.equal(await end, 3);
    assert.match(await trial.io.stderr(), message);
    assert.ok(trial.parts.isClean);
  }
});

Deno.test("connect --format json: the end says who ended it, and stderr has the error", async () => {
  using trial = new Trial({ format: "json" });
  const { end } = await trial.open(1);
  trial.parts.tunnels[0]!.end({ by: "remote", reason: "gone" });
  assert.equal(await end, 3);
  const closed = (await trial.io.events()).at(-1)!;
  assert.deepEqual([closed["event"], closed["by"], closed["reason"], closed["exit_code"]], [
    "closed",
    "remote",
    "gone",
    3,
  ]);
  const { error } = JSON.parse(await trial.io.stderr());
  assert.deepEqual([error.kind, error.exit_code, error.cause], ["network", 3, "gone"]);
});

Deno.test("connect: one of two that ends leaves the other serving, and counts at the end", async () => {
  using trial = new Trial();
  const { end } = await trial.open(2, { forwards: TWO });
  trial.parts.tunnels[0]!.end({ by: "lost", reason: "code 1006" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.match(await trial.io.stderr(), /^error: The tunnel 127\.0\.0\.1:8080/);
  assert.equal(trial.parts.tunnels[1]!.closeCalls, 0);
  trial.io.signal("SIGINT");
  assert.equal(await end, 3);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect: when one cannot be opened, the others are closed and its error is told", async () => {
  using trial = new Trial();
  const failure = new AppError("protocol", "no handshake");
  trial.parts.openInstead.set(2, (request) => {
    request.listener.close();
    return Promise.reject(failure);
  });
  assert.equal(await refusal(() => trial.run({ forwards: TWO })), failure);
  assert.equal(trial.parts.tunnels[0]!.closeCalls, 1);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect: a tunnel still opening is told to give up when another one fails", async () => {
  using trial = new Trial();
  const failure = new AppError("network", "refused");
  trial.parts.openInstead.set(1, (request) =>
    new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => {
        request.listener.close();
        reject(request.signal.reason);
      });
    }));
  trial.parts.openInstead.set(2, (request) => {
    request.listener.close();
    return Promise.reject(failure);
  });
  assert.equal(await refusal(() => trial.run({ forwards: TWO })), failure);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect: a signal while opening cancels it", async () => {
  using trial = new Trial();
  const asked = Promise.withResolvers<void>();
  trial.parts.openInstead.set(1, (request) =>
    new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => {
        request.listener.close();
        reject(request.signal.reason);
      });
      asked.resolve();
    }));
  const end = trial.run();
  await asked.promise;
  trial.io.signal("SIGTERM");
  await assert.rejects(end, (error) => error instanceof Stopped && error.exitCode === 143);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect: a taken port ends it before any call, with the others closed", async () => {
  using trial = new Trial();
  const taken = new AppError("resource", "taken");
  const open = trial.parts.listen.bind(trial.parts);
  trial.parts.listen = (address) => address.port === 0 ? Promise.reject(taken) : open(address);
  assert.equal(await refusal(() => trial.run({ forwards: TWO })), taken);
  assert.deepEqual(trial.parts.calls, ["listen 127.0.0.1 8080"]);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect: no instance and nobody to ask is a usage error", async () => {
  const setups = [
    {},
    { isTerminal: true, globals: { input: false } },
    { isTerminal: true, env: { TERM: "dumb" } },
  ];
  for (const setup of setups) {
    using trial = new Trial(setup);
    const error = await refusal(() => trial.run({ instance: undefined }));
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, "Cannot choose an instance: none was given");
    assert.deepEqual(trial.parts.calls, []);
  }
});

Deno.test("connect: no instance on a terminal connects to the one that is chosen", async () => {
  using trial = new Trial({ isTerminal: true });
  trial.parts.allInstances = [fakeInstance({ instanceId: "i-00000002" })];
  const { end } = await trial.open(1, { instance: undefined });
  assert.deepEqual(trial.parts.picked, [{ ids: ["i-00000002"], question: "Connect to" }]);
  assert.equal(trial.parts.tunnels[0]!.ready.instanceId, "i-00000002");
  trial.io.signal("SIGINT");
  assert.equal(await end, 0);
});

Deno.test("connect: several of a name are offered on a terminal and listed elsewhere", async () => {
  const two = [
    fakeInstance({ instanceId: "i-00000001" }),
    fakeInstance({ instanceId: "i-00000002" }),
  ];
  using elsewhere = new Trial();
  elsewhere.parts.allInstances = two;
  const error = await refusal(() => elsewhere.run());
  assert.equal(error.exitCode, 2);
  assert.match(error.why ?? "", /i-00000001 .*i-00000002 /);
  assert.ok(elsewhere.parts.isClean);

  using terminal = new Trial({ isTerminal: true });
  terminal.parts.allInstances = two;
  const { end } = await terminal.open(1);
  assert.deepEqual(terminal.parts.picked[0]?.ids, ["i-00000001", "i-00000002"]);
  terminal.io.signal("SIGINT");
  assert.equal(await end, 0);
});

Deno.test("connect: a target that is not connected is explained by the instance's state", async () => {
  using trial = new Trial();
  trial.parts.allInstances = [fakeInstance({ state: "stopped" })];
  trial.parts.openInstead.set(1, (request) => {
    request.listener.close();
    return Promise.reject(new TargetNotConnectedError(INSTANCE_ID, "not connected", {}));
  });
  const error = await refusal(() => trial.run({ instance: INSTANCE_ID }));
  assert.equal(error.message, `Cannot connect to ${INSTANCE_ID}: it is stopped`);
  assert.equal(error.exitCode, 3);
  assert.equal(trial.parts.calls.at(-1), `instanceState ${INSTANCE_ID}`);
});

Deno.test("connect: an address that others reach is warned of, unless quiet", async () => {
  const forwards = [{ bind: "0.0.0.0", localPort: 8080, remotePort: 80 }];
  using trial = new Trial();
  const { end } = await trial.open(1, { forwards });
  trial.io.signal("SIGINT");
  await end;
  assert.match(await trial.io.stderr(), /^warning: Listening on 0\.0\.0\.0: whoever reaches/);
  using quiet = new Trial({ level: "error", globals: { quiet: true } });
  const second = await quiet.open(1, { forwards });
  quiet.io.signal("SIGINT");
  await second.end;
  assert.equal(await quiet.io.stderr(), "");
});

Deno.test("connect -- COMMAND runs when all are ready and passes its status through", async () => {
  using trial = new Trial();
  const started = Promise.withResolvers<void>();
  trial.parts.onChild = started.resolve;
  const end = trial.run({ forwards: TWO, command: ["psql", "-l"] });
  await started.promise;
  const [child] = trial.parts.children;
  assert.deepEqual(child!.command, ["psql", "-l"]);
  assert.deepEqual(child!.env, {
    EC2_CONNECT_LOCAL_HOST: "127.0.0.1",
    EC2_CONNECT_LOCAL_PORT: "8080",
    EC2_CONNECT_LOCAL_PORT_1: "8080",
    EC2_CONNECT_LOCAL_PORT_2: "50002",
  });
  assert.equal(await trial.io.stdout(), "", "standard output is the command's");
  assert.match(await trial.io.stderr(), /^Forwarding 127\.0\.0\.1:8080 -> /);
  child!.end(42);
  assert.equal(await end, 42);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect -- COMMAND hands signals on, except Ctrl-C where the terminal sends it", async () => {
  for (const isTerminal of [false, true]) {
    using trial = new Trial({ isTerminal });
    const started = Promise.withResolvers<void>();
    trial.parts.onChild = started.resolve;
    const end = trial.run({ command: ["sleep"] });
    await started.promise;
    for (const signal of ["SIGINT", "SIGINT", "SIGTERM"] as const) trial.io.signal(signal);
    const [child] = trial.parts.children;
    assert.deepEqual(child!.signals, isTerminal ? ["SIGTERM"] : ["SIGINT", "SIGINT", "SIGTERM"]);
    child!.end(143);
    assert.equal(await end, 143);
  }
});

Deno.test("connect: a reader that goes away ends it cleanly", async () => {
  const gone = Promise.withResolvers<number>();
  using trial = new Trial({ writeOut: () => gone.promise });
  const { end } = await trial.open(1);
  gone.reject(new Deno.errors.BrokenPipe("Broken pipe"));
  assert.equal(await end, 0);
  assert.ok(trial.parts.isClean);
});

Deno.test("connect: tunnels that do not end in time are left and said so", async () => {
  using trial = new Trial();
  const { end } = await trial.open(1);
  trial.parts.tunnels[0]!.close = () => new Promise(() => {});
  trial.io.signal("SIGINT");
  await trial.io.clock.scheduled(8_000);
  trial.io.clock.advance(8_000);
  assert.equal(await end, 0);
  assert.match(await trial.io.stderr(), /^warning: Not every session could be ended in time/);
});

Deno.test("connect: the live line is drawn once a second and taken away at the end", async () => {
  using trial = new Trial({ isTerminal: true });
  const { end } = await trial.open(1);
  trial.parts.tunnels[0]!.emit({ type: "state", atMs: 0, from: "handshaking", to: "active" });
  await trial.io.clock.scheduled(1_000);
  trial.io.clock.advance(1_000);
  assert.equal(
    (await trial.io.transcript()).at(-1),
    "stderr: \r\x1b[Kactive | 1.5 ms | down 0 B/s, up 0 B/s | 0 open",
  );
  trial.io.signal("SIGINT");
  assert.equal(await end, 0);
  assert.equal((await trial.io.transcript()).at(-1), "stderr: \r\x1b[K");
  assert.deepEqual(trial.io.clock.delays, []);
});

Deno.test("connect: settings that cannot be used are warned of before anything starts", async () => {
  using trial = new Trial({ env: { EC2_CONNECT_AWS_REGOIN: "x" } });
  const { end } = await trial.open(1);
  trial.io.signal("SIGINT");
  await end;
  assert.match(
    await trial.io.stderr(),
    /^warning: Environment variable EC2_CONNECT_AWS_REGOIN .*\n {2}hint: Did you mean EC2_CONNECT_AWS_REGION\?$/m,
  );
});

Deno.test("connect: the configured log level counts unless -q or -v is given", async () => {
  const env = { EC2_CONNECT_LOG_LEVEL: "debug" };
  const cases = [
    [{}, "debug"],
    [{ level: "error", globals: { quiet: true } }, "error"],
    [{ level: "trace", globals: { verbosity: 2 } }, "trace"],
  ] as const;
  for (const [setup, level] of cases) {
    using trial = new Trial({ env, ...setup });
    const { end } = await trial.open(1);
    assert.equal(trial.context.reporter.level, level);
    trial.io.signal("SIGINT");
    await end;
  }
});

Deno.test("tunnels are held where other processes see them, before they are called ready", async () => {
  using trial = new Trial();
  const release = Promise.withResolvers<void>();
  trial.parts.hosting.hold = (session) => {
    trial.parts.hosting.held.push(session);
    return release.promise;
  };
  const running = trial.run();
  await new Promise<void>((resolve) => trial.parts.onTunnel = resolve);
  const change = { type: "state", atMs: 0, from: "connecting", to: "handshaking" } as const;
  trial.parts.tunnels[0]!.emit(change);
  assert.equal(await trial.io.stdout(), "");
  release.resolve();
  while (await trial.io.stdout() === "");
  trial.io.signal("SIGINT");
  assert.equal(await running, 0);
  const { hosting, tunnels } = trial.parts;
  assert.deepEqual([hosting.held, hosting.events, hosting.isDisposed], [tunnels, [change], true]);
});
