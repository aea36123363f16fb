import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/mod.ts";
import { inspectConfig } from "../../../src/config/read.ts";

async function inspect(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "config.yaml");
    await Deno.writeTextFile(path, text);
    const problems = await inspectConfig(path, env, ["routing"]);
    return problems.map(({ severity, line, variable, what, wanted, hint }) =>
      [
        `${variable ?? line} ${severity}: ${what}`,
        ...wanted === undefined ? [] : [`wanted ${wanted}`],
        ...hint === undefined ? [] : [hint],
      ].join("; ")
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PRESETS = `connections:
  web: {instance: web, local_port: 8080}
  db:
    instance: web
    forwards:
      - {local_port: 5432}
      - {remote_port: 80}
  db-2: {instance: other, local_port: 5432, bind: 0.0.0.0}
  six: {instance: web, local_port: 5432, bind: "::1"}
  any: {instance: web, local_port: 0}
  any-2: {instance: web}
`;

Deno.test("presets and groups that go together are in order", async () => {
  const good = `${PRESETS}groups:\n  all: [web, db, six, any, any-2]\n`;
  assert.deepEqual(await inspect(good), [
    "8 advice: The presets db and db-2 both listen on 0.0.0.0:5432; " +
    "wanted another local_port in one of them, if they are to be open at once",
  ]);
});

Deno.test("every contradiction of groups is told, with its line", async () => {
  const groups = `groups:
  all:
    - web
    - wbe
    - all
    - team
    - web
  team: [db, db-2]
  web: [db]
  none: []
`;
  assert.deepEqual(await inspect(PRESETS + groups), [
    '15 error: groups.all names "wbe", and there is no such preset; ' +
    "wanted the name of a preset in connections; Did you mean web?",
    "16 error: groups.all names itself; wanted presets; a group holds no groups",
    "17 error: groups.all names the group team; wanted presets; a group holds no groups",
    "18 error: groups.all names web twice; wanted each preset once",
    "19 error: groups.team holds db and db-2, which both listen on 0.0.0.0:5432; " +
    "wanted another local_port in one of them",
    "20 error: web is the name of a preset and of a group; " +
    "wanted one name for one of them: up and down take both",
    "21 error: groups.none is an empty list; wanted a list that is not empty",
  ]);
});

Deno.test("forwards of one preset must not share a port, names of the language do no harm", async () => {
  const text = `connections:
  db:
    instance: web
    forwards:
      - {local_port: 1, bind: localhost}
      - {local_port: 1, bind: 127.0.0.2}
      - {local_port: 1}
groups:
  all: [constructor, toString]
`;
  assert.deepEqual(await inspect(text), [
    "7 error: connections.db.forwards[2].local_port is 1, as is " +
    "connections.db.forwards[0].local_port; wanted another port, or another address in bind",
    '9 error: groups.all names "constructor", and there is no such preset; ' +
    "wanted the name of a preset in connections",
    '9 error: groups.all names "toString", and there is no such preset; ' +
    "wanted the name of a preset in connections",
  ]);
});

Deno.test("all that is unknown is told at each depth, with the nearest known name", async () => {
  const text = `conections: {}
keep_alive: never
session:
  reconnection:
    max_atempts: 1
connections:
  db:
    instance: web
    remote_prt: 1
  api:
    instance: web
    forwards:
      - local_port: 1
        remote: 2
`;
  assert.deepEqual(await inspect(text, { EC2_CONNECT_LOG_LEVLE: "x" }), [
    "1 unknown: Unknown setting conections; Did you mean connections?",
    "2 unknown: Unknown setting keep_alive; Did you mean session.keep_alive?",
    "5 unknown: Unknown setting session.reconnection.max_atempts; Did you mean max_attempts?",
    "9 unknown: Unknown setting connections.db.remote_prt; Did you mean remote_port?",
    "14 unknown: Unknown setting connections.api.forwards[0].remote",
    "EC2_CONNECT_LOG_LEVLE unknown: Environment variable EC2_CONNECT_LOG_LEVLE is not a setting; " +
    "Did you mean EC2_CONNECT_LOG_LEVEL?",
  ]);
});

Deno.test("a check that there is not is told, with its line", async () => {
  assert.deepEqual(
    await inspect("diagnostics:\n  checks:\n    routing: true\n    rooting: false\n"),
    [
      "4 error: diagnostics.checks.rooting is no check; wanted the name of a check; " +
      "Did you mean routing?",
    ],
  );
});

Deno.test("a wrong value is told though a variable hides it, and a wrong variable by its name", async () => {
  const text = "aws:\n  request_timeout: soon\nsession:\n";
  assert.deepEqual(await inspect(text, { EC2_CONNECT_AWS_REQUEST_TIMEOUT: "5" }), [
    '2 error: aws.request_timeout is "soon"; wanted a number above 0, at most 86400',
  ]);
  assert.deepEqual(await inspect("aws:\n", { EC2_CONNECT_LOG_LEVEL: "inof" }), [
    'EC2_CONNECT_LOG_LEVEL error: found "inof"; wanted error, warning, info, debug or trace; ' +
    "Did you mean info?",
  ]);
  const delay = { EC2_CONNECT_SESSION_RECONNECTION_BASE_DELAY_MS: "20000" };
  assert.deepEqual(await inspect("", delay), [
    "EC2_CONNECT_SESSION_RECONNECTION_BASE_DELAY_MS error: " +
    "session.reconnection.max_delay_ms is 16000, the default; wanted at least base_delay_ms",
  ]);
});

Deno.test("an empty section of YAML is none, and $schema is for editors", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "config.yaml");
    await Deno.writeTextFile(path, '"$schema": ./s.json\naws:\nconnections:\n  # db:\n');
    const loaded = await loadConfig({ os: "linux", env: { EC2_CONNECT_AWS_PROFILE: "p" }, path });
    assert.deepEqual(loaded.warnings, []);
    assert.equal(loaded.config.aws.profile, "p");
    assert.deepEqual(loaded.config.connections, {});
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
