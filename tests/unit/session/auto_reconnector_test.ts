import assert from "node:assert/strict";
import { AutoReconnector, OVERTAKEN } from "../../../src/session/auto_reconnector.ts";
import { ReconnectGate } from "../../../src/session/reconnect_gate.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const STREAM_URL = "wss://gateway.example/v1/data-channel/me-0";

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}

/** A network that a test takes away and brings back. */
class Trial {
  readonly clock = new FakeClock();
  readonly stop = new AbortController();
  isThere = true;
  probes = 0;
  readonly reconnector = new AutoReconnector({
    policy: { maxAttempts: 0, baseDelayMs: 16_000, maxDelayMs: 20_000 },
    priority: "normal",
    gate: new ReconnectGate(),
    probe: (url) => {
      assert.equal(url, STREAM_URL);
      this.probes++;
      return this.isThere ? Promise.resolve() : Promise.reject(new Error("unreachable"));
    },
    clock: this.clock,
    random: () => 0.5,
  });

  /** Lets time pass a probe at a time. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      this.clock.advance(500);
      await settled();
    }
  }
}

Deno.test("a wait ends as soon as the endpoint answers again", async () => {
  const trial = new Trial();
  trial.reconnector.begin(STREAM_URL);
  trial.isThere = false;
  let isOver = false;
  const waiting = trial.reconnector.wait(1, trial.stop.signal).then(() => isOver = true);
  await trial.pass(3_000);
  assert.equal(isOver, false);
  trial.isThere = true;
  await trial.pass(500);
  assert.equal(isOver, true);
  await waiting;
  trial.reconnector.end();
  assert.deepEqual(trial.clock.delays, []);
});

Deno.test("an endpoint that answers all along ends no wait", async () => {
  const trial = new Trial();
  trial.reconnector.begin(STREAM_URL);
  let isOver = false;
  const waiting = trial.reconnector.wait(1, trial.stop.signal).then(() => isOver = true);
  await trial.pass(7_500);
  assert.equal(isOver, false);
  assert.equal(trial.probes, 15);
  await trial.pass(500);
  await waiting;
  trial.reconnector.end();
  assert.deepEqual(trial.clock.delays, []);
});

Deno.test("no attempt is used up while nobody answers, for the longest delay at most", async () => {
  const trial = new Trial();
  trial.reconnector.begin(STREAM_URL);
  trial.isThere = false;
  let isOver = false;
  const waiting = trial.reconnector.wait(1, trial.stop.signal).then(() => isOver = true);
  await trial.pass(27_500);
  assert.equal(isOver, false, "8 s are over, and 20 more are not");
  await trial.pass(500);
  assert.equal(isOver, true);
  await waiting;
  trial.reconnector.end();
  assert.deepEqual(trial.clock.delays, []);
});

Deno.test("a probe that hangs is one that failed", async () => {
  const clock = new FakeClock();
  let answers = false;
  const reconnector = new AutoReconnector({
    policy: { maxAttempts: 0, baseDelayMs: 16_000, maxDelayMs: 16_000 },
    priority: "normal",
    gate: new ReconnectGate(),
    probe: () => answers ? Promise.resolve() : new Promise(() => {}),
    clock,
    random: () => 0.5,
  });
  reconnector.begin(STREAM_URL);
  let isOver = false;
  const waiting = reconnector.wait(1, new AbortController().signal).then(() => isOver = true);
  clock.advance(500);
  await clock.scheduled(1_000);
  clock.advance(1_000);
  await clock.scheduled(500);
  answers = true;
  clock.advance(500);
  await settled();
  assert.equal(isOver, true);
  await waiting;
  reconnector.end();
  assert.deepEqual(clock.delays, []);
});

Deno.test("hurry() ends a wait, and only that", async () => {
  const trial = new Trial();
  trial.reconnector.hurry();
  const waiting = trial.reconnector.wait(1, trial.stop.signal);
  trial.reconnector.hurry();
  await waiting;
  assert.deepEqual(trial.clock.delays, []);
});

Deno.test("an attempt that hung while the network was away is overtaken by its return", async () => {
  const trial = new Trial();
  trial.reconnector.begin(STREAM_URL);
  trial.isThere = false;
  const attempt = trial.reconnector.attempt((signal) => {
    return new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }, trial.stop.signal);
  const outcome = attempt.catch((reason) => reason);
  await trial.pass(2_000);
  trial.isThere = true;
  await trial.pass(500);
  assert.equal(await outcome, OVERTAKEN);
  trial.reconnector.end();
  assert.deepEqual(trial.clock.delays, []);
});

Deno.test("the end of the session ends waits and attempts, with its reason", async () => {
  const trial = new Trial();
  const reason = new Error("closed");
  const waiting = trial.reconnector.wait(1, trial.stop.signal);
  trial.stop.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(trial.reconnector.wait(1, trial.stop.signal), reason);
  const attempt = trial.reconnector.attempt(() => assert.fail("tried"), trial.stop.signal);
  await assert.rejects(attempt, reason);
  assert.deepEqual(trial.clock.delays, []);
});
