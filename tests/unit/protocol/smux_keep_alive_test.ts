import assert from "node:assert/strict";
import { SmuxKeepAlive } from "../../../src/protocol/mod.ts";

/** What is due at each second from `fromMs`; `heardAt` are the moments of received frames. */
function due(
  keepAlive: SmuxKeepAlive,
  span: { fromMs: number; untilMs: number; heardAt?: number[] },
): [number, string][] {
  const events: [number, string][] = [];
  for (let nowMs = span.fromMs; nowMs <= span.untilMs; nowMs += 1000) {
    if (span.heardAt?.includes(nowMs)) keepAlive.heard();
    const what = keepAlive.tick(nowMs);
    if (what !== "nothing") events.push([nowMs, what]);
    if (what === "expired") break;
  }
  return events;
}

Deno.test("SmuxKeepAlive sends a NOP every 10 s and gives up after a silent 30 s", () => {
  assert.deepEqual(due(new SmuxKeepAlive(5_000), { fromMs: 5_000, untilMs: 100_000 }), [
    [15_000, "send_nop"],
    [25_000, "send_nop"],
    [35_000, "expired"],
  ]);
});

Deno.test("SmuxKeepAlive counts whole periods: the end comes 30 to 60 s after the last frame", () => {
  const early = due(new SmuxKeepAlive(0), { fromMs: 0, untilMs: 200_000, heardAt: [1_000] });
  assert.deepEqual(early.at(-1), [60_000, "expired"]);
  const late = due(new SmuxKeepAlive(0), { fromMs: 0, untilMs: 200_000, heardAt: [29_000] });
  assert.deepEqual(late.at(-1), [60_000, "expired"]);
});

Deno.test("SmuxKeepAlive goes on as long as something is heard in every period", () => {
  const heardAt = Array.from({ length: 20 }, (_, i) => 20_000 + 30_000 * i);
  const events = due(new SmuxKeepAlive(0), { fromMs: 0, untilMs: 600_000, heardAt });
  assert.deepEqual(
    events,
    Array.from({ length: 60 }, (_, i) => [10_000 * (i + 1), "send_nop"]),
  );
});
