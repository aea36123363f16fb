import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../../../src/errors/mod.ts";
import {
  ReconnectGate,
  type ReconnectPolicy,
  type SessionGrant,
} from "../../../src/session/mod.ts";
import { reconnectDelayMs } from "../../../src/session/reconnect_delay.ts";
import { GRANT } from "../../support/fake_transport.ts";
import { CONNECT_TIMEOUT_MS, SessionCase } from "../../support/session_case.ts";

const POLICY: ReconnectPolicy = { maxAttempts: 0, baseDelayMs: 200, maxDelayMs: 5_000 };
const never = () => new Promise<never>(() => {});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}

/** What every session here is opened with: of each bound, half is waited. */
const OPTIONS = { reconnect: POLICY, random: () => 0.5 };

/** Lets the wait before the attempt after `attempts` run out, once it is on. */
async function passWait(test: SessionCase, attempts: number): Promise<void> {
  const delayMs = reconnectDelayMs(attempts, POLICY, OPTIONS.random);
  await test.clock.scheduled(delayMs);
  test.clock.advance(delayMs);
  await settled();
}

// --- The delay ---

Deno.test("reconnectDelayMs() doubles a bound, caps it, and takes any part of it", () => {
  const bounds = [0, 1, 2, 3, 4, 5, 6, 40].map((attempt) =>
    reconnectDelayMs(attempt, POLICY, () => 1)
  );
  assert.deepEqual(bounds, [0, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  assert.equal(reconnectDelayMs(3, POLICY, () => 0), 0);
  assert.equal(reconnectDelayMs(3, POLICY, () => 0.25), 200);
});

Deno.test("reconnectDelayMs() stays within its bounds for any policy and attempt", () => {
  const policies = fc.record({
    maxAttempts: fc.constant(0),
    baseDelayMs: fc.nat(60_000),
    maxDelayMs: fc.nat(600_000),
  });
  fc.assert(fc.property(
    fc.nat(5_000),
    policies,
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (attempt, policy, part) => {
      const delayMs = reconnectDelayMs(attempt, policy, () => part);
      assert.ok(delayMs >= 0 && delayMs <= policy.maxDelayMs, String(delayMs));
    },
  ));
});

// --- Resuming ---

Deno.test("A lost session is resumed at once, with a new token and the address that came", async () => {
  await using test = new SessionCase();
  const addresses: string[] = [];
  test.service.resume = () =>
    Promise.resolve({ ...GRANT, streamUrl: "wss://gateway.example/new", tokenValue: "token-2" });
  const session = await test.open({
    ...OPTIONS,
    openTransport: (url, events, signal) => {
      addresses.push(url);
      return test.network.openTransport(url, events, signal);
    },
  });
  test.network.current.lose({ code: 1000, reason: "Bye" });
  await test.events.entered("active", 2);
  const [first, second] = test.network.opened.map(({ texts }) => JSON.parse(texts[0]!));
  assert.equal(second.TokenValue, "token-2");
  assert.equal(second.ClientId, first.ClientId);
  assert.deepEqual(addresses, [GRANT.streamUrl, "wss://gateway.example/new"]);
  assert.deepEqual(test.events.states, ["handshaking", "active", "resuming", "active"]);
  assert.equal(session.stats().reconnects, 1);
  const resuming = test.events.all.find((event) =>
    event.type === "state" && event.to === "resuming"
  );
  assert.equal(
    (resuming as { reason: string }).reason,
    "the data channel closed with code 1000 (Bye)",
  );
  assert.equal(await test.isListening(), true);
});

Deno.test("Credentials that another attempt cannot mend end the session at once", async () => {
  await using test = new SessionCase();
  test.service.resume = () => Promise.reject(new AppError("auth", "refused"));
  const session = await test.open(OPTIONS);
  test.network.current.lose();
  assert.deepEqual(await session.closed, { by: "lost", reason: "refused" });
  assert.deepEqual(test.service.calls, ["start", "resume", "terminate"]);
  assert.deepEqual(test.events.states.slice(2), ["resuming", "failed"]);
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("A network that stays away is tried again, each time later, until it is back", async () => {
  await using test = new SessionCase();
  test.service.resume = (attempt) =>
    attempt <= 3 ? Promise.reject(new AppError("network", "away")) : Promise.resolve(GRANT);
  await test.open(OPTIONS);
  test.network.current.lose();
  for (const attempts of [1, 2, 3]) await passWait(test, attempts);
  await test.events.entered("active", 2);
  assert.deepEqual(test.events.messages("notice"), [
    "Resume attempt 1 failed: away",
    "Resume attempt 2 failed: away",
    "Resume attempt 3 failed: away",
  ]);
});

Deno.test("Attempts in a row are limited by the policy", async () => {
  await using test = new SessionCase();
  test.service.resume = () => Promise.reject(new Error("no route"));
  const session = await test.open({ ...OPTIONS, reconnect: { ...POLICY, maxAttempts: 3 } });
  test.network.current.lose();
  for (const attempts of [1, 2]) await passWait(test, attempts);
  assert.deepEqual(await session.closed, {
    by: "lost",
    reason: "Resuming the session: no route",
  });
  assert.equal(test.service.count("resume"), 3);
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("An attempt that hangs is given up, and the next one made", async () => {
  await using test = new SessionCase();
  test.service.resume = (attempt) => attempt === 1 ? never() : Promise.resolve(GRANT);
  await test.open(OPTIONS);
  test.network.current.lose();
  await test.clock.scheduled(CONNECT_TIMEOUT_MS);
  test.clock.advance(CONNECT_TIMEOUT_MS);
  await settled();
  assert.ok(test.service.signals[1]!.aborted);
  await passWait(test, 1);
  await test.events.entered("active", 2);
  assert.deepEqual(test.events.messages("notice"), [
    "Resume attempt 1 failed: Resuming the session: no answer within 30 s",
  ]);
});

Deno.test("A gateway that accepts and closes at once is not tried without pause or end", async () => {
  await using test = new SessionCase();
  const session = await test.open({ ...OPTIONS, reconnect: { ...POLICY, maxAttempts: 4 } });
  // From now on the gateway takes every connection and none of its tokens.
  test.network.refusesTokens = true;
  test.network.current.lose();
  for (const attempts of [1, 2, 3]) await passWait(test, attempts);
  const told = "the gateway closed the new connection at once, or said nothing over it";
  assert.deepEqual(await session.closed, {
    by: "lost",
    reason: `Resuming the session: ${told}`,
  });
  assert.deepEqual(
    test.events.messages("notice"),
    [1, 2, 3, 4].map((attempt) => `Resume attempt ${attempt} failed: ${told}`),
  );
  assert.equal(test.service.count("resume"), 4);
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("A connection that lasted counts as one, although nothing was said over it", async () => {
  await using test = new SessionCase({ onStream: () => {} });
  const session = await test.open({ ...OPTIONS, reconnect: { ...POLICY, maxAttempts: 1 } });
  // An idle session: the service's hourly close, again and again.
  for (let hour = 1; hour <= 3; hour++) {
    test.network.current.lose({ code: 1000, reason: "Bye" });
    await test.events.entered("active", hour + 1);
    test.clock.advance(60 * 60_000);
  }
  assert.equal(session.stats().reconnects, 3);
});

Deno.test("A connection over which something was heard counts as one, however short", async () => {
  await using test = new SessionCase();
  const session = await test.open({ ...OPTIONS, reconnect: { ...POLICY, maxAttempts: 1 } });
  for (let loss = 1; loss <= 3; loss++) {
    test.network.current.lose();
    await test.events.entered("active", loss + 1);
    test.agent.send(99, new Uint8Array(1));
    await settled();
  }
  assert.equal(session.stats().reconnects, 3);
});

// --- Asked for ---

Deno.test("PortSession.reconnect() drops the connection and resumes at once", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  session.reconnect();
  await test.events.entered("active", 2);
  assert.ok(test.network.opened[0]!.isClosed);
  assert.equal(session.stats().reconnects, 1);
  const [, , resuming] = test.events.all.filter((event) => event.type === "state");
  assert.equal(resuming!.reason, "asked for");
});

Deno.test("PortSession.reconnect() ends a wait; asked twice it is one attempt", async () => {
  await using test = new SessionCase();
  test.service.resume = (attempt) =>
    attempt === 1 ? Promise.reject(new AppError("network", "away")) : Promise.resolve(GRANT);
  const session = await test.open(OPTIONS);
  test.network.current.lose();
  await test.clock.scheduled(100);
  session.reconnect();
  session.reconnect();
  await test.events.entered("active", 2);
  assert.equal(test.service.count("resume"), 2);
});

Deno.test("PortSession.reconnect() does nothing where a lost connection is the end", async () => {
  await using test = new SessionCase();
  const session = await test.open();
  session.reconnect();
  await settled();
  assert.deepEqual(test.events.states, ["handshaking", "active"]);
});

Deno.test("sessions that are lost at once come back by their priority", async () => {
  const gate = new ReconnectGate(1);
  const order: string[] = [];
  const cases = (["low", "critical", "normal", "high"] as const).map((priority) => ({
    priority,
    test: new SessionCase(),
  }));
  // The first attempt holds the only turn, so that the others have to wait for theirs.
  const holding = await gate.enter("low", new AbortController().signal);
  for (const { priority, test } of cases) {
    await test.open({ ...OPTIONS, gate, priority });
    test.service.resume = () => {
      order.push(priority);
      return Promise.resolve(GRANT);
    };
    test.network.current.lose();
  }
  await settled();
  assert.deepEqual(order, []);
  holding[Symbol.dispose]();
  await Promise.all(cases.map(({ test }) => test.events.entered("active", 2)));
  assert.deepEqual(order, ["critical", "high", "normal", "low"]);
  for (const { test } of cases) await test[Symbol.asyncDispose]();
});

Deno.test("PortSession.onStateChange() calls at each change, until disposed", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  const seen: string[] = [];
  const listening = session.onStateChange(({ from, to }) => seen.push(`${from} ${to}`));
  session.reconnect();
  await test.events.entered("active", 2);
  listening[Symbol.dispose]();
  await session.close();
  assert.deepEqual(seen, ["active resuming", "resuming active"]);
});

// --- Ending meanwhile ---

Deno.test("PortSession.close() ends a resume, whatever it waits for", async () => {
  const waits: [what: string, prepare: (test: SessionCase) => void][] = [
    ["its delay", (test) => test.service.resume = () => Promise.reject(new Error("no route"))],
    ["the service", (test) => test.service.resume = never],
    ["the gateway", (test) => test.network.isHung = true],
  ];
  for (const [what, prepare] of waits) {
    await using test = new SessionCase();
    const session = await test.open(OPTIONS);
    prepare(test);
    test.network.current.lose();
    await settled();
    await session.close();
    assert.deepEqual(await session.closed, { by: "user", reason: "" }, what);
    assert.deepEqual(test.events.states.slice(2), ["resuming", "closing", "closed"]);
    assert.equal(test.service.count("terminate"), 1);
    assert.deepEqual(test.clock.delays, [], what);
    assert.ok(test.network.opened.every(({ isClosed }) => isClosed));
  }
});

Deno.test("A grant that comes after the session was closed opens nothing", async () => {
  await using test = new SessionCase();
  const grant = Promise.withResolvers<SessionGrant>();
  const session = await test.open(OPTIONS);
  test.service.resume = () => grant.promise;
  test.network.current.lose();
  await session.close();
  grant.resolve(GRANT);
  await settled();
  assert.ok(test.network.opened.every(({ isClosed }) => isClosed));
  assert.deepEqual(test.network.opened.map(({ texts }) => texts.length), [1]);
});
