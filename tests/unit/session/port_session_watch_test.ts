import assert from "node:assert/strict";
import { PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import type { KeepAlive, PortSession, PortSessionOptions } from "../../../src/session/mod.ts";
import { readExactly, writeAll } from "../../support/forwarding.ts";
import { eventually } from "../../support/port_client.ts";
import { BASIC_AGENT } from "../../support/scripted_agent.ts";
import { SessionCase } from "../../support/session_case.ts";

const OPTIONS = {
  reconnect: { maxAttempts: 5, baseDelayMs: 1_000, maxDelayMs: 16_000 },
  random: () => 0.5,
  healthCheckIntervalMs: 5_000,
} satisfies Partial<PortSessionOptions>;
const HOUR_MS = 3_600_000;

async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await undefined;
}

/** Lets time pass, with the work that each part of it brings. */
async function pass(test: SessionCase, ms: number, stepMs = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    test.clock.advance(stepMs);
    await settled();
  }
}

/** How long after `sinceMs` a state was entered. */
function enteredAfter(session: PortSession, state: string, sinceMs: number): number {
  return session.snapshot().history.find(({ to }) => to === state)!.atMs - sinceMs;
}

// --- Silence ---

Deno.test("Packets that vanish are noticed within the interval, and the return is used at once", async () => {
  for (const agentVersion of [undefined, BASIC_AGENT]) {
    await using test = new SessionCase(agentVersion === undefined ? {} : { agentVersion });
    const session = await test.open(OPTIONS);
    await pass(test, 60_000);
    assert.deepEqual(test.events.states, ["handshaking", "active"]);
    test.network.isBlackhole = true;
    const sinceMs = test.clock.epochMs();
    await pass(test, 5_200);
    assert.ok(enteredAfter(session, "suspect", sinceMs) <= 5_000);
    assert.ok(enteredAfter(session, "resuming", sinceMs) <= 5_000);
    const [suspect] = session.snapshot().history.filter(({ to }) => to === "suspect");
    assert.match(suspect!.reason!, /^nothing was heard for 5\.\d s$/);
    assert.equal(session.snapshot().state, "resuming");
    assert.ok(test.network.opened[0]!.isClosed);
  }
});

Deno.test("With low power, too, a loss is noticed within the interval while something is open", async () => {
  for (const agentVersion of [undefined, BASIC_AGENT]) {
    await using test = new SessionCase(agentVersion === undefined ? {} : { agentVersion });
    const session = await test.open({ ...OPTIONS, isLowPower: true });
    await pass(test, 60_000);
    const program = await test.connect();
    await writeAll(program, new Uint8Array(3));
    await readExactly(program, 3);
    test.network.isBlackhole = true;
    const sinceMs = test.clock.epochMs();
    await pass(test, 5_200);
    assert.ok(enteredAfter(session, "resuming", sinceMs) <= 5_000);
  }
});

Deno.test("A connection that answers stays, however long nothing else is said", async () => {
  for (const keepAlive of ["always", "policy"] as KeepAlive[]) {
    await using test = new SessionCase();
    const session = await test.open({ ...OPTIONS, keepAlive });
    await pass(test, HOUR_MS / 4, 500);
    assert.deepEqual(test.events.states, ["handshaking", "active"], keepAlive);
    assert.equal(session.stats().reconnects, 0);
  }
});

Deno.test("What is sent for a sign of life is what the mode allows", async () => {
  const cases: [KeepAlive, agentVersion: string | undefined, payloadType: number | undefined][] = [
    ["always", undefined, PAYLOAD_TYPE.output],
    ["always", BASIC_AGENT, PAYLOAD_TYPE.size],
    ["policy", undefined, undefined],
    ["policy", BASIC_AGENT, undefined],
    ["never", undefined, undefined],
  ];
  for (const [keepAlive, agentVersion, payloadType] of cases) {
    await using test = new SessionCase(agentVersion === undefined ? {} : { agentVersion });
    const session = await test.open({ ...OPTIONS, keepAlive });
    const before = test.agent.taken.length;
    const activityMs = session.snapshot().lastActivityAtMs;
    await pass(test, 60_000);
    const types = new Set(test.agent.taken.slice(before).map((message) => message.payloadType));
    const what = `${keepAlive}, ${agentVersion ?? "mux"}`;
    assert.deepEqual([...types], payloadType === undefined ? [] : [payloadType], what);
    assert.equal(test.network.current.pings > 0, keepAlive !== "never", what);
    assert.equal(session.snapshot().lastActivityAtMs > activityMs, keepAlive === "always", what);
    // Nothing of it reaches a target.
    assert.equal(test.agent.streams.size, 0);
  }
});

Deno.test("Without a sign of life to ask for, data that nobody acknowledges shows the loss", async () => {
  await using test = new SessionCase();
  const session = await test.open({ ...OPTIONS, keepAlive: "never" });
  const program = await test.connect();
  await writeAll(program, new Uint8Array(3));
  await readExactly(program, 3);
  await pass(test, 60_000);
  test.network.isBlackhole = true;
  await pass(test, 60_000);
  assert.equal(session.snapshot().state, "active", "nothing was to be answered");
  await writeAll(program, new Uint8Array(3));
  await eventually("sent", () => session.stats().bytesOut === 6);
  const sinceMs = test.clock.epochMs();
  await pass(test, 5_200);
  assert.ok(enteredAfter(session, "resuming", sinceMs) <= 5_000);
});

