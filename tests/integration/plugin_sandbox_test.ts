/**
 * The AWS CLI and session-manager-plugin against the sandbox: another client than ours must find it
 * right. With the stand-in always, and with the real plugin as well where it is on PATH.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/mod.ts";
import {
  type AwsForward,
  AwsSession,
  buildProgram,
  findOnPath,
  missingAwsCli,
  missingGoTools,
  startAwsForward,
  startChecksumServer,
  startEchoServer,
  testWithTools,
} from "../support/plugin_twin.ts";

const REAL_PLUGIN = findOnPath("session-manager-plugin");
const LARGE_BYTES = 20 * 1024 * 1024;
const LINE_FEED = 0x0a;
/** The longest test takes some 27 s: 20 MB at a message of 1,024 bytes a millisecond. */
const DEADLINE_MS = 120_000;

interface Fixture {
  sandbox: Sandbox;
  /** Options that every session takes. */
  common: { access: Sandbox; pluginPath: string; env: Record<string, string> };
  /** A running instance of that scenario. */
  instance(scenario: string): string;
}

/** Registers a test with the stand-in and, if there is one, with the real plugin. */
function test(
  name: string,
  fn: (fixture: Fixture) => Promise<void>,
  options: SandboxOptions & { env?: Record<string, string> } = {},
): void {
  const { env = {}, ...sandboxOptions } = options;
  const run = (findPlugin: () => Promise<string>) => async () => {
    const pluginPath = await findPlugin();
    const log: string[] = [];
    await using sandbox = await startSandbox({
      agentPacing: false,
      log: (line) => log.push(line),
      ...sandboxOptions,
    });
    try {
      await withinDeadline(fn({
        sandbox,
        common: { access: sandbox, pluginPath, env },
        instance(scenario) {
          const found = sandbox.instances.find((instance) => instance.scenario === scenario);
          assert.ok(found !== undefined, `no instance of scenario ${scenario}`);
          return found.instanceId;
        },
      }));
    } catch (error) {
      throw new Error(`${error}\nThe sandbox:\n${log.slice(-50).join("\n")}`, { cause: error });
    }
  };
  testWithTools(
    `aws start-session, plugin stand-in: ${name}`,
    missingAwsCli() ?? missingGoTools(),
    run(async () => (await buildProgram("session-manager-plugin")).path!),
  );
  if (REAL_PLUGIN === undefined) return;
  testWithTools(
    `aws start-session, session-manager-plugin: ${name}`,
    missingAwsCli(),
    run(() => Promise.resolve(REAL_PLUGIN)),
  );
}

/** A stalled tunnel would let a test wait for ever. */
async function withinDeadline(work: Promise<void>): Promise<void> {
  const stalled = Promise.withResolvers<never>();
  const deadline = setTimeout(() => stalled.reject(new Error("stalled")), DEADLINE_MS);
  try {
    await Promise.race([work, stalled.promise]);
  } finally {
    clearTimeout(deadline);
  }
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * Random bytes without a line feed: the plugin damages a message that is one line feed alone, and
 * whether there is one depends on how the bytes happen to be cut.
 */
function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes.map((byte) => byte === LINE_FEED ? LINE_FEED + 1 : byte);
}

/** Sends `bytes` over a new connection, reads as many back and compares. */
async function exchange(port: number, bytes: Uint8Array): Promise<void> {
  using connection = await Deno.connect({ port });
  const sending = (async () => {
    for (let at = 0; at < bytes.byteLength;) at += await connection.write(bytes.subarray(at));
  })();
  const received = new Uint8Array(bytes.byteLength);
  for (let at = 0; at < received.byteLength;) {
    const count = await connection.read(received.subarray(at));
    assert.ok(count !== null, `the connection ended after ${at} bytes`);
    at += count;
  }
  await sending;
  assert.equal(sha256(received), sha256(bytes));
}

/** GET and POST at the same time, each compared by checksum. */
async function transfer(forward: AwsForward, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  // No idle connections: the tunnel's end must not wait for one.
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const url = `http://127.0.0.1:${forward.port}/`;
  const [downloaded, uploaded] = await Promise.all([
    fetch(url, { client }).then((answer) => answer.bytes()),
    fetch(url, { client, method: "POST", body: bytes }).then((answer) => answer.text()),
  ]);
  assert.equal(sha256(downloaded), sha256(bytes));
  assert.equal(uploaded, sha256(bytes));
}

