/**
 * `connect` as a user runs it: tunnels that carry bytes, events, and clean ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { commandLine } from "../support/command.ts";
import { echo, fetchPage, POSIX_ONLY, type ReadyEvent, World } from "./_world.ts";

Deno.test(
  "a browser reaches the instance; Ctrl-C, SIGTERM and SIGHUP end it cleanly",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      await using child = world.start(["connect", "web-1", "--remote-port", world.service("http")]);
      const line = await child.line();
      const ready = /^Forwarding 127\.0\.0\.1:(\d+) -> (i-\w+):(\d+) \(session (\S+)\)$/.exec(line);
      assert.ok(ready !== null, line);
      assert.equal(ready[2], world.instanceId("web-1"));
      assert.equal(ready[3], world.service("http"));
      assert.match(await fetchPage(Number(ready[1])), /It works/);
      assert.equal(await child.interrupt(signal), 0, signal);
      const { stdout, stderr } = await child.result();
      assert.equal(stdout, line);
      assert.equal(stderr, "");
      const session = world.sandbox.sessions().at(-1)!;
      assert.equal(session.sessionId, ready[4]);
      assert.equal(session.status, "Terminated");
      await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: Number(ready[1]) }), signal);
    }
  },
);

Deno.test("every form of INSTANCE leads to the same instance", POSIX_ONLY, async () => {
  await using world = await World.open();
  const instanceId = world.instanceId("web-1");
  const { privateIp } = world.sandbox.instances.find((each) => each.instanceId === instanceId)!;
  const forms = [
    [instanceId],
    ["-i", "web-1"],
    ["--instance-id", "tag:Name=web-1"],
    [privateIp],
    [`ip-${privateIp.replaceAll(".", "-")}.ec2.internal`],
  ];
  for (const form of forms) {
    const { code, stderr } = await world.run([
      "connect",
      ...form,
      ...["--remote-port", world.service("echo"), "--", "true"],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, new RegExp(`-> ${instanceId}:`));
  }
});

Deno.test("--format json tells one tunnel's life in events", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start([
    ...["connect", "web-1", "--remote-port", world.service("http")],
    ...["--reason", "CHG-1", "--format", "json"],
  ]);
  const ready = await child.event<ReadyEvent & Record<string, unknown>>("ready");
  assert.match(await fetchPage(ready.local_port), /It works/);
  while ((await child.event<{ status: string }>("connection")).status !== "closed");
  assert.equal(await child.interrupt(), 0);
  const events = (await child.result()).stdout.split("\n").map((line) => JSON.parse(line));
  for (const event of events) {
    assert.match(event.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(event.local_port, ready.local_port);
  }
  assert.deepEqual(
    events.filter(({ event }) => event === "connection").map(({ status }) => status),
    ["opened", "closed"],
  );
  const { at: _at, ...closed } = events.at(-1);
  assert.deepEqual(closed, {
    event: "closed",
    session_id: ready.session_id,
    local_port: ready.local_port,
    reason: "",
    by: "user",
    exit_code: 0,
  });
  assert.deepEqual(
    {
      bind: ready["bind"],
      instance_id: ready["instance_id"],
      remote_host: ready.remote_host,
      remote_port: String(ready.remote_port),
    },
    {
      bind: "127.0.0.1",
      instance_id: world.instanceId("web-1"),
      remote_host: null,
      remote_port: world.service("http"),
    },
  );
  assert.equal(typeof ready["connect_ms"], "number");
});

Deno.test(
  "several -L are several sessions, one of them to a host behind the instance",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const [http, echoPort] = [world.service("http"), world.service("echo")];
    await using child = world.start([
      ...["connect", "bastion", "-L", `0:${http}`, "-L", `0:127.0.0.1:${echoPort}`],
      ...["--format", "json"],
    ]);
    const forwards = [
      await child.event<ReadyEvent>("ready"),
      await child.event<ReadyEvent>("ready"),
    ];
    const web = forwards.find(({ remote_port }) => String(remote_port) === http)!;
    const behind = forwards.find(({ remote_host }) => remote_host === "127.0.0.1")!;
    assert.match(await fetchPage(web.local_port), /It works/);
    assert.equal(await echo(behind.local_port, "hello"), "hello");
    assert.equal(await child.interrupt(), 0);
    assert.deepEqual(world.sessionStates, ["Terminated", "Terminated"]);
  },
);

Deno.test("a lost connection is resumed and told", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start([
    ...["connect", "web-1", "--remote-port", world.service("echo"), "--format", "json"],
  ]);
  const { local_port } = await child.event<ReadyEvent>("ready");
  world.sandbox.faults.apply({ fault: "cut" });
  type State = { to: string };
  while ((await child.event<State>("state")).to !== "resuming");
  while ((await child.event<State>("state")).to !== "active");
  assert.equal(await echo(local_port, "after"), "after");
  assert.equal(await child.interrupt(), 0);
});

Deno.test("--no-reconnect ends with a lost connection: exit 3", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start(["connect", "web-1", "--no-reconnect"]);
  await child.line();
  world.sandbox.faults.apply({ fault: "cut" });
  const { code, stderr } = await child.result();
  assert.equal(code, 3);
  assert.match(stderr, /^error: The tunnel .* has ended: the connection was lost$/m);
});

Deno.test("a session that the other side ends: exit 3, and who ended it", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start(["connect", "web-1", "--format", "json"]);
  await child.event("ready");
  world.sandbox.faults.apply({ fault: "end_session", output: "Terminated by somebody" });
  const closed = await child.event<Record<string, unknown>>("closed");
  assert.deepEqual([closed["by"], closed["exit_code"]], ["remote", 3]);
  assert.match(String(closed["reason"]), /Terminated by somebody/);
  assert.equal((await child.result()).code, 3);
});

Deno.test(
  "-- COMMAND sees the ports, owns stdout and gives its exit status",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const script = 'echo "$EC2_CONNECT_LOCAL_HOST $EC2_CONNECT_LOCAL_PORT ' +
      '$EC2_CONNECT_LOCAL_PORT_1 $EC2_CONNECT_LOCAL_PORT_2"; exit 42';
    const result = await world.run([
      ...["connect", "web-1", "-L", "0:7", "-L", "0:9", "--", "sh", "-c", script],
    ]);
    assert.equal(result.code, 42);
    const [host, first, firstAgain, second] = result.stdout.split(" ");
    assert.equal(host, "127.0.0.1");
    assert.equal(first, firstAgain);
    assert.match(
      result.stderr,
      new RegExp(`^Forwarding 127\\.0\\.0\\.1:${first} -> i-\\w+:7 `, "m"),
    );
    assert.match(
      result.stderr,
      new RegExp(`^Forwarding 127\\.0\\.0\\.1:${second} -> i-\\w+:9 `, "m"),
    );
    assert.deepEqual(world.sessionStates, ["Terminated", "Terminated"]);
  },
);

Deno.test("-- COMMAND: not found is 127, a signal 128 and its number", POSIX_ONLY, async () => {
  await using world = await World.open();
  const cases: [string[], number][] = [
    [["/nonexistent/program"], 127],
    [["sh", "-c", "kill -KILL $$"], 137],
  ];
  for (const [command, status] of cases) {
    assert.equal((await world.run(["connect", "web-1", "--", ...command])).code, status);
  }
});

Deno.test(
  "-- COMMAND gets SIGTERM and decides the status; the session ends after it",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const script = "trap 'exit 9' TERM; echo started; while :; do sleep 0.05; done";
    await using child = world.start(["connect", "web-1", "--", "sh", "-c", script]);
    assert.equal(await child.line(), "started");
    assert.equal(await child.interrupt("SIGTERM"), 9);
    assert.deepEqual(world.sessionStates, ["Terminated"]);
  },
);

Deno.test("a second Ctrl-C leaves at once, whatever the service does", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using child = world.start(["connect", "web-1", "--format", "json"]);
  await child.event("ready");
  world.sandbox.faults.apply({ fault: "hang_api", operation: "TerminateSession" });
  child.process.kill("SIGINT");
  while ((await child.event<{ to: string }>("state")).to !== "closing");
  // One that comes at once is taken for the same press, so it is pressed until it is heard.
  const pressing = setInterval(() => child.process.kill("SIGINT"), 100);
  const { success, code } = await child.process.status.finally(() => clearInterval(pressing));
  assert.deepEqual([success, code], [false, 130]);
});

Deno.test("a reader of stdout that goes away ends the tunnel cleanly", POSIX_ONLY, async () => {
  await using world = await World.open();
  const [program, before] = commandLine();
  const child = new Deno.Command(program, {
    args: [
      ...before,
      ...["connect", "web-1", "--remote-port", world.service("echo")],
      "--format",
      "json",
    ],
    env: world.env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!/"event":"ready".*\n/.test(text)) text += (await reader.read()).value ?? "";
  const port = Number(/"local_port":(\d+)/.exec(text)![1]);
  await reader.cancel();
  // The next event finds nobody to read it, and the tunnel may be gone before the answer.
  await echo(port, "x").catch(() => "");
  assert.equal((await child.status).code, 0);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});

Deno.test(
  "-v logs on stderr and -vv traces messages, both without secrets",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    const { stdout, stderr, code } = await world.run(["connect", "web-1", "-vv", "--", "true"]);
    assert.equal(code, 0);
    assert.equal(stdout, "");
    assert.match(stderr, / debug ssm:StartSession: HTTP 200 /);
    assert.match(stderr, / trace <- /);
    assert.ok(!stderr.includes(world.sandbox.credentials.secretAccessKey));
  },
);
