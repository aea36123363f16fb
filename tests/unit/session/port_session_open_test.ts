import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import type { SessionGrant } from "../../../src/session/mod.ts";
import { GRANT } from "../../support/fake_transport.ts";
import { readExactly, writeAll } from "../../support/forwarding.ts";
import { BASIC_AGENT, NEW_AGENT } from "../../support/scripted_agent.ts";
import { CONNECT_TIMEOUT_MS, INSTANCE_ID, SessionCase } from "../../support/session_case.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const never = () => new Promise<never>(() => {});

/** Waits for the refusal, and that nothing is left behind by it. */
async function failure(test: SessionCase, opening: Promise<unknown>): Promise<unknown> {
  const error = await opening.then(() => assert.fail("it was opened"), (reason) => reason);
  assert.equal(test.events.states.at(-1), "failed");
  assert.equal(await test.isListening(), false);
  assert.deepEqual(test.clock.delays, [], "timers are left");
  assert.ok(test.network.opened.every(({ isClosed }) => isClosed), "a transport is left open");
  return error;
}

// --- What is asked and told ---

Deno.test("PortSession.open() asks for the port document and tells its facts", async () => {
  await using test = new SessionCase({ agentVersion: "3.2.0.0" });
  const session = await test.open({ to: { remotePort: 5432 } });
  const { port } = test.listener.addr;
  assert.deepEqual(test.service.requests, [{
    target: INSTANCE_ID,
    documentName: "AWS-StartPortForwardingSession",
    parameters: { portNumber: ["5432"], localPortNumber: [String(port)] },
  }]);
  assert.deepEqual(session.ready, {
    sessionId: GRANT.sessionId,
    instanceId: INSTANCE_ID,
    bind: "127.0.0.1",
    localPort: port,
    remoteHost: undefined,
    remotePort: 5432,
    connectMs: 0,
    agentVersion: "3.2.0.0",
    mode: "mux",
  });
  assert.deepEqual(test.events.all.map((event) => ({ ...event, atMs: 0 })), [
    { type: "state", atMs: 0, from: "connecting", to: "handshaking" },
    { type: "state", atMs: 0, from: "handshaking", to: "active" },
  ]);
  assert.equal(test.events.all[0]!.atMs, test.clock.epochMs());
});

Deno.test("PortSession.open() asks for the remote host document, with a reason", async () => {
  await using test = new SessionCase();
  const session = await test.open({
    to: { remoteHost: "db.internal", remotePort: 3306 },
    reason: "ticket 7",
  });
  assert.deepEqual(test.service.requests, [{
    target: INSTANCE_ID,
    documentName: "AWS-StartPortForwardingSessionToRemoteHost",
    parameters: {
      portNumber: ["3306"],
      localPortNumber: [String(test.listener.addr.port)],
      host: ["db.internal"],
    },
    reason: "ticket 7",
  }]);
  assert.equal(session.ready.remoteHost, "db.internal");
});

Deno.test("PortSession.open() takes the mode that agent and document allow", async () => {
  const cases: [agentVersion: string, type: string | undefined, mode: string][] = [
    [NEW_AGENT, "LocalPortForwarding", "mux"],
    [NEW_AGENT, undefined, "basic"],
    [BASIC_AGENT, "LocalPortForwarding", "basic"],
  ];
  for (const [agentVersion, type, mode] of cases) {
    const properties = { portNumber: "80", ...(type === undefined ? {} : { type }) };
    await using test = new SessionCase({ agentVersion, properties });
    const session = await test.open();
    assert.equal(session.ready.mode, mode);
    const program = await test.connect();
    await writeAll(program, utf8("echo"));
    assert.deepEqual(await readExactly(program, 4), utf8("echo"));
  }
});

Deno.test("PortSession.open() serves connections that were made before it was ready", async () => {
  await using test = new SessionCase();
  const program = await test.connect();
  await writeAll(program, utf8("early"));
  await test.open();
  assert.deepEqual(await readExactly(program, 5), utf8("early"));
});

Deno.test("PortSession.open() passes the agent's message on", async () => {
  await using test = new SessionCase({ customerMessage: "This session is recorded" });
  await test.open();
  assert.deepEqual(test.events.messages("notice"), ["This session is recorded"]);
});

Deno.test("PortSession.open() measures its time", async () => {
  await using test = new SessionCase();
  test.service.start = () => {
    test.clock.advance(120);
    return Promise.resolve(GRANT);
  };
  const session = await test.open();
  assert.equal(session.ready.connectMs, 120);
});

// --- Failures ---

Deno.test("PortSession.open() passes the service's refusal on and terminates nothing", async () => {
  await using test = new SessionCase();
  const refusal = new AppError("target", "not connected");
  test.service.start = () => Promise.reject(refusal);
  assert.equal(await failure(test, test.open()), refusal);
  assert.deepEqual(test.service.calls, ["start"]);
  assert.deepEqual(test.events.states, ["failed"]);
});

