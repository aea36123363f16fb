import assert from "node:assert/strict";
import type { SessionReady } from "../../../src/session/mod.ts";
import { SessionRecord } from "../../../src/session/session_record.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const READY: SessionReady = {
  sessionId: "me-1",
  instanceId: "i-0123456789abcdef0",
  bind: "127.0.0.1",
  localPort: 8080,
  remoteHost: undefined,
  remotePort: 80,
  connectMs: 41,
  agentVersion: "3.3.0.0",
  mode: "mux",
};

Deno.test("SessionRecord counts the time that data could be carried", () => {
  const clock = new FakeClock();
  const record = new SessionRecord(clock);
  const change = (from: "active" | "resuming" | "handshaking", to: "active" | "resuming") =>
    record.change({ atMs: clock.epochMs(), from, to });
  clock.advance(100);
  assert.equal(record.activeMs, 0);
  change("handshaking", "active");
  clock.advance(1_000);
  assert.equal(record.activeMs, 1_000);
  change("active", "resuming");
  clock.advance(500);
  change("resuming", "active");
  clock.advance(1_000);
  assert.equal(record.activeMs, 2_000);
  assert.deepEqual([record.reconnects, record.restarts, record.state], [1, 0, "active"]);
});

Deno.test("SessionRecord keeps the first connect time and the ids of those before", () => {
  const clock = new FakeClock();
  const record = new SessionRecord(clock);
  record.begin(READY);
  clock.advance(60_000);
  record.begin({ ...READY, sessionId: "me-2", connectMs: 99 });
  assert.deepEqual(record.previousSessionIds, ["me-1"]);
  assert.equal(record.connectMs, 41);
  assert.equal(record.sessionStartedAtMs, record.startedAtMs + 60_000);
});

Deno.test("SessionRecord keeps the newest changes, and not without end", () => {
  const record = new SessionRecord(new FakeClock());
  for (let atMs = 0; atMs < 1_000; atMs++) {
    record.change({ atMs, from: "active", to: "resuming" });
  }
  assert.equal(record.history.length, 500);
  assert.equal(record.history.at(-1)!.atMs, 999);
});
