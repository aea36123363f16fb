import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { type PublicKeyRequest, TargetNotConnectedError } from "../../../src/aws/mod.ts";
import type { SshProxyOptions } from "../../../src/cli/commands/ssh_proxy.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import type { SshProxyParts, SshStreamRequest } from "../../../src/cli/ssh_proxy/parts.ts";
import type { StreamSession } from "../../../src/cli/stream_session.ts";
import { runSshProxy } from "../../../src/cli/ssh_proxy/run.ts";
import type { Context } from "../../../src/cli/context.ts";
import type { SessionEnd } from "../../../src/session/mod.ts";
import { FakeHostedSession } from "../../support/fake_hosted_session.ts";
import type { FakeHosting } from "../../support/fake_hosting.ts";
import { fakeContext, FakeIo, type FakeIoOptions, refusal } from "../../support/fake_io.ts";
import { fakeInstance, FakeParts, INSTANCE_ID } from "../../support/fake_tunnels.ts";

function options(partial: Partial<SshProxyOptions> = {}): SshProxyOptions {
  return {
    host: "web",
    port: 22,
    reason: undefined,
    reconnect: true,
    priority: "normal",
    keepAlive: undefined,
    pushKey: undefined,
    aws: { profile: undefined, region: undefined, endpointUrl: undefined },
    ...partial,
  };
}

/** `ssh-proxy` with fakes around it. */
class Trial implements Disposable {
  readonly io: FakeIo;
  readonly context: Context & Disposable;
  readonly #fleet = new FakeParts();
  /** In order: `open`, `close`, `flush`, `dispose`. */
  readonly calls: string[] = [];
  readonly opened = Promise.withResolvers<SshStreamRequest>();
  /** In place of opening. */
  failure: unknown;
  flush: () => Promise<void> = () => Promise.resolve();
  sendKey: (request: PublicKeyRequest) => Promise<void> = () => Promise.resolve();
  readonly held = new FakeHostedSession({ kind: "ssh" });
  readonly #closed = Promise.withResolvers<SessionEnd>();

  constructor(setup: FakeIoOptions & Parameters<typeof fakeContext>[1] = {}) {
    this.io = new FakeIo(setup);
    this.context = fakeContext(this.io, setup);
  }

  run(partial: Partial<SshProxyOptions> = {}): Promise<number> {
    const parts: SshProxyParts = {
      instances: this.#fleet.instances,
      startHosting: () => this.#fleet.hosting,
      sendSshPublicKey: (request) => this.sendKey(request),
      open: (request) => this.#open(request),
      [Symbol.dispose]: () => this.calls.push("dispose"),
    };
    return runSshProxy(options(partial), this.context, () => parts);
  }

  get hosting(): FakeHosting {
    return this.#fleet.hosting;
  }

  set instances(all: FakeParts["allInstances"]) {
    this.#fleet.allInstances = all;
  }

  /** Ends the session as ssh, the server or the network would. */
  end(end: SessionEnd): void {
    this.#closed.resolve(end);
  }

  #open(request: SshStreamRequest): Promise<StreamSession> {
    this.calls.push(`open ${request.instanceId} ${request.remotePort}`);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.opened.resolve(request);
    return Promise.resolve({
      ready: {
        sessionId: "me-0001",
        instanceId: request.instanceId,
        bind: "",
        localPort: 0,
        remoteHost: undefined,
        remotePort: request.remotePort,
        connectMs: 41.26,
        agentVersion: "3.3.0.0",
        mode: "stdio",
      },
      closed: this.#closed.promise,
      held: this.held,
      close: () => {
        this.calls.push("close");
        this.end({ by: "user", reason: "" });
        return Promise.resolve();
      },
      flushed: () => {
        this.calls.push("flush");
        return this.flush();
      },
    });
  }

  [Symbol.dispose](): void {
    this.context[Symbol.dispose]();
  }
}

