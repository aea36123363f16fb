import assert from "node:assert/strict";
import { wait, withDeadline } from "../../../src/session/deadline.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const LATE = new Error("too late");
const STOP = new Error("stop");

function setUp() {
  const clock = new FakeClock();
  const controller = new AbortController();
  const options = {
    clock,
    timeoutMs: 1_000,
    timeoutError: () => LATE,
    signal: controller.signal,
  };
  return { clock, controller, options };
}

const never = () => new Promise<never>(() => {});

Deno.test("withDeadline() returns the step's value and leaves no timer", async () => {
  const { clock, controller, options } = setUp();
  let given: AbortSignal | undefined;
  const value = await withDeadline((signal) => {
    given = signal;
    return Promise.resolve(7);
  }, options);
  assert.equal(value, 7);
  assert.deepEqual(clock.delays, []);
  controller.abort(STOP);
  assert.equal(given!.aborted, false);
});

Deno.test("withDeadline() passes the step's error on and leaves no timer", async () => {
  const { clock, options } = setUp();
  const failure = new Error("failed");
  await assert.rejects(withDeadline(() => Promise.reject(failure), options), (e) => e === failure);
  const thrown = () => {
    throw failure;
  };
  await assert.rejects(withDeadline(thrown, options), (e) => e === failure);
  assert.deepEqual(clock.delays, []);
});

Deno.test("withDeadline() ends a step that takes too long, even one that ignores its signal", async () => {
  const { clock, options } = setUp();
  let given: AbortSignal | undefined;
  const running = withDeadline((signal) => {
    given = signal;
    return never();
  }, options);
  clock.advance(999);
  assert.equal(given!.aborted, false);
  clock.advance(1);
  await assert.rejects(running, (error) => error === LATE);
  assert.equal(given!.reason, LATE);
  assert.deepEqual(clock.delays, []);
});

Deno.test("withDeadline() ends early with the reason of its signal", async () => {
  const { clock, controller, options } = setUp();
  let given: AbortSignal | undefined;
  const running = withDeadline((signal) => {
    given = signal;
    return never();
  }, options);
  controller.abort(STOP);
  await assert.rejects(running, (error) => error === STOP);
  assert.equal(given!.reason, STOP);
  assert.deepEqual(clock.delays, []);
});

Deno.test("withDeadline() does not start a step that was aborted before", async () => {
  const { clock, controller, options } = setUp();
  controller.abort(STOP);
  const step = () => assert.fail("it was started");
  await assert.rejects(withDeadline(step, options), (error) => error === STOP);
  assert.deepEqual(clock.delays, []);
});

Deno.test("withDeadline() takes the late failure of an abandoned step on itself", async () => {
  const { clock, options } = setUp();
  const step = Promise.withResolvers<never>();
  const running = withDeadline(() => step.promise, options);
  clock.advance(1_000);
  await assert.rejects(running, (error) => error === LATE);
  // Unhandled, this would fail the test run.
  step.reject(new Error("nobody waits for this"));
  await step.promise.catch(() => {});
});

Deno.test("wait() takes its time, or its signal's reason", async () => {
  const { clock, controller } = setUp();
  const { signal } = controller;
  let isOver = false;
  const waiting = wait(500, { clock, signal }).then(() => isOver = true);
  clock.advance(499);
  await undefined;
  assert.equal(isOver, false);
  clock.advance(1);
  await waiting;
  const aborted = wait(500, { clock, signal });
  controller.abort(STOP);
  await assert.rejects(aborted, (error) => error === STOP);
  await assert.rejects(wait(500, { clock, signal }), (error) => error === STOP);
  assert.deepEqual(clock.delays, []);
});
