/**
 * What can be wrong from outside, each with its exit code and a message that says what to do.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Fault } from "../../src/sandbox/mod.ts";
import { commandLine } from "../support/command.ts";
import { Home, jsonError, POSIX_ONLY, World } from "./_world.ts";

const ID = "i-0123456789abcdef0";

interface Case {
  args: string[];
  env?: Record<string, string>;
  code: number;
  stderr: RegExp;
}

async function check(home: Home, cases: readonly Case[]): Promise<void> {
  for (const { args, env, code, stderr } of cases) {
    const result = await home.run(args, env);
    const text = `${args.join(" ")}\n${result.stderr}`;
    assert.equal(result.code, code, text);
    assert.match(result.stderr, stderr, text);
    assert.equal(result.stdout, "", text);
    assert.ok(result.stderr.trim().split("\n").length <= 3, text);
  }
}

Deno.test("a wrong command line: exit 2, what was found and what was wanted", async () => {
  await using home = await Home.create();
  const connect = (...args: string[]) => ["connect", ID, ...args];
  await check(home, [
    {
      args: ["conect"],
      code: 2,
      stderr: /Unknown command "conect"\n {2}hint: Did you mean connect\?/,
    },
    { args: connect("--locl-port", "1"), code: 2, stderr: /hint: Did you mean --local-port\?/ },
    { args: connect("--remote-port", "0"), code: 2, stderr: /found "0"\n.*from 1 to 65535/ },
    { args: connect("--local-port", "65536"), code: 2, stderr: /found "65536"\n.*from 0 to 65535/ },
    { args: connect("--local-port", "abc"), code: 2, stderr: /found "abc"/ },
    { args: connect("-L", "80:80:80:80"), code: 2, stderr: /-L 80:80:80:80: found "80"/ },
    { args: ["connect"], code: 2, stderr: /Cannot choose an instance: none was given/ },
    { args: ["connect", "i-123"], code: 2, stderr: /Cannot read INSTANCE "i-123"/ },
    { args: connect("--bind", "192.0.2.1"), code: 2, stderr: /Cannot listen on 192\.0\.2\.1:0: / },
    { args: connect("--config", "/nonexistent.json"), code: 2, stderr: /no such file/ },
  ]);
});

Deno.test("no region is exit 2, no credentials exit 4", async () => {
  await using home = await Home.create();
  await check(home, [
    { args: ["connect", ID], code: 2, stderr: /Cannot choose a region: none is set/ },
    { args: ["connect", ID, "--region", "us-east-1"], code: 4, stderr: /no AWS credentials/ },
  ]);
  const result = await home.run(["connect", ID, "--region", "us-east-1", "--format", "json"]);
  assert.equal(jsonError(result).kind, "auth");
  assert.equal(jsonError(result).exit_code, 4);
});

Deno.test("the region of the configuration file counts when nothing else names one", async () => {
  await using world = await World.open();
  const folder = join(world.path, ".config", "ec2-connect");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), '{"aws": {"default_region": "us-east-1"}}');
  const { code, stderr } = await world.run(["connect", "web-1", "--", "true"], { AWS_REGION: "" });
  assert.equal(code, 0, stderr);
});

Deno.test("an endpoint that refuses or hangs: exit 3", async () => {
  await using home = await Home.create();
  const env = {
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_REGION: "us-east-1",
  };
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const refusing = `http://127.0.0.1:${closed.addr.port}`;
  closed.close();
  // It takes connections into its backlog and never answers.
  using hanging = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await check(home, [
    {
      args: ["connect", ID, "--endpoint-url", refusing],
      env,
      code: 3,
      stderr: /refused the connection/,
    },
    {
      args: ["connect", ID, "--endpoint-url", `http://127.0.0.1:${hanging.addr.port}`],
      env: { ...env, EC2_CONNECT_AWS_CONNECTION_TIMEOUT: "0.3" },
      code: 3,
      stderr: /no answer/,
    },
  ]);
});

Deno.test(
  "a signal while connecting cancels: exit 130 or 143, and nothing is said",
  POSIX_ONLY,
  async () => {
    await using home = await Home.create();
    const env = {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "x",
      AWS_REGION: "us-east-1",
    };
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
      using hanging = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await using child = home.start(
        ["connect", ID, "--endpoint-url", `http://127.0.0.1:${hanging.addr.port}`],
        env,
      );
      using _request = await hanging.accept();
      assert.equal(await child.interrupt(signal), code);
      assert.deepEqual((await child.result()).stderr, "");
    }
  },
);

Deno.test("instances that are not there, not one, or not running", async () => {
  await using world = await World.open();
  const stopped = world.instanceId("stopped-1");
  await check(world, [
    { args: ["connect", "nope"], code: 3, stderr: /there is none named "nope" \(region us-east-1/ },
    { args: ["connect", ID], code: 3, stderr: /there is none with id i-0123456789abcdef0/ },
    { args: ["connect", "stopped-1"], code: 3, stderr: /: it is stopped\n/ },
    { args: ["connect", stopped], code: 3, stderr: /: it is stopped\n/ },
    { args: ["connect", "terminated-1"], code: 3, stderr: /none named "terminated-1"/ },
    { args: ["connect", world.instanceId("terminated-1")], code: 3, stderr: /it is terminated/ },
    {
      args: ["connect", "unregistered-1"],
      code: 3,
      stderr: /is not connected\n {2}cause: no instance profile is attached/,
    },
    {
      args: ["connect", "duplicate"],
      code: 2,
      stderr: /2 are there named "duplicate"\n {2}cause: i-\w+ \(duplicate.*, i-\w+ \(duplicate/,
    },
    {
      args: ["connect", "no-remote-host-1", "-L", "0:db.internal:5432"],
      code: 3,
      stderr: /Port forwarding to a remote host needs SSM Agent/,
    },
  ]);
});

Deno.test("a taken port: exit 5, with its holder and the next free one", POSIX_ONLY, async () => {
  await using home = await Home.create();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  await check(home, [
    {
      args: ["connect", ID, "--local-port", port],
      code: 5,
      stderr: new RegExp(
        `127\\.0\\.0\\.1:${port}: the port is in use\n.*\\(pid ${Deno.pid}\\) holds it\n.*Use port \\d+, which is free`,
      ),
    },
    {
      args: ["connect", ID, "-L", "0:80", "-L", `${port}:80`],
      code: 5,
      stderr: new RegExp(`127\\.0\\.0\\.1:${port}: the port is in use`),
    },
    { args: ["sandbox", "--port", port], code: 5, stderr: /the port is in use/ },
  ]);
});

Deno.test("a gateway or agent that does not play along: the right exit code, in time", async () => {
  const cases: { fault: Fault; code: number; stderr: RegExp; timeout?: string }[] = [
    {
      fault: { fault: "close_at_once" },
      code: 3,
      stderr: /the data channel closed with code 1006\n/,
    },
    {
      fault: { fault: "close_at_once", code: 1008 },
      code: 3,
      stderr: /the data channel closed with code 1008.*\n {2}cause: .*token/,
    },
    { fault: { fault: "refuse_upgrade", status: 403 }, code: 4, stderr: /403/ },
    { fault: { fault: "refuse_upgrade", status: 500 }, code: 3, stderr: /500/ },
    { fault: { fault: "hang_upgrade" }, code: 3, stderr: /within 2 s/, timeout: "2" },
    {
      fault: { fault: "silence_handshake", stage: "request" },
      code: 3,
      stderr: /Handshake with the agent: no answer within 2 s/,
      timeout: "2",
    },
    {
      fault: { fault: "silence_handshake", stage: "complete" },
      code: 3,
      stderr: /Handshake with the agent: no answer within 2 s/,
      timeout: "2",
    },
    {
      fault: { fault: "api_error", code: "AccessDeniedException" },
      code: 4,
      stderr: /not allowed: ssm:StartSession/,
    },
    {
      fault: { fault: "api_error", code: "ThrottlingException" },
      code: 5,
      stderr: /limits the rate/,
    },
    { fault: { fault: "expire_credentials", user_key: true }, code: 4, stderr: /expired/ },
  ];
  // All at a time: those that wait for a deadline long enough for a busy machine wait together.
  await Promise.all(cases.map(async ({ fault, code, stderr, timeout }) => {
    await using world = await World.open();
    world.sandbox.faults.apply(fault);
    const env = timeout === undefined ? {} : { EC2_CONNECT_AWS_CONNECTION_TIMEOUT: timeout };
    const result = await world.run(["connect", world.instanceId("web-1")], env);
    const text = `${JSON.stringify(fault)}\n${result.stderr}`;
    assert.equal(result.code, code, text);
    assert.match(result.stderr, stderr, text);
    assert.equal(result.stdout, "", text);
    for (const { status } of world.sandbox.sessions()) assert.equal(status, "Terminated", text);
  }));
});

Deno.test({
  name: "a home that cannot be written does not matter",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using world = await World.open();
    // Not even the administrator can write there.
    const env = { HOME: "/proc", XDG_STATE_HOME: "/proc", XDG_DATA_HOME: "/proc" };
    const { code, stderr } = await world.run(["connect", "web-1", "--", "true"], env);
    assert.equal(code, 0, stderr);
  },
});

Deno.test("an agent older than the service believes: too old for a remote host, exit 3", async () => {
  await using world = await World.open();
  world.sandbox.faults.apply({ fault: "agent_version", version: "3.1.0.0" });
  const { code, stderr } = await world.run(["connect", "web-1", "-L", "0:db.internal:5432"]);
  assert.equal(code, 3);
  assert.match(stderr, /the agent on i-\w+ is too old\n {2}cause: It is 3\.1\.0\.0; /);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});

Deno.test({
  name: "a full disk behind stdout: exit 5, and the session is ended",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using world = await World.open();
    const [program, before] = commandLine();
    for (const args of [["--help"], ["connect", "web-1"]]) {
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", 'exec "$@" > /dev/full', "sh", program, ...before, ...args],
        env: world.env,
        stdin: "null",
      }).output();
      assert.equal(code, 5);
      assert.match(
        new TextDecoder().decode(stderr),
        /^error: Cannot write to standard output: No space left on device\n/m,
      );
    }
    assert.deepEqual(world.sessionStates, ["Terminated"]);
  },
});