Deno.test("ssh-proxy: its arguments", async () => {
  const parse = async (...args: string[]) => {
    const invocation = await parseCommandLine(["ssh-proxy", ...args], { columns: 80 });
    assert.ok("run" in invocation);
    return invocation.options;
  };
  assert.deepEqual(await parse("web"), options());
  assert.deepEqual(
    await parse(
      "i-0123456789abcdef0",
      "2222",
      "--no-reconnect",
      "--reason",
      "why",
      "--region",
      "r",
      "--priority",
      "high",
      "--keep-alive",
      "never",
    ),
    options({
      host: "i-0123456789abcdef0",
      port: 2222,
      reconnect: false,
      priority: "high",
      keepAlive: "never",
      reason: "why",
      aws: { profile: undefined, region: "r", endpointUrl: undefined },
    }),
  );
  for (
    const [args, message] of [
      [[], /missing required argument 'HOST'$/],
      [["web", "0"], /^Cannot read PORT: found "0"$/],
      [["web", "ssh"], /^Cannot read PORT: found "ssh"$/],
      [[""], /^Cannot read HOST: found ""$/],
      [["web", "22", "more"], /found more than wanted$/],
      [["web", "--push-key", "k.pub"], /^Cannot use --push-key without --user$/],
      [["web", "--user", "me"], /^Cannot use --user without --push-key$/],
      [["web", "--push-key", "k.pub", "--user", "a b"], /^Cannot read --user: found "a b"$/],
    ] as const
  ) {
    const error = await refusal(() => parse(...args));
    assert.equal(error.kind, "usage");
    assert.match(error.message, message);
  }
});

Deno.test("ssh-proxy: the end that ssh or its server makes is 0, after the last bytes", async () => {
  for (const by of ["user", "remote"] as const) {
    using trial = new Trial();
    const end = trial.run();
    const request = await trial.opened.promise;
    assert.equal(request.instanceId, INSTANCE_ID);
    trial.end({ by, reason: "" });
    assert.equal(await end, 0);
    assert.deepEqual(trial.calls, [`open ${INSTANCE_ID} 22`, "close", "flush", "dispose"]);
    assert.equal(await trial.io.stdout() + await trial.io.stderr(), "");
  }
});

Deno.test("ssh-proxy: any other end is 3, with its reason", async () => {
  const cases: [SessionEnd, what: RegExp, hint: RegExp][] = [
    [
      { by: "remote", reason: "Unable to connect to specified port: refused" },
      /AWS or the agent closed it\n {2}cause: Unable to connect/,
      /hint: Check that the instance's ssh server runs/,
    ],
    [
      { by: "lost", reason: "the session has ended and cannot be resumed" },
      /the connection was lost\n {2}cause: the session has ended/,
      /hint: An ssh connection cannot go on over another session/,
    ],
    [{ by: "lost", reason: "" }, /cause: No reason is known/, /connect again/],
  ];
  for (const [end, what, hint] of cases) {
    using trial = new Trial();
    const ended = trial.run({ port: 2222 });
    await trial.opened.promise;
    trial.end(end);
    assert.equal(await ended, 3);
    const text = await trial.io.stderr();
    assert.match(text, new RegExp(`^error: The session to ${INSTANCE_ID}:2222 has ended`));
    assert.match(text, what);
    assert.match(text, hint);
    assert.equal(await trial.io.stdout(), "");
  }
});

Deno.test("ssh-proxy: a signal ends it with 0 and waits for no reader", async () => {
  using trial = new Trial();
  trial.flush = () => new Promise(() => {});
  const end = trial.run();
  await trial.opened.promise;
  trial.io.signal("SIGHUP");
  assert.equal(await end, 0);
  assert.ok(trial.calls.includes("close"));
});

Deno.test("ssh-proxy: a signal while the last bytes wait for their reader ends it", async () => {
  using trial = new Trial();
  const flushing = Promise.withResolvers<void>();
  trial.flush = () => {
    flushing.resolve();
    return new Promise(() => {});
  };
  const end = trial.run();
  await trial.opened.promise;
  trial.end({ by: "remote", reason: "" });
  await flushing.promise;
  trial.io.signal("SIGTERM");
  assert.equal(await end, 0);
});

Deno.test("ssh-proxy: what happens is said on stderr alone", async () => {
  using trial = new Trial({ level: "debug", globals: { verbosity: 1 } });
  const end = trial.run();
  const { onEvent } = await trial.opened.promise;
  const at = { type: "state", atMs: 0 } as const;
  onEvent({ ...at, from: "active", to: "resuming", reason: "code 1006" });
  onEvent({ ...at, from: "resuming", to: "active", reason: "resumed" });
  onEvent({ type: "notice", atMs: 0, message: "hello" });
  onEvent({ type: "warning", atMs: 0, message: "careful", hint: "look" });
  onEvent({ type: "connection", atMs: 0, connection: 1, status: "opened" });
  trial.end({ by: "user", reason: "" });
  await end;
  assert.equal(await trial.io.stdout(), "");
  const text = await trial.io.stderr();
  for (
    const line of [
      "connection lost: code 1006; resuming",
      "resumed",
      "hello",
      "careful\n  hint: look",
      "connection opened",
      "ready in 41 ms, session me-0001, agent 3.3.0.0",
    ]
  ) assert.ok(text.includes(`${INSTANCE_ID}:22: ${line}`), `${line} is not in ${text}`);
});

