import assert from "node:assert/strict";
import type { ConnectLine, ConnectOptions } from "../../../src/cli/commands/connect.ts";
import { completeOptions } from "../../../src/cli/presets/apply.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { refusal } from "../../support/fake_io.ts";

async function parse(line: string | string[]) {
  const args = typeof line === "string" ? line.split(" ") : line;
  const invocation = await parseCommandLine(args, { columns: 80 });
  assert.ok(!("show" in invocation), "shown instead of parsed");
  return invocation;
}

const connect = async (line: string | string[]) => (await parse(line)).options as ConnectLine;

const NO_AWS = { profile: undefined, region: undefined, endpointUrl: undefined };

Deno.test("connect: what is not given is told apart from what is given as it is by default", async () => {
  assert.deepEqual(await connect("connect web"), {
    instance: "web",
    mayBePreset: true,
    forwards: undefined,
    single: {},
    reason: undefined,
    reconnect: undefined,
    priority: undefined,
    keepAlive: undefined,
    save: undefined,
    precheck: false,
    diagnose: true,
    background: false,
    aws: NO_AWS,
    command: undefined,
  });
  assert.equal((await connect("connect")).instance, undefined);
  const given = await connect(
    "connect web --local-port 0 --remote-port 22 --bind 127.0.0.1 --reconnect --priority normal",
  );
  assert.deepEqual(given.single, { localPort: 0, remotePort: 22, bind: "127.0.0.1" });
  assert.deepEqual([given.reconnect, given.priority], [true, "normal"]);
});

Deno.test("connect: --save and its name", async () => {
  assert.deepEqual((await connect("connect web --save db.prod_1-é")).save, {
    name: "db.prod_1-é",
    mayReplace: false,
  });
  assert.deepEqual((await connect("connect web --save db --force")).save?.mayReplace, true);
});

Deno.test("connect: every option of the contract", async () => {
  const line =
    "connect -i tag:role=db --local-port 8080 --remote-port 80 --remote-host db.internal " +
    "--bind 0.0.0.0 --no-reconnect --priority high --keep-alive policy --precheck --no-diagnose " +
    "--profile p --region r --endpoint-url http://h:1 --format json";
  assert.deepEqual(await connect([...line.split(" "), "--reason", "CHG 1"]), {
    instance: "tag:role=db",
    mayBePreset: false,
    forwards: undefined,
    single: { bind: "0.0.0.0", localPort: 8080, remoteHost: "db.internal", remotePort: 80 },
    reason: "CHG 1",
    reconnect: false,
    priority: "high",
    keepAlive: "policy",
    save: undefined,
    precheck: true,
    diagnose: false,
    background: false,
    aws: { profile: "p", region: "r", endpointUrl: "http://h:1" },
    command: undefined,
  });
  assert.equal((await parse(line)).format, "json");
});

Deno.test("connect: forwards from ports and from -L", async () => {
  const cases: [string, ConnectOptions["forwards"]][] = [
    ["", [{ bind: "127.0.0.1", localPort: 0, remotePort: 22 }]],
    ["--local-port 0", [{ bind: "127.0.0.1", localPort: 0, remotePort: 22 }]],
    ["--local-port 2222", [{ bind: "127.0.0.1", localPort: 2222, remotePort: 22 }]],
    ["--remote-port 80", [{ bind: "127.0.0.1", localPort: 0, remotePort: 80 }]],
    [
      "-L 8080:80 -L5432:db:5432",
      [
        { bind: "127.0.0.1", localPort: 8080, remotePort: 80 },
        { bind: "127.0.0.1", localPort: 5432, remoteHost: "db", remotePort: 5432 },
      ],
    ],
    [
      "--bind ::1 -L 8080:80 -L 127.0.0.2:8080:80",
      [
        { bind: "::1", localPort: 8080, remotePort: 80 },
        { bind: "127.0.0.2", localPort: 8080, remotePort: 80 },
      ],
    ],
  ];
  for (const [options, forwards] of cases) {
    const line = await connect(`connect web ${options}`.trim());
    assert.deepEqual(completeOptions(line, { connections: {} }).forwards, forwards, options);
  }
});

Deno.test("connect: what follows -- is the command, untouched", async () => {
  const { command, instance } = await connect([
    "connect",
    "web",
    "--",
    "sh",
    "-c",
    "x",
    "--",
    "-v",
  ]);
  assert.deepEqual(command, ["sh", "-c", "x", "--", "-v"]);
  assert.equal(instance, "web");
  assert.equal((await parse("connect web -- x -v --bogus")).globals.verbosity, 0);
});

