/**
 * `vscode setup`, `test` and `cleanup` with the real ssh and sshd: logins, copies and forwards through
 * the configuration that is written, which live through a cut.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pattern } from "../support/forwarding.ts";
import { eventually } from "../support/port_client.ts";
import { quietPort } from "../support/quiet_port.ts";
import { SshHome } from "../support/ssh_home.ts";
import { needsOpenSsh, SshServer } from "../support/ssh_server.ts";
import { World } from "./_world.ts";

const OPENSSH = needsOpenSsh();
const FILE_BYTES = 1_000_000;
/** The agent repeats one lost message in that time; the real one takes 100 ms. */
const TIMING = { retransmissionTickMs: 5 };

async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}

/** web-1 set up with the server's own key. */
async function setUp(world: World, server: SshServer): Promise<SshHome> {
  const home = await SshHome.create(world, SshHome.portOf(server));
  const key = `${server.folder}/user_key`;
  const args = ["vscode", "setup", "web-1", "--user", server.user, "--identity-file", key];
  const { code, stderr } = await world.run(args);
  assert.equal(code, 0, stderr);
  return home;
}

interface TestedHost {
  host: string;
  instance_id: string | null;
  ok: boolean;
  exit_code: number;
  steps: { step: string; status: string; detail: string; cause: string | null; hint: string }[];
}

/** What `vscode test` found, its exit code, and the step that failed. */
async function vscodeTest(world: World, args: string[] = [], env: Record<string, string> = {}) {
  const result = await world.run(["vscode", "test", ...args, "--format", "json"], env);
  assert.notEqual(result.stdout, "", result.stderr);
  const hosts: TestedHost[] = JSON.parse(result.stdout).hosts;
  const failed = hosts.flatMap(({ steps }) => steps).find(({ status }) => status === "failed");
  return { code: result.code, hosts, failed };
}

Deno.test("vscode setup: ssh logs in by name and by id, and runs a command", OPENSSH, async () => {
  await using world = await World.open();
  await using server = await SshServer.open();
  const home = await setUp(world, server);
  for (const host of ["web-1", world.instanceId("web-1")]) {
    await using ssh = home.start("ssh", [host, "echo in; exit 7"]);
    const { code, stdout, stderr } = await ssh.result();
    assert.deepEqual([code, stdout], [7, "in"], stderr + server.log);
  }
  // The host key is remembered under the id, apart from the user's own.
  const known = (await home.files()).get("ec2-connect.known_hosts")!;
  assert.equal(known.trim().split("\n").length, 1);
});

Deno.test("vscode setup: the way does not depend on the environment of ssh", OPENSSH, async () => {
  await using world = await World.open();
  await using server = await SshServer.open();
  const home = await setUp(world, server);
  // As an editor that was not started from this terminal: no region, no endpoint.
  delete world.env["AWS_ENDPOINT_URL"];
  delete world.env["AWS_REGION"];
  await using ssh = home.start("ssh", ["web-1", "true"]);
  const { code, stderr } = await ssh.result();
  assert.equal(code, 0, stderr);
});

for (const direction of ["up", "down"] as const) {
  Deno.test(`vscode setup: scp of 1 MB ${direction} survives a cut`, OPENSSH, async () => {
    await using world = await World.open({ timing: TIMING });
    await using server = await SshServer.open();
    const home = await setUp(world, server);
    const [source, copy] = [`${server.folder}/source`, `${server.folder}/copy`];
    await Deno.writeFile(source, pattern(FILE_BYTES));
    const paths = direction === "up" ? [source, `web-1:${copy}`] : [`web-1:${source}`, copy];
    // Slow enough that a cut finds it under way.
    world.sandbox.faults.apply({ fault: "delay", ms: 20 });
    await using scp = home.start("scp", paths);
    const moved = () => {
      const counters = world.sandbox.sessions()[0]?.counters;
      return (direction === "up" ? counters?.bytesFromClient : counters?.bytesToClient) ?? 0;
    };
    await eventually("a third has gone", () => moved() > FILE_BYTES / 3);
    assert.deepEqual(world.sandbox.faults.apply({ fault: "cut" }), { affected: 1 });
    const { code, stderr } = await scp.result();
    assert.equal(code, 0, stderr + server.log);
    assert.equal(await sha256(copy), await sha256(source));
    assert.equal(world.sandbox.sessions()[0]!.connections, 2, stderr);
  });
}

