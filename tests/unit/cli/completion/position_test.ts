import assert from "node:assert/strict";
import { nameOf, type Reading, readPosition } from "../../../../src/cli/completion/position.ts";
import { loadTree } from "../../../../src/cli/completion/tree.ts";

/** Reads a line whose last word is the one at the cursor. */
async function read(...words: string[]): Promise<Reading> {
  const before = words.slice(0, -1);
  return readPosition(await loadTree(before), before, words.at(-1)!);
}

async function optionsAt(...words: string[]): Promise<string[]> {
  const { position } = await read(...words);
  assert.equal(position.at, "option");
  return position.at === "option" ? position.options.map(nameOf) : [];
}

Deno.test("readPosition() tells commands, those of a group, and what follows help", async () => {
  const commandsAt = async (...words: string[]) => {
    const { position } = await read(...words);
    assert.equal(position.at, "command");
    return position.at === "command" ? position.group.commands.map(({ name }) => name) : [];
  };
  assert.ok((await commandsAt("")).includes("connect"));
  assert.ok((await commandsAt("help", "con")).includes("connect"));
  assert.ok((await commandsAt("-v", "--config", "file", "")).includes("list"));
  assert.deepEqual(await commandsAt("host", ""), ["status", "stop"], "and none that is hidden");
  assert.ok((await commandsAt("diagnose", "settings", "")).includes("enable"));
  assert.equal((await read("host", "nonsense", "")).position.at, "nothing");
});

Deno.test("readPosition() tells arguments by their place", async () => {
  const argumentAt = async (...words: string[]) => {
    const { position } = await read(...words);
    return position.at === "argument" ? position.name : position.at;
  };
  assert.equal(await argumentAt("connect", ""), "INSTANCE");
  assert.equal(await argumentAt("connect", "--local-port", "1", "-L", "8080:80", ""), "INSTANCE");
  assert.equal(await argumentAt("connect", "web", ""), "nothing");
  assert.equal(await argumentAt("ssh-proxy", "web", ""), "PORT");
  assert.equal(await argumentAt("terminate", "1", "2", ""), "SESSION");
  // An option without a value does not take the word after it.
  assert.equal(await argumentAt("connect", "--background", ""), "INSTANCE");
  assert.equal(await argumentAt("connect", "-qv", ""), "INSTANCE");
});

Deno.test("readPosition() tells the option whose value is at the cursor", async () => {
  const valueAt = async (...words: string[]) => {
    const { position } = await read(...words);
    return position.at === "value"
      ? [nameOf(position.option), position.before, position.typed]
      : position.at;
  };
  assert.deepEqual(await valueAt("connect", "--region", "eu"), ["--region", "", "eu"]);
  assert.deepEqual(await valueAt("connect", "--region=eu"), ["--region", "--region=", "eu"]);
  assert.deepEqual(await valueAt("connect", "-i", ""), ["--instance-id", "", ""]);
  assert.deepEqual(await valueAt("connect", "-qc", ""), ["--config", "", ""]);
  assert.deepEqual(await valueAt("connect", "--region", "-x"), ["--region", "", "-x"]);
  assert.equal(await valueAt("connect", "--region=eu", ""), "argument");
  assert.equal(await valueAt("connect", "--background=x"), "nothing");
  assert.equal(await valueAt("connect", "--nonsense=x"), "nothing");
});

Deno.test("readPosition() leaves out options that were given, and their opposites", async () => {
  assert.ok((await optionsAt("connect", "-")).includes("-L"));
  assert.ok(!(await optionsAt("connect", "--region", "eu-west-1", "--")).includes("--region"));
  assert.ok(!(await optionsAt("connect", "-i", "web", "--")).includes("--instance-id"));
  const afterNoParallel = await optionsAt("diagnose", "full", "--no-parallel", "--");
  assert.ok(!afterNoParallel.includes("--parallel"));
  // What may be repeated stays.
  assert.ok((await optionsAt("connect", "-L", "1:2", "-v", "-")).includes("-L"));
  assert.ok((await optionsAt("fix", "--approve", "x", "--")).includes("--approve"));
});

Deno.test("readPosition() reads nothing of ours after --", async () => {
  assert.equal((await read("connect", "web", "--", "")).position.at, "program");
  assert.equal((await read("connect", "web", "--", "psql", "-")).position.at, "programArgument");
  assert.equal((await read("list", "--", "-")).position.at, "nothing");
});

Deno.test("readPosition() keeps the values that look-ups depend on", async () => {
  const { values } = await read("connect", "--profile", "p", "--region=r", "-c", "f", "");
  assert.deepEqual([...values], [["--profile", "p"], ["--region", "r"], ["--config", "f"]]);
});
