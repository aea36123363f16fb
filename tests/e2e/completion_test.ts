/**
 * Completion, asked of real shells: what they put into the line is what the program gets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { instanceCachePath, writeInstanceCache } from "../../src/aws/mod.ts";
import { CompletingShell, type ShellName, shellTest } from "./_shells.ts";
import { Home, World } from "./_world.ts";

/** Names that a shell would read as something else. */
const NAMES = [
  "my web",
  "it's",
  'say "hi"',
  "evil$(touch pwned)`touch pwned`",
  "ns:one",
  "k=v",
  "bang!",
  "semi;colon & more",
  "star*?[x]{a,b}",
  "back\\slash",
  "~tilde",
  "#hash",
  "ünï cöde",
  "-dash",
  "i-am",
];

/** What Tab makes of a line: the arguments that the program gets. */
const CASES: readonly [line: string, args: string[]][] = [
  ["ec2-connect term", ["terminate"]],
  ["ec2-connect diagnose settings ena", ["diagnose", "settings", "enable"]],
  ["ec2-connect list --remo", ["list", "--remote"]],
  ["ec2-connect diagnose item --item iam_", ["diagnose", "item", "--item", "iam_permissions"]],
  ["ec2-connect connect --region=us-gov-e", ["connect", "--region=us-gov-east-1"]],
  ["ec2-connect connect web --priority cri", ["connect", "web", "--priority", "critical"]],
  ["ec2-connect connect my", ["connect", "my web"]],
  ['ec2-connect connect "my', ["connect", "my web"]],
  ["ec2-connect connect 'my w", ["connect", "my web"]],
  ["ec2-connect connect it", ["connect", "it's"]],
  ["ec2-connect connect say", ["connect", 'say "hi"']],
  ["ec2-connect connect evil", ["connect", "evil$(touch pwned)`touch pwned`"]],
  ["ec2-connect connect ns:o", ["connect", "ns:one"]],
  ["ec2-connect connect k=", ["connect", "k=v"]],
  ["ec2-connect connect bang", ["connect", "bang!"]],
  ["ec2-connect connect semi", ["connect", "semi;colon & more"]],
  ["ec2-connect connect star", ["connect", "star*?[x]{a,b}"]],
  ["ec2-connect connect back", ["connect", "back\\slash"]],
  ["ec2-connect connect \\~t", ["connect", "~tilde"]],
  ["ec2-connect connect \\#h", ["connect", "#hash"]],
  ["ec2-connect connect ün", ["connect", "ünï cöde"]],
  ["ec2-connect connect tag:Name=my", ["connect", "tag:Name=my web"]],
  ["ec2-connect connect tag:Name=-", ["connect", "tag:Name=-dash"]],
  ["ec2-connect connect i-0000000000000000e", ["connect", "i-0000000000000000e"]],
  ["ec2-connect connect dat", ["connect", "database"]],
  ["ec2-connect --config ./fi", ["--config", "./file with spaces.json"]],
  ["ec2-connect --config=./fi", ["--config=./file with spaces.json"]],
];

async function homeWithInstances(): Promise<Home> {
  const home = await Home.create();
  Object.assign(home.env, { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: "http://127.0.0.1:9" });
  await rememberInstances(home, NAMES);
  await writeConfig(home, '{"connections": {"database": {"instance": "my web"}}}');
  await Deno.writeTextFile(join(home.path, "file with spaces.json"), "{}");
  return home;
}

async function writeConfig(home: Home, text: string): Promise<void> {
  const folder = join(home.path, ".config", "ec2-connect");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), text);
}

async function cachePath(home: Home): Promise<string> {
  const path = await instanceCachePath({}, { os: Deno.build.os, env: home.env });
  assert.ok(path !== undefined);
  return path;
}

