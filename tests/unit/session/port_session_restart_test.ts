import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { performPortHandshake } from "../../../src/session/handshake.ts";
import type { LocalSide } from "../../../src/session/mod.ts";
import { GRANT } from "../../support/fake_transport.ts";
import { readAll, readExactly, writeAll } from "../../support/forwarding.ts";
import { INSTANCE_ID, SessionCase } from "../../support/session_case.ts";

const OPTIONS = {
  reconnect: { maxAttempts: 3, baseDelayMs: 200, maxDelayMs: 5_000 },
  random: () => 0.5,
};
const NEW_GRANT = { ...GRANT, sessionId: "user-1111111111", tokenValue: "token-9" };
const utf8 = (text: string) => new TextEncoder().encode(text);

async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}

/** The service forgets the session: the next start is another one, with an agent of its own. */
function forget(test: SessionCase): void {
  test.service.resume = () => Promise.resolve(undefined);
  test.service.start = () => Promise.resolve(NEW_GRANT);
  test.replaceAgent();
}

Deno.test("A session that the service has forgotten is replaced, and its port stays", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  const old = await test.connect();
  await writeAll(old, utf8("before"));
  await readExactly(old, 6);
  forget(test);
  test.network.current.lose();
  await test.events.entered("active", 2);
  // What the old session carried is broken off, what comes now is served.
  await readAll(old).catch(() => {});
  const program = await test.connect();
  await writeAll(program, utf8("after"));
  assert.deepEqual(await readExactly(program, 5), utf8("after"));
  assert.deepEqual(test.events.states.slice(2), ["resuming", "restarting", "active"]);
  assert.deepEqual(test.service.calls, ["start", "resume", "start"]);
  const { sessionId, previousSessionIds, reconnects, restarts, localPort } = session.snapshot();
  assert.deepEqual([sessionId, previousSessionIds], [NEW_GRANT.sessionId, [GRANT.sessionId]]);
  assert.deepEqual([reconnects, restarts], [1, 1]);
  assert.equal(localPort, test.listener.addr.port);
  const told = test.events.all.find((event) => event.type === "restarted");
  assert.equal(told?.previousSessionId, GRANT.sessionId);
  assert.deepEqual(told?.ready, session.ready);
  // Numbers of connections go on.
  assert.deepEqual(
    test.events.all.flatMap((event) =>
      event.type === "connection" ? [`${event.connection} ${event.status}`] : []
    ),
    ["1 opened", "1 reset", "2 opened"],
  );
  await session.close();
  assert.equal(test.service.count("terminate"), 1, "the forgotten one is not terminated");
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("A session that takes another's place has the account's whole maximum duration", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  const { startedAtMs } = session.snapshot();
  test.clock.sleep(60_000);
  forget(test);
  test.network.current.lose();
  await test.events.entered("active", 2);
  const after = session.snapshot();
  assert.deepEqual(
    [after.startedAtMs, after.sessionStartedAtMs],
    [startedAtMs, startedAtMs + 60_000],
  );
});

Deno.test("A connection that is made while the session is replaced waits and is served", async () => {
  await using test = new SessionCase();
  await test.open(OPTIONS);
  forget(test);
  const grant = Promise.withResolvers<typeof GRANT>();
  test.service.start = () => grant.promise;
  test.network.current.lose();
  await test.events.entered("restarting");
  const program = await test.connect();
  await writeAll(program, utf8("patience"));
  grant.resolve(NEW_GRANT);
  assert.deepEqual(await readExactly(program, 8), utf8("patience"));
});

Deno.test("A restart chooses the instance anew: the name may name another one", async () => {
  await using test = new SessionCase();
  const replacement = { instanceId: "i-0fedcba9876543210", name: "web" };
  const session = await test.open({
    ...OPTIONS,
    target: { instanceId: INSTANCE_ID, name: "web" },
    selector: "web",
    reselect: () => Promise.resolve(replacement),
  });
  assert.equal(session.snapshot().instanceId, INSTANCE_ID);
  forget(test);
  test.service.resume = () => Promise.reject(new AppError("target", "the instance is gone"));
  test.network.current.lose();
  await test.events.entered("active", 2);
  assert.deepEqual(test.service.requests.map(({ target }) => target), [
    INSTANCE_ID,
    replacement.instanceId,
  ]);
  const { instanceId, instanceName, selector } = session.snapshot();
  assert.deepEqual([instanceId, instanceName, selector], [replacement.instanceId, "web", "web"]);
  assert.equal(session.ready.instanceId, replacement.instanceId);
  // The old session was not known to be over.
  assert.equal(test.service.count("terminate"), 1);
});