Deno.test("An agent that answers nothing is suspect as long as the gateway answers", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  test.agent.acknowledges = false;
  await pass(test, 6_000);
  assert.deepEqual(test.events.states.slice(2), ["suspect"]);
  assert.match(session.snapshot().history.at(-1)!.reason!, /^the agent has not answered for 5/);
  test.agent.acknowledges = true;
  await pass(test, 2_000);
  assert.deepEqual(test.events.states.slice(2), ["suspect", "active"]);
  test.agent.acknowledges = false;
  await pass(test, 40_000);
  assert.deepEqual(test.events.states.slice(4, 6), ["suspect", "resuming"]);
  test.agent.acknowledges = true;
  await pass(test, 2_000);
});

Deno.test("A frugal session lives as in low power, and as before when it may", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  session.setFrugal(true);
  await pass(test, 120_000, 500);
  const pings = test.network.current.pings;
  assert.ok(pings <= 13, String(pings));
  session.setFrugal(false);
  await pass(test, 60_000, 500);
  assert.ok(test.network.current.pings - pings > 13);
});

Deno.test("A probe is answered by the agent, whatever the agent's kind", async () => {
  for (const agentVersion of [undefined, BASIC_AGENT]) {
    await using test = new SessionCase(agentVersion === undefined ? {} : { agentVersion });
    const session = await test.open(OPTIONS);
    const before = test.agent.taken.length;
    const answer = session.probe(4_000);
    await pass(test, 100);
    assert.ok(await answer <= 100);
    assert.equal(test.agent.taken.length, before + 1);
  }
});

Deno.test("A probe without an answer in time, or without a connection, fails", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  test.agent.acknowledges = false;
  const unanswered = assert.rejects(session.probe(4_000), /^AppError: The agent gave no answer/);
  await pass(test, 4_000);
  await unanswered;
  test.agent.acknowledges = true;
  test.network.isBlackhole = true;
  await pass(test, 6_000);
  await assert.rejects(session.probe(4_000), /the session is resuming/);
});

Deno.test("Low power asks seldom while nothing is open, and at once when something opens", async () => {
  await using test = new SessionCase({ onStream: () => {} });
  const session = await test.open({ ...OPTIONS, isLowPower: true });
  await pass(test, 120_000, 500);
  const idlePings = test.network.current.pings;
  assert.ok(idlePings >= 10 && idlePings <= 13, String(idlePings));
  test.network.isBlackhole = true;
  await pass(test, 5_000);
  assert.equal(session.snapshot().state, "active", "nobody waits for anything");
  await test.connect();
  await test.events.when(() => test.events.connections.length === 1);
  const sinceMs = test.clock.epochMs();
  await pass(test, 5_200);
  assert.ok(enteredAfter(session, "resuming", sinceMs) <= 5_000);
});

// --- Sleep ---

Deno.test("A clock that jumped is a reason to look: a live connection stays, a dead one is resumed", async () => {
  for (const isDead of [false, true]) {
    await using test = new SessionCase();
    await test.open(OPTIONS);
    test.network.isBlackhole = isDead;
    test.clock.sleep(600_000);
    await pass(test, 4_000);
    test.network.isBlackhole = false;
    await settled();
    const [suspect, then] = test.events.all.filter((event) => event.type === "state").slice(2);
    assert.equal(suspect!.to, "suspect");
    assert.match(suspect!.reason!, /^the clock jumped by 600 s/);
    assert.equal(then!.to, isDead ? "resuming" : "active");
    assert.ok(then!.atMs - suspect!.atMs <= 1_100);
  }
});

// --- A day ---

Deno.test("24 hours of hourly closes: no connection notices, nothing is reported as an error", async () => {
  await using test = new SessionCase();
  const session = await test.open({ ...OPTIONS, isLowPower: true });
  const program = await test.connect();
  for (let hour = 1; hour <= 24; hour++) {
    await pass(test, HOUR_MS, 2_500);
    test.network.current.lose({ code: 1000, reason: "Bye" });
    await test.events.entered("active", hour + 1);
    await writeAll(program, new Uint8Array([hour]));
    assert.deepEqual(await readExactly(program, 1), new Uint8Array([hour]));
  }
  const { reconnects, restarts, activeMs, history } = session.snapshot();
  assert.deepEqual([reconnects, restarts], [24, 0]);
  assert.equal(activeMs, 24 * HOUR_MS);
  assert.equal(history.length, 2 + 2 * 24);
  assert.deepEqual(test.events.connections, ["opened"]);
  assert.deepEqual(test.events.messages("notice"), []);
  assert.deepEqual(test.events.messages("warning"), []);
  const resumes = test.events.all.filter((event) => event.type === "state")
    .filter(({ to }) => to === "resuming");
  assert.ok(resumes.every(({ isRoutine }) => isRoutine));
});
