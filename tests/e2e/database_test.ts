/**
 * The `database` commands as a person and a script use them, and everything that can be wrong with
 * the file, each with its exit code.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parse as parseYaml } from "yaml";
import {
  addSample,
  addSession,
  addStateChange,
  Database,
  endSession,
  SCHEMA_VERSION,
} from "../../src/storage/mod.ts";
import { childEnvironment } from "../support/command.ts";
import { sessionRecord } from "../support/database_folder.ts";
import { CAN_MOUNT, runOnDisk } from "../support/small_disk.ts";
import { Home, jsonError, POSIX_ONLY } from "./_world.ts";

const DAY_MS = 24 * 3600 * 1000;
const NOW_MS = Date.now();

function databaseOf(home: Home): string {
  return join(home.path, ".local", "share", "ec2-connect", "ec2-connect.db");
}

/** Two sessions: one of ten days ago, one of yesterday that AWS ended. */
async function fill(path: string): Promise<void> {
  using database = await Database.open({ path });
  for (const [days, by] of [[10, "user"], [1, "remote"]] as const) {
    const startedAtMs = NOW_MS - days * DAY_MS;
    const id = addSession(
      database,
      sessionRecord({
        sessionId: `me-${days}-days`,
        previousSessionIds: days === 1 ? ["me-older"] : [],
        instanceName: days === 1 ? 'web, or "shop"' : undefined,
        localPort: 8000 + days,
        startedAtMs,
        state: "closed",
        connectMs: 0,
        activeMs: 50_000,
      }),
      { hostPid: 7, isBackground: false, nowMs: startedAtMs },
    );
    addStateChange(database, id, { atMs: startedAtMs, from: "connecting", to: "active" });
    addSample(database, id, {
      atMs: startedAtMs + 60_000,
      spanMs: 0,
      roundTrips: [[56, 9], [80, 1]],
      bytesIn: 10,
      bytesOut: 20,
      retransmissions: 2,
      activeMs: 50_000,
      openConnections: 1,
    });
    endSession(database, id, {
      atMs: startedAtMs + 100_000,
      by,
      reason: by === "user" ? "" : "gone",
    });
  }
}

