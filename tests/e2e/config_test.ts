/**
 * The commands of `config`, run as people run them.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { DEFAULT_CONFIG } from "../../src/config/mod.ts";
import { Home, jsonError, POSIX_ONLY, World, writeAwsFiles } from "./_world.ts";

/** The file of commands.md, word for word. */
const SEED_FILE =
  `{"aws": {"default_region": "us-east-1", "connection_timeout": 30, "request_timeout": 60},
 "session": {"max_sessions_per_instance": 3, "health_check_interval": 5,
             "reconnection": {"enabled": true, "max_attempts": 5, "base_delay_ms": 1000, "max_delay_ms": 16000}},
 "resources": {"max_memory_mb": 10, "max_cpu_percent": 0.5, "low_power_mode": true}}
`;

async function writeConfig(home: Home, name: string, text: string): Promise<string> {
  const folder = join(home.path, ".config", "ec2-connect");
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("the seed's file is valid, shown and works, as it is", POSIX_ONLY, async () => {
  await using world = await World.open();
  const file = await writeConfig(world, "config.json", SEED_FILE);
  const valid = await world.run(["config", "validate"]);
  assert.deepEqual(valid, { code: 0, signal: null, stdout: `${file} is valid`, stderr: "" });

  const shown = await world.run(["config", "show", "--origin", "--format", "json"]);
  const { schema, settings, origins } = JSON.parse(shown.stdout);
  assert.equal(schema, "ec2-connect/config-show/v1");
  assert.deepEqual(settings, {
    ...DEFAULT_CONFIG,
    aws: { ...DEFAULT_CONFIG.aws, default_region: "us-east-1" },
  });
  assert.deepEqual(origins["session.reconnection.max_attempts"], { from: "file", file, line: 3 });

  const tested = await world.run(["config", "test"]);
  assert.equal(tested.code, 0, tested.stdout + tested.stderr);
  assert.match(tested.stdout, new RegExp(`^ok +settings +${file}: 12 from the file$`, "m"));
  assert.match(tested.stdout, /^ok +region +us-east-1, from AWS_REGION$/m);
  assert.match(tested.stdout, /^ok +credentials +from environment$/m);
  assert.match(tested.stdout, /^ok +AWS +arn:aws:\S+, at http:\/\/127\.0\.0\.1:\d+\/?$/m);
});

Deno.test("config validate tells every problem at once, and exits 2", POSIX_ONLY, async () => {
  await using home = await Home.create();
  const file = await writeConfig(
    home,
    "config.toml",
    `[aws]
default_regoin = "us-east-1"
request_timeout = -1
[diagnostics.checks]
rooting = false
[connections.db]
instance = "web-1"
local_port = 5432
[connections.other]
instance = "web-2"
local_port = 5432
[groups]
all = ["db", "othr"]
`,
  );
  const env = { EC2_CONNECT_LOG_LEVEL: "loud", EC2_CONNECT_LOG_LEVLE: "info" };
  const text = await home.run(["config", "validate"], env);
  assert.equal(text.code, 2);
  assert.deepEqual(text.stdout.split("\n"), [
    'error: EC2_CONNECT_LOG_LEVEL: found "loud"',
    "  wanted: error, warning, info, debug or trace",
    `error: ${file}:2: Unknown setting aws.default_regoin`,
    "  hint: Did you mean default_region?",
    `error: ${file}:3: aws.request_timeout is -1`,
    "  wanted: a number above 0, at most 86400",
    `error: ${file}:5: diagnostics.checks.rooting is no check`,
    "  wanted: the name of a check",
    "  hint: Did you mean routing?",
    `warning: ${file}:11: The presets db and other both listen on 127.0.0.1:5432`,
    "  wanted: another local_port in one of them, if they are to be open at once",
    `error: ${file}:13: groups.all names "othr", and there is no such preset`,
    "  wanted: the name of a preset in connections",
    "  hint: Did you mean other?",
    "warning: EC2_CONNECT_LOG_LEVLE: Environment variable EC2_CONNECT_LOG_LEVLE is not a setting",
    "  hint: Did you mean EC2_CONNECT_LOG_LEVEL?",
  ]);
  assert.equal(text.stderr.trim(), "error: Invalid configuration: 5 problems");

  const json = await home.run(["config", "validate", "--format", "json"], env);
  const { valid, problems } = JSON.parse(json.stdout);
  assert.equal(valid, false);
  assert.deepEqual(problems[2], {
    severity: "error",
    file,
    line: 3,
    variable: null,
    setting: "aws.request_timeout",
    message: "aws.request_timeout is -1",
    found: "-1",
    wanted: "a number above 0, at most 86400",
    hint: null,
  });
  assert.deepEqual([jsonError(json).kind, jsonError(json).exit_code], ["config", 2]);

  // Every other command stops at the first, and says where to see the rest.
  const list = await home.run(["list"], env);
  assert.equal(list.code, 2);
  assert.match(list.stderr, /hint: Run ec2-connect config validate for all that is wrong/);
});

Deno.test("config validate without a file, with warnings alone, and with one that is no file", async () => {
  await using home = await Home.create();
  const none = await home.run(["config", "validate"]);
  assert.equal(none.code, 0);
  assert.match(none.stdout, /^There is no configuration file/);
  const warned = await home.run(["config", "validate"], { EC2_CONNECT_ZZZ: "1" });
  assert.equal(warned.code, 0);
  assert.match(warned.stdout, /^warning: EC2_CONNECT_ZZZ: /);
  const first = await writeConfig(home, "config.json", "{}");
  const second = await writeConfig(home, "config.toml", "");
  const two = await home.run(["config", "validate"]);
  assert.equal(two.code, 0);
  assert.ok(two.stdout.includes(`warning: ${second}: This file is not read: ${first} comes first`));
  for (
    const [name, text, message] of [["a.json", "{", /not valid JSON/], [
      "b.txt",
      "",
      /unknown kind/,
    ]] as const
  ) {
    const path = join(home.path, name);
    await Deno.writeTextFile(path, text);
    const refused = await home.run(["config", "validate", "-c", path]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, message);
  }
});

Deno.test("config show tells option, environment, file and default apart", POSIX_ONLY, async () => {
  await using home = await Home.create();
  const file = await writeConfig(
    home,
    "config.yaml",
    "aws:\n  request_timeout: 5\n  profile: x\nconnections:\n  db: {instance: web, local_port: 1}\ngroups:\n  all: [db]\n",
  );
  const args = ["config", "show", "--origin", "--profile", "work", "-v"];
  const { code, stdout } = await home.run(args, { EC2_CONNECT_MAX_SESSIONS: "7" });
  assert.equal(code, 0);
  const rows = new Map(
    stdout.split("\n").map((line) => {
      const [name, ...rest] = line.split(/ {2,}/);
      return [name, rest] as const;
    }),
  );
  assert.deepEqual(rows.get("aws.profile"), ["work", "--profile"]);
  assert.deepEqual(rows.get("logging.level"), ["debug", "-v"]);
  assert.deepEqual(rows.get("session.max_sessions_per_instance"), [
    "7",
    "EC2_CONNECT_MAX_SESSIONS",
  ]);
  assert.deepEqual(rows.get("aws.request_timeout"), ["5", `${file}:2`]);
  assert.deepEqual(rows.get("connections.db.local_port"), ["1", `${file}:5`]);
  assert.deepEqual(rows.get("groups.all"), ['["db"]', `${file}:7`]);
  assert.deepEqual(rows.get("aws.connection_timeout"), ["30", "default"]);
  assert.deepEqual(rows.get("database.path"), ["-", "default"]);
  const yaml = await home.run(["config", "show", "--format", "yaml"]);
  const { settings, origins } = parseYaml(yaml.stdout);
  assert.equal(settings.connections.db.instance, "web");
  assert.equal(origins, undefined);
});

Deno.test(
  "config generate writes each format, and nothing over a file unasked",
  POSIX_ONLY,
  async () => {
    await using home = await Home.create();
    const path = (name: string) => join(home.path, name);
    const parsers = {
      json: (text: string) => JSON.parse(text),
      toml: (text: string) => parseToml(text),
      yaml: (text: string) => parseYaml(text),
    };
    for (const [format, parse] of Object.entries(parsers)) {
      const printed = await home.run(["config", "generate", "--format", format]);
      assert.equal(printed.code, 0);
      const file = path(`new.${format}`);
      const written = await home.run(["config", "generate", "--output", file]);
      assert.equal(written.code, 0, written.stderr);
      assert.equal(await Deno.readTextFile(file), printed.stdout + "\n");
      assert.equal(parse(printed.stdout).session.max_sessions_per_instance, 3);
      assert.equal((await home.run(["config", "validate", "-c", file])).stdout, `${file} is valid`);
    }
    const mine = path("new.yaml");
    await Deno.writeTextFile(mine, "# mine\n");
    const refused = await home.run(["config", "generate", "--output", mine]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /it exists already\n {2}hint: .*--force/);
    assert.equal(await Deno.readTextFile(mine), "# mine\n");
    for (const backup of [`${mine}.1.bak`, `${mine}.2.bak`]) {
      const before = await Deno.readTextFile(mine);
      const forced = await home.run(["config", "generate", "--output", mine, "--force"]);
      assert.equal(forced.code, 0, forced.stderr);
      assert.ok(forced.stderr.includes(`the file before is kept as ${backup}`), forced.stderr);
      assert.equal(await Deno.readTextFile(backup), before);
    }
    const wrong: [string[], RegExp][] = [
      [["--output", path("a.json"), "--format", "toml"], /its name is that of json/],
      [["--output", path("a.conf")], /its name tells none/],
      [["--format", "ini"], /Wanted json, toml or yaml/],
      [["--output", path("no/such.toml")], /its folder does not exist/],
    ];
    for (const [args, message] of wrong) {
      const result = await home.run(["config", "generate", ...args]);
      assert.equal(result.code, 2, args.join(" "));
      assert.match(result.stderr, message);
    }
  },
);

Deno.test("config schema is a JSON Schema that takes good files and refuses bad ones", async () => {
  await using home = await Home.create();
  const { stdout, code } = await home.run(["config", "schema"]);
  assert.equal(code, 0);
  const check = new Ajv2020({ strict: true, allErrors: true }).compile(JSON.parse(stdout));
  const good = [
    {},
    JSON.parse(SEED_FILE),
    { $schema: "./s.json", connections: { db: { instance: "a", forwards: [{ local_port: 0 }] } } },
    JSON.parse((await home.run(["config", "generate"])).stdout),
  ];
  for (const value of good) assert.ok(check(value), JSON.stringify(check.errors));
  const bad = [
    { aws: { request_timeout: 0 } },
    { aws: { profile: " " } },
    { awz: {} },
    { connections: { db: {} } },
    { connections: { "a b": { instance: "x" } } },
    { groups: { all: [] } },
    { logging: { level: "loud" } },
  ];
  for (const value of bad) assert.ok(!check(value), JSON.stringify(value));
});

Deno.test("config env-help names every variable with its setting", async () => {
  await using home = await Home.create();
  const text = await home.run(["config", "env-help"]);
  assert.match(
    text.stdout,
    /^EC2_CONNECT_LOGGING_LEVEL\nEC2_CONNECT_LOG_LEVEL\n {4}What is logged on stderr; -v is debug, -vv is trace\n {4}logging\.level: error, warning, info, debug or trace; default info\n/m,
  );
  assert.match(text.stdout, /^EC2_CONNECT_CONFIG$/m);
  const { settings } = JSON.parse(
    (await home.run(["config", "env-help", "--format", "json"])).stdout,
  );
  assert.deepEqual(settings[3], {
    variables: ["EC2_CONNECT_AWS_CONNECTION_TIMEOUT"],
    setting: "aws.connection_timeout",
    wanted: "a number above 0, at most 86400",
    default: 30,
    description:
      "Seconds that each step of opening a tunnel may take: API call, connection, handshake",
  });
});

Deno.test("config test tells the first thing that fails by its exit code", POSIX_ONLY, async () => {
  await using world = await World.open();
  await writeAwsFiles(world, { config: "[profile good]\nregion = us-east-1\n" });
  const blocked = join(world.path, "blocked");
  await Deno.writeTextFile(blocked, "");
  const presets = await writeConfig(
    world,
    "presets.yaml",
    "connections:\n  db: {instance: web, profile: goood}\n",
  );
  const cases: [
    about: string,
    args: string[],
    env: Record<string, string>,
    code: number,
    line: RegExp,
  ][] = [
    ["a wrong file", ["-c", blocked], {}, 2, /^failed +settings /m],
    [
      "a database below a file",
      [],
      { EC2_CONNECT_DATABASE: join(blocked, "x.db") },
      2,
      /^failed +database .*is no folder\n {2}hint: .*EC2_CONNECT_DATABASE$/m,
    ],
    ["no such profile", ["--profile", "goood"], {}, 2, /^failed +profile .*no such profile/m],
    [
      "a preset's profile",
      ["-c", presets],
      {},
      2,
      /^failed +presets +Cannot use preset db: .*"goood"/m,
    ],
    ["no region", [], { AWS_REGION: "" }, 2, /^failed +region .*none is set/m],
    ["a zone", ["--region", "us-east-1a"], {}, 2, /^failed +region .*availability zone/m],
    ["wrong keys", [], { AWS_SECRET_ACCESS_KEY: "wrong" }, 4, /^failed +AWS /m],
    [
      "another account",
      [],
      { EC2_CONNECT_AWS_EXPECTED_ACCOUNT_ID: "000000000000" },
      4,
      /^failed +AWS +Cannot use account \d{12}: it is not the expected one$/m,
    ],
    ["nobody there", ["--endpoint-url", "http://127.0.0.1:9"], {}, 3, /^failed +AWS /m],
  ];
  for (const [about, args, env, code, line] of cases) {
    const result = await world.run(["config", "test", ...args], env);
    assert.match(result.stdout, line, `${about}: ${result.stdout}${result.stderr}`);
    assert.equal(result.code, code, `${about}: ${result.stdout}${result.stderr}`);
    assert.match(result.stderr, /error: The settings do not work: \d of 8 failed/, about);
  }
  // AWS opens Regions that this version has never heard of.
  const mistyped = await world.run(["config", "test", "--region", "us-est-1"]);
  assert.match(
    mistyped.stdout,
    /^ok +region +us-est-1, from --region \(no Region that this version knows; did you mean us-east-1\?\)$/m,
  );
  const json = await world.run(["config", "test", "--region", "us-east-1a", "--format", "json"]);
  const { ok, checks } = JSON.parse(json.stdout);
  assert.equal(ok, false);
  assert.deepEqual(checks.map(({ status }: { status: string }) => status), [
    "ok",
    "ok",
    "ok",
    "ok",
    "failed",
    "ok",
    "skipped",
    "skipped",
  ]);
  assert.equal(jsonError(json).exit_code, 2);
});
