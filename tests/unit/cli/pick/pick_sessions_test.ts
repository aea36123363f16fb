import assert from "node:assert/strict";
import { pickSessions } from "../../../../src/cli/pick/pick_sessions.ts";
import type { SessionEntry } from "../../../../src/session/host/mod.ts";
import { fakeContext, FakeIo } from "../../../support/fake_io.ts";
import { ScriptedTerminal } from "../../../support/scripted_terminal.ts";

function entry(partial: Partial<SessionEntry>): SessionEntry {
  return {
    session_id: "me-1",
    instance_id: "i-1",
    instance_name: "web",
    preset: null,
    kind: "port",
    state: "active",
    priority: "normal",
    bind: "127.0.0.1",
    local_port: 8080,
    remote_host: null,
    remote_port: 80,
    host_pid: 1,
    background: false,
    started_at: "2026-01-01T00:00:00.000Z",
    uptime_s: 5,
    reconnects: 0,
    bytes_in: 0,
    bytes_out: 0,
    round_trip_ms: null,
    open_connections: 0,
    ...partial,
  };
}

const SESSIONS = [
  entry({}),
  entry({ session_id: "me-2", instance_name: null, local_port: 5432, preset: "db" }),
  entry({ session_id: "me-3", bind: null, local_port: null, state: "lost" }),
];

async function pick(keys: string, options: { isMulti?: boolean; offersAll?: boolean } = {}) {
  using context = fakeContext(new FakeIo({ isTerminal: true }));
  const terminal = new ScriptedTerminal([keys]);
  const picked = await pickSessions(SESSIONS, {
    question: "Terminate",
    enterDoes: "terminates",
    isMulti: false,
    offersAll: false,
    context,
    terminal,
    ...options,
  });
  return { ids: picked.map(({ session_id }) => session_id), screen: terminal.written };
}

Deno.test("sessions are found by id, instance, local port and preset", async () => {
  for (
    const [keys, id] of [["me-3\r", "me-3"], ["i-1\r", "me-1"], ["5432\r", "me-2"], [
      "db\r",
      "me-2",
    ]]
  ) {
    assert.deepEqual((await pick(keys!)).ids, [id], keys);
  }
});

Deno.test("several are marked and given back in their order", async () => {
  const { ids } = await pick("me-3\t\x15me-1\t\r", { isMulti: true });
  assert.deepEqual(ids, ["me-1", "me-3"]);
});

Deno.test("the first row stands for all", async () => {
  const { ids, screen } = await pick("\r", { offersAll: true });
  assert.deepEqual(ids, ["me-1", "me-2", "me-3"]);
  assert.match(screen, /> all 3/);
  assert.deepEqual((await pick("\x1b[B\r", { offersAll: true })).ids, ["me-1"]);
});