Deno.test("A restart that fails is tried again, and leaves no session behind", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  forget(test);
  test.replaceAgent({ onStart: (agent) => agent.closeChannel("no such port") });
  test.network.current.lose();
  await test.clock.scheduled(100);
  assert.equal(test.service.count("terminate"), 1, "the one whose handshake failed");
  test.replaceAgent();
  test.clock.advance(100);
  await test.events.entered("active", 2);
  assert.deepEqual(test.events.messages("notice"), [
    "Restart attempt 1 failed: Starting the session: it was ended by the other side",
  ]);
  assert.deepEqual(session.snapshot().previousSessionIds, [GRANT.sessionId]);
});

Deno.test("Restarts that fail again and again end the session", async () => {
  await using test = new SessionCase();
  const session = await test.open(OPTIONS);
  forget(test);
  test.service.start = () => Promise.reject(new AppError("target", "not connected"));
  test.network.current.lose();
  for (const delayMs of [100, 200]) {
    await test.clock.scheduled(delayMs);
    test.clock.advance(delayMs);
  }
  assert.deepEqual(await session.closed, { by: "lost", reason: "not connected" });
  assert.equal(test.service.count("start"), 4);
  assert.deepEqual(test.events.states.slice(2), ["resuming", "restarting", "failed"]);
  assert.equal(await test.isListening(), false);
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("A broken multiplexer is a restart: the old session is terminated", async () => {
  await using test = new SessionCase();
  await test.open(OPTIONS);
  const broken = test.agent;
  forget(test);
  broken.send(1, new Uint8Array(8).fill(255));
  await test.events.entered("active", 2);
  assert.deepEqual(test.events.states.slice(2), ["restarting", "active"]);
  assert.deepEqual(test.service.calls.toSorted(), ["start", "start", "terminate"]);
});

Deno.test("A local side that cannot go on over another session ends with a refused resume", async () => {
  await using test = new SessionCase();
  const local: LocalSide = {
    canRestart: false,
    facts: { kind: "ssh", bind: "", localPort: 0, remoteHost: undefined, remotePort: 22 },
    request: ({ instanceId }) => ({
      target: instanceId,
      documentName: "AWS-StartSSHSession",
      parameters: { portNumber: ["22"] },
    }),
    agree: ({ channel }, signal) => performPortHandshake(channel, signal),
    attach: () => ({
      forwarder: { openConnections: 1, stop: () => {} },
      mode: "stdio",
      hasTerminateFlag: true,
    }),
    close: () => {},
  };
  const session = await test.open({ ...OPTIONS, local });
  assert.equal(session.ready.mode, "stdio");
  forget(test);
  test.network.current.lose();
  assert.deepEqual(await session.closed, {
    by: "remote",
    reason: "the session has ended and cannot be resumed",
  });
});

Deno.test("PortSession.close() ends a restart, whatever it waits for", async () => {
  const never = () => new Promise<never>(() => {});
  const waits: [what: string, prepare: (test: SessionCase) => void][] = [
    ["the selection", () => {}],
    ["the service", (test) => test.service.start = never],
    ["the gateway", (test) => test.network.isHung = true],
    ["the agent", (test) => test.replaceAgent({ onStart: () => {} })],
  ];
  for (const [what, prepare] of waits) {
    await using test = new SessionCase();
    const session = await test.open({
      ...OPTIONS,
      ...(what === "the selection" ? { reselect: never } : {}),
    });
    forget(test);
    prepare(test);
    test.network.current.lose();
    await test.events.entered("restarting");
    await settled();
    const closing = session.close();
    await settled();
    // The flag for an agent that does not answer has its limit.
    test.clock.advance(1_500);
    await closing;
    assert.deepEqual(await session.closed, { by: "user", reason: "" }, what);
    assert.deepEqual(test.clock.delays, [], what);
    const started = test.service.count("start") - (what === "the service" ? 1 : 0);
    assert.equal(test.service.count("terminate"), started - 1, `${what}: all but the forgotten`);
    assert.ok(test.network.opened.every(({ isClosed }) => isClosed), what);
  }
});
