import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { SessionSnapshot } from "../../src/session/mod.ts";
import { SessionRecorder } from "../../src/session/session_recorder.ts";
import {
  countRows,
  listSamples,
  listSessions,
  listStateChanges,
  removeSessions,
  SCHEMA_VERSION,
} from "../../src/storage/mod.ts";
import { DatabaseFolder } from "../support/database_folder.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeHostedSession } from "../support/fake_hosted_session.ts";

const INTERVAL_MS = 10_000;
/** After a ready tunnel, until the first write. */
const WRITE_DELAY_MS = 300;

interface Fixture {
  clock: FakeClock;
  warnings: string[];
  recorder: SessionRecorder;
}

function start(path: string): Fixture {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const recorder = new SessionRecorder({
    path,
    holder: { hostPid: 7, isBackground: true },
    clock,
    sampleIntervalMs: INTERVAL_MS,
    warn: (message, hint) => warnings.push(`${message}; ${hint}`),
  });
  return { clock, warnings, recorder };
}

/** Lets a write happen that is due after `delayMs`, and waits for its end. */
async function write({ clock }: Fixture, delayMs: number, next = INTERVAL_MS): Promise<void> {
  const written = clock.scheduledAnew(next);
  clock.advance(delayMs);
  await written;
}

function hosted(clock: FakeClock, facts: Partial<SessionSnapshot> = {}): FakeHostedSession {
  return new FakeHostedSession({ startedAtMs: clock.epochMs(), ...facts });
}

Deno.test("nothing is opened or written before the tunnel has been ready for a moment", async () => {
  await using folder = await DatabaseFolder.create();
  const fixture = start(folder.file);
  await using recorder = fixture.recorder;
  recorder.watch(hosted(fixture.clock));
  fixture.clock.advance(WRITE_DELAY_MS - 1);
  await assert.rejects(Deno.stat(folder.file), Deno.errors.NotFound);
  await write(fixture, 1);
  assert.ok((await Deno.stat(folder.file)).isFile);
});

Deno.test("a session is written with its changes, its samples and its end", async () => {
  await using folder = await DatabaseFolder.create();
  const fixture = start(folder.file);
  {
    await using recorder = fixture.recorder;
    const session = hosted(fixture.clock, { roundTrips: [[50, 2]] });
    recorder.watch(session);
    await write(fixture, WRITE_DELAY_MS);
    session.change("resuming");
    session.change("active", { reconnects: 1, bytesIn: 70, roundTrips: [[50, 2], [60, 1]] });
    await write(fixture, WRITE_DELAY_MS);
    await write(fixture, INTERVAL_MS);
    session.facts = { ...session.facts, roundTrips: [[50, 2], [60, 5]], bytesIn: 90 };
    await write(fixture, INTERVAL_MS);
    await session.close();
    assert.equal(session.listeners, 0);
  }
  assert.deepEqual(fixture.clock.delays, []);
  assert.deepEqual(fixture.warnings, []);
  using database = await folder.open();
  const [kept] = listSessions(database);
  assert.equal(kept!.state, "closed");
  assert.equal(kept!.reconnects, 1);
  assert.equal(kept!.hostPid, 7);
  assert.equal(kept!.isBackground, true);
  assert.equal(kept!.end?.by, "user");
  assert.deepEqual(listStateChanges(database, kept!.id).map(({ to }) => to), [
    "active",
    "resuming",
    "active",
    "closed",
  ]);
  assert.deepEqual(
    listSamples(database, kept!.id).map(({ roundTrips, bytesIn }) => [roundTrips, bytesIn]),
    [[[[50, 2], [60, 1]], 70], [[[60, 4]], 90], [[], 90]],
  );
});

Deno.test("a tunnel that is over before the first write is kept all the same", async () => {
  await using folder = await DatabaseFolder.create();
  const fixture = start(folder.file);
  {
    await using recorder = fixture.recorder;
    const session = hosted(fixture.clock);
    recorder.watch(session);
    await session.close();
  }
  using database = await folder.open();
  assert.equal(listSessions(database)[0]!.end?.by, "user");
});

Deno.test("where the database cannot be written there is one warning, and later another attempt", async () => {
  await using folder = await DatabaseFolder.create();
  (await folder.open()).close();
  const setVersion = (version: number) => {
    const database = new DatabaseSync(folder.file);
    database.exec(`PRAGMA user_version = ${version}`);
    database.close();
  };
  setVersion(SCHEMA_VERSION + 1);
  const fixture = start(folder.file);
  {
    await using recorder = fixture.recorder;
    const session = hosted(fixture.clock);
    recorder.watch(session);
    await write(fixture, WRITE_DELAY_MS, 5 * 60_000);
    await write(fixture, 5 * 60_000, 5 * 60_000);
    assert.equal(fixture.warnings.length, 1);
    assert.match(fixture.warnings[0]!, /^No history is kept .* too new \(.*\); Update ec2-connect/);
    setVersion(SCHEMA_VERSION);
    await write(fixture, 5 * 60_000);
  }
  using database = await folder.open();
  assert.equal(countRows(database).sessions, 1);
});

Deno.test("a locked database is waited for, without a warning", async () => {
  await using folder = await DatabaseFolder.create();
  (await folder.open()).close();
  const other = new DatabaseSync(folder.file);
  other.exec("BEGIN IMMEDIATE");
  const fixture = start(folder.file);
  {
    await using recorder = fixture.recorder;
    recorder.watch(hosted(fixture.clock));
    await write(fixture, WRITE_DELAY_MS, 2_000);
    other.exec("COMMIT");
    other.close();
    await write(fixture, 2_000);
  }
  assert.deepEqual(fixture.warnings, []);
  using database = await folder.open();
  assert.equal(countRows(database).sessions, 1);
});

Deno.test("a row that a cleanup removed is written anew", async () => {
  await using folder = await DatabaseFolder.create();
  const fixture = start(folder.file);
  {
    await using recorder = fixture.recorder;
    recorder.watch(hosted(fixture.clock));
    await write(fixture, WRITE_DELAY_MS);
    using database = await folder.open();
    const nowMs = fixture.clock.epochMs() + 3600_000;
    removeSessions(database, { beforeMs: nowMs, nowMs, isDryRun: false });
    assert.equal(countRows(database).sessions, 0);
    await write(fixture, INTERVAL_MS);
    assert.equal(countRows(database).sessions, 1);
  }
});

Deno.test("several sessions share one database, and samples can be taken less often", async () => {
  await using folder = await DatabaseFolder.create();
  const fixture = start(folder.file);
  {
    await using recorder = fixture.recorder;
    recorder.watch(hosted(fixture.clock, { sessionId: "me-1" }));
    recorder.watch(hosted(fixture.clock, { sessionId: "me-2" }));
    await write(fixture, WRITE_DELAY_MS);
    recorder.sampleIntervalMs = 60_000;
    await write(fixture, INTERVAL_MS, 60_000);
    await write(fixture, 60_000, 60_000);
  }
  using database = await folder.open();
  assert.deepEqual(countRows(database), { sessions: 2, stateChanges: 2, samples: 2 });
});