/** Waits for what the sandbox will come to by itself, a moment after the client's part. */
async function eventually(what: string, isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadlineMs, `not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function sessionOf(sandbox: Sandbox) {
  const session = sandbox.sessions().at(-1);
  assert.ok(session !== undefined);
  return session;
}

test("20 MB each way at the same time arrive unharmed", async ({ common, sandbox, instance }) => {
  const bytes = randomBytes(LARGE_BYTES);
  await using server = startChecksumServer(bytes);
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remotePort: server.port,
  });
  await transfer(forward, bytes);
  assert.equal(sessionOf(sandbox).mode, "mux");
  // Every 500th message is stored late, so the stand-in repeats ones that were acknowledged.
}, { env: { PLUGIN_TWIN_LATE_STORE_EVERY: "500" } });

test("a paced agent carries HTTP", async ({ common, instance }) => {
  const bytes = randomBytes(200_000);
  await using server = startChecksumServer(bytes);
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remotePort: server.port,
  });
  await transfer(forward, bytes);
}, { agentPacing: true });

test("many connections at the same time keep apart", async ({ common, instance }) => {
  await using server = startEchoServer();
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remotePort: server.port,
  });
  const exchanges = Array.from(
    { length: 30 },
    (_, i) => exchange(forward.port, randomBytes(1_000 * (i + 1))),
  );
  await Promise.all(exchanges);
});

test("lost, repeated and overtaken messages do no harm", async ({ common, sandbox, instance }) => {
  const bytes = randomBytes(200_000);
  await using server = startChecksumServer(bytes);
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remotePort: server.port,
  });
  // What the plugin sends is not lost: an acknowledgement that it sent is never sent again, and the
  // agent, which repeats its oldest message only, would be stuck for ever.
  sandbox.faults.apply({ fault: "drop", probability: 0.02, direction: "to_client" });
  sandbox.faults.apply({ fault: "duplicate", probability: 0.1 });
  sandbox.faults.apply({ fault: "reorder", probability: 0.1 });
  await transfer(forward, bytes);
});

test("a refused port ends its connection and not the session", async ({ common, instance }) => {
  // Nobody listens there: the number was free a moment ago.
  const port = freePort();
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remotePort: port,
  });
  {
    using connection = await Deno.connect({ port: forward.port });
    assert.equal(await connection.read(new Uint8Array(1)), null);
  }
  await forward.session.stdout.waitFor(/onnection to destination port failed/);
  await using _server = startEchoServer(port);
  await exchange(forward.port, randomBytes(5_000));
});

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

test("a remote host is reached through the instance", async ({ common, instance }) => {
  await using server = startEchoServer();
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remoteHost: "db.internal",
    remotePort: server.port,
  });
  await exchange(forward.port, randomBytes(5_000));
});

test("a forbidden remote host ends the session and says why", async ({ common, instance }) => {
  await using session = new AwsSession({
    ...common,
    target: instance("healthy"),
    documentName: "AWS-StartPortForwardingSessionToRemoteHost",
    parameters: { host: "169.254.169.254", portNumber: "80", localPortNumber: "0" },
  });
  assert.equal(await session.exitCode(), 0);
  assert.match(session.stdout.text, /Forwarding to IP address 169.254.169.254 is forbidden/);
});

test("an old agent carries one connection after the other", async (fixture) => {
  const { common, sandbox, instance } = fixture;
  await using server = startEchoServer();
  await using forward = await startAwsForward({
    ...common,
    target: instance("old-agent"),
    remotePort: server.port,
  });
  await exchange(forward.port, randomBytes(50_000));
  await exchange(forward.port, randomBytes(50_000));
  assert.equal(sessionOf(sandbox).mode, "basic");
  // This agent knows no flag: the plugin calls TerminateSession.
  forward.session.interrupt();
  assert.equal(await forward.session.exitCode(), 0);
  await eventually("the session ended", () => sessionOf(sandbox).status === "Terminated");
});

test("an SSH session carries standard input and output", async (fixture) => {
  const { common, sandbox, instance } = fixture;
  await using server = startEchoServer();
  await using session = new AwsSession({
    ...common,
    target: instance("healthy"),
    documentName: "AWS-StartSSHSession",
    parameters: { portNumber: String(server.port) },
  });
  await session.stdout.waitFor(/Starting session with SessionId: \S+\s/);
  const bytes = randomBytes(50_000);
  const input = session.stdin.getWriter();
  await input.write(bytes);
  await input.write(new TextEncoder().encode("the end"));
  await session.stdout.waitFor(/the end$/);
  const expected = new TextDecoder("latin1").decode(bytes) + "the end";
  assert.equal(session.stdout.text.slice(-expected.length), expected);
  assert.equal(sessionOf(sandbox).mode, "stdio");
  await input.close();
  assert.equal(await session.exitCode(), 0);
});

test("Ctrl-C ends the session on both sides", async ({ common, sandbox, instance }) => {
  await using server = startEchoServer();
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remotePort: server.port,
  });
  using connection = await Deno.connect({ port: forward.port });
  await connection.write(new TextEncoder().encode("x"));
  assert.equal(await connection.read(new Uint8Array(1)), 1);
  forward.session.interrupt();
  assert.equal(await forward.session.exitCode(), 0);
  await eventually("the session ended", () => sessionOf(sandbox).status === "Terminated");
  assert.equal(sessionOf(sandbox).endReason, "");
  assert.equal(sessionOf(sandbox).targetConnections, 0);
});

test("an idle session comes back after its connection was cut", async (fixture) => {
  const { common, sandbox, instance } = fixture;
  await using server = startEchoServer();
  await using forward = await startAwsForward({
    ...common,
    target: instance("healthy"),
    remotePort: server.port,
  });
  await exchange(forward.port, randomBytes(5_000));
  // The plugin ends when it has something to send while its connection is away.
  await eventually("both ends are idle", () => sessionOf(sandbox).targetConnections === 0);
  sandbox.faults.apply({ fault: "cut" });
  await eventually("a second connection", () => {
    const { connections, isConnected } = sessionOf(sandbox);
    return connections === 2 && isConnected;
  });
  await exchange(forward.port, randomBytes(5_000));
  assert.equal(sessionOf(sandbox).clientIds, 1);
});

test("a node that is not connected is refused as the service does", async (fixture) => {
  const { common, instance } = fixture;
  await assert.rejects(
    startAwsForward({ ...common, target: instance("connection-lost"), remotePort: 80 }),
    /TargetNotConnected/,
  );
});
