import assert from "node:assert/strict";
import { HostWatch, type HostWatchOptions } from "../../../src/cli/host_watch.ts";
import type { ResourceFields } from "../../../src/monitor/mod.ts";
import { SessionRegistry } from "../../../src/session/host/mod.ts";
import { listSessions } from "../../../src/storage/mod.ts";
import { DatabaseFolder } from "../../support/database_folder.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeHostedSession } from "../../support/fake_hosted_session.ts";

const LIMITS = { max_memory_mb: 1e6, max_cpu_percent: 100, low_power_mode: false };

class Fixture {
  readonly clock = new FakeClock();
  readonly sessions = new SessionRegistry();
  readonly warnings: string[] = [];
  readonly watch: HostWatch;

  constructor(path: string, resources: HostWatchOptions["config"]["resources"] = LIMITS) {
    this.watch = new HostWatch({
      sessions: this.sessions,
      config: { database: { path }, resources },
      io: { os: "linux", env: {}, clock: this.clock },
      isBackground: false,
      warn: (message) => this.warnings.push(message),
    });
  }

  async resources(): Promise<ResourceFields> {
    return await this.watch.reports.resources() as ResourceFields;
  }
}

Deno.test("nothing is done before the first session, nor in the moment that it becomes ready", async () => {
  await using folder = await DatabaseFolder.create();
  const f = new Fixture(folder.file);
  assert.deepEqual(f.clock.delays, []);
  f.sessions.add(new FakeHostedSession());
  assert.deepEqual(f.clock.delays, [500]);
  await assert.rejects(Deno.stat(folder.file), Deno.errors.NotFound);
  await f.watch[Symbol.asyncDispose]();
  assert.deepEqual(f.clock.delays, []);
});

Deno.test("sessions come into the history, also one that is over at once", async () => {
  await using folder = await DatabaseFolder.create();
  const f = new Fixture(folder.file);
  const [quick, slow] = ["me-quick", "me-slow"].map((sessionId) =>
    new FakeHostedSession({ sessionId })
  );
  f.sessions.add(quick!);
  await quick!.close();
  f.sessions.add(slow!);
  await slow!.close();
  await f.watch[Symbol.asyncDispose]();
  using database = await folder.open();
  assert.deepEqual(
    listSessions(database).map(({ sessionId, end, hostPid }) => [sessionId, end?.by, hostPid]),
    [["me-slow", "user", Deno.pid], ["me-quick", "user", Deno.pid]],
  );
});

Deno.test("resources are told of this process, above the floor that was taken", async () => {
  await using folder = await DatabaseFolder.create();
  const f = new Fixture(folder.file);
  f.watch.noteEvent({ type: "state", atMs: 0, from: "connecting", to: "handshaking" });
  f.sessions.add(new FakeHostedSession());
  const { sessions, memory, low_power_changes } = await f.resources();
  assert.equal(sessions, 1);
  assert.ok(memory.floor_bytes > 10_000_000);
  assert.equal(memory.added_bytes, Math.max(0, memory.total_bytes - memory.floor_bytes));
  assert.deepEqual(low_power_changes, []);
  await f.sessions.closeAll();
  await f.watch[Symbol.asyncDispose]();
});

Deno.test("a limit that is passed is warned of, and less is done", async () => {
  await using folder = await DatabaseFolder.create();
  const f = new Fixture(folder.file, { ...LIMITS, max_memory_mb: 0.001, low_power_mode: true });
  f.watch.noteEvent({ type: "state", atMs: 0, from: "connecting", to: "handshaking" });
  const ballast = new Uint8Array(64 * 1024 * 1024).fill(1);
  f.sessions.add(new FakeHostedSession());
  const { exceeded, measures, low_power_changes } = await f.resources();
  assert.equal(ballast[0], 1);
  assert.deepEqual(exceeded, ["memory"]);
  assert.ok(measures.some(({ text }) => /every 60 s instead of every 30 s/.test(text)));
  assert.equal(f.warnings.length, 1);
  assert.equal(low_power_changes.length > 0, true);
  await f.sessions.closeAll();
  await f.watch[Symbol.asyncDispose]();
});

Deno.test("a probe tells the answer of each session", async () => {
  await using folder = await DatabaseFolder.create();
  const f = new Fixture(folder.file);
  f.sessions.add(new FakeHostedSession({ sessionId: "me-1" }));
  const silent = new FakeHostedSession({ sessionId: "me-2" });
  silent.probe = () => Promise.reject(new Error("no answer within 4 s"));
  f.sessions.add(silent);
  assert.deepEqual(await f.watch.reports.probe(), [
    { session_id: "me-1", round_trip_ms: 1.54, failure: null },
    { session_id: "me-2", round_trip_ms: null, failure: "no answer within 4 s" },
  ]);
  await f.sessions.closeAll();
  await f.watch[Symbol.asyncDispose]();
});
