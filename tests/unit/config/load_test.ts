import assert from "node:assert/strict";
import { join } from "node:path";
import { DEFAULT_CONFIG, loadConfig } from "../../../src/config/mod.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { AppError } from "../../../src/errors/mod.ts";

/** The file of commands.md, word for word. */
const SEED_FILE =
  `{"aws": {"default_region": "us-east-1", "connection_timeout": 30, "request_timeout": 60},
 "session": {"max_sessions_per_instance": 3, "health_check_interval": 5,
             "reconnection": {"enabled": true, "max_attempts": 5, "base_delay_ms": 1000, "max_delay_ms": 16000}},
 "resources": {"max_memory_mb": 10, "max_cpu_percent": 0.5, "low_power_mode": true}}
`;

/** Runs `test` with a home of its own whose configuration folder holds `files`. */
async function withFiles(
  files: Record<string, string>,
  test: (home: string, folder: string) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    const folder = join(home, ".config", "ec2-connect");
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    await test(home, folder);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const load = (env: Record<string, string>, path?: string) => loadConfig({ os: "linux", env, path });

Deno.test("the defaults are those of the schema", async () => {
  assert.deepEqual(DEFAULT_CONFIG, configSchema.parse({}));
  assert.deepEqual(await load({ HOME: "/nonexistent" }), {
    config: DEFAULT_CONFIG,
    file: undefined,
    origins: new Map(),
    warnings: [],
  });
});

Deno.test("loadConfig() loads the seed's file as it is, without a warning", async () => {
  await withFiles({ "config.json": SEED_FILE }, async (home, folder) => {
    const loaded = await load({ HOME: home });
    assert.deepEqual(loaded.warnings, []);
    assert.equal(loaded.file, join(folder, "config.json"));
    assert.equal(loaded.config.aws.default_region, "us-east-1");
    assert.deepEqual(loaded.origins.get("aws.default_region"), { from: "file" });
    assert.deepEqual(loaded.config, {
      ...DEFAULT_CONFIG,
      aws: { ...DEFAULT_CONFIG.aws, default_region: "us-east-1" },
    });
  });
});

Deno.test("loadConfig() puts the environment over the file", async () => {
  await withFiles({ "config.json": SEED_FILE }, async (home) => {
    const { config, origins } = await load({
      HOME: home,
      EC2_CONNECT_AWS_REGION: "eu-west-1",
      EC2_CONNECT_SESSION_RECONNECTION_MAX_ATTEMPTS: "0",
    });
    assert.equal(config.aws.default_region, "eu-west-1");
    assert.equal(config.session.reconnection.max_attempts, 0);
    assert.equal(config.session.reconnection.base_delay_ms, 1000);
    assert.deepEqual(origins.get("aws.default_region"), {
      from: "environment",
      variable: "EC2_CONNECT_AWS_REGION",
    });
  });
});

Deno.test("loadConfig() takes --config, then EC2_CONNECT_CONFIG, then the folder's first file", async () => {
  const region = (name: string) => `aws:\n  default_region: ${name}\n`;
  const files = {
    "config.yaml": region("folder"),
    "config.yml": region("last"),
    "other.yml": region("other"),
  };
  await withFiles(files, async (home, folder) => {
    const other = join(folder, "other.yml");
    const first = await load({ HOME: home });
    assert.equal(first.config.aws.default_region, "folder");
    assert.deepEqual(first.warnings, [{
      message: `Configuration file ${join(folder, "config.yml")} is not read`,
      hint: `${join(folder, "config.yaml")} comes first; keep one of them`,
    }]);
    const named = await load({ HOME: home, EC2_CONNECT_CONFIG: other });
    assert.equal(named.config.aws.default_region, "other");
    const option = await load({ HOME: home, EC2_CONNECT_CONFIG: "/nonexistent" }, other);
    assert.equal(option.config.aws.default_region, "other");
  });
});

Deno.test("loadConfig() warns of unknown keys with line and nearest name, and uses the rest", async () => {
  const text = "[session.reconnection]\nmax_atempts = 2\nmax_delay_ms = 2000\n[zzz]\na = 1\n";
  await withFiles({ "config.toml": text }, async (home, folder) => {
    const { config, warnings } = await load({ HOME: home, EC2_CONNECT_LOG_LEVLE: "debug" });
    const file = join(folder, "config.toml");
    assert.equal(config.session.reconnection.max_delay_ms, 2000);
    assert.equal(config.session.reconnection.max_attempts, 5);
    assert.deepEqual(warnings, [
      {
        message: "Environment variable EC2_CONNECT_LOG_LEVLE is not a setting",
        hint: "Did you mean EC2_CONNECT_LOG_LEVEL?",
      },
      {
        message: `Unknown setting session.reconnection.max_atempts in ${file}, line 2`,
        hint: "Did you mean max_attempts?",
      },
      { message: `Unknown setting zzz in ${file}, line 4`, hint: undefined },
    ]);
  });
});

Deno.test("loadConfig() refuses what is wrong with file, line, setting, found and wanted", async () => {
  const cases: { name: string; text: string; message: RegExp; why: RegExp }[] = [
    {
      name: "config.json",
      text: '{"aws": {\n "connection_timeout": "soon"}}',
      message:
        /^Invalid configuration file \S+config\.json, line 2: aws\.connection_timeout is "soon"$/,
      why: /^Wanted a number above 0, at most 86400$/,
    },
    {
      name: "config.toml",
      text: "[session]\nmax_sessions_per_instance = 0\n",
      message: /config\.toml, line 2: session\.max_sessions_per_instance is 0$/,
      why: /^Wanted a whole number from 1 to 1000$/,
    },
    {
      name: "config.yaml",
      text: "aws: []\nlogging:\n  level: loud\n",
      message: /config\.yaml, line 1: aws is an empty list$/,
      why: /^Wanted a table$/,
    },
    {
      name: "config.yaml",
      text: "session:\n  reconnection:\n    base_delay_ms: 90000\n",
      message: /config\.yaml, line 2: session\.reconnection\.max_delay_ms is 16000, the default$/,
      why: /^Wanted at least base_delay_ms$/,
    },
    {
      name: "config.json",
      text: '{\n"aws": ',
      message: /config\.json, line 2: not valid JSON$/,
      why: /./,
    },
    {
      name: "config.json",
      text: "[1]",
      message: /config\.json: found a list$/,
      why: /^Wanted a table of settings$/,
    },
  ];
  for (const { name, text, message, why } of cases) {
    await withFiles({ [name]: text }, async (home) => {
      await assert.rejects(load({ HOME: home }), (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.kind, "config");
        assert.match(error.message, message);
        assert.match(error.why ?? "", why);
        return true;
      });
    });
  }
});