Deno.test("PortSession.open() refuses a remote host with an agent that is too old for it", async () => {
  await using test = new SessionCase({ agentVersion: "3.1.1300.0" });
  const error = await failure(test, test.open({ to: { remoteHost: "db.internal" } }));
  assert.ok(error instanceof AppError);
  assert.equal(error.kind, "target");
  assert.match(
    error.message,
    /^Forwarding to db\.internal: the agent on i-0123456789abcdef0 is too/,
  );
  assert.match(error.why!, /3\.1\.1300\.0.*3\.1\.1374\.0/);
  assert.match(error.hint!, /AWS-UpdateSSMAgent/);
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
});

Deno.test("PortSession.open() tries a connection that fails on the network three times", async () => {
  await using test = new SessionCase();
  const refusal = new AppError("network", "no way");
  test.network.failures.push(refusal, refusal);
  const opening = test.open();
  for (const delayMs of [150, 300]) {
    await test.clock.scheduled(delayMs);
    test.clock.advance(delayMs);
  }
  await opening;
  assert.equal(test.network.opened.length, 1);

  await using worse = new SessionCase();
  worse.network.failures.push(refusal, refusal, refusal);
  const failing = worse.open();
  for (const delayMs of [150, 300]) {
    await worse.clock.scheduled(delayMs);
    worse.clock.advance(delayMs);
  }
  assert.equal(await failure(worse, failing), refusal);
  assert.deepEqual(worse.service.calls, ["start", "terminate"]);
});

Deno.test("PortSession.open() does not try again what credentials refuse", async () => {
  await using test = new SessionCase();
  const refusal = new AppError("auth", "denied");
  test.network.failures.push(refusal);
  assert.equal(await failure(test, test.open()), refusal);
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
});

Deno.test("PortSession.open() tells a gateway that closes in the handshake", async () => {
  await using test = new SessionCase({
    onStart: () => test.network.current.lose({ code: 1008, reason: "bad token" }),
  });
  const error = await failure(test, test.open());
  assert.ok(error instanceof AppError);
  assert.equal(error.kind, "network");
  assert.equal(
    error.message,
    "Handshake with the agent: the data channel closed with code 1008 (bad token)",
  );
  assert.match(error.why!, /token/);
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
});

Deno.test("PortSession.open() tells the agent's own words for a session that ends at once", async () => {
  const outputs: [output: string, why: string][] = [
    [
      "\n----------ERROR-------\nForwarding to IP address 169.254.169.254 is forbidden.",
      "Forwarding to IP address 169.254.169.254 is forbidden.",
    ],
    ["", "No reason was given"],
  ];
  for (const [output, why] of outputs) {
    await using test = new SessionCase({ onStart: (agent) => agent.closeChannel(output) });
    const error = await failure(test, test.open());
    assert.ok(error instanceof AppError);
    assert.equal(error.kind, "target");
    assert.equal(error.why, why);
  }
});

Deno.test("PortSession.open() sees an end that comes in one piece with the handshake's", async () => {
  // An old agent connects to the target right after the handshake: a refusal is as quick as this.
  const atOnce = (end: (test: SessionCase) => void) => {
    const test: SessionCase = new SessionCase({
      onStart: (agent) =>
        void setTimeout(() => {
          agent.requestHandshake();
          agent.completeHandshake();
          end(test);
        }, 0),
    });
    return test;
  };
  await using ended = atOnce(({ agent }) => agent.closeChannel("Unable to connect to port 80"));
  const error = await failure(ended, ended.open());
  assert.ok(error instanceof AppError);
  assert.equal(error.why, "Unable to connect to port 80");

  await using lost = atOnce(({ network }) => queueMicrotask(() => network.current.lose()));
  const loss = await failure(lost, lost.open());
  assert.ok(loss instanceof AppError);
  assert.equal(loss.kind, "network");
});

Deno.test("PortSession.open() tells its failure last, whatever the service says after", async () => {
  await using test = new SessionCase({ onStart: (agent) => agent.send(1, utf8("sh-5.1$ ")) });
  // The gateway announces the end of a session that the API ended.
  test.service.terminate = () => {
    test.agent.closeChannel();
    return new Promise((resolve) => setTimeout(resolve, 0));
  };
  const error = await failure(test, test.open());
  assert.match((error as Error).message, /started a shell/);
  assert.deepEqual(test.events.states, ["handshaking", "failed"]);
});

Deno.test("PortSession.open() warns of a session that it could not terminate", async () => {
  await using test = new SessionCase({ onStart: (agent) => agent.closeChannel("no") });
  test.service.terminate = () => Promise.reject(new AppError("auth", "denied"));
  await failure(test, test.open());
  assert.deepEqual(test.events.messages("warning"), [
    `Session ${GRANT.sessionId} could not be terminated: denied`,
  ]);
});

// --- Deadlines ---

