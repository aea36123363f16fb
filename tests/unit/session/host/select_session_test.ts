import assert from "node:assert/strict";
import { type SelectableSession, selectSession } from "../../../../src/session/host/mod.ts";
import { refusal } from "../../../support/fake_io.ts";

function session(session_id: string, partial: Partial<SelectableSession> = {}): SelectableSession {
  return {
    session_id,
    instance_id: "i-0123456789abcdef0",
    instance_name: "web",
    state: "active",
    bind: "127.0.0.1",
    local_port: null,
    ...partial,
  };
}

const SESSIONS = [
  session("me-0001", { local_port: 8080 }),
  session("me-0002", { local_port: 5432, previous_session_ids: ["me-0000"] }),
  session("me-00021", { local_port: 5432, bind: "::1", instance_name: null, state: "lost" }),
  session("8080-x"),
  session("x-1", { preset: "db" }),
  session("x-2", { preset: "me" }),
  session("x-3", { preset: "8080" }),
];
const PAIR = [session("y-1", { preset: "web" }), session("y-2", { preset: "web" })];

Deno.test("a session is chosen by its id, a prefix that only it has, its local port, or its preset", () => {
  const cases = [
    ["me-0001", "me-0001"],
    // A whole id is meant although another one begins with it.
    ["me-0002", "me-0002"],
    ["me-00021", "me-00021"],
    ["me-0000", "me-0002"],
    ["8", "8080-x"],
    ["8080", "me-0001"],
    ["8080-", "8080-x"],
    ["8080-…", "8080-x"],
    ["db", "x-1"],
    // A preset is meant although sessions begin with its name.
    ["me", "x-2"],
  ];
  for (const [text, wanted] of cases) {
    assert.equal(selectSession(SESSIONS, text!).session_id, wanted, text);
  }
});

Deno.test("what fits several names them all; what fits none names what there is", async () => {
  const ambiguous = await refusal(() => selectSession(SESSIONS, "5432"));
  assert.equal(ambiguous.exitCode, 2);
  assert.equal(ambiguous.message, 'Cannot choose a session: "5432" fits 2');
  assert.equal(
    ambiguous.why,
    "me-0002 (web, 127.0.0.1:5432, active), me-00021 (i-0123456789abcdef0, [::1]:5432, lost)",
  );
  assert.match((await refusal(() => selectSession(SESSIONS, "me-"))).message, /fits 3$/);
  const pair = await refusal(() => selectSession(PAIR, "web"));
  assert.equal(pair.message, 'Cannot choose a session: "web" fits 2');
  assert.match(pair.hint!, /ec2-connect down web ends all of the preset$/);
  for (const text of ["you", "90", "me-00022", ""]) {
    const unknown = await refusal(() => selectSession(SESSIONS, text));
    assert.equal(unknown.exitCode, 2);
    assert.equal(
      unknown.message,
      `Cannot find session "${text}": none has this id, local port or preset`,
    );
    assert.match(unknown.why!, /^Open: me-0001 \(web, 127\.0\.0\.1:8080, active\), .*8080-x/);
  }
  assert.equal((await refusal(() => selectSession([], "x"))).why, "No session is open");
  const many = Array.from({ length: 12 }, (_, index) => session(`a-${index}`));
  assert.match((await refusal(() => selectSession(many, "a"))).why!, /a-9 \(.*\) and 2 more$/);
});

Deno.test("a session that is over is told apart from one that never was", async () => {
  const error = await refusal(() => selectSession(SESSIONS, "me-9", "me-9001"));
  assert.deepEqual([error.message, error.exitCode], ["Session me-9001 has already ended", 2]);
  // One that is open is meant, whatever else there was.
  assert.equal(selectSession(SESSIONS, "8080", "me-9001").session_id, "me-0001");
});
