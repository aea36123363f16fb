import assert from "node:assert/strict";
import { TargetNotConnectedError } from "../../../../src/aws/mod.ts";
import type { ShellOptions } from "../../../../src/cli/commands/shell.ts";
import type { Context } from "../../../../src/cli/context.ts";
import { parseCommandLine } from "../../../../src/cli/program.ts";
import type { ShellParts, ShellRequest } from "../../../../src/cli/shell/parts.ts";
import type { StreamSession } from "../../../../src/cli/stream_session.ts";
import { runShell } from "../../../../src/cli/shell/run.ts";
import { AppError } from "../../../../src/errors/mod.ts";
import type { SessionEnd } from "../../../../src/session/mod.ts";
import { FakeHostedSession } from "../../../support/fake_hosted_session.ts";
import { fakeContext, FakeIo, type FakeIoOptions, refusal } from "../../../support/fake_io.ts";
import { fakeInstance, FakeParts, INSTANCE_ID } from "../../../support/fake_tunnels.ts";
import { utf8 } from "../../../support/hex.ts";
import { LocalStreams } from "../../../support/local_streams.ts";

function options(partial: Partial<ShellOptions> = {}): ShellOptions {
  return {
    instance: "web",
    document: undefined,
    reason: undefined,
    reconnect: true,
    priority: "normal",
    keepAlive: undefined,
    diagnose: true,
    aws: { profile: undefined, region: undefined, endpointUrl: undefined },
    ...partial,
  };
}

/** `shell` with fakes around it. */
class Trial implements Disposable {
  readonly io: FakeIo;
  readonly context: Context & Disposable;
  readonly fleet = new FakeParts();
  readonly streams = new LocalStreams();
  /** What was done with the terminal, and `close`. */
  readonly calls: string[] = [];
  readonly opened = Promise.withResolvers<ShellRequest>();
  /** Keys go to the shell. */
  readonly entered = Promise.withResolvers<void>();
  /** In place of opening. */
  failure: unknown;
  flush: () => Promise<void> = () => Promise.resolve();
  /** Whether the service answers when the session is to be ended. */
  isHung = false;
  readonly held = new FakeHostedSession({ kind: "shell" });
  readonly #closed = Promise.withResolvers<SessionEnd>();

  constructor(setup: FakeIoOptions & Parameters<typeof fakeContext>[1] = { isTerminal: true }) {
    this.io = new FakeIo(setup);
    this.context = fakeContext(this.io, setup);
  }

  run(partial: Partial<ShellOptions> = {}): Promise<number> {
    const { calls, fleet, streams } = this;
    const parts: ShellParts = {
      instances: fleet.instances,
      picker: fleet.picker,
      startHosting: () => fleet.hosting,
      openConsole: () => ({
        input: streams.input,
        output: streams.output,
        size: () => ({ cols: 80, rows: 24 }),
        onResize: () => ({ [Symbol.dispose]() {} }),
        raw: {
          enter: () => {
            calls.push("raw");
            this.entered.resolve();
          },
          leave: () => calls.push("restored"),
          suspend: () => calls.push("suspended"),
          [Symbol.dispose]: () => calls.push("released"),
        },
      }),
      open: (request) => this.#open(request),
      [Symbol.dispose]() {},
    };
    return runShell(options(partial), this.context, () => parts);
  }

  /** Ends the session as the shell, the service or the network would. */
  end(end: SessionEnd): void {
    this.#closed.resolve(end);
  }

  /** What the session's forwarder would read from the terminal. */
  async keys(): Promise<string | null> {
    const { terminal } = await this.opened.promise;
    const buffer = new Uint8Array(100);
    const count = await terminal.input.read(buffer);
    return count === null ? null : new TextDecoder().decode(buffer.subarray(0, count));
  }

