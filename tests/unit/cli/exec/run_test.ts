import assert from "node:assert/strict";
import type { ExecOptions } from "../../../../src/cli/commands/exec.ts";
import type { Context } from "../../../../src/cli/context.ts";
import type { CommandRequest, CommandSession, ExecParts } from "../../../../src/cli/exec/parts.ts";
import { runExec } from "../../../../src/cli/exec/run.ts";
import { parseCommandLine } from "../../../../src/cli/program.ts";
import type { SessionEnd } from "../../../../src/session/mod.ts";
import { FakeHostedSession } from "../../../support/fake_hosted_session.ts";
import { fakeContext, FakeIo, type FakeIoOptions, refusal } from "../../../support/fake_io.ts";
import { FakeParts, INSTANCE_ID } from "../../../support/fake_tunnels.ts";

function options(partial: Partial<ExecOptions> = {}): ExecOptions {
  return {
    instance: "web",
    command: ["uname", "-a"],
    reason: undefined,
    reconnect: true,
    priority: "normal",
    keepAlive: undefined,
    diagnose: true,
    aws: { profile: undefined, region: undefined, endpointUrl: undefined },
    ...partial,
  };
}

/** `exec` with fakes around it. */
class Trial implements Disposable {
  readonly io: FakeIo;
  readonly context: Context & Disposable;
  readonly fleet = new FakeParts();
  readonly calls: string[] = [];
  readonly opened = Promise.withResolvers<CommandRequest>();
  exitCode: number | undefined;
  hasReader = true;
  readonly held = new FakeHostedSession({ kind: "exec" });
  readonly #closed = Promise.withResolvers<SessionEnd>();

  constructor(setup: FakeIoOptions & Parameters<typeof fakeContext>[1] = {}) {
    this.io = new FakeIo(setup);
    this.context = fakeContext(this.io, setup);
  }

  run(partial: Partial<ExecOptions> = {}): Promise<number> {
    const parts: ExecParts = {
      instances: this.fleet.instances,
      picker: this.fleet.picker,
      startHosting: () => this.fleet.hosting,
      open: (request) => this.#open(request),
      [Symbol.dispose]() {},
    };
    return runExec(options(partial), this.context, () => parts);
  }

  /** The command ends, and the agent tells how. */
  exit(code: number): void {
    this.exitCode = code;
    this.end({ by: "remote", reason: "" });
  }

  end(end: SessionEnd): void {
    this.#closed.resolve(end);
  }

  #open(request: CommandRequest): Promise<CommandSession> {
    this.opened.resolve(request);
    const facts = () => ({ exitCode: this.exitCode, hasReader: this.hasReader });
    return Promise.resolve({
      ready: {
        sessionId: "me-0001",
        instanceId: request.instance.instanceId,
        bind: "",
        localPort: 0,
        remoteHost: undefined,
        remotePort: 0,
        connectMs: 41.26,
        agentVersion: "3.1.0.0",
        mode: "stdio",
      },
      closed: this.#closed.promise,
      held: this.held,
      get exitCode() {
        return facts().exitCode;
      },
      get hasReader() {
        return facts().hasReader;
      },
      interrupt: () => this.calls.push("interrupt"),
      close: () => {
        this.calls.push("close");
        this.end({ by: "user", reason: "" });
        return Promise.resolve();
      },
      flushed: () => {
        this.calls.push("flush");
        return Promise.resolve();
      },
    });
  }

  [Symbol.dispose](): void {
    this.context[Symbol.dispose]();
  }
}

Deno.test("exec: its arguments", async () => {
  const parse = async (...args: string[]) => {
    const invocation = await parseCommandLine(["exec", ...args], { columns: 80 });
    assert.ok("run" in invocation);
    return invocation.options;
  };
  assert.deepEqual(await parse("web", "--", "uname", "-a"), options());
  assert.deepEqual(
    await parse("-i", "web", "--reason", "why", "--no-diagnose", "--", "ls -l"),
    options({ command: ["ls -l"], reason: "why", diagnose: false }),
  );
  const stray = await refusal(() => parse("web", "systemctl", "status"));
  assert.match(stray.message, /^Cannot run "systemctl status": it stands before --$/);
  for (const args of [["web"], ["web", "--"], ["web", "--", " "], ["web", "uptime"]]) {
    assert.equal((await refusal(() => parse(...args))).kind, "usage", args.join(" "));
  }
});