Deno.test("vscode setup: a forward of ssh -L survives a cut", OPENSSH, async () => {
  await using world = await World.open({ timing: TIMING });
  await using server = await SshServer.open();
  const home = await setUp(world, server);
  const port = quietPort();
  const forward = `127.0.0.1:${port}:127.0.0.1:${world.service("http")}`;
  await using ssh = home.start("ssh", ["-L", forward, "web-1", "echo ready; sleep 600"]);
  assert.equal(await ssh.line(), "ready");
  const download = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/bytes?n=${FILE_BYTES}`, {
      headers: { connection: "close" },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const digest = createHash("sha256").update(bytes).digest("hex");
    assert.deepEqual([bytes.length, digest], [FILE_BYTES, response.headers.get("x-sha256")]);
  };
  await download();
  assert.deepEqual(world.sandbox.faults.apply({ fault: "cut" }), { affected: 1 });
  await download();
  assert.equal(world.sandbox.sessions()[0]!.connections, 2);
  ssh.process.kill("SIGTERM");
});

/** The address where an instance's sshd finds the keys that EC2 Instance Connect lets in. */
function activeKeys(world: World, name: string): string {
  const path = "latest/meta-data/managed-ssh-keys/active-keys";
  return `${world.sandbox.endpointUrl}/_metadata/${world.instanceId(name)}/${path}`;
}

Deno.test("vscode setup --push-key: who has no key gets in, every time anew", OPENSSH, async () => {
  await using world = await World.open();
  await using server = await SshServer.open({
    keysUrl: activeKeys(world, "web-1"),
    takesUserKey: false,
  });
  const home = await SshHome.create(world, SshHome.portOf(server));
  const setup = await world.run(["vscode", "setup", "web-1", "--user", server.user, "--push-key"]);
  assert.equal(setup.code, 0, setup.stderr);
  const login = async () => {
    await using ssh = home.start("ssh", ["web-1", "echo in"]);
    const { code, stdout, stderr } = await ssh.result();
    assert.deepEqual([code, stdout], [0, "in"], stderr + server.log);
  };
  await login();
  // The first one's minute is over.
  world.sandbox.faults.apply({ fault: "clock_skew", ms: 90_000 });
  assert.equal((await fetch(`${activeKeys(world, "web-1")}/${server.user}`)).status, 404);
  await login();

  const key = `${world.path}/.local/state/ec2-connect/ssh/id_ed25519`;
  assert.equal((await Deno.stat(key)).mode! & 0o777, 0o600);
  const secret = await Deno.readTextFile(key);
  assert.ok(!(setup.stdout + setup.stderr).includes(secret.split("\n")[2]!));

  world.sandbox.faults.apply({
    fault: "deny",
    actions: ["ec2-instance-connect:SendSSHPublicKey"],
  });
  const { code, failed } = await vscodeTest(world, ["web-1"]);
  assert.deepEqual([code, failed?.step], [4, "key"], JSON.stringify(failed));
  assert.match(failed!.detail, /not allowed: ec2-instance-connect:SendSSHPublicKey/);
});

Deno.test("vscode test: every step of a login that succeeds", OPENSSH, async () => {
  await using world = await World.open();
  await using server = await SshServer.open();
  await setUp(world, server);
  const { code, hosts } = await vscodeTest(world);
  assert.equal(code, 0, JSON.stringify(hosts) + server.log);
  const [host] = hosts;
  assert.deepEqual([host!.host, host!.instance_id], ["web-1", world.instanceId("web-1")]);
  assert.deepEqual(
    host!.steps.map(({ step, status }) => [step, status]),
    ["name", "proxy", "session", "banner", "host_key", "key", "command"].map((
      step,
    ) => [step, "ok"]),
  );
  const detail = Object.fromEntries(host!.steps.map(({ step, detail }) => [step, detail]));
  assert.match(detail["session"]!, /^ready in \d+ ms, session /);
  assert.match(detail["banner"]!, /^OpenSSH_/);
  assert.match(detail["host_key"]!, /^ssh-ed25519 SHA256:/);
  assert.match(detail["key"]!, /, by publickey$/);
  const text = await world.run(["vscode", "test", "web-1"]);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^web-1: ssh logs in\n {2}ok {6}name {6}web-1 is .* on i-/);
});

Deno.test(
  "vscode test: settings of the user's for all hosts do not disturb it",
  OPENSSH,
  async () => {
    await using world = await World.open();
    await using server = await SshServer.open();
    const home = await setUp(world, server);
    const more = [
      ...["ControlMaster auto", `ControlPath ${server.folder}/%C`, "ControlPersist no"],
      ...["RemoteCommand sleep 600", "LogLevel QUIET", "RequestTTY yes"],
      `LocalForward 127.0.0.1:${world.service("echo")} 127.0.0.1:9`,
    ];
    const config = await Deno.readTextFile(home.config);
    await Deno.writeTextFile(home.config, config + more.map((line) => `  ${line}\n`).join(""));
    const { code, hosts } = await vscodeTest(world);
    assert.equal(code, 0, JSON.stringify(hosts));
    assert.match(hosts[0]!.steps.find(({ step }) => step === "banner")!.detail, /^OpenSSH_/);
  },
);

Deno.test("vscode test: Ctrl-C ends it with 130, and ssh with it", OPENSSH, async () => {
  await using world = await World.open();
  await using server = await SshServer.open();
  const home = await setUp(world, server);
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const config = await Deno.readTextFile(home.config);
  await Deno.writeTextFile(home.config, config.replace(/Port \d+/, `Port ${silent.addr.port}`));
  await using test = world.start(["vscode", "test", "web-1"]);
  await eventually("a session is open", () => world.sessionStates.join() === "Connected");
  test.process.kill("SIGINT");
  const { code } = await test.result();
  assert.equal(code, 130);
  await eventually("its session has ended", () => world.sessionStates.join() === "Terminated");
});

Deno.test("vscode test: each step that can fail is named, with a way out", OPENSSH, async (t) => {
  await using world = await World.open();
  await using server = await SshServer.open();
  const home = await setUp(world, server);
  const file = await Deno.readTextFile(home.hostFile);
  const config = await Deno.readTextFile(home.config);
  // Connections to it are made by the system, and nobody answers them.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const step = async (
    name: string,
    expected: { step: string; code: number; detail: RegExp; hint: RegExp; args?: string[] },
    arrange: () => Promise<unknown> | unknown,
  ) => {
    await t.step(name, async () => {
      await arrange();
      const { code, failed, hosts } = await vscodeTest(world, expected.args ?? ["web-1"]);
      assert.deepEqual([failed?.step, code], [expected.step, expected.code], JSON.stringify(hosts));
      assert.match(failed!.detail, expected.detail);
      assert.match(failed!.hint, expected.hint);
      await Deno.writeTextFile(home.hostFile, file);
      await Deno.writeTextFile(home.config, config);
      world.sandbox.faults.clear();
    });
  };
  await step(
    "a name that is not set up",
    {
      args: ["nobody"],
      step: "name",
      code: 2,
      detail: /^ssh would not reach nobody through ec2-connect$/,
      hint: /vscode setup/,
    },
    () => {},
  );
  await step(
    "a configuration that ssh cannot read",
    { step: "name", code: 2, detail: /cannot read its configuration/, hint: /Correct that line/ },
    () => Deno.writeTextFile(home.config, `${config}  NoSuchOption yes\n`),
  );
  await step(
    "a program that is gone",
    {
      step: "proxy",
      code: 2,
      detail: /not there: \/nowhere\/ec2-connect$/,
      hint: /vscode setup i-/,
    },
    () =>
      Deno.writeTextFile(
        home.hostFile,
        file.replace(/ProxyCommand .*/, "ProxyCommand /nowhere/ec2-connect ssh-proxy %h %p"),
      ),
  );
  await step(
    "a program that is another",
    { step: "proxy", code: 2, detail: /without a word/, hint: /vscode setup i-/ },
    () =>
      Deno.writeTextFile(
        home.hostFile,
        file.replace(/ProxyCommand .*/, "ProxyCommand /bin/false ssh-proxy %h %p"),
      ),
  );
  await step(
    "an instance whose agent is gone",
    {
      step: "session",
      code: 3,
      detail: /^Cannot start a session on i-\w+: i-\w+ is not connected$/,
      hint: /describe-instance-information/,
    },
    () =>
      Deno.writeTextFile(
        home.hostFile,
        file.replaceAll(world.instanceId("web-1"), world.instanceId("lost-1")),
      ),
  );
  await step(
    "credentials that may not",
    { step: "session", code: 4, detail: /not allowed: ssm:StartSession/, hint: /./ },
    () => world.sandbox.faults.apply({ fault: "deny", actions: ["ssm:StartSession"] }),
  );
  await step(
    "no ssh server on the port",
    {
      step: "banner",
      code: 3,
      detail: /^Nothing answers on port \d+ of i-/,
      hint: /systemctl start sshd/,
    },
    () => Deno.writeTextFile(home.config, config.replace(/Port \d+/, `Port ${quietPort()}`)),
  );
  await step(
    "a server that says nothing",
    {
      args: ["web-1", "--timeout", "3"],
      step: "banner",
      code: 3,
      detail: /^No SSH server answers on port \d+ of i-/,
      hint: /systemctl start sshd/,
    },
    () => Deno.writeTextFile(home.config, config.replace(/Port \d+/, `Port ${silent.addr.port}`)),
  );
  await step(
    "another host key",
    {
      step: "host_key",
      code: 4,
      detail: /is not the one that is known$/,
      hint: /ssh-keygen -R i-\w+ -f .*ec2-connect\.known_hosts$/,
    },
    async () => {
      const key = (await Deno.readTextFile(`${server.folder}/user_key.pub`)).split(" ");
      await Deno.writeTextFile(
        `${home.folder}/ec2-connect.known_hosts`,
        `${world.instanceId("web-1")} ${key[0]} ${key[1]}\n`,
      );
    },
  );
  await Deno.remove(`${home.folder}/ec2-connect.known_hosts`);
  await step(
    "a key that the server does not take",
    { step: "key", code: 4, detail: /does not take .*host_key$/, hint: /--push-key/ },
    () => Deno.writeTextFile(home.hostFile, file.replace("/user_key", "/host_key")),
  );
  await step(
    "a key that is not there",
    { step: "key", code: 4, detail: /no key to offer$/, hint: /--identity-file/ },
    () => Deno.writeTextFile(home.hostFile, file.replace("/user_key", "/no_key")),
  );
  await step(
    "a key that others may read",
    { step: "key", code: 4, detail: /./, hint: /chmod 600 .*open_key/ },
    async () => {
      await Deno.copyFile(`${server.folder}/user_key`, `${server.folder}/open_key`);
      await Deno.chmod(`${server.folder}/open_key`, 0o644);
      await Deno.writeTextFile(home.hostFile, file.replace("/user_key", "/open_key"));
    },
  );
});