  #open(request: ShellRequest): Promise<StreamSession> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.opened.resolve(request);
    return Promise.resolve({
      ready: {
        sessionId: "me-0001",
        instanceId: request.instance.instanceId,
        bind: "",
        localPort: 0,
        remoteHost: undefined,
        remotePort: 0,
        connectMs: 41.26,
        agentVersion: "",
        mode: "stdio",
      },
      closed: this.#closed.promise,
      held: this.held,
      close: async () => {
        this.calls.push("close");
        if (this.isHung) await new Promise(() => {});
        this.end({ by: "user", reason: "" });
      },
      flushed: () => this.flush(),
    });
  }

  [Symbol.dispose](): void {
    this.context[Symbol.dispose]();
  }
}

Deno.test("shell: its arguments", async () => {
  const parse = async (...args: string[]) => {
    const invocation = await parseCommandLine(["shell", ...args], { columns: 80 });
    assert.ok("run" in invocation);
    return invocation.options;
  };
  assert.deepEqual(await parse("web"), options());
  assert.deepEqual(await parse("-i", "web"), options());
  assert.deepEqual(await parse(), options({ instance: undefined }));
  assert.deepEqual(
    await parse(
      ...["web", "--document", "Mine", "--no-reconnect", "--reason", "why", "--region", "r"],
      ...["--priority", "high", "--keep-alive", "policy", "--no-diagnose"],
    ),
    options({
      document: "Mine",
      reconnect: false,
      reason: "why",
      priority: "high",
      keepAlive: "policy",
      diagnose: false,
      aws: { profile: undefined, region: "r", endpointUrl: undefined },
    }),
  );
  assert.equal((await refusal(() => parse("web", "more"))).kind, "usage");
  assert.equal((await refusal(() => parse("web", "--", "ls"))).kind, "usage");
});

Deno.test("shell: when the shell ends, the terminal is back and the status is 0", async () => {
  using trial = new Trial();
  const running = trial.run();
  const { instance } = await trial.opened.promise;
  assert.equal(instance.instanceId, INSTANCE_ID);
  trial.end({ by: "remote", reason: "" });
  assert.equal(await running, 0);
  assert.deepEqual(trial.calls, ["raw", "restored", "released"]);
  assert.equal(await trial.io.stderr(), "The shell on web has ended\n");
  assert.deepEqual(trial.fleet.hosting.held, [trial.held]);
});

Deno.test("shell: any other end is told when the terminal is back, and is 3", async () => {
  const cases: [SessionEnd, RegExp][] = [
    [{ by: "lost", reason: "code 1006" }, /the connection was lost\n {2}cause: code 1006/],
    [
      { by: "remote", reason: "shell not found" },
      /AWS or the agent ended it\n {2}cause: shell not/,
    ],
  ];
  for (const [end, text] of cases) {
    using trial = new Trial();
    const running = trial.run();
    await trial.opened.promise;
    trial.end(end);
    assert.equal(await running, 3);
    assert.match(await trial.io.stderr(), text);
    assert.deepEqual(trial.calls, ["raw", "restored", "released"]);
  }
});

Deno.test("shell: ended by another process of ours, the reason is told", async () => {
  for (const [reason, told] of [["", "another command ended"], ["it yielded", "it yielded"]]) {
    using trial = new Trial();
    const running = trial.run();
    await trial.opened.promise;
    trial.end({ by: "user", reason: reason! });
    assert.equal(await running, 0);
    assert.match(await trial.io.stderr(), new RegExp(`has ended: ${told}`));
  }
});

Deno.test("shell: ~. gives the terminal back at once, also when nothing answers", async () => {
  using trial = new Trial();
  trial.isHung = true;
  trial.flush = () => new Promise(() => {});
  const running = trial.run();
  await trial.opened.promise;
  trial.streams.type(utf8("ls\r~."));
  assert.equal(await trial.keys(), "ls\r");
  assert.equal(await trial.keys(), null);
  await trial.streams.when(() => true);
  for (let turn = 0; turn < 10; turn++) await undefined;
  assert.deepEqual(trial.calls, ["raw", "restored", "close"]);
  trial.io.signal("SIGINT");
  assert.equal(await running, 0, "Ctrl-C does not wait for AWS");
});