async function json(home: Home, ...args: string[]) {
  const { code, stdout, stderr } = await home.run(["database", ...args, "--format", "json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test(
  "a missing database is created by any command, for its owner alone",
  POSIX_ONLY,
  async () => {
    await using home = await Home.create();
    const info = await json(home, "info");
    assert.equal(info.schema, "ec2-connect/database-info/v1");
    assert.equal(info.path, databaseOf(home));
    assert.deepEqual(info.rows, { sessions: 0, state_changes: 0, samples: 0 });
    assert.deepEqual([info.schema_version, info.integrity], [SCHEMA_VERSION, "ok"]);
    assert.equal((await Deno.stat(info.path)).mode! & 0o777, 0o600);
    const { code, stdout } = await home.run(["database", "init"]);
    assert.equal(code, 0);
    assert.match(stdout, /^The database .* is ready \(schema version \d+\)$/);
    const { stderr } = await home.run(["database", "sessions"]);
    assert.equal(stderr, "No session is in the history\n");
  },
);

Deno.test("sessions and figures are shown for people and for programs", async () => {
  await using home = await Home.create();
  await fill(databaseOf(home));
  const { sessions } = await json(home, "sessions");
  assert.deepEqual(
    sessions.map((each: { session_id: string; ended_by: string; duration_s: number }) => [
      each.session_id,
      each.ended_by,
      each.duration_s,
    ]),
    [["me-1-days", "remote", 100], ["me-10-days", "user", 100]],
  );
  assert.equal((await json(home, "sessions", "--limit", "1")).sessions.length, 1);
  const ofOne = await json(home, "sessions", "--instance", 'web, or "shop"');
  assert.equal(ofOne.sessions[0].availability, 0.5);
  const text = (await home.run(["database", "sessions"])).stdout.split("\n");
  assert.match(text[0]!, /^STARTED +SESSION +INSTANCE/);
  assert.match(text[1]!, /me-1-days +web, or "shop" +127\.0\.0\.1:8001 -> 80 +closed +1m 40s/);
  const stats = await json(home, "stats");
  assert.deepEqual(stats.ended_by, { user: 1, remote: 1, lost: 0, open: 0 });
  assert.equal(stats.round_trips, 20);
  assert.deepEqual([stats.round_trip_p50_ms, stats.round_trip_p99_ms], [1.28, 10.24]);
  for (const word of ["8001", "me-1-", "me-older"]) {
    const one = await json(home, "stats", word);
    assert.equal(one.session.session_id, "me-1-days", word);
    assert.equal(one.state_changes.length, 1);
  }
  assert.match((await home.run(["database", "stats", "8001"])).stdout, /Changes of state\n {2}\d/);
});

Deno.test("cleanup removes what is old, and nothing in a dry run", async () => {
  await using home = await Home.create();
  await fill(databaseOf(home));
  const dry = await json(home, "cleanup", "--days", "5", "--dry-run");
  assert.deepEqual(dry.removed, { sessions: 1, state_changes: 1, samples: 1 });
  assert.equal((await json(home, "sessions")).sessions.length, 2);
  const { stdout, stderr } = await home.run(["database", "cleanup", "--days", "5"]);
  assert.equal(stderr, "");
  assert.equal(stdout, "Removed 1 sessions, 1 changes of state, 1 samples");
  const left = await json(home, "sessions");
  assert.deepEqual(left.sessions.map((each: { session_id: string }) => each.session_id), [
    "me-1-days",
  ]);
});

Deno.test("export writes JSON, YAML and CSV, and replaces a file only with --force", async () => {
  await using home = await Home.create();
  await fill(databaseOf(home));
  const file = (name: string) => join(home.path, name);
  const run = async (name: string, ...more: string[]) =>
    await home.run(["database", "export", "--output", file(name), ...more]);
  for (
    const [name, format] of [["a.json", "json"], ["a.yaml", "yaml"], ["a.csv", "csv"]] as const
  ) {
    const { code, stdout, stderr } = await run(name, "--format", format);
    assert.deepEqual([code, stdout, stderr], [0, "", `Written to ${file(name)}\n`]);
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(file(name))).mode! & 0o777, 0o600);
    }
  }
  const tree = JSON.parse(await Deno.readTextFile(file("a.json")));
  assert.equal(tree.schema, "ec2-connect/database-export/v1");
  assert.equal(tree.sessions[0].samples[0].round_trip_p50_ms, 1.28);
  const { exported_at: _at, ...fromYaml } = parseYaml(await Deno.readTextFile(file("a.yaml")));
  const { exported_at: _too, ...fromJson } = tree;
  assert.deepEqual(fromYaml, fromJson);
  const rows = (await Deno.readTextFile(file("a.csv"))).trimEnd().split("\r\n");
  assert.equal(rows.length, 7);
  assert.match(rows[0]!, /^record,session_id,/);
  assert.match(rows[1]!, /^session,me-1-days,.*"web, or ""shop"""/);
  const before = await Deno.readTextFile(file("a.json"));
  const refused = await run("a.json", "--format", "json");
  assert.equal(refused.code, 2);
  assert.match(jsonError(refused).message, /it exists already$/);
  assert.equal(await Deno.readTextFile(file("a.json")), before);
  assert.equal((await run("a.json", "--format", "csv", "--force")).code, 0);
  assert.match(await Deno.readTextFile(file("a.json")), /^record,/);
});