Deno.test("PortSession.open() has a deadline for every step", async () => {
  const steps: [
    step: string,
    prepare: (test: SessionCase) => Partial<Parameters<SessionCase["open"]>[0]>,
  ][] = [
    ["Starting the session", (test) => {
      test.service.start = never;
      return {};
    }],
    ["Opening the data channel", () => ({ openTransport: never })],
    ["Handshake with the agent", () => ({})],
  ];
  for (const [step, prepare] of steps) {
    await using test = new SessionCase({ onStart: () => {} });
    const opening = test.open(prepare(test));
    await test.clock.scheduled(CONNECT_TIMEOUT_MS);
    if (step === "Handshake with the agent") await test.events.entered("handshaking");
    for (let turn = 0; turn < 20; turn++) await undefined;
    test.clock.advance(CONNECT_TIMEOUT_MS);
    const error = await failure(test, opening);
    assert.ok(error instanceof AppError);
    assert.equal(error.kind, "network");
    assert.equal(error.message, `${step}: no answer within 30 s`);
    assert.equal(error.why, undefined);
    assert.match(error.hint!, /aws\.connection_timeout/);
    assert.equal(test.service.count("terminate"), step === "Starting the session" ? 0 : 1);
  }
});

Deno.test("PortSession.open() explains a silence by what it could not read", async () => {
  await using test = new SessionCase({ onStart: () => {} });
  const opening = test.open();
  await test.events.entered("handshaking");
  test.network.current.events.onMessage(new Uint8Array(200).fill(255));
  test.clock.advance(CONNECT_TIMEOUT_MS);
  const error = await failure(test, opening);
  assert.match((error as AppError).why!, /^What did arrive was not valid: HeaderLength 4294967295/);
});

// --- Aborting ---

Deno.test("PortSession.open() is aborted in every step, with the signal's reason", async () => {
  const reason = new AppError("bug", "interrupted");
  const steps: [
    step: string,
    prepare: (test: SessionCase) => Partial<Parameters<SessionCase["open"]>[0]>,
  ][] = [
    ["before", (test) => {
      test.stop.abort(reason);
      return {};
    }],
    ["start", (test) => {
      test.service.start = never;
      test.service.when(() => test.service.count("start") === 1).then(() =>
        test.stop.abort(reason)
      );
      return {};
    }],
    ["connect", (test) => ({
      openTransport: () => {
        test.stop.abort(reason);
        return never();
      },
    })],
    ["retry", (test) => {
      test.network.failures.push(new AppError("network", "no way"));
      test.clock.scheduled(150).then(() => test.stop.abort(reason));
      return {};
    }],
    ["handshake", (test) => {
      test.events.entered("handshaking").then(() => test.stop.abort(reason));
      return {};
    }],
  ];
  for (const [step, prepare] of steps) {
    await using test = new SessionCase({ onStart: () => {} });
    assert.equal(await failure(test, test.open(prepare(test))), reason, step);
    assert.equal(test.service.count("start"), step === "before" ? 0 : 1, step);
    const hasStarted = step !== "before" && step !== "start";
    assert.equal(test.service.count("terminate"), hasStarted ? 1 : 0, step);
  }
});

Deno.test("PortSession.open() terminates a session that is granted after it was given up", async () => {
  await using test = new SessionCase();
  const grant = Promise.withResolvers<SessionGrant>();
  test.service.start = () => grant.promise;
  const opening = test.open();
  await test.service.when(() => test.service.count("start") === 1);
  test.stop.abort(new Error("interrupted"));
  await failure(test, opening);
  assert.deepEqual(test.service.calls, ["start"]);
  grant.resolve(GRANT);
  await test.service.when(() => test.service.count("terminate") === 1);
  for (let turn = 0; turn < 20; turn++) await undefined;
  assert.deepEqual(test.clock.delays, []);
});

Deno.test("PortSession.open() gives its steps a signal that tells them to stop", async () => {
  await using test = new SessionCase();
  test.service.start = never;
  const opening = test.open();
  await test.service.when(() => test.service.count("start") === 1);
  assert.equal(test.service.signals[0]!.aborted, false);
  const reason = new Error("interrupted");
  test.stop.abort(reason);
  await failure(test, opening);
  assert.equal(test.service.signals[0]!.reason, reason);
});

Deno.test("PortSession.open() tells a handshake that asks for something else", async () => {
  await using test = new SessionCase({
    onStart: (agent) =>
      agent.sendJson(PAYLOAD_TYPE.handshakeRequest, {
        AgentVersion: NEW_AGENT,
        RequestedClientActions: [{
          ActionType: "SessionType",
          ActionParameters: { SessionType: "Standard_Stream", Properties: null },
        }],
      }),
  });
  const error = await failure(test, test.open());
  assert.ok(error instanceof AppError);
  assert.equal(error.kind, "protocol");
  assert.deepEqual(test.service.calls, ["start", "terminate"]);
});