Deno.test("global options are taken before and after the command", async () => {
  const wanted = {
    verbosity: 2,
    quiet: true,
    colour: false,
    input: false,
    configPath: "f.json",
  };
  const globals = "-vv --config f.json -q --no-color --no-input";
  for (
    const line of [`${globals} connect web`, `connect web ${globals}`, `connect ${globals} web`]
  ) {
    assert.deepEqual((await parse(line)).globals, wanted, line);
  }
  assert.equal((await parse("-v connect -v web --verbose")).globals.verbosity, 3);
});

Deno.test("list, status, terminate, host: options and defaults", async () => {
  const options = async (line: string) => (await parse(line)).options;
  assert.deepEqual(await options("list"), {
    all: false,
    remote: false,
    aws: NO_AWS,
    output: undefined,
  });
  assert.deepEqual(await options("list --all --remote --region r --output f"), {
    all: true,
    remote: true,
    aws: { ...NO_AWS, region: "r" },
    output: "f",
  });
  assert.deepEqual(await options("status"), {
    session: undefined,
    watch: false,
    output: undefined,
  });
  assert.deepEqual(await options("status 8080 --watch"), {
    session: "8080",
    watch: true,
    output: undefined,
  });
  assert.deepEqual(await options("terminate a 8080 --profile p"), {
    sessions: ["a", "8080"],
    all: false,
    aws: { ...NO_AWS, profile: "p" },
    output: undefined,
  });
  assert.deepEqual(await options("terminate --all"), {
    sessions: [],
    all: true,
    aws: NO_AWS,
    output: undefined,
  });
  for (const line of ["host status --output f", "host stop --output f"]) {
    assert.deepEqual(await options(line), { output: "f" });
  }
  assert.equal((await parse("list --format yaml")).format, "yaml");
});

Deno.test("sandbox: options and defaults", async () => {
  assert.deepEqual((await parse("sandbox")).options, {
    port: 0,
    scenario: undefined,
    agentPacing: true,
    shells: true,
    list: false,
  });
  const invocation = await parse("sandbox --port 4566 --scenario healthy --no-agent-pacing");
  assert.deepEqual(invocation.options, {
    port: 4566,
    scenario: "healthy",
    agentPacing: false,
    shells: true,
    list: false,
  });
  assert.deepEqual((await parse("sandbox --list")).options, {
    port: 0,
    scenario: undefined,
    agentPacing: true,
    shells: true,
    list: true,
  });
  const { shells } = (await parse("sandbox --no-shells")).options as { shells: boolean };
  assert.equal(shells, false);
  assert.deepEqual((await parse("sandbox --agent-pacing")).options, {
    port: 0,
    scenario: undefined,
    agentPacing: true,
    shells: true,
    list: false,
  });
});

