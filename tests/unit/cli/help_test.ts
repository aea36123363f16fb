import assert from "node:assert/strict";
import { COMMANDS } from "../../../src/cli/command_table.ts";
import { type CommandNode, loadTree } from "../../../src/cli/completion/tree.ts";
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

/** Names of a command, from the program's own on: `["database", "init"]`. */
async function allCommands(): Promise<string[][]> {
  const below = (node: CommandNode, path: string[]): string[][] => [
    path,
    ...node.commands.flatMap((each) => below(each, [...path, each.name])),
  ];
  return below(await loadTree(COMMANDS.map(({ name }) => name)), []);
}

for (const name of ["program", ...COMMANDS.map(({ name }) => name)]) {
  Deno.test(`the help of ${name} is as it was`, async () => {
    const text = name === "program" ? await shown("--help") : await shown(name, "--help");
    if (isUpdate) await Deno.writeTextFile(snapshot(name), text);
    assert.equal(text, await Deno.readTextFile(snapshot(name)));
  });
}

Deno.test("every help text fits 80 columns, groups its options and has examples", async () => {
  for (const path of await allCommands()) {
    const text = await shown(...path, "--help");
    const name = path.join(" ") || "the program";
    for (const line of text.split("\n")) assert.ok(line.length <= 80, `${name}: ${line}`);
    assert.match(text, /^Examples:$/m, name);
    const headingOf = (option: string) => {
      const before = text.split(new RegExp(`^ +(?:-., )?${option}\\b`, "m"));
      return before.length < 2 ? undefined : before[0]!.match(/^\S.*:$/gm)?.at(-1);
    };
    for (const option of ["--profile", "--region", "--endpoint-url"]) {
      assert.ok([undefined, "AWS:"].includes(headingOf(option)), `${name}: ${option}`);
    }
    for (const option of ["--format", "--output"]) {
      const heading = headingOf(option);
      assert.ok([undefined, "Output:"].includes(heading), `${name}: ${option} under ${heading}`);
    }
  }
});

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

/** The command lines of ours in the examples of a help text, as words. */
function exampleLines(help: string): string[][] {
  return help.split("Examples:")[1]!.replaceAll("\\\n", "").split("\n")
    .map((line) => line.trim()).filter((line) => line.startsWith("ec2-connect "))
    // What follows is another program's, or the shell's.
    .map((line) => line.split(/ && | \| | >>? | < /)[0]!)
    .map((line) =>
      [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((found) =>
        found.slice(1).find((each) => each !== undefined)!
      )
    );
}

Deno.test("every example of a help text is accepted as it is written", async () => {
  for (const path of await allCommands()) {
    const lines = exampleLines(await shown(...path, "--help"));
    for (const [, ...args] of lines) {
      assert.ok("run" in await parseCommandLine(args, { columns: 80 }), args.join(" "));
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
