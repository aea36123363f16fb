/**
 * The database file itself: opening, versions, damage, rows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "../../src/errors/mod.ts";
import {
  addSample,
  addSession,
  addStateChange,
  countRows,
  Database,
  endSession,
  listSamples,
  listSessions,
  listStateChanges,
  removeSessions,
  type Sample,
  SCHEMA_VERSION,
  shrinkFile,
  stateNow,
  thinSamples,
  updateSession,
} from "../../src/storage/mod.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../src/storage/schema.ts";
import { DatabaseFolder, sessionRecord, STARTED_MS } from "../support/database_folder.ts";

const POSIX_ONLY = { ignore: Deno.build.os === "windows" };
const DAY_MS = 24 * 3600 * 1000;
const HOLDER = { hostPid: 7, isBackground: false, nowMs: STARTED_MS };

async function refusal(opening: Promise<Database>): Promise<AppError> {
  try {
    (await opening).close();
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  throw new Error("it was opened");
}

/** What a plain connection sees and does, without our checks. */
function plainly<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function sample(atMs: number, facts: Partial<Sample> = {}): Sample {
  return {
    atMs,
    spanMs: 0,
    roundTrips: [[50, 1]],
    bytesIn: 1,
    bytesOut: 2,
    retransmissions: 3,
    activeMs: 4.5,
    openConnections: 5,
    ...facts,
  };
}

Deno.test("a missing database is created with its folder, in WAL mode", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  assert.equal(database.version, SCHEMA_VERSION);
  assert.equal(database.journalMode, "wal");
  assert.deepEqual(countRows(database), { sessions: 0, stateChanges: 0, samples: 0 });
  database.requireSound("integrity_check");
});

Deno.test(
  "only its owner reads the database, and what SQLite puts beside it",
  POSIX_ONLY,
  async () => {
    await using folder = await DatabaseFolder.create();
    using database = await folder.open();
    addSession(database, sessionRecord(), HOLDER);
    const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;
    assert.equal(mode(folder.file.replace(/\/[^/]*$/, "")), 0o700);
    for (const suffix of ["", "-wal", "-shm"]) assert.equal(mode(folder.file + suffix), 0o600);
  },
);

Deno.test("what is written of a session is read back", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  const id = addSession(database, sessionRecord(), HOLDER);
  const later = sessionRecord({
    sessionId: "me-0002",
    previousSessionIds: ["me-0001"],
    state: "closed",
    bytesIn: 5_000_000_000,
    remoteHost: undefined,
  });
  assert.equal(updateSession(database, id, { session: later, nowMs: STARTED_MS + 5 }), true);
  const change = { atMs: STARTED_MS, from: "active", to: "resuming", reason: "code 1006" };
  addStateChange(database, id, change);
  addSample(database, id, sample(STARTED_MS + 5));
  endSession(database, id, { atMs: STARTED_MS + 9, by: "user", reason: "" });
  assert.deepEqual(listSessions(database), [{
    ...later,
    id,
    hostPid: 7,
    isBackground: false,
    updatedAtMs: STARTED_MS + 5,
    end: { atMs: STARTED_MS + 9, by: "user", reason: "" },
  }]);
  assert.deepEqual(listStateChanges(database, id), [change]);
  assert.deepEqual(listSamples(database, id), [{ ...sample(STARTED_MS + 5), id: 1, session: id }]);
  assert.deepEqual(listSamples(database, id, STARTED_MS + 6), []);
});

Deno.test("sessions are found by instance, by id, by an id of before a restart, by port", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  const first = addSession(database, sessionRecord(), HOLDER);
  const second = addSession(
    database,
    sessionRecord({
      sessionId: "me-0003",
      previousSessionIds: ["me-0002"],
      instanceName: undefined,
      instanceId: "i-00000000",
      localPort: 9,
      startedAtMs: STARTED_MS + 1,
    }),
    { ...HOLDER, nowMs: STARTED_MS + 1 },
  );
  const found = (filter: Parameters<typeof listSessions>[1]) =>
    listSessions(database, filter).map(({ id }) => id);
  assert.deepEqual(found({}), [second, first]);
  assert.deepEqual(found({ limit: 1 }), [second]);
  assert.deepEqual(found({ instance: "web" }), [first]);
  assert.deepEqual(found({ instance: "i-00000000" }), [second]);
  assert.deepEqual(found({ sessionIdPrefix: "me-000" }), [second, first]);
  assert.deepEqual(found({ sessionIdPrefix: "me-0002" }), [second]);
  assert.deepEqual(found({ sessionIdPrefix: "%" }), []);
  assert.deepEqual(found({ localPort: 9 }), [second]);
  assert.deepEqual(found({ sinceMs: STARTED_MS + 1 }), [second]);
});

