/**
 * The real ssh and scp through `ssh-proxy`, to the real sshd behind an instance of a sandbox.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Child, childEnvironment, commandLine } from "../support/command.ts";
import { concat, pattern, writeAll } from "../support/forwarding.ts";
import { eventually } from "../support/port_client.ts";
import { quietPort } from "../support/quiet_port.ts";
import { needsOpenSsh, SshServer } from "../support/ssh_server.ts";
import { POSIX_ONLY, World } from "./_world.ts";

const OPENSSH = needsOpenSsh();
const FILE_BYTES = 20_000_000;
/** The agent repeats one lost message in that time; the real one takes 100 ms. */
const TIMING = { retransmissionTickMs: 5 };

/** Starts a program of OpenSSH's in the world's environment. */
function startOpenSsh(program: "ssh" | "scp", args: string[], world: World): Child {
  return new Child(
    new Deno.Command(program, {
      args,
      env: childEnvironment(world.env),
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}

Deno.test(
  "ssh-proxy: ssh logs in and runs a command, whose status comes back",
  OPENSSH,
  async () => {
    await using world = await World.open();
    await using server = await SshServer.open();
    const config = await server.clientConfig("web-1");
    await using ssh = startOpenSsh(
      "ssh",
      [...config, "target", "echo in; echo err >&2; exit 7"],
      world,
    );
    const { code, stdout, stderr } = await ssh.result();
    assert.equal(code, 7, stderr + server.log);
    assert.equal(stdout, "in");
    assert.match(stderr, /^err$/m);
    await eventually("the session has ended", () => world.sessionStates.join() === "Terminated");
    const [session] = world.sandbox.sessions();
    assert.equal(session!.documentName, "AWS-StartSSHSession");
    assert.equal(session!.mode, "stdio");
  },
);

Deno.test("ssh-proxy: a login that is cut in the middle goes on", OPENSSH, async () => {
  await using world = await World.open({ timing: TIMING });
  await using server = await SshServer.open();
  const config = await server.clientConfig("web-1");
  const sign = `${server.folder}/go-on`;
  const command = `echo before; until [ -e ${sign} ]; do sleep 0.1; done; echo after; exit 7`;
  await using ssh = startOpenSsh("ssh", [...config, "target", command], world);
  assert.equal(await ssh.line(), "before");
  assert.deepEqual(world.sandbox.faults.apply({ fault: "cut" }), { affected: 1 });
  // What follows is said while there is no connection, or over the next one.
  await Deno.writeTextFile(sign, "");
  const { code, stdout, stderr } = await ssh.result();
  assert.equal(code, 7, stderr + server.log);
  assert.equal(stdout, "before\nafter");
  assert.match(stderr, /connection lost: .*; resuming\n.*: resumed$/m);
  assert.equal(world.sandbox.sessions()[0]!.connections, 2);
  await eventually("the session has ended", () => world.sessionStates.join() === "Terminated");
});

for (const direction of ["up", "down"] as const) {
  Deno.test(
    `ssh-proxy: scp of 20 MB ${direction}, cut in the middle, arrives whole`,
    OPENSSH,
    async () => {
      await using world = await World.open({ timing: TIMING });
      await using server = await SshServer.open();
      const config = await server.clientConfig(world.instanceId("web-1"));
      const source = `${server.folder}/source`;
      const copy = `${server.folder}/copy`;
      await Deno.writeFile(source, pattern(FILE_BYTES));
      const paths = direction === "up" ? [source, `target:${copy}`] : [`target:${source}`, copy];
      await using scp = startOpenSsh("scp", [...config, ...paths], world);
      const moved = () => {
        const counters = world.sandbox.sessions()[0]?.counters;
        return (direction === "up" ? counters?.bytesFromClient : counters?.bytesToClient) ?? 0;
      };
      await eventually("half has gone", () => moved() > FILE_BYTES / 2);
      assert.deepEqual(world.sandbox.faults.apply({ fault: "cut" }), { affected: 1 });
      const { code, stderr } = await scp.result();
      assert.equal(code, 0, stderr + server.log);
      assert.equal(await sha256(copy), await sha256(source));
      assert.match(stderr, /connection lost: .*; resuming\n.*: resumed$/m);
      const [session] = world.sandbox.sessions();
      assert.equal(session!.connections, 2);
      await eventually("the session has ended", () => world.sessionStates.join() === "Terminated");
    },
  );
}

/** `ssh-proxy` itself, with pipes that the test holds. */
class Proxy implements AsyncDisposable {
  readonly process: Deno.ChildProcess;
  readonly input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #stderr: Promise<string>;

  constructor(args: string[], world: World) {
    const [program, before] = commandLine();
    this.process = new Deno.Command(program, {
      args: [...before, "ssh-proxy", ...args],
      env: childEnvironment(world.env),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.input = this.process.stdin.getWriter();
    this.output = this.process.stdout.getReader();
    this.#stderr = new Response(this.process.stderr).text();
  }

  /** Reads that many bytes of standard output. */
  async read(count: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for (let bytes = 0; bytes < count;) {
      const { value } = await this.output.read();
      if (value === undefined) assert.fail(`the output ended; stderr: ${await this.#stderr}`);
      chunks.push(value);
      bytes += value.byteLength;
    }
    return concat(chunks);
  }

  /** Waits for the end; `stdout` is what was not read before. */
  async result(): Promise<{ code: number; stdout: Uint8Array; stderr: string }> {
    const chunks: Uint8Array[] = [];
    for (let value; (value = (await this.output.read()).value) !== undefined;) chunks.push(value);
    const { code } = await this.process.status;
    return { code, stdout: concat(chunks), stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.input.close().catch(() => {});
    await this.output.cancel().catch(() => {});
    await this.#stderr;
    await this.process.status;
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const GREETING = utf8("SSH-2.0-ec2connect_sandbox banner only\r\n");

Deno.test("ssh-proxy: every byte passes as it is; nothing else is on standard output", async () => {
  await using world = await World.open();
  await using proxy = new Proxy(["-v", "web-1", world.service("echo")], world);
  const sent = concat([
    utf8("\n"),
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
    pattern(100_000),
  ]);
  // A message of its own, which the reference would change.
  await proxy.input.write(sent.slice(0, 1));
  assert.deepEqual(await proxy.read(1), sent.slice(0, 1));
  const echoed = proxy.read(sent.byteLength - 1);
  await proxy.input.write(sent.slice(1));
  assert.deepEqual(await echoed, sent.slice(1));
  // The end of the input ends the session, on both sides.
  await proxy.input.close();
  const { code, stdout, stderr } = await proxy.result();
  assert.deepEqual([code, stdout.byteLength], [0, 0], stderr);
  assert.match(stderr, /ready in \d+ ms/);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});

Deno.test("ssh-proxy: an answer that follows the end of the input still arrives", async () => {
  await using world = await World.open();
  await using proxy = new Proxy(["web-1", world.service("http")], world);
  await proxy.input.write(
    utf8("GET /bytes?n=300000 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
  );
  await proxy.input.close();
  const { code, stdout, stderr } = await proxy.result();
  assert.equal(code, 0, stderr);
  const head = new TextDecoder("latin1").decode(stdout.subarray(0, 1_000)).split("\r\n\r\n")[0]!;
  const body = stdout.subarray(head.length + 4);
  assert.equal(body.byteLength, 300_000);
  assert.equal(
    createHash("sha256").update(body).digest("hex"),
    /^x-sha256: (\w+)$/im.exec(head)?.[1],
  );
});

Deno.test("ssh-proxy: a server that closes ends it with 0, and its last words are written", async () => {
  await using world = await World.open();
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using conn = await server.accept();
    await writeAll(conn, pattern(500_000));
  })();
  await using proxy = new Proxy(["web-1", String(server.addr.port)], world);
  await serving;
  const { code, stdout, stderr } = await proxy.result();
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout, pattern(500_000));
  assert.equal(stderr, "");
});

Deno.test("ssh-proxy: a refused port is told, with exit code 3", async () => {
  await using world = await World.open();
  const port = quietPort();
  await using proxy = new Proxy(["web-1", String(port)], world);
  const { code, stdout, stderr } = await proxy.result();
  assert.deepEqual([code, stdout.byteLength], [3, 0], stderr);
  assert.match(
    stderr,
    new RegExp(`^error: The session to i-\\w+:${port} has ended: AWS or the agent`),
  );
  assert.match(stderr, /^ {2}cause: Unable to connect to specified port: .*refused/m);
  assert.match(stderr, /^ {2}hint: Check that the instance's ssh server runs/m);
});

Deno.test("ssh-proxy: a reader that has gone ends it with 0", async () => {
  await using world = await World.open();
  await using proxy = new Proxy(["web-1", world.service("echo")], world);
  await proxy.input.write(utf8("hello"));
  await proxy.read(5);
  await proxy.output.cancel();
  await proxy.input.write(utf8("to nobody"));
  assert.equal((await proxy.process.status).code, 0);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});

Deno.test("ssh-proxy: signals end it cleanly", POSIX_ONLY, async () => {
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    await using world = await World.open();
    await using proxy = new Proxy(["web-1", world.service("ssh")], world);
    await proxy.read(GREETING.byteLength);
    proxy.process.kill(signal);
    const { code, stderr } = await proxy.result();
    assert.deepEqual([code, stderr], [0, ""], signal);
    assert.deepEqual(world.sessionStates, ["Terminated"]);
  }
});

Deno.test("ssh-proxy: its session is listed and ended from another process", async () => {
  await using world = await World.open();
  await using proxy = new Proxy(["web-1", world.service("ssh")], world);
  await proxy.read(GREETING.byteLength);
  const { session_id, ...listed } = await eventualSession(world);
  assert.equal(listed.instance_id, world.instanceId("web-1"));
  assert.equal(listed.state, "active");
  const { code, stderr } = await world.run(["terminate", session_id]);
  assert.equal(code, 0, stderr);
  assert.equal((await proxy.result()).code, 0);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});

interface ListedSession {
  session_id: string;
  instance_id: string;
  state: string;
}

/** The only session of `list`; a moment may pass before a host has told of it. */
async function eventualSession(world: World): Promise<ListedSession> {
  let sessions: ListedSession[] = [];
  await eventually("the session is listed", async () => {
    sessions = JSON.parse((await world.run(["list", "--format", "json"])).stdout).sessions;
    return sessions.length > 0;
  });
  return sessions[0]!;
}

Deno.test("ssh-proxy: a resume that is refused ends it with 3, and it says why", async () => {
  await using world = await World.open();
  await using proxy = new Proxy(["web-1", world.service("ssh")], world);
  assert.deepEqual(await proxy.read(GREETING.byteLength), GREETING);
  world.sandbox.faults.apply({ fault: "resume_without_token" });
  world.sandbox.faults.apply({ fault: "cut" });
  const { code, stdout, stderr } = await proxy.result();
  assert.deepEqual([code, stdout.byteLength], [3, 0], stderr);
  assert.match(stderr, /^error: The session to i-\w+:\d+ has ended/m);
  assert.match(stderr, /^ {2}cause: the session has ended and cannot be resumed/m);
  assert.match(stderr, /^ {2}hint: An ssh connection cannot go on over another session/m);
});

Deno.test("ssh-proxy: without a fitting instance nothing is asked, and stdout stays empty", async () => {
  await using world = await World.open();
  for (
    const [host, code, text] of [
      ["nobody", 3, /^error: Cannot find an instance: /],
      ["duplicate", 2, /^error: Cannot choose an instance: 2 are there /],
    ] as const
  ) {
    await using proxy = new Proxy([host, "22"], world);
    const result = await proxy.result();
    assert.deepEqual([result.code, result.stdout.byteLength], [code, 0], result.stderr);
    assert.match(result.stderr, text);
  }
  assert.deepEqual(world.sessionStates, []);
});