Deno.test("shell: a full-screen program is cleaned up after", async () => {
  using trial = new Trial();
  const running = trial.run();
  const { terminal } = await trial.opened.promise;
  await terminal.output.write(utf8("\x1b[?1049h\x1b[?25l~"));
  trial.end({ by: "lost", reason: "" });
  assert.equal(await running, 3);
  assert.equal(await trial.io.stdout(), "\x1b[?1049l\x1b[?25h\n");
});

Deno.test("shell: a signal ends it, with the signal's status", async () => {
  for (const [signal, status] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    using trial = new Trial();
    const running = trial.run();
    await trial.opened.promise;
    trial.io.signal(signal);
    assert.equal(await running, status);
    assert.deepEqual(trial.calls, ["raw", "restored", "close", "released"]);
  }
});

Deno.test("shell: ~? explains the keys and ~^Z suspends; line ends suit raw mode", async () => {
  using trial = new Trial();
  const running = trial.run();
  await trial.opened.promise;
  trial.streams.type(utf8("~?~\x1aa"));
  assert.equal(await trial.keys(), "a");
  assert.match(await trial.io.stderr(), /^\r\nKeys at .*:\r\n {2}~\. +leave/);
  assert.deepEqual(trial.calls, ["raw", "suspended"]);
  trial.end({ by: "remote", reason: "" });
  assert.equal(await running, 0);
});

Deno.test("shell: a short loss is not told, a longer one is", async () => {
  using trial = new Trial();
  const running = trial.run();
  const { onEvent } = await trial.opened.promise;
  await trial.entered.promise;
  const lose = () =>
    onEvent({ type: "state", atMs: 0, from: "active", to: "resuming", reason: "code 1006" });
  const resume = () => onEvent({ type: "state", atMs: 0, from: "resuming", to: "active" });
  lose();
  trial.io.clock.advance(2_999);
  resume();
  assert.deepEqual(trial.io.clock.delays, []);
  assert.equal(await trial.io.stderr(), "");
  lose();
  trial.io.clock.advance(3_000);
  resume();
  const said =
    /^\r\n\[ec2-connect: connection lost, resuming;.* ~\. leaves\]\r\n\r\n\[ec2-connect: resumed\]/;
  assert.match(await trial.io.stderr(), said);
  trial.end({ by: "remote", reason: "" });
  assert.equal(await running, 0);
});

Deno.test("shell: of a pipe the terminal is not touched, and no tilde is special", async () => {
  using trial = new Trial({ isTerminal: false });
  const running = trial.run();
  await trial.opened.promise;
  trial.streams.type(utf8("~.\n"));
  assert.equal(await trial.keys(), "~.\n");
  trial.end({ by: "remote", reason: "" });
  assert.equal(await running, 0);
  assert.deepEqual(trial.calls, ["released"]);
  assert.equal(await trial.io.stderr() + await trial.io.stdout(), "");
});

Deno.test("shell: without an instance and without a terminal it is a usage error", async () => {
  using trial = new Trial({ isTerminal: false });
  const error = await refusal(() => trial.run({ instance: undefined }));
  assert.equal(error.exitCode, 2);
});

Deno.test("shell: a failure to open leaves the terminal alone, and is explained", async () => {
  using trial = new Trial();
  trial.fleet.allInstances = [fakeInstance({ state: "stopped" })];
  trial.failure = new TargetNotConnectedError(INSTANCE_ID, "not connected", {});
  const error = await refusal(() => trial.run({ instance: INSTANCE_ID }));
  assert.match(error.message, /stopped/);
  assert.deepEqual(trial.calls, ["released"]);
  using denied = new Trial();
  denied.failure = new AppError("auth", "Cannot encrypt the session: not allowed");
  assert.equal(await refusal(() => denied.run()), denied.failure);
});
