import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { FLAG, PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import { GRANT } from "../../support/fake_transport.ts";
import { readAll } from "../../support/forwarding.ts";
import { BASIC_AGENT } from "../../support/scripted_agent.ts";
import { SessionCase } from "../../support/session_case.ts";

const never = () => new Promise<never>(() => {});

/** Lets everything that is under way happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}

// --- Asked for here ---

Deno.test("PortSession.close() tells the agent, then the service, and releases everything", async () => {
  await using test = new SessionCase({ onStream: () => {} });
  const session = await test.open();
  const program = await test.connect();
  await test.events.when(() => test.events.connections.includes("opened"));
  const flagsAtTerminate: number[][] = [];
  test.service.terminate = async () => {
    await settled();
    flagsAtTerminate.push([...test.agent.flags]);
  };
  await session.close();
  assert.deepEqual(flagsAtTerminate, [[FLAG.terminateSession]]);
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
  assert.deepEqual(await session.closed, { by: "user", reason: "" });
  assert.equal(await test.isListening(), false);
  assert.ok(test.network.current.isClosed);
  assert.deepEqual(test.clock.delays, []);
  await readAll(program).catch(() => {});
  assert.deepEqual(test.events.states, ["handshaking", "active", "closing", "closed"]);
  assert.deepEqual(test.events.connections, ["opened", "reset"]);
  assert.equal(session.stats().openConnections, 0);
});

Deno.test("PortSession.close() ends once, however often it is called", async () => {
  await using test = new SessionCase();
  const session = await test.open();
  await Promise.all([session.close(), session.close(), session[Symbol.asyncDispose]()]);
  await session.close();
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
  assert.deepEqual(test.agent.flags, [FLAG.terminateSession]);
  assert.deepEqual(test.events.states, ["handshaking", "active", "closing", "closed"]);
});

Deno.test("PortSession.close() sends no flag to an agent that does not know it", async () => {
  await using test = new SessionCase({ agentVersion: "2.3.722.0" });
  const session = await test.open();
  await session.close();
  assert.deepEqual(test.agent.flags, []);
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
});

Deno.test("PortSession.close() waits 1.5 s for the flag's acknowledgement, not longer", async () => {
  await using test = new SessionCase();
  const session = await test.open();
  test.agent.hears = false;
  const closing = session.close();
  await test.clock.scheduled(1_500);
  await settled();
  test.clock.advance(1_499);
  await settled();
  assert.deepEqual(test.events.states.at(-1), "closing");
  test.clock.advance(1);
  await closing;
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("PortSession.close() waits for no acknowledgement when the other side has ended", async () => {
  for (const how of ["channel_closed", "lost"]) {
    await using test = new SessionCase();
    const session = await test.open();
    test.agent.hears = false;
    test.service.terminate = () => {
      if (how === "lost") test.network.current.lose();
      else test.agent.closeChannel();
      return Promise.resolve();
    };
    await session.close();
    assert.deepEqual(await session.closed, { by: "user", reason: "" });
    assert.deepEqual(test.clock.delays, []);
  }
});

Deno.test("PortSession.close() warns when the service does not terminate the session", async () => {
  await using refused = new SessionCase();
  const session = await refused.open();
  refused.service.terminate = () => Promise.reject(new AppError("auth", "denied"));
  await session.close();
  assert.deepEqual(refused.events.messages("warning"), [
    `Session ${GRANT.sessionId} could not be terminated: denied`,
  ]);
  assert.equal(refused.events.states.at(-1), "closed");

  await using hung = new SessionCase();
  const other = await hung.open();
  hung.service.terminate = never;
  const closing = other.close();
  await hung.clock.scheduled(5_000);
  hung.clock.advance(5_000);
  await closing;
  assert.deepEqual(hung.events.messages("warning"), [
    `Session ${GRANT.sessionId} could not be terminated: no answer`,
  ]);
  assert.ok(hung.service.signals.at(-1)!.aborted);
  assert.deepEqual(hung.clock.delays, []);
});

Deno.test("PortSession.close() leaves nothing of an old agent's connections behind", async () => {
  await using test = new SessionCase({ agentVersion: BASIC_AGENT });
  const session = await test.open();
  const programs = [await test.connect(), await test.connect()];
  await test.events.when(() => test.events.connections.includes("opened"));
  test.agent.hears = false;
  const closing = session.close();
  await test.clock.scheduled(1_500);
  await settled();
  test.clock.advance(1_500);
  await closing;
  for (const program of programs) await readAll(program).catch(() => {});
  assert.deepEqual(test.clock.delays, []);
});

// --- Ended by the other side ---

Deno.test("PortSession ends with the other side's words, and terminates nothing", async () => {
  for (const output of ["", "The session reached its maximum duration"]) {
    await using test = new SessionCase({ onStream: () => {} });
    const session = await test.open();
    const program = await test.connect();
    await test.events.when(() => test.events.connections.includes("opened"));
    test.agent.closeChannel(output);
    assert.deepEqual(await session.closed, { by: "remote", reason: output });
    assert.deepEqual(test.service.calls, ["start"]);
    assert.equal(await test.isListening(), false);
    assert.ok(test.network.current.isClosed);
    assert.deepEqual(test.clock.delays, []);
    await readAll(program).catch(() => {});
    await session.close();
    assert.deepEqual(test.events.states, ["handshaking", "active", "closing", "closed"]);
  }
});

Deno.test("PortSession without reconnect ends when the connection is lost", async () => {
  await using test = new SessionCase();
  const session = await test.open();
  test.network.current.lose({ code: 1000, reason: "Bye" });
  assert.deepEqual(await session.closed, {
    by: "lost",
    reason: "the data channel closed with code 1000 (Bye)",
  });
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("PortSession ends when the agent breaks the multiplexer", async () => {
  await using test = new SessionCase();
  const session = await test.open();
  test.agent.send(PAYLOAD_TYPE.output, new Uint8Array(8).fill(255));
  const end = await session.closed;
  assert.equal(end.by, "lost");
  assert.match(end.reason, /smux/);
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
});
