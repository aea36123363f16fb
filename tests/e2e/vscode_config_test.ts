/**
 * `vscode setup`, `status` and `cleanup` on the ssh configurations that people have: nothing that they
 * wrote changes, and what cannot be done is told.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runsExecutable } from "../support/command.ts";
import { SshHome } from "../support/ssh_home.ts";
import { needsOpenSsh } from "../support/ssh_server.ts";
import { jsonError, World } from "./_world.ts";

const OPENSSH = needsOpenSsh();

/** A line that setup puts into the user's configuration. */
const isOurs = (line: string) => /^(# The next line was added|Include )/.test(line);

async function vscode(world: World, ...args: string[]) {
  const { code, stdout, stderr } = await world.run(["vscode", ...args, "--format", "json"]);
  return { code, stderr, value: stdout === "" ? undefined : JSON.parse(stdout) };
}

const CONFIGS: [name: string, text: string][] = [
  ["of unix", "# mine\nHost a\n  User b\n\nHost *\n  ServerAliveInterval 15\n"],
  ["without an end", "Host a\n  User b"],
  ["of Windows", "Host a\r\n  User b\r\n"],
  ["of another encoding", "# K\xf6ln\nHost a\n\tUser b\n"],
  ["with tabs, equals and quotes", 'Host="a b"\n\tUser = "c"\n\n\n   # end   \n'],
  ["with what only ssh knows", "Host a\n  ProxyCommand sh -c 'echo \"'\n  LocalCommand x \\\n"],
];

for (const [name, text] of CONFIGS) {
  Deno.test(
    `vscode: a configuration ${name} is as it was after setup and cleanup`,
    OPENSSH,
    async () => {
      await using world = await World.open();
      const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
      const home = await SshHome.create(world, "");
      await Deno.writeFile(home.config, bytes);

      const shown = await vscode(world, "setup", "web-1", "--dry-run");
      assert.deepEqual([shown.code, shown.value.changed], [0, true], shown.stderr);
      assert.deepEqual([...(await home.files()).keys()], ["config"]);
      assert.deepEqual(await Deno.readFile(home.config), bytes);

      const first = await vscode(world, "setup", "web-1");
      assert.equal(first.code, 0, first.stderr);
      const [, changed] = first.value.files;
      assert.equal(changed.change, "changed");
      assert.deepEqual(await Deno.readFile(changed.backup), bytes);
      assert.deepEqual(changed.diff, shown.value.files[1].diff);
      // Only lines that begin with + were added, and they are ours.
      const added = changed.diff.slice(3).filter((line: string) => !line.startsWith(" "));
      for (const line of added) assert.ok(/^(\+|\\ No newline)/.test(line), line);
      const before = await home.files();

      const second = await vscode(world, "setup", "web-1");
      assert.deepEqual([second.code, second.value.changed], [0, false]);
      assert.deepEqual(await home.files(), before);
      const after = await Deno.readFile(home.config);
      assert.deepEqual(after.slice(-bytes.length), bytes);

      const gone = await vscode(world, "cleanup");
      assert.equal(gone.code, 0, gone.stderr);
      assert.deepEqual(await Deno.readFile(home.config), bytes);
      const left = [...(await home.files()).keys()];
      assert.ok(left.every((name) => name === "config" || name.includes("-backup-")), left.join());
      assert.equal((await Deno.stat(home.config)).mode! & 0o777, 0o600);
    },
  );
}

Deno.test("vscode: without a configuration one is made, and taken away again", async () => {
  await using world = await World.open();
  const { code, value, stderr } = await vscode(world, "setup", "web-1", "web-2");
  assert.equal(code, 0, stderr);
  assert.deepEqual(value.hosts.map(({ host }: { host: string }) => host), ["web-1", "web-2"]);
  const folder = join(world.path, ".ssh");
  assert.equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
  for (const name of ["config", "ec2-connect.config"]) {
    assert.equal((await Deno.stat(join(folder, name))).mode! & 0o777, 0o600, name);
  }
  assert.ok((await Deno.readTextFile(join(folder, "config"))).trim().split("\n").every(isOurs));
  assert.equal((await vscode(world, "cleanup", "web-1")).code, 0);
  const status = await vscode(world, "status");
  assert.deepEqual(status.value.hosts.map(({ host }: { host: string }) => host), ["web-2"]);
  assert.equal((await vscode(world, "cleanup", world.instanceId("web-2"))).code, 0);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
});

Deno.test("vscode: a link to a configuration stays one", OPENSSH, async () => {
  await using world = await World.open();
  const home = await SshHome.create(world, "");
  const real = join(world.path, "dotfiles-ssh-config");
  await Deno.writeTextFile(real, "Host a\n");
  await Deno.remove(home.config);
  await Deno.symlink(real, home.config);
  assert.equal((await vscode(world, "setup", "web-1")).code, 0);
  assert.ok((await Deno.lstat(home.config)).isSymlink);
  assert.match(await Deno.readTextFile(real), /^# The next line .*\nInclude .*\nHost a\n$/);
  assert.equal((await vscode(world, "cleanup")).code, 0);
  assert.ok((await Deno.lstat(home.config)).isSymlink);
  assert.equal(await Deno.readTextFile(real), "Host a\n");
});

Deno.test("vscode setup: a Host of the user's keeps its name", OPENSSH, async () => {
  await using world = await World.open();
  const id = world.instanceId("web-1");
  const home = await SshHome.create(world, "Host web-1 b-*\n  HostName mine.example\n");
  const { code, value, stderr } = await vscode(world, "setup", "web-1");
  assert.equal(code, 0, stderr);
  assert.deepEqual(value.hosts[0].aliases, [`web-1-${id.slice(-6)}`, id]);
  assert.match(stderr, /The name web-1 is not used for i-\w+: your ssh configuration has a Host/);
  await using ssh = home.start("ssh", ["-G", "web-1"]);
  assert.match((await ssh.result()).stdout, /^hostname mine\.example$/m);

  await Deno.writeTextFile(home.config, `Host ${id}\n  HostName mine.example\n`);
  const refused = await vscode(world, "setup", "web-1");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /your ssh configuration has that Host/);
});

Deno.test("vscode setup: two instances of one Name get different ones", async () => {
  await using world = await World.open();
  const ids = world.sandbox.instances.filter(({ name }) => name === "duplicate")
    .map(({ instanceId }) => instanceId);
  const { value, code, stderr } = await vscode(world, "setup", ...ids);
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    value.hosts.map(({ host }: { host: string }) => host),
    ["duplicate", `duplicate-${ids[1]!.slice(-6)}`],
  );
});

