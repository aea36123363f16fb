import assert from "node:assert/strict";
import { presetForwards } from "../../../../src/cli/presets/apply.ts";
import { missingForwards, planUp } from "../../../../src/cli/presets/plan.ts";
import { readForward, writeForward } from "../../../../src/cli/forward_spec.ts";
import type { Connection } from "../../../../src/config/mod.ts";
import type { SessionEntry } from "../../../../src/session/host/mod.ts";
import type { Forward } from "../../../../src/session/mod.ts";
import { refusal } from "../../../support/fake_io.ts";

const named = (presets: Record<string, Connection>) =>
  Object.entries(presets).map(([name, preset]) => ({ name, preset }));
const plan = (presets: Record<string, Connection>, maxPerInstance = 3) =>
  planUp(named(presets), { maxPerInstance });

Deno.test("presets that want the same port, on the same address or all, are named", async () => {
  const a: Connection = { instance: "a", local_port: 80 };
  const conflicts: Connection[] = [
    { instance: "b", local_port: 80 },
    { instance: "b", local_port: 80, bind: "*" },
    { instance: "b", forwards: [{ local_port: 1 }, { local_port: 80 }] },
  ];
  for (const b of conflicts) {
    const error = await refusal(() => plan({ a, b }));
    assert.match(error.message, /^Cannot bring up a and b together: both want .*:80$/);
    assert.equal(error.exitCode, 2);
  }
  const fine: Connection[] = [
    { instance: "b", local_port: 81 },
    { instance: "b", local_port: 80, bind: "127.0.0.2" },
    { instance: "b" },
  ];
  for (const b of fine) assert.equal(plan({ a, b, c: { instance: "c" } }).length, 3);
});

Deno.test("sessions to one instance are counted over all presets", async () => {
  const two = { instance: "web", forwards: [{ remote_port: 1 }, { remote_port: 2 }] };
  const error = await refusal(() => plan({ a: two, b: { instance: "db" }, c: two }));
  assert.deepEqual([error.kind, error.exitCode], ["resource", 5]);
  assert.equal(error.message, 'Cannot bring up 4 sessions to "web": 3 are allowed');
  assert.equal(error.why, "session.max_sessions_per_instance is 3; a wants 2, c wants 2");
  assert.match(error.hint!, /EC2_CONNECT_MAX_SESSIONS/);
  // The same name elsewhere is another instance.
  assert.equal(plan({ a: two, c: { ...two, region: "eu-west-1" } }).length, 2);
  assert.equal(plan({ a: two, c: two }, 4).length, 2);
});

Deno.test("only forwards that no session serves are missing", () => {
  const preset: Connection = {
    instance: "web",
    forwards: [{ local_port: 80, remote_port: 80 }, {}, {}, { remote_host: "db", remote_port: 5 }],
  };
  const forwards = presetForwards({ name: "web", preset });
  const session = (local_port: number, remote_port: number, remote_host: string | null = null) =>
    ({ bind: "127.0.0.1", local_port, remote_port, remote_host }) as SessionEntry;
  assert.deepEqual(missingForwards(forwards, []), forwards);
  const all = [session(80, 80), session(1, 22), session(2, 22), session(3, 5, "db")];
  assert.deepEqual(missingForwards(forwards, all), []);
  // One session serves one forward; a port that is asked for must be that port.
  assert.deepEqual(missingForwards(forwards, [session(1, 22), session(81, 80), session(3, 5)]), [
    forwards[0],
    forwards[2],
    forwards[3],
  ]);
});

Deno.test("writeForward() is what readForward() reads", () => {
  const forwards: Forward[] = [
    { bind: "127.0.0.1", localPort: 0, remotePort: 22 },
    { bind: "::1", localPort: 8080, remotePort: 80 },
    { bind: "0.0.0.0", localPort: 5432, remoteHost: "db.internal", remotePort: 5432 },
    { bind: "::", localPort: 1, remoteHost: "fd00::1", remotePort: 2 },
  ];
  for (const forward of forwards) assert.deepEqual(readForward(writeForward(forward)), forward);
});