Deno.test("a session that its host wrote of long ago is lost, one that ended is not", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  const id = addSession(database, sessionRecord(), HOLDER);
  const [session] = listSessions(database);
  assert.equal(stateNow(session!, STARTED_MS + 60_000), "active");
  assert.equal(stateNow(session!, STARTED_MS + 600_000), "lost");
  updateSession(database, id, { session: sessionRecord({ state: "closed" }), nowMs: STARTED_MS });
  endSession(database, id, { atMs: STARTED_MS, by: "user", reason: "" });
  assert.equal(stateNow(listSessions(database)[0]!, STARTED_MS + 600_000), "closed");
});

Deno.test("old samples are joined in the file", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  const id = addSession(database, sessionRecord(), HOLDER);
  for (let second = 0; second < 120; second += 10) {
    addSample(database, id, sample(STARTED_MS + second * 1000, { bytesIn: second }));
  }
  assert.equal(thinSamples(database, STARTED_MS + 60_000), 0);
  assert.equal(thinSamples(database, STARTED_MS + 2 * 3600_000), 10);
  assert.deepEqual(
    listSamples(database, id).map((
      { spanMs, bytesIn, roundTrips },
    ) => [spanMs, bytesIn, roundTrips]),
    [[60_000, 50, [[50, 6]]], [60_000, 110, [[50, 6]]]],
  );
  assert.equal(thinSamples(database, STARTED_MS + 2 * 3600_000), 0);
  assert.equal(thinSamples(database, STARTED_MS + 2 * DAY_MS), 1);
});

Deno.test("removing takes what ended before, with all that belongs to it, and nothing that may live", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  const old = addSession(database, sessionRecord(), HOLDER);
  addStateChange(database, old, { atMs: STARTED_MS, from: "connecting", to: "active" });
  addSample(database, old, sample(STARTED_MS));
  endSession(database, old, { atMs: STARTED_MS + 1, by: "lost", reason: "x" });
  const lost = addSession(database, sessionRecord({ sessionId: "me-lost" }), HOLDER);
  const nowMs = STARTED_MS + 10 * DAY_MS;
  const alive = addSession(database, sessionRecord({ sessionId: "me-alive" }), {
    ...HOLDER,
    nowMs,
  });
  const expected = { sessions: 2, stateChanges: 1, samples: 1 };
  const when = { beforeMs: nowMs + 1, nowMs };
  assert.deepEqual(removeSessions(database, { ...when, isDryRun: true }), expected);
  assert.deepEqual(listSessions(database).map(({ id }) => id), [alive, lost, old]);
  assert.deepEqual(removeSessions(database, { ...when, isDryRun: false }), expected);
  shrinkFile(database);
  assert.deepEqual(countRows(database), { sessions: 1, stateChanges: 0, samples: 0 });
  assert.equal(updateSession(database, old, { session: sessionRecord(), nowMs }), false);
  // A number that is given again would make one session's rows another's.
  assert.ok(addSession(database, sessionRecord(), HOLDER) > alive);
});

Deno.test("the room of what was removed is given back", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  fill(database);
  const before = (await Deno.stat(folder.file)).size;
  const nowMs = STARTED_MS + DAY_MS;
  removeSessions(database, { beforeMs: nowMs, nowMs, isDryRun: false });
  shrinkFile(database);
  const after = (await Deno.stat(folder.file)).size;
  assert.ok(after < before / 2, `${before} bytes before, ${after} after`);
  database.requireSound("integrity_check");
});

Deno.test("a transaction that throws leaves nothing, and the next one works", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  assert.throws(() =>
    database.transaction(() => {
      addSession(database, sessionRecord(), HOLDER);
      throw new Error("no");
    }), /^Error: no$/);
  database.transaction(() => addSession(database, sessionRecord(), HOLDER));
  assert.equal(countRows(database).sessions, 1);
});

Deno.test("a database of the first version is brought up to date, and keeps what it has", async () => {
  await using folder = await DatabaseFolder.create();
  await Deno.mkdir(folder.file.replace(/[\\/][^\\/]*$/, ""));
  plainly(folder.file, (database) => {
    for (const statement of MIGRATIONS[0]!) database.exec(statement);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1`);
    database.exec(`INSERT INTO session VALUES (1, 'me-0001', 'port', 'i-0123456789abcdef0', 'web',
      'web', 'us-east-1', '127.0.0.1', 8080, NULL, 80, 'normal', 'always', 7, 0, '3.3.0.0', 'mux',
      'closed', ${STARTED_MS}, ${STARTED_MS}, 41, 1000, 0, 0, 10, 20, 0, ${STARTED_MS}, 'user', '')`);
  });
  using database = await folder.open();
  assert.equal(database.version, SCHEMA_VERSION);
  addSession(database, sessionRecord({ sessionId: "me-0002", preset: "db" }), {
    ...HOLDER,
    nowMs: STARTED_MS,
  });
  assert.deepEqual(
    new Map(listSessions(database).map(({ sessionId, preset }) => [sessionId, preset])),
    new Map([["me-0001", undefined], ["me-0002", "db"]]),
  );
  database.requireSound("integrity_check");
});

Deno.test("a newer schema is refused and left as it is", async () => {
  await using folder = await DatabaseFolder.create();
  (await folder.open()).close();
  plainly(folder.file, (database) => database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`));
  const error = await refusal(folder.open());
  assert.equal(error.kind, "resource");
  assert.match(error.message, /it is too new$/);
  assert.match(error.hint ?? "", /Update ec2-connect/);
  assert.deepEqual(
    { ...plainly(folder.file, (database) => database.prepare("PRAGMA user_version").get()) },
    { user_version: SCHEMA_VERSION + 1 },
  );
});