Deno.test("vscode setup: several at a time leave nothing of each other out", async () => {
  await using world = await World.open();
  const names = ["web-1", "web-2", "api-1", "bastion"];
  const results = await Promise.all(names.map((name) => vscode(world, "setup", name)));
  for (const { code, stderr } of results) assert.equal(code, 0, stderr);
  const { value } = await vscode(world, "status");
  assert.deepEqual(value.hosts.map(({ host }: { host: string }) => host).sort(), names.sort());
  const config = await Deno.readTextFile(join(world.path, ".ssh", "config"));
  assert.equal(config.match(/^Include /gm)!.length, 1);
});

Deno.test("vscode setup: what was said stays until something else is said", async () => {
  await using world = await World.open();
  const host = async (...args: string[]) => {
    const { code, stderr, value } = await vscode(world, "setup", "web-1", ...args);
    assert.equal(code, 0, stderr);
    return [value.hosts[0].user, value.hosts[0].push_key, value.changed];
  };
  assert.deepEqual(await host(), ["ec2-user", false, true]);
  assert.deepEqual(await host("--user", "me", "--push-key"), ["me", true, true]);
  assert.deepEqual(await host(), ["me", true, false]);
  const key = join(world.path, "key");
  await Deno.writeTextFile(key, "");
  assert.deepEqual(await host("--identity-file", key), ["me", false, true]);
  assert.deepEqual(await host(), ["me", false, false]);
});

Deno.test("vscode setup: the user's own User is left to ssh", OPENSSH, async () => {
  await using world = await World.open();
  const home = await SshHome.create(world, "Host *\n  User deploy\n");
  const { value } = await vscode(world, "setup", "web-1");
  assert.equal(value.hosts[0].user, "deploy");
  await using ssh = home.start("ssh", ["-G", "web-1"]);
  assert.match((await ssh.result()).stdout, /^user deploy$/m);
});

Deno.test(
  "vscode setup: what cannot be read or written is told, and nothing is changed",
  OPENSSH,
  async (t) => {
    await using world = await World.open();
    const home = await SshHome.create(world, "Host a\n");
    const refused = async (name: string, message: RegExp, arrange: () => Promise<unknown>) => {
      await t.step(name, async () => {
        await arrange();
        const { code, stderr } = await world.run([
          ...["vscode", "setup", "web-1", "--format", "json"],
        ]);
        assert.equal(code, 2, stderr);
        const error = jsonError({ code, stderr, stdout: "", signal: null });
        assert.match(error.message, message);
        assert.ok(error.hint, error.message);
        await Deno.remove(home.folder, { recursive: true });
        await Deno.mkdir(home.folder, { mode: 0o700 });
        await Deno.writeTextFile(home.config, "Host a\n");
      });
    };
    await refused(
      "a configuration that ssh cannot read",
      /^Cannot add to .*config: ssh cannot read it$/,
      () => Deno.writeTextFile(home.config, "NoSuchOption yes\n"),
    );
    await refused(
      "a quote that is not closed",
      /ssh cannot read it$|^Cannot read line 1 of/,
      () => Deno.writeTextFile(home.config, 'Host "a\n'),
    );
    await refused("a folder in its place", /^Cannot read .*config: it is a folder$/, async () => {
      await Deno.remove(home.config);
      await Deno.mkdir(home.config);
    });
    await refused("a link to nowhere", /is a link to .*, which is not there$/, async () => {
      await Deno.remove(home.config);
      await Deno.symlink("/nonexistent/config", home.config);
    });
    await t.step("a file in place of ~/.ssh", async () => {
      await Deno.remove(home.folder, { recursive: true });
      await Deno.writeTextFile(home.folder, "");
      const { code, stderr } = await vscode(world, "setup", "web-1");
      assert.equal(code, 2, stderr);
      assert.match(stderr, /what should be its folder is a file/);
      assert.equal(await Deno.readTextFile(home.folder), "");
    });
  },
);