Deno.test("loadConfig() refuses a bad variable by its name", async () => {
  const cases: [string, string, RegExp][] = [
    ["EC2_CONNECT_MAX_SESSIONS", "abc", /^Wanted a whole number from 1 to 1000$/],
    ["EC2_CONNECT_MAX_SESSIONS", "1.5", /^Wanted a whole number from 1 to 1000$/],
    ["EC2_CONNECT_LOG_LEVEL", "loud", /^Wanted error, warning, info, debug or trace$/],
    ["EC2_CONNECT_RESOURCES_LOW_POWER_MODE", "maybe", /^Wanted true or false$/],
  ];
  for (const [variable, value, why] of cases) {
    await assert.rejects(load({ HOME: "/nonexistent", [variable]: value }), (error) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.exitCode, 2);
      assert.ok(error.message.startsWith(`Invalid environment variable ${variable}: found `));
      assert.match(error.why ?? "", why);
      return true;
    });
  }
});

Deno.test("loadConfig() refuses a named file that is absent, unreadable or of no known kind", async () => {
  await withFiles({ "settings.ini": "a=1" }, async (home, folder) => {
    await Deno.mkdir(join(folder, "folder.json"));
    const cases: [string, RegExp][] = [
      [join(folder, "none.json"), /none\.json: no such file$/],
      [join(folder, "settings.ini"), /settings\.ini: unknown kind of file$/],
      [join(folder, "folder.json"), /folder\.json: it is a folder$/],
    ];
    for (const [path, message] of cases) {
      await assert.rejects(load({ HOME: home }, path), (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.kind, "config");
        assert.match(error.message, message);
        return true;
      });
    }
  });
});

Deno.test("loadConfig() uses XDG_CONFIG_HOME and ignores a relative one", async () => {
  await withFiles({ "config.json": SEED_FILE }, async (home) => {
    const xdg = join(home, ".config");
    const set = await load({ HOME: "/nonexistent", XDG_CONFIG_HOME: xdg });
    assert.equal(set.config.aws.default_region, "us-east-1");
    assert.equal(
      (await load({ HOME: "/nonexistent", XDG_CONFIG_HOME: ".config" })).file,
      undefined,
    );
    assert.equal((await load({})).file, undefined);
  });
});
