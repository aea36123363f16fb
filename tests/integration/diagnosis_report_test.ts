/**
 * Reports, remembered facts and settings of the diagnosis, through the command line against a sandbox.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import { parse } from "yaml";
import { reportJsonSchema } from "../../src/diagnostics/report_schema.ts";
import { comparable, frozenClock, reportOf, runOn } from "../support/diagnosed.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";

const SCHEMA_FILE = new URL("../../docs/schema/report-1.0.json", import.meta.url);
const isUpdate = Deno.env.get("UPDATE_SNAPSHOTS") === "1";

interface Fixture {
  test: TestSandbox;
  home: string;
  env: Record<string, string>;
}

function test(name: string, body: (fixture: Fixture) => Promise<void>): void {
  Deno.test(name, async () => {
    const home = await Deno.makeTempDir();
    await using sandbox = await openSandbox();
    try {
      await body({ test: sandbox, home, env: { HOME: home } });
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}

const id = (test: TestSandbox, name: string) => test.instance(name).instanceId;

test("RP-1 every report is valid against the schema file of the project", async ({ test, env }) => {
  const schema = reportJsonSchema();
  const text = JSON.stringify(schema, null, 2) + "\n";
  if (isUpdate) await Deno.writeTextFile(SCHEMA_FILE, text);
  assert.equal(await Deno.readTextFile(SCHEMA_FILE), text);
  // deno-lint-ignore no-explicit-any -- the class is the default export of a CommonJS module
  const validator = new (Ajv as any)({ strict: false, validateFormats: false });
  const validate = validator.compile(schema);
  for (
    const [command, name] of [
      ["full", "healthy"],
      ["full", "egress-closed"],
      ["precheck", "stopped"],
      ["preventive", "retiring"],
      ["aws-config", "healthy"],
    ]
  ) {
    const { report } = await reportOf(test.sandbox, ["diagnose", command!, id(test, name!)], {
      env,
    });
    assert.ok(validate(report), `${command} ${name}: ${JSON.stringify(validate.errors)}`);
  }
  const { report } = await reportOf(
    test.sandbox,
    ["diagnose", "item", "--item", "routing", id(test, "nat")],
    { env },
  );
  assert.ok(validate(report), JSON.stringify(validate.errors));
  assert.equal(validate({ ...report, summary: undefined }), false);
});

test("RP-2 YAML is the same tree as JSON", async ({ test, env }) => {
  const args = ["diagnose", "full", id(test, "egress-closed")];
  const clock = frozenClock();
  const json = await reportOf(test.sandbox, args, { env, clock });
  const yaml = await runOn(test.sandbox, [...args, "--format", "yaml"], { env, clock });
  assert.deepEqual(comparable(parse(yaml.stdout)), comparable(json.report));
});

test("RP-3 the account id stays a text in YAML", async ({ test, env }) => {
  const args = ["precheck", id(test, "healthy"), "--format", "yaml"];
  const { stdout } = await runOn(test.sandbox, args, { env });
  assert.match(stdout, /account_id: "\d{12}"/);
  assert.equal(typeof parse(stdout).target.account_id, "string");
});

test("RP-4 ids of findings are the same in two runs", async ({ test, env }) => {
  const ids = async () => {
    const args = ["diagnose", "full", id(test, "two-causes")];
    const { report } = await reportOf(test.sandbox, args, { env });
    return report.checks.flatMap(({ findings }) => findings.map(({ id }) => id));
  };
  const first = await ids();
  assert.deepEqual(await ids(), first);
  assert.equal(new Set(first).size, first.length);
});

test("RP-5 --output to a folder or an unwritable path is refused before any call", async (fixture) => {
  const { test, home, env } = fixture;
  for (const output of [home, join(home, "missing", "report.json"), "/proc/report.json"]) {
    const before = test.log.length;
    const args = ["diagnose", "full", id(test, "healthy"), "--output", output];
    const { code, stderr, stdout } = await runOn(test.sandbox, args, { env });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /Cannot write/);
    assert.equal(stdout, "");
    assert.equal(test.log.length, before, "no call was made");
  }
});

test("XX-8 a report goes whole into a file of any name, a summary to standard error", async (fixture) => {
  const { test, home, env } = fixture;
  const output = join(home, "診断 レポート.json");
  const args = ["diagnose", "full", id(test, "healthy"), "--format", "json", "--output", output];
  const { code, stdout, stderr } = await runOn(test.sandbox, args, { env });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /can be connected to: \d+ ok/);
  assert.equal(JSON.parse(await Deno.readTextFile(output)).summary.overall, "ok");
  assert.equal((await Deno.stat(output)).mode! & 0o777, 0o600);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(home))).length, 1);
});

test("RP-7 no secret is in a report or in what is said", async ({ test, env }) => {
  const { secretAccessKey, accessKeyId } = test.sandbox.credentials;
  for (const format of ["json", "yaml", "text"]) {
    const args = ["-v", "diagnose", "full", id(test, "healthy"), "--format", format];
    const { stdout, stderr } = await runOn(test.sandbox, args, { env });
    assert.ok(!(stdout + stderr).includes(secretAccessKey));
    assert.ok(!(stdout + stderr).includes(accessKeyId));
  }
});

test("RP-8 text names every critical code, the cause first", async ({ test, env }) => {
  const args = ["diagnose", "full", id(test, "two-causes")];
  const { report } = await reportOf(test.sandbox, args, { env });
  const { stdout } = await runOn(test.sandbox, args, { env });
  const critical = report.checks.flatMap(({ findings }) => findings)
    .filter(({ status }) => status === "critical");
  assert.ok(critical.length >= 2);
  for (const { code } of critical) assert.ok(stdout.includes(code), code);
  assert.match(stdout, /^\S+ cannot be connected to\nRegion [^\n]+\n\nCause 1: /);
});

test("text shows no evidence that is empty, or twice the same", async ({ test, env }) => {
  for (const name of ["caller-denied", "two-causes"]) {
    const { stdout } = await runOn(test.sandbox, ["diagnose", "full", id(test, name)], { env });
    const shown = [...stdout.matchAll(/^ {2}evidence {2}(.*)$/gm)].map(([, line]) => line!);
    assert.ok(shown.length > 0, stdout);
    for (const entry of shown.flatMap((line) => line.split("; "))) {
      const [, values] = /^\w+: (.+)$/.exec(entry) ?? assert.fail(entry);
      const each = values!.split(", ");
      assert.equal(new Set(each).size, each.length, entry);
    }
  }
});

test("EX-9 the exit code is the one in the report", async ({ test, env }) => {
  for (const [name, code] of [["healthy", 0], ["stopped", 3], ["caller-denied", 4]] as const) {
    const found = await reportOf(test.sandbox, ["diagnose", "full", id(test, name)], { env });
    assert.equal(found.code, code, name);
    assert.equal(found.report.summary.exit_code, code, name);
  }
});

test("PA-3 each fact is read by one call at most, parallel or not", async ({ test, env }) => {
  for (const mode of ["--parallel", "--no-parallel"]) {
    const args = ["-v", "diagnose", "full", id(test, "healthy"), mode];
    const { stderr } = await runOn(test.sandbox, args, { env });
    const calls = [...stderr.matchAll(/diagnosis: (\S+) called (\d+) times/g)]
      .map(([, call, times]) => [call, Number(times)] as const);
    assert.ok(calls.length > 15, stderr);
    // Two attributes, a table by association or by default, and one question for each resource.
    const several = [
      "ec2:DescribeVpcAttribute",
      "ec2:DescribeRouteTables",
      "iam:SimulatePrincipalPolicy",
    ];
    for (const [call, times] of calls) {
      if (!several.includes(call!)) assert.equal(times, 1, `${call} ${mode}`);
    }
  }
});

test("XX-10 whatever is diagnosed, AWS is only read", async ({ test, env }) => {
  const before = test.log.length;
  const commands = [
    ["diagnose", "full"],
    ["precheck"],
    ["diagnose", "preventive"],
    ["diagnose", "item", "--item", "session_preferences"],
    ["diagnose", "aws-config"],
    ["diagnose", "aws-config-integrated"],
  ];
  for (const command of commands) {
    await reportOf(test.sandbox, [...command, "-i", id(test, "two-causes")], { env });
  }
  const calls = test.log.slice(before).flatMap((line) => /^\w+ (\w+): \d/.exec(line)?.[1] ?? []);
  assert.ok(calls.length > 50, `${calls.length} calls`);
  const changing = calls.filter((call) =>
    !/^(?:Describe|Get|List|Simulate|GenerateDataKey$)/.test(call)
  );
  assert.deepEqual(changing, []);
});

test("IS-8 an id that can be none is refused without any call", async ({ test, env }) => {
  for (const bad of ["i-XYZ", "i-123", "mi-0123"]) {
    for (const command of [["diagnose", "full"], ["precheck"], ["diagnose", "preventive"]]) {
      const before = test.log.length;
      const { code, stderr } = await runOn(test.sandbox, [...command, "-i", bad], { env });
      assert.equal(code, 2, stderr);
      assert.equal(test.log.length, before);
    }
  }
});

test("SC-7 wrong values are refused with exit code 2 and what was wanted", async ({ test, env }) => {
  const cases: [string[], RegExp][] = [
    [["diagnose", "aws-config", "--minimum-score", "101"], /a score from 0 to 100/],
    [["diagnose", "aws-config", "--minimum-score", "200"], /a score from 0 to 100/],
    [["diagnose", "full", "--timeout", "0"], /a whole number from 1 to 600/],
    [["diagnose", "full", "--timeout", "601"], /a whole number from 1 to 600/],
    [["diagnose", "item", "--item", "security_group"], /Did you mean security_groups\?/],
    [["diagnose", "settings", "disable", "ssm_agnet"], /Did you mean ssm_agent\?/],
    [["diagnose", "aws-config-integrated", "--clear-cache", "--no-cache"], /Cannot combine/],
    [["diagnose", "full", "--local-port", "70000"], /a port from 0 to 65535/],
    [["diagnose", "ful"], /Did you mean diagnose full\?/],
  ];
  for (const [args, wanted] of cases) {
    const target = args[1] === "settings" || args[1] === "ful" ? [] : ["-i", id(test, "healthy")];
    const { code, stderr } = await runOn(test.sandbox, [...args, ...target], { env });
    assert.equal(code, 2, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, wanted);
  }
});

test("CA-1 CA-9 a second run reads the network from memory, in private files", async (fixture) => {
  const { test, home, env } = fixture;
  const args = ["-v", "diagnose", "aws-config-integrated", id(test, "healthy")];
  const first = await runOn(test.sandbox, args, { env });
  assert.match(first.stderr, /ec2:DescribeSecurityGroups called/);
  const second = await runOn(test.sandbox, args, { env });
  assert.doesNotMatch(
    second.stderr,
    /ec2:DescribeVpc|ec2:DescribeSecurityGroups|ec2:DescribeRoute/,
  );
  assert.match(second.stderr, /ssm:GetConnectionStatus called 1/);
  const folder = join(home, ".cache", "ec2-connect", "diag");
  const files = await filesIn(folder);
  assert.ok(files.length > 10);
  for (const path of files) assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600, path);
});

test("CA-4 CA-5 clearing forgets one instance; what is damaged is dropped with a note", async (fixture) => {
  const { test, home, env } = fixture;
  const [one, other] = [id(test, "healthy"), id(test, "nat")];
  const run = (instance: string, ...more: string[]) =>
    reportOf(test.sandbox, ["diagnose", "aws-config-integrated", instance, ...more], { env });
  await run(one);
  await run(other);
  const folder = join(home, ".cache", "ec2-connect", "diag");
  const before = (await filesIn(folder)).filter((path) => path.includes(other)).length;
  const cleared = await run(one, "--clear-cache");
  assert.ok(cleared.report.cache.cleared > 10);
  assert.equal((await filesIn(folder)).filter((path) => path.includes(other)).length, before);
  for (const path of await filesIn(folder)) await Deno.writeTextFile(path, "{broken");
  const after = await run(one);
  assert.equal(after.code, 0);
  assert.match(after.stderr, /dropped, it is damaged/);
  assert.equal(after.report.cache.hits, 0);
});

test("ST-1 ST-2 settings go round, and reset leaves the rest of the file", async (fixture) => {
  const { test, home, env } = fixture;
  const folder = join(home, ".config", "ec2-connect");
  const file = join(folder, "config.json");
  await Deno.mkdir(folder, { recursive: true });
  const rest =
    '{\n  "aws": {"default_region":   "us-east-1"},\n  "logging": {"level": "info"}\n}\n';
  await Deno.writeTextFile(file, rest);
  const set = async (...args: string[]) => {
    const { code, stderr } = await runOn(test.sandbox, ["diagnose", "settings", ...args], { env });
    assert.equal(code, 0, stderr);
  };
  await set("disable", "routing");
  await set("auto-fix", "--enable", "--no-safe-only");
  await set("parallel", "false");
  await set("timeout", "45");
  await set("format", "json");
  const { diagnostics, aws } = JSON.parse(await Deno.readTextFile(file));
  assert.deepEqual(diagnostics, {
    checks: { routing: false },
    auto_fix: { enabled: true, safe_only: false },
    parallel: false,
    timeout_seconds: 45,
    format: "json",
  });
  assert.deepEqual(aws, { default_region: "us-east-1" });
  const { stdout } = await runOn(test.sandbox, ["diagnose", "full", id(test, "nat")], { env });
  const routing = JSON.parse(stdout).checks.find((check: { id: string }) => check.id === "routing");
  assert.deepEqual([routing.status, routing.reason_code], ["skipped", "disabled"]);
  const before = await Deno.readTextFile(file);
  await set("reset");
  assert.deepEqual(JSON.parse(await Deno.readTextFile(file)), JSON.parse(rest));
  assert.match(await Deno.readTextFile(file), /\{"default_region": {3}"us-east-1"\}/);
  assert.equal(await Deno.readTextFile(`${file}.bak`), before);
});

test("ST-3 a settings file that was edited wrongly is exit 2, and untouched", async (fixture) => {
  const { test, home, env } = fixture;
  const folder = join(home, ".config", "ec2-connect");
  const file = join(folder, "config.json");
  await Deno.mkdir(folder, { recursive: true });
  for (
    const text of [
      '{"diagnostics": {"checks": {"rooting": false}}}',
      '{"diagnostics": {"timeout_seconds": 0}}',
      '{"diagnostics": {',
    ]
  ) {
    await Deno.writeTextFile(file, text);
    for (const args of [["settings", "enable", "routing"], ["full", id(test, "healthy")]]) {
      const { code, stderr } = await runOn(test.sandbox, ["diagnose", ...args], { env });
      assert.equal(code, 2, `${text}: ${stderr}`);
      assert.equal(await Deno.readTextFile(file), text);
    }
  }
});

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    found.push(...isDirectory ? await filesIn(path) : [path]);
  }
  return found;
}