Deno.test("wrong arguments: exit 2", async () => {
  await using home = await Home.create();
  await fill(databaseOf(home));
  const cases: [string[], RegExp][] = [
    [["cleanup", "--days", "-1"], /found "-1"\n.*from 0/],
    [["cleanup", "--days", "1.5"], /found "1\.5"/],
    [["cleanup"], /Cannot do without --days: it is missing\n {2}hint: Write --days <N>/],
    [["export"], /Cannot do without --output/],
    [["export", "--output", "x", "--format", "xml"], /found "xml"\n.*json, csv or yaml/],
    [["export", "--output", home.path], /it is a folder/],
    [["export", "--output", join(home.path, "no", "x.json")], /its folder does not exist/],
    [["sessions", "--limit", "0"], /found "0"/],
    [["stats", "nothing"], /Cannot find session "nothing"/],
    [["stats", "me-"], /"me-" fits 2\n.*me-1-days .*me-10-days/],
    [["inf"], /Did you mean database info\?/],
    [["sessions", "--format", "csv"], /text, json or yaml/],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await home.run(["database", ...args]);
    assert.equal(code, 2, `${args.join(" ")}\n${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stdout, "");
  }
});

Deno.test("a file that cannot be used: refused with a way out, and left as it is", async () => {
  await using home = await Home.create();
  const file = (name: string) => join(home.path, name);
  await Deno.writeTextFile(file("text.db"), "no database\n".repeat(500));
  const newer = new DatabaseSync(file("newer.db"));
  newer.exec("PRAGMA application_id = 0x45433243; PRAGMA user_version = 99");
  newer.close();
  const foreign = new DatabaseSync(file("foreign.db"));
  foreign.exec("CREATE TABLE notes (text)");
  foreign.close();
  const cases: [path: string, code: number, message: RegExp, hint: RegExp][] = [
    [home.path, 2, /it is a folder$/, /EC2_CONNECT_DATABASE/],
    [join(file("text.db"), "x.db"), 2, /a file is in its place$/, /EC2_CONNECT_DATABASE/],
    [file("text.db"), 5, /not a database, or is damaged$/, /^Move it away/],
    [file("newer.db"), 5, /it is too new$/, /Update ec2-connect/],
    [file("foreign.db"), 5, /it is not ours$/, /another file/],
  ];
  for (const [path, exitCode, message, hint] of cases) {
    const before = path === home.path || path.includes("x.db")
      ? undefined
      : await Deno.readFile(path);
    for (const command of [["info"], ["init"], ["cleanup", "--days", "0"]]) {
      const result = await home.run(["database", ...command, "--format", "json"], {
        EC2_CONNECT_DATABASE: path,
      });
      assert.equal(result.code, exitCode, result.stderr);
      const error = jsonError(result);
      assert.equal(error.exit_code, exitCode);
      assert.match(error.message, message);
      assert.match(error.hint ?? "", hint);
    }
    if (before !== undefined) assert.deepEqual(await Deno.readFile(path), before);
  }
});

Deno.test("the configuration may name the file, below the home too", async () => {
  await using home = await Home.create();
  const config = join(home.path, "config.json");
  await Deno.writeTextFile(config, '{"database": {"path": "~/mine/history.db"}}');
  const { path } = await json(home, "info", "--config", config);
  assert.equal(path, `${home.path}/mine/history.db`);
  assert.ok((await Deno.stat(path)).isFile);
});

for (
  const { name, mount, expected } of [
    { name: "a full disk", mount: "size=52k", expected: /the disk (is full|refused)/ },
    { name: "a read-only disk", mount: "ro,size=1m", expected: /it may not be written/ },
  ]
) {
  Deno.test(`${name} is exit 5 with a way out`, { ignore: !CAN_MOUNT }, async () => {
    await using home = await Home.create();
    const folder = join(home.path, "disk");
    await Deno.mkdir(folder);
    const { code, stderr } = await runOnDisk(["database", "init"], {
      mount,
      folder,
      env: childEnvironment({ ...home.env, EC2_CONNECT_DATABASE: join(folder, "h.db") }),
    });
    assert.equal(code, 5, stderr);
    assert.match(stderr, expected);
    assert.match(stderr, /hint: /);
  });
}
