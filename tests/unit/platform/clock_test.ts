import assert from "node:assert/strict";
import { systemClock } from "../../../src/platform/mod.ts";

Deno.test("systemClock calls back after at least the delay, and not when cleared", async () => {
  const started = systemClock.nowMs();
  const called: string[] = [];
  const cleared = systemClock.setTimeout(() => called.push("cleared"), 1);
  systemClock.clearTimeout(cleared);
  await new Promise<void>((done) =>
    systemClock.setTimeout(() => {
      called.push("kept");
      done();
    }, 5)
  );
  assert.deepEqual(called, ["kept"]);
  assert.ok(systemClock.nowMs() - started >= 4);
  assert.ok(Math.abs(systemClock.epochMs() - Date.now()) < 1_000);
});
