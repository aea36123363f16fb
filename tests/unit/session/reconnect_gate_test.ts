import assert from "node:assert/strict";
import type { Priority } from "../../../src/session/mod.ts";
import { ReconnectGate } from "../../../src/session/reconnect_gate.ts";

const live = () => new AbortController().signal;

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await undefined;
}

Deno.test("ReconnectGate lets the higher priority in first, then who came first", async () => {
  const gate = new ReconnectGate(1);
  const turn = await gate.enter("low", live());
  const order: string[] = [];
  const waiting = (["low", "high", "normal", "critical", "high"] as Priority[]).map(
    async (priority, index) => {
      using _turn = await gate.enter(priority, live());
      order.push(`${priority} ${index}`);
      await settled();
    },
  );
  await settled();
  assert.deepEqual(order, []);
  turn[Symbol.dispose]();
  await Promise.all(waiting);
  assert.deepEqual(order, ["critical 3", "high 1", "high 4", "normal 2", "low 0"]);
});

Deno.test("ReconnectGate admits as many as it is told, and one for each that leaves", async () => {
  const gate = new ReconnectGate(2);
  const turns = [await gate.enter("normal", live()), await gate.enter("normal", live())];
  let isIn = false;
  const third = gate.enter("critical", live()).then((turn) => {
    isIn = true;
    return turn;
  });
  await settled();
  assert.equal(isIn, false);
  // Leaving twice is leaving once.
  turns[0]![Symbol.dispose]();
  turns[0]![Symbol.dispose]();
  (await third)[Symbol.dispose]();
  turns[1]![Symbol.dispose]();
  const again = [await gate.enter("low", live()), await gate.enter("low", live())];
  for (const turn of again) turn[Symbol.dispose]();
});

Deno.test("ReconnectGate forgets who gave up waiting", async () => {
  const gate = new ReconnectGate(1);
  const turn = await gate.enter("normal", live());
  const controller = new AbortController();
  const gaveUp = gate.enter("critical", controller.signal);
  const next = gate.enter("low", live());
  const reason = new Error("gave up");
  controller.abort(reason);
  await assert.rejects(gaveUp, reason);
  await assert.rejects(gate.enter("critical", AbortSignal.abort(reason)), reason);
  turn[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});
