/**
 * Manners that every command has: a reader that goes away is no error, a full disk is one, and Ctrl-C at a
 * question leaves quietly.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { childEnvironment, commandLine } from "../support/command.ts";
import { Terminal, TMUX } from "./_terminal.ts";
import { fetchPage, type Home, POSIX_ONLY, World, writeAwsFiles } from "./_world.ts";

/** Command lines that print something and end. Not `exec`: its exit code is the command's. */
const PRINTING = [
  "--help",
  "--version",
  "connect --help",
  "completion bash",
  "list",
  "list --format json",
  "list --all --remote --format yaml",
  "status",
  "status --format json",
  "metrics",
  "metrics --format prometheus",
  "resources",
  "resources --format json",
  "health",
  "health --comprehensive --format json",
  "host status",
  "host stop --format json",
  "diagnose list",
  "diagnose list --format json",
  "diagnose full web-1",
  "diagnose full web-1 --format json",
  "diagnose settings show",
  "precheck -i web-1",
  "precheck -i web-1 --format json",
  "fix web-1 --dry-run",
  "fix web-1 --dry-run --format json",
  "database info",
  "database sessions --format json",
  "database stats",
  "config show",
  "config env-help",
  "config schema",
  "config test",
  "vscode status",
  "sandbox --list",
];

/** Command lines that go on until somebody stops them, or until nobody reads. */
const STREAMING = [
  "status --watch --format json",
  "metrics --watch --format json",
  "resources --watch --format json",
];

interface Ended {
  code: number;
  stderr: string;
}

/** Runs a command line of ours with its output to what `sink`, in the words of a shell, says. */
async function runInto(sink: string, line: string, home: Home): Promise<Ended> {
  const [program, before] = commandLine();
  const words = [program, ...before].map((word) => `'${word}'`).join(" ");
  const codeFile = join(home.path, "code");
  const { stderr } = await new Deno.Command("sh", {
    args: ["-c", `{ ${words} ${line}; echo $? >'${codeFile}'; } ${sink}`],
    env: childEnvironment(home.env),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return {
    code: Number(await Deno.readTextFile(codeFile)),
    stderr: new TextDecoder().decode(stderr),
  };
}

Deno.test(
  "a reader that goes away at once changes neither exit code nor what is said",
  POSIX_ONLY,
  async () => {
    await using world = await World.open();
    for (const line of PRINTING) {
      const read = await runInto("| cat", line, world);
      const unread = await runInto("| true", line, world);
      assert.equal(unread.code, read.code, line);
      assert.doesNotMatch(unread.stderr, /error:|pipe|at \w+.*\.[tj]s/i, line);
    }
  },
);

Deno.test("what goes on for ever ends with its reader, without a word", POSIX_ONLY, async () => {
  await using world = await World.open();
  await using tunnel = world.start(["connect", "web-1", "--format", "json"]);
  await tunnel.event("ready");
  for (const line of STREAMING) {
    const { code, stderr } = await runInto("| head -n 1", line, world);
    assert.equal(code, 0, line);
    assert.doesNotMatch(stderr, /error|pipe|at \w+.*\.[tj]s/i, line);
  }
});

Deno.test("a tunnel whose events nobody reads ends at the next one", POSIX_ONLY, async () => {
  await using world = await World.open();
  const [program, before] = commandLine();
  const child = new Deno.Command(program, {
    args: [
      ...before,
      ...["connect", "web-1", "--remote-port", world.service("http"), "--format", "json"],
    ],
    env: childEnvironment(world.env),
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  await Promise.allSettled([fetchPage(JSON.parse(value!.split("\n")[0]!).local_port)]);
  const [{ code }, stderr] = await Promise.all([child.status, child.stderr.text()]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(world.sessionStates, ["Terminated"]);
});

Deno.test("a full disk is an error of its own", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using world = await World.open();
  for (
    const line of [
      "list --format json",
      "--help",
      "config show",
      "completion zsh",
      "connect web-1 --format json",
    ]
  ) {
    const { code, stderr } = await runInto("> /dev/full", line, world);
    assert.match(stderr, /Cannot write to standard output: No space left on device/, line);
    assert.equal(code, 5, line);
  }
  const silent = await runInto("> /dev/full", "__complete fish ''", world);
  assert.deepEqual(silent, { code: 0, stderr: "" }, "completion says nothing, ever");
});

/** Command lines that ask something of the person at the terminal. */
const ASKING: readonly [line: string, question: RegExp][] = [
  ["connect", /type to search/],
  ["shell", /type to search/],
  ["connect duplicate", /duplicate +i-/],
  ["fix stopped-1", /\(y\/N\)/],
  ["connect web-1 --profile with-mfa", /MFA code of/],
];

Deno.test("Ctrl-C at any question leaves with 130, without a word, and the terminal as it was", {
  ignore: TMUX === undefined,
}, async () => {
  await using world = await World.open();
  await writeAwsFiles(world, {
    config: "[profile with-mfa]\nrole_arn = arn:aws:iam::123456789012:role/r\n" +
      "source_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n",
    credentials: "[base]\naws_access_key_id = AKIASANDBOX0EXAMPLE0\naws_secret_access_key = x\n",
  });
  for (const [line, question] of ASKING) {
    await using terminal = await Terminal.open(world.env);
    await terminal.run(line);
    await terminal.shows(question);
    await terminal.key("C-c");
    const screen = await terminal.shows(/^status 130$/m);
    assert.doesNotMatch(screen, /error:|ExitPrompt|at \w+.*\.[tj]s/, line);
    await terminal.type("clear; stty -a\n");
    assert.match(await terminal.shows(/ echo /), / icanon /, line);
  }
});
