import assert from "node:assert/strict";
import { limitReached } from "../../../src/session/session_limit.ts";
import { SessionCase } from "../../support/session_case.ts";

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}

const MINUTE_MS = 60_000;
const BOTH = { idleTimeoutMin: 20, maxDurationMin: 60 };

Deno.test("limitReached() names the limit that has passed", () => {
  const since = { lastActivityAtMs: 50 * MINUTE_MS, sessionStartedAtMs: 0 };
  assert.equal(limitReached(BOTH, since, 59 * MINUTE_MS), undefined);
  assert.match(limitReached(BOTH, since, 60 * MINUTE_MS)!, /maximum session duration of 60 min/);
  const long = { ...BOTH, maxDurationMin: undefined };
  assert.equal(limitReached(long, since, 69 * MINUTE_MS), undefined);
  assert.match(limitReached(long, since, 70 * MINUTE_MS)!, /idle timeout of 20 min/);
  const none = { idleTimeoutMin: undefined, maxDurationMin: undefined };
  assert.equal(limitReached(none, since, 9e9), undefined);
});

Deno.test("a session that idled out stays ended where the idle timeout is obeyed", async () => {
  for (const keepAlive of ["policy", "always"] as const) {
    await using test = new SessionCase();
    const session = await test.open({
      keepAlive,
      reconnect: { maxAttempts: 1, baseDelayMs: 1, maxDelayMs: 1 },
      readPolicy: () => Promise.resolve(BOTH),
    });
    await settled();
    assert.deepEqual(session.snapshot().policy, BOTH);
    test.clock.sleep(30 * MINUTE_MS);
    test.service.resume = () => Promise.resolve(undefined);
    test.replaceAgent();
    test.network.current.lose({ code: 1000, reason: "Bye" });
    if (keepAlive === "always") await test.events.entered("active", 2);
    else {
      const reason = "the account's idle timeout of 20 min has ended it";
      assert.deepEqual(await session.closed, { by: "remote", reason });
    }
  }
});

Deno.test("a policy that cannot be read costs a session nothing", async () => {
  await using test = new SessionCase();
  const lines: string[] = [];
  const session = await test.open({
    readPolicy: () => Promise.reject(new Error("not allowed: ssm:GetDocument")),
    trace: (line) => lines.push(line),
  });
  await settled();
  assert.equal(session.snapshot().policy, undefined);
  assert.equal(session.snapshot().state, "active");
  assert.ok(lines.some((line) => line.endsWith("not allowed: ssm:GetDocument")));
});
