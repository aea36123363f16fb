import assert from "node:assert/strict";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { VERSION } from "../../../src/cli/version.ts";

async function shown(...args: string[]): Promise<string> {
  const invocation = await parseCommandLine(args, { columns: 80 });
  assert.ok("show" in invocation, args.join(" "));
  return invocation.show;
}

const snapshot = (name: string) => new URL(`../../testdata/help/${name}.txt`, import.meta.url);

/** Run with UPDATE_SNAPSHOTS=1 after a change that is meant. */
const isUpdate = Deno.env.get("UPDATE_SNAPSHOTS") === "1";

const SHOWN = [
  "program",
  "connect",
  "up",
  "down",
  "list",
  "status",
  "terminate",
  "host",
  "shell",
  "exec",
  "ssh-proxy",
  "metrics",
  "resources",
  "health",
  "diagnose",
  "precheck",
  "fix",
  "config",
  "vscode",
  "database",
  "sandbox",
];

for (const name of SHOWN) {
  Deno.test(`the help of ${name} is as it was, fits 80 columns and has examples`, async () => {
    const text = name === "program" ? await shown("--help") : await shown(name, "--help");
    if (isUpdate) await Deno.writeTextFile(snapshot(name), text);
    assert.equal(text, await Deno.readTextFile(snapshot(name)));
    assert.match(text, /^Examples:$/m);
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  });
}

Deno.test("help is found wherever people look for it", async () => {
  const program = await shown("--help");
  assert.equal(await shown(), program);
  assert.equal(await shown("-h"), program);
  assert.equal(await shown("help"), program);
  const connect = await shown("connect", "--help");
  assert.equal(await shown("connect", "-h"), connect);
  assert.equal(await shown("help", "connect"), connect);
  assert.equal(await shown("-v", "connect", "web", "--help"), connect);
});

Deno.test("the version is shown on every command", async () => {
  for (const args of [["--version"], ["-V"], ["connect", "--version"], ["sandbox", "-V"]]) {
    assert.equal(await shown(...args), `ec2-connect ${VERSION}\n`);
  }
  const manifest = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
  );
  assert.equal(VERSION, manifest.version);
});

Deno.test("every example of a help text is accepted as it is written", async () => {
  for (
    const help of [
      await shown("--help"),
      await shown("connect", "-h"),
      await shown("list", "-h"),
      await shown("status", "-h"),
      await shown("terminate", "-h"),
      await shown("host", "-h"),
      await shown("host", "status", "-h"),
      await shown("host", "stop", "-h"),
      ...await Promise.all(["metrics", "resources", "health"].map((name) => shown(name, "-h"))),
      await shown("config", "-h"),
      ...await Promise.all(
        ["validate", "show", "generate", "env-help", "test", "schema"].map((name) =>
          shown("config", name, "-h")
        ),
      ),
      await shown("database", "-h"),
      ...await Promise.all(
        ["init", "info", "sessions", "stats", "cleanup", "export"].map((name) =>
          shown("database", name, "-h")
        ),
      ),
      ...await Promise.all(
        ["status", "setup", "test", "cleanup"].map((name) => shown("vscode", name, "-h")),
      ),
      await shown("sandbox", "-h"),
    ]
  ) {
    const examples = help.split("Examples:")[1]!.replaceAll("\\\n", "").split("\n")
      .map((line) => line.trim()).filter((line) => line.startsWith("ec2-connect "));
    assert.ok(examples.length > 0);
    for (const example of examples.filter((line) => !line.includes(" -- "))) {
      assert.ok(
        "run" in await parseCommandLine(example.split(" ").slice(1), { columns: 80 }),
        example,
      );
    }
  }
});

Deno.test("what only one command of the diagnosis takes is not shown as a choice of output", async () => {
  for (const name of ["preventive", "item", "aws-config", "aws-config-integrated"]) {
    const help = await shown("diagnose", name, "--help");
    const [, output] = /^Output:\n((?: .*\n)+)/m.exec(help)!;
    assert.deepEqual(output!.match(/--[\w-]+/g), ["--format", "--output", "--redact"], name);
  }
});