Deno.test("ssh-proxy: on a terminal, too, nothing is asked", async () => {
  using trial = new Trial({ isTerminal: true });
  trial.instances = [fakeInstance(), fakeInstance({ instanceId: "i-0123456789abcdef1" })];
  const error = await refusal(() => trial.run());
  assert.equal(error.kind, "usage");
  assert.match(error.message, /2 are there/);
  assert.deepEqual(trial.calls, ["dispose"]);
});

Deno.test("ssh-proxy: a target that is not connected is explained by its state", async () => {
  using trial = new Trial();
  trial.instances = [fakeInstance({ state: "stopped" })];
  trial.failure = new TargetNotConnectedError(INSTANCE_ID, "not connected", {});
  const error = await refusal(() => trial.run({ host: INSTANCE_ID }));
  assert.match(error.message, /stopped/);
});

const PUBLIC_KEY = "ssh-ed25519 AAAA test";

Deno.test("ssh-proxy: a public key is sent beside the opening, and ssh is not heard before", async () => {
  const publicKeyFile = await Deno.makeTempFile();
  await Deno.writeTextFile(publicKeyFile, `${PUBLIC_KEY}\n`);
  using trial = new Trial();
  const sent = Promise.withResolvers<void>();
  const requests: unknown[] = [];
  trial.sendKey = (request) => {
    requests.push(request);
    return sent.promise;
  };
  const end = trial.run({ pushKey: { publicKeyFile, user: "ubuntu" } });
  const { inputReady } = await trial.opened.promise;
  assert.deepEqual(requests, [
    { instanceId: INSTANCE_ID, user: "ubuntu", publicKey: PUBLIC_KEY },
  ]);
  const pending = Symbol();
  assert.equal(await Promise.race([inputReady, Promise.resolve(pending)]), pending);
  sent.resolve();
  await inputReady;
  trial.end({ by: "user", reason: "" });
  assert.equal(await end, 0);
  await Deno.remove(publicKeyFile);
});

Deno.test("ssh-proxy: a refused public key ends it, with AWS's reason and no byte of ssh's", async () => {
  const publicKeyFile = await Deno.makeTempFile();
  using trial = new Trial();
  trial.sendKey = () => Promise.reject(new AppError("auth", "Cannot send a public key: denied"));
  const error = await refusal(() => trial.run({ pushKey: { publicKeyFile, user: "ubuntu" } }));
  assert.deepEqual([error.exitCode, error.message], [4, "Cannot send a public key: denied"]);
  assert.deepEqual(trial.calls, [`open ${INSTANCE_ID} 22`, "close", "dispose"]);
  const { inputReady } = await trial.opened.promise;
  const pending = Symbol();
  assert.equal(await Promise.race([inputReady, Promise.resolve(pending)]), pending);
  await Deno.remove(publicKeyFile);
});

Deno.test("ssh-proxy: without its public key nothing is opened", async () => {
  using trial = new Trial();
  const pushKey = { publicKeyFile: "/nonexistent/key.pub", user: "ubuntu" };
  const error = await refusal(() => trial.run({ pushKey }));
  assert.equal(error.exitCode, 2);
  assert.match(error.message, /^Cannot read the public key \/nonexistent\/key\.pub: /);
  assert.deepEqual(trial.calls, ["dispose"]);
});

Deno.test("the session is held where other processes see it, until the end", async () => {
  using trial = new Trial();
  const running = trial.run();
  const change = { type: "state", atMs: 0, from: "connecting", to: "handshaking" } as const;
  (await trial.opened.promise).onEvent(change);
  trial.end({ by: "user", reason: "" });
  assert.equal(await running, 0);
  const { hosting } = trial;
  assert.deepEqual(
    [hosting.held, hosting.events, hosting.isDisposed],
    [[trial.held], [change], true],
  );
});