Deno.test("what is wrong is a usage error that names it and the way out", async () => {
  const cases: [string[], string, RegExp?][] = [
    [["conect"], 'Unknown command "conect"', /^Did you mean connect\?$/],
    [["tui"], 'Unknown command "tui"', /^Run ec2-connect --help/],
    [["attach", "--help"], 'Unknown command "attach"'],
    [["help", "sandbx"], 'Unknown command "sandbx"', /^Did you mean sandbox\?$/],
    [
      ["connect", "--locl-port", "1"],
      'Unknown option "--locl-port"',
      /^Did you mean --local-port\?$/,
    ],
    [["connect", "--loca-port=1"], 'Unknown option "--loca-port"', /^Did you mean --local-port\?$/],
    [["connect", "--verbos"], 'Unknown option "--verbos"', /^Did you mean --verbose\?$/],
    [["connect", "--backgroun"], 'Unknown option "--backgroun"', /^Did you mean --background\?$/],
    [
      ["connect", "a", "--background", "--", "x"],
      "Cannot combine --background with a command after --",
    ],
    [["up"], "Cannot bring up a preset: none was named"],
    [["up", ""], 'Cannot read NAME: found ""'],
    [["down"], "Cannot end a preset: none was named"],
    [["down", "--all", "a"], "Cannot combine --all with NAME: --all is every preset"],
    [["terminate", "--all", "a"], "Cannot combine --all with SESSION: --all is every session"],
    [["terminate", ""], 'Cannot read SESSION: found ""'],
    [["status", ""], 'Cannot read SESSION: found ""'],
    [["status", "a", "b"], 'Cannot use argument "b": found more than wanted'],
    [
      ["status", "--watch", "--output", "f"],
      "Cannot combine --watch with --output: there is no last result",
    ],
    [["list", "--format", "xml"], 'Cannot read --format: found "xml"'],
    [["list", "a"], 'Cannot use argument "a": found more than wanted'],
    [["host", "start"], 'Unknown command "host start"', /host --help/],
    [["connect", "--channels", "2"], 'Unknown option "--channels"'],
    [["connect", "-z"], 'Unknown option "-z"', /^Run ec2-connect connect --help$/],
    [["--bogus", "connect"], 'Unknown option "--bogus"'],
    [["connect", "--local-port"], "Cannot read --local-port: found no value", /--local-port <N>$/],
    [["connect", "--local-port", "abc"], 'Cannot read --local-port: found "abc"'],
    [["connect", "--local-port", "65536"], 'Cannot read --local-port: found "65536"'],
    [["connect", "--local-port="], 'Cannot read --local-port: found ""'],
    [["connect", "--local-port", "-1"], 'Cannot read --local-port: found "-1"'],
    [["connect", "--remote-port", "0"], 'Cannot read --remote-port: found "0"'],
    [["connect", "--no-reconnect=1"], "Cannot read --no-reconnect: found a value"],
    [["connect", "-L"], "Cannot read -L: found no value"],
    [["connect", "a", "--priority", "hihg"], 'Cannot read --priority: found "hihg"'],
    [["connect", "a", "--keep-alive", "on"], 'Cannot read --keep-alive: found "on"'],
    [["connect", "-L", "80:80:80:80"], 'Cannot read BIND of -L 80:80:80:80: found "80"'],
    [["connect", "-L", ""], 'Cannot read -L: found ""'],
    [["connect", "a", "b"], 'Cannot use argument "b": found more than wanted'],
    [["connect", "a", "-i", "b"], 'Cannot choose an instance: found "a" and "b"'],
    [["connect", ""], 'Cannot read INSTANCE: found ""'],
    [["connect", "-i", ""], 'Cannot read --instance-id: found ""'],
    [["connect", "a", "--"], "Cannot run a command: found nothing after --"],
    [
      ["connect", "a", "-L", "1:2", "--local-port", "3"],
      "Cannot combine -L with --local-port: both say where to forward",
    ],
    [
      ["connect", "a", "-L", "1:2", "--remote-port", "3"],
      "Cannot combine -L with --remote-port: both say where to forward",
    ],
    [
      ["connect", "a", "-L", "1:2", "--remote-host", "h"],
      "Cannot combine -L with --remote-host: both say where to forward",
    ],
    [
      ["connect", "a", "-L", "1:2", "-L", "1:3"],
      "Cannot forward 127.0.0.1:1: two forwards want it",
    ],
    [["connect", "a", "--force"], "Cannot use --force without --save: there is nothing to replace"],
    [["connect", "a", "--save", "a b"], 'Cannot read --save: found "a b"'],
    [["connect", "a", "--save", "$(id)"], 'Cannot read --save: found "$(id)"'],
    [["connect", "a", "--save", "-x"], 'Cannot read --save: found "-x"'],
    [["connect", "a", "--save", ""], 'Cannot read --save: found ""'],
    [["connect", "a", "--format", "yaml"], 'Cannot read --format: found "yaml"'],
    [["sandbox", "x"], 'Cannot use argument "x": found more than wanted'],
    [["sandbox", "--", "x"], 'Cannot run sandbox: found "-- x"'],
    [["sandbox", "--profile", "x"], 'Unknown option "--profile"'],
    [["-v"], "Cannot tell what to do: found options and no command"],
    [["-c"], "Cannot read --config: found no value"],
  ];
  for (const [args, message, hint] of cases) {
    const error = await refusal(() => parseCommandLine(args, { columns: 80 }));
    assert.equal(error.message, message, args.join(" "));
    assert.equal(error.exitCode, 2);
    if (hint !== undefined) assert.match(error.hint ?? "", hint);
  }
});

Deno.test("connect: the same instance twice is one instance", async () => {
  assert.equal((await connect("connect a -i a")).instance, "a");
});