Deno.test(
  "vscode setup: a read-only ~/.ssh is told, with what could be done",
  // Root writes everywhere but where the executable's own permissions end.
  { ignore: OPENSSH.ignore || (Deno.uid() === 0 && !runsExecutable()) },
  async () => {
    await using world = await World.open();
    const home = await SshHome.create(world, "Host a\n");
    if (Deno.uid() === 0) {
      await Deno.remove(home.folder, { recursive: true });
      await Deno.symlink("/usr/share/ec2-connect-no-such", home.folder);
    } else await Deno.chmod(home.folder, 0o500);
    const { code, stderr } = await vscode(world, "setup", "web-1");
    if (Deno.uid() !== 0) await Deno.chmod(home.folder, 0o700);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^\{"error":\{"kind":"usage","exit_code":2,"message":"Cannot write /m);
    assert.match(stderr, /--dry-run/);
  },
);

Deno.test("vscode: without ssh and without an editor, setup works and the rest is told", async () => {
  await using world = await World.open();
  world.env["PATH"] = join(world.path, "bin");
  const setup = await vscode(world, "setup", "web-1");
  assert.equal(setup.code, 0, setup.stderr);
  const status = await world.run(["vscode", "status"]);
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^Editor: {2}none found/m);
  assert.match(status.stdout, /^ssh: {5}not found/m);
  assert.match(status.stdout, /^web-1 +i-\w+ +ec2-user +own +current$/m);
  const test = await vscode(world, "test");
  assert.equal(test.code, 2);
  assert.match(test.stderr, /Cannot run ssh: there is none on the PATH/);
});

Deno.test(
  "vscode status: an editor, its extension, and Hosts of another executable",
  OPENSSH,
  async () => {
    await using world = await World.open();
    await Deno.mkdir(join(world.path, "bin"));
    await Deno.writeTextFile(join(world.path, "bin", "code"), "#!/bin/sh\nexit 1\n", {
      mode: 0o755,
    });
    await Deno.mkdir(join(world.path, ".vscode", "extensions"), { recursive: true });
    await Deno.writeTextFile(
      join(world.path, ".vscode", "extensions", "extensions.json"),
      JSON.stringify([{ identifier: { id: "ms-vscode-remote.remote-ssh" }, version: "0.120.0" }]),
    );
    world.env["PATH"] = `${join(world.path, "bin")}:${Deno.env.get("PATH")}`;
    const setup = await world.run(["vscode", "setup", "web-1"]);
    assert.match(setup.stdout, /^Open it: {2}code --remote ssh-remote\+web-1$/m);
    const { value } = await vscode(world, "status");
    assert.deepEqual(
      value.editors.map(({ id, remote_ssh }: Record<string, unknown>) => [id, remote_ssh]),
      [
        ["code", { id: "ms-vscode-remote.remote-ssh", version: "0.120.0" }],
      ],
    );
    assert.match(value.ssh.version, /^OpenSSH_/);
    assert.deepEqual([value.config.included, value.hosts[0].current], [true, true]);
    const file = value.config.host_file;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(
      file,
      text.replace(/ProxyCommand \S+/, "ProxyCommand /old/ec2-connect"),
    );
    assert.match(
      (await world.run(["vscode", "status"])).stdout,
      /outdated\n\nOutdated ones start another/,
    );
  },
);

Deno.test("vscode: an unknown TARGET is refused, an open session's is found", OPENSSH, async () => {
  await using world = await World.open();
  assert.equal((await vscode(world, "setup", "web-1")).code, 0);
  const unknown = await vscode(world, "cleanup", "nobody");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Cannot find a Host for \\"nobody\\"/);
  const connect = world.start([
    ...["connect", "web-1", "--local-port", "0", "--remote-port", world.service("echo")],
    ...["--format", "json"],
  ]);
  await using _connect = connect;
  let event: { event: string; session_id: string };
  do event = JSON.parse(await connect.line()); while (event.event !== "ready");
  const gone = await vscode(world, "cleanup", event.session_id.slice(0, -2));
  assert.equal(gone.code, 0, gone.stderr);
  assert.equal(gone.value.hosts[0].host, "web-1");
});