Deno.test("another program's database is refused and left as it is", async () => {
  await using folder = await DatabaseFolder.create();
  await Deno.mkdir(folder.file.replace(/[\\/][^\\/]*$/, ""));
  plainly(folder.file, (database) => database.exec("CREATE TABLE notes (text)"));
  const before = await Deno.readFile(folder.file);
  const error = await refusal(folder.open());
  assert.match(error.message, /it is not ours$/);
  assert.deepEqual(await Deno.readFile(folder.file), before);
});

Deno.test("a file that is no database is refused and left as it is", async () => {
  await using folder = await DatabaseFolder.create();
  await Deno.mkdir(folder.file.replace(/[\\/][^\\/]*$/, ""));
  await Deno.writeTextFile(folder.file, "Dear diary\n".repeat(1_000));
  const error = await refusal(folder.open());
  assert.equal(error.kind, "resource");
  assert.match(error.message, /not a database, or is damaged/);
  assert.match(error.hint ?? "", /^Move it away \(mv .*database init/);
  assert.equal(await Deno.readTextFile(folder.file), "Dear diary\n".repeat(1_000));
});

/** Writes over two pages in the middle of a file; the first pages hold the schema. */
async function overwrite(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  const { size } = await file.stat();
  await file.seek(Math.floor(size / 8192) * 4096, Deno.SeekMode.Start);
  await file.write(new Uint8Array(8192).fill(0x5a));
}

/** Enough rows for the middle of the file to be theirs. */
function fill(database: Database): void {
  for (let n = 0; n < 200; n++) {
    addSession(
      database,
      sessionRecord({ sessionId: `me-${n}`, selector: "x".repeat(200) }),
      HOLDER,
    );
  }
  shrinkFile(database);
}

function isDamaged(error: unknown): boolean {
  return error instanceof AppError && error.kind === "resource" && /damaged/.test(error.message);
}

Deno.test("a page that was overwritten is found by the check", async () => {
  await using folder = await DatabaseFolder.create();
  {
    using database = await folder.open();
    fill(database);
  }
  await overwrite(folder.file);
  using database = await folder.open();
  assert.throws(() => database.requireSound("integrity_check"), isDamaged);
});

Deno.test("a file that was left open is looked through when it is opened, where that is wanted", async () => {
  await using folder = await DatabaseFolder.create();
  using left = await folder.open();
  fill(left);
  addStateChange(left, 1, { atMs: 0, from: "connecting", to: "active" });
  (await folder.open({ checksAfterCrash: true })).close();
  await overwrite(folder.file);
  (await folder.open()).close();
  assert.ok(isDamaged(await refusal(folder.open({ checksAfterCrash: true }))));
});

Deno.test("a path that is a folder is a configuration error, also below a file", async () => {
  await using folder = await DatabaseFolder.create();
  const isFolder = await refusal(Database.open({ path: folder.path }));
  assert.equal(isFolder.kind, "config");
  assert.match(isFolder.message, /it is a folder$/);
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const below = await refusal(Database.open({ path: `${folder.path}/file/x.db` }));
  assert.equal(below.kind, "config");
  assert.match(below.message, /a file is in its place$/);
});

Deno.test("a full disk is an error of resources, and what was there stays readable", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open();
  addSession(database, sessionRecord(), HOLDER);
  database.one("PRAGMA max_page_count = 12");
  assert.throws(
    () => {
      for (let n = 0; n < 1_000; n++) {
        addSession(database, sessionRecord({ selector: "x".repeat(500) }), HOLDER);
      }
    },
    (error) =>
      error instanceof AppError && error.kind === "resource" && /disk is full/.test(error.message),
  );
  assert.equal(listSessions(database).at(-1)?.sessionId, "me-0001");
  database.requireSound("integrity_check");
});

Deno.test("a database that another process keeps locked is an error after the timeout", async () => {
  await using folder = await DatabaseFolder.create();
  using database = await folder.open({ busyTimeoutMs: 10 });
  plainly(folder.file, (other) => {
    other.exec("BEGIN IMMEDIATE");
    assert.throws(
      () => addSession(database, sessionRecord(), HOLDER),
      (error) =>
        error instanceof AppError && error.kind === "resource" && /locked/.test(error.message),
    );
    other.exec("COMMIT");
  });
  addSession(database, sessionRecord(), HOLDER);
});