async function rememberInstances(home: Home, names: readonly string[]): Promise<void> {
  const instances = names.map((name, index) => ({
    instanceId: `i-${index.toString(16).padStart(17, "0")}`,
    name,
    state: "running" as const,
    ping: "online" as const,
    platform: "linux" as const,
    privateIp: undefined,
    privateDns: undefined,
  }));
  await writeInstanceCache(await cachePath(home), { atMs: Date.now(), instances });
}

/** The candidates of a line, as fish gets them: its last word is the one at the cursor. */
async function candidates(home: Home, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await home.run(["__complete", "fish", ...words]);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.split("\n").slice(1).map((line) => line.split("\t")[0]!).filter(Boolean);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

for (const shell of ["bash", "zsh", "fish"] satisfies ShellName[]) {
  const { ignore, suffix } = await shellTest(shell);

  Deno.test(`${shell} completes every kind of word, whatever is in it${suffix}`, {
    ignore,
  }, async () => {
    await using home = await homeWithInstances();
    await using completing = await CompletingShell.open(shell, home);
    for (const [line, args] of CASES) {
      assert.deepEqual(await completing.complete(line), args, line);
    }
    assert.equal(await exists(join(home.path, "pwned")), false, "nothing of a name was run");
  });

  Deno.test(`${shell} runs nothing of what is typed when Tab is pressed${suffix}`, {
    ignore,
  }, async () => {
    await using home = await homeWithInstances();
    await using completing = await CompletingShell.open(shell, home);
    await completing.terminal.type("ec2-connect connect '$(touch pwned)'`true` \"$(true) m");
    await completing.terminal.key("Tab");
    await completing.terminal.key("C-u");
    assert.deepEqual(await completing.complete("ec2-connect term"), ["terminate"]);
    assert.equal(await exists(join(home.path, "pwned")), false);
  });

  Deno.test(`${shell} lists several candidates with what they are${suffix}`, {
    ignore,
  }, async () => {
    await using home = await homeWithInstances();
    await rememberInstances(home, ["ns:one", "ns:two"]);
    await using completing = await CompletingShell.open(shell, home);
    await completing.terminal.type("clear\n");
    await completing.terminal.type("ec2-connect connect ns:");
    await completing.terminal.key("Tab");
    await completing.terminal.key("Tab");
    await completing.terminal.shows(/one .*i-00000000000000000, running, linux/);
  });

  Deno.test(`${shell} says nothing where the program cannot be run${suffix}`, {
    ignore,
  }, async () => {
    await using home = await homeWithInstances();
    await using completing = await CompletingShell.open(shell, home);
    const { terminal } = completing;
    await Deno.writeTextFile(
      join(home.path, "bin", "ec2-connect"),
      "#!/bin/sh\necho no >&2\nexit 1\n",
    );
    await terminal.type("clear\n");
    await terminal.type("ec2-connect xyz");
    await terminal.key("Tab");
    await terminal.type(" || echo en''ded\n");
    const screen = await terminal.shows(/^ended$/m);
    assert.deepEqual(screen.match(/^no$/gm), ["no"], "only from running it");
  });
}

Deno.test("sessions are completed by port and id, from what their host left", async () => {
  await using world = await World.open();
  await using tunnel = world.start(["connect", "web-1", "--format", "json"]);
  const ready = await tunnel.event<{ session_id: string; local_port: number }>("ready");
  const found = await candidates(world, "terminate", "");
  assert.deepEqual(found, [String(ready.local_port), ready.session_id]);
  assert.deepEqual(await candidates(world, "status", ready.session_id.slice(0, 5)), [
    ready.session_id,
  ]);
  assert.deepEqual(await candidates(world, "terminate", ready.session_id, ready.session_id), []);
});

Deno.test("5,000 instances are all offered, by name and by id", async () => {
  await using home = await homeWithInstances();
  await rememberInstances(home, Array.from({ length: 5_000 }, (_, index) => `web ${index}`));
  assert.equal((await candidates(home, "connect", "web ")).length, 5_000);
  assert.equal((await candidates(home, "connect", "i-")).length, 5_000);
  assert.deepEqual(await candidates(home, "connect", "web 4999"), ["web 4999"]);
});

Deno.test("completion calls nobody", async () => {
  await using home = await homeWithInstances();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let calls = 0;
  const accepting = (async () => {
    for await (const conn of listener) {
      calls++;
      conn.close();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  home.env["AWS_ENDPOINT_URL"] = `http://127.0.0.1:${port}`;
  // No list is remembered of that endpoint.
  assert.deepEqual(await candidates(home, "connect", ""), ["database"]);
  assert.deepEqual(await candidates(home, "terminate", ""), []);
  listener.close();
  await accepting;
  assert.equal(calls, 0);
});

Deno.test("whatever is broken, completion is silent and offers the rest", async (t) => {
  await using home = await homeWithInstances();
  const hosts = join(home.path, ".local", "state", "ec2-connect", "hosts");
  await Deno.mkdir(hosts, { recursive: true });
  await t.step("a configuration that is none", async () => {
    await writeConfig(home, '{"connections": [[[');
    assert.ok((await candidates(home, "connect", "")).includes("my web"));
    await writeConfig(home, '{"connections": {"db": 3, "x": null}, "aws": "nonsense"}');
    assert.ok((await candidates(home, "connect", "")).includes("db"));
  });
  await t.step("a configuration that is not there", async () => {
    assert.ok((await candidates(home, "-c", "nowhere.json", "connect", "")).includes("my web"));
  });
  await t.step("host files of all kinds", async () => {
    await Deno.writeTextFile(join(hosts, "1.json"), "{");
    await Deno.writeTextFile(join(hosts, "2.json"), '{"schema": "ec2-connect/host/v1"}');
    await Deno.mkdir(join(hosts, "3.json"));
    assert.deepEqual(await candidates(home, "terminate", ""), []);
  });
  await t.step("a remembered list that is none", async () => {
    await Deno.writeTextFile(await cachePath(home), '{"instances": 7}');
    assert.deepEqual(await candidates(home, "connect", "my"), []);
  });
  await t.step("no region, a profile that there is not", async () => {
    assert.deepEqual(await candidates(home, "connect", "--profile", "nobody", "my"), []);
    const { AWS_REGION: _, ...env } = home.env;
    home.env["AWS_REGION"] = "";
    assert.deepEqual(await candidates(home, "connect", "my"), []);
    Object.assign(home.env, env);
  });
  await t.step("no home", async () => {
    const nowhere = { HOME: "", LOCALAPPDATA: "", APPDATA: "", USERPROFILE: "" };
    const result = await home.run(["__complete", "fish", "connect", ""], nowhere);
    assert.deepEqual([result.code, result.stderr], [0, ""]);
  });
  await t.step("arguments that no script sends", async () => {
    const lines = [[], ["tcsh", "x"], ["bash"], ["powershell", "%%%"], ["zsh"], ["fish", "a", "b"]];
    for (const args of lines) {
      const result = await home.run(["__complete", ...args]);
      assert.deepEqual([result.code, result.stderr], [0, ""], args.join(" "));
    }
  });
});

Deno.test("a file that does not answer is not waited for", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using home = await homeWithInstances();
  const path = join(home.path, "pipe");
  // Opening it waits for somebody who writes.
  await new Deno.Command("mkfifo", { args: [path] }).output();
  Object.assign(home.env, { AWS_REGION: "", AWS_CONFIG_FILE: path });
  assert.deepEqual(await candidates(home, "connect", "my"), []);
});

Deno.test("PowerShell's request is read, and its words come back", async () => {
  await using home = await homeWithInstances();
  const request = new TextEncoder().encode(["connect", 'say "', ""].slice(0, 2).join("\0") + "\0");
  const { stdout } = await home.run(["__complete", "powershell", request.toBase64()]);
  assert.match(stdout, /^words\t\nsay "hi"\ti-/);
});