Deno.test("exec: the status is the command's own", async () => {
  for (const [code, status] of [[0, 0], [7, 7], [255, 255], [256, 0], [-1, 255]] as const) {
    using trial = new Trial();
    const running = trial.run({ command: ["sh", "-c", "exit 7"] });
    const { command, instance } = await trial.opened.promise;
    assert.deepEqual([command, instance.instanceId], ["sh -c 'exit 7'", INSTANCE_ID]);
    trial.exit(code);
    assert.equal(await running, status);
    assert.deepEqual(trial.calls, ["flush", "close"]);
    assert.equal(await trial.io.stdout() + await trial.io.stderr(), "");
    assert.deepEqual(trial.fleet.hosting.held, [trial.held]);
  }
});

Deno.test("exec: Ctrl-C interrupts the command, whose status counts; a second one leaves", async () => {
  using first = new Trial();
  const running = first.run();
  await first.opened.promise;
  await undefined;
  first.io.signal("SIGINT");
  assert.deepEqual(first.calls, ["interrupt"]);
  first.exit(-1);
  assert.equal(await running, 130);
  using second = new Trial();
  const leaving = second.run();
  await second.opened.promise;
  await undefined;
  second.io.signal("SIGINT");
  second.io.signal("SIGINT");
  assert.equal(await leaving, 130);
  assert.deepEqual(second.calls.slice(0, 2), ["interrupt", "close"]);
});

Deno.test("exec: SIGTERM leaves it, and ends the command's session", async () => {
  using trial = new Trial();
  const running = trial.run();
  await trial.opened.promise;
  await undefined;
  trial.io.signal("SIGTERM");
  assert.equal(await running, 143);
  assert.equal(trial.calls[0], "close");
});

Deno.test("exec: without a reader it ends quietly, as programs in a pipe do", async () => {
  using trial = new Trial();
  const running = trial.run();
  await trial.opened.promise;
  trial.hasReader = false;
  trial.end({ by: "user", reason: "" });
  assert.equal(await running, 141);
  assert.equal(await trial.io.stderr(), "");
});

Deno.test("exec: what was cut off is never taken for a success", async () => {
  const cases: [SessionEnd, status: number, text: RegExp][] = [
    [{ by: "lost", reason: "code 1006" }, 3, /was cut off: the connection was lost/],
    [{ by: "user", reason: "terminated" }, 3, /the session was ended\n {2}cause: terminated/],
    [{ by: "remote", reason: "timed out" }, 3, /AWS or the agent ended the session/],
    [{ by: "remote", reason: "" }, 1, /its status is unknown\n {2}cause: The agent 3\.1\.0\.0/],
    [
      { by: "remote", reason: 'exec: "foo": executable file not found in $PATH' },
      127,
      /could not be started on web\n {2}cause: exec: "foo"/,
    ],
    [
      { by: "remote", reason: "fork/exec /etc/motd: permission denied" },
      126,
      /could not be started/,
    ],
  ];
  for (const [end, status, text] of cases) {
    using trial = new Trial();
    const running = trial.run();
    await trial.opened.promise;
    trial.end(end);
    assert.equal(await running, status, text.source);
    assert.match(await trial.io.stderr(), text);
  }
});

Deno.test("exec: of what could not be started the agent's own status does not count", async () => {
  using trial = new Trial();
  const running = trial.run();
  await trial.opened.promise;
  trial.exitCode = 1;
  trial.end({ by: "remote", reason: 'exec: "foo": executable file not found in $PATH' });
  assert.equal(await running, 127);
  assert.equal(await trial.io.stderr(), "", "the agent has said it on standard error");
});

Deno.test("exec: a loss is told on stderr, what is no news is not", async () => {
  using trial = new Trial();
  const running = trial.run();
  const { onEvent } = await trial.opened.promise;
  onEvent({ type: "notice", atMs: 0, message: "This session is encrypted using AWS KMS." });
  onEvent({ type: "state", atMs: 0, from: "active", to: "resuming", reason: "code 1006" });
  onEvent({ type: "state", atMs: 0, from: "resuming", to: "active" });
  trial.exit(0);
  assert.equal(await running, 0);
  assert.equal(
    await trial.io.stderr(),
    "web: connection lost: code 1006; resuming\nweb: resumed\n",
  );
});
