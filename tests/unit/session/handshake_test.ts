import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { CLIENT_VERSION, PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import { DataChannel } from "../../../src/session/data_channel.ts";
import { performPortHandshake, type PortHandshake } from "../../../src/session/handshake.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeNetwork, GRANT } from "../../support/fake_transport.ts";
import { type AgentScript, NEW_AGENT, ScriptedAgent } from "../../support/scripted_agent.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

interface Ran {
  agent: ScriptedAgent;
  channel: DataChannel;
  clock: FakeClock;
  outcome: PromiseSettledResult<PortHandshake>;
  /** The HandshakeResponses that the agent took. */
  responses: Record<string, unknown>[];
}

async function run(script: AgentScript): Promise<Ran> {
  const agent = new ScriptedAgent(script);
  const clock = new FakeClock();
  const channel = new DataChannel({
    clock,
    openTransport: new FakeNetwork(agent).openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  const { signal } = new AbortController();
  await channel.connect(GRANT, signal);
  const [outcome] = await Promise.allSettled([performPortHandshake(channel, signal)]);
  // What was sent last is on its way to the agent.
  for (let turn = 0; turn < 20; turn++) await undefined;
  const responses = agent.taken
    .filter(({ payloadType }) => payloadType === PAYLOAD_TYPE.handshakeResponse)
    .map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)));
  channel.close();
  assert.deepEqual(clock.delays, []);
  return { agent, channel, clock, outcome: outcome!, responses };
}

function refusalOf({ outcome }: Ran): AppError {
  assert.equal(outcome.status, "rejected");
  const { reason } = outcome as PromiseRejectedResult;
  assert.ok(reason instanceof AppError, String(reason));
  assert.equal(reason.kind, "protocol");
  assert.match(reason.message, /^Handshake with the agent: /);
  return reason;
}

/** A request with these actions. */
function requesting(actions: unknown, agentVersion: unknown = NEW_AGENT): AgentScript {
  return {
    onStart: (agent) =>
      agent.sendJson(PAYLOAD_TYPE.handshakeRequest, {
        AgentVersion: agentVersion,
        RequestedClientActions: actions,
      }),
  };
}

const PORT_ACTION = {
  ActionType: "SessionType",
  ActionParameters: {
    SessionType: "Port",
    Properties: { portNumber: "80", localPortNumber: "0", type: "LocalPortForwarding" },
  },
};

Deno.test("performPortHandshake() agrees on a port session", async () => {
  const { outcome, responses } = await run({
    agentVersion: "3.2.1.0",
    customerMessage: "This session is recorded",
    properties: { portNumber: "5432", host: "db.internal", type: "LocalPortForwarding" },
  });
  assert.deepEqual(outcome, {
    status: "fulfilled",
    value: {
      agentVersion: "3.2.1.0",
      customerMessage: "This session is recorded",
      properties: { portNumber: "5432", host: "db.internal", type: "LocalPortForwarding" },
    },
  });
  assert.deepEqual(responses, [{
    ClientVersion: CLIENT_VERSION,
    ProcessedClientActions: [{
      ActionType: "SessionType",
      ActionStatus: 1,
      ActionResult: null,
      Error: "",
    }],
    Errors: null,
  }]);
});

Deno.test("performPortHandshake() takes a session without a type for a plain byte stream", async () => {
  const { outcome } = await run({ properties: { portNumber: "22" } });
  assert.equal(outcome.status, "fulfilled");
  assert.equal((outcome as PromiseFulfilledResult<PortHandshake>).value.properties.type, "");
});

Deno.test("performPortHandshake() leaves what follows for the next handler", async () => {
  const agent = new ScriptedAgent({
    customerMessage: "",
    onStart: (self) => {
      self.sendJson(PAYLOAD_TYPE.handshakeRequest, {
        AgentVersion: NEW_AGENT,
        RequestedClientActions: [PORT_ACTION],
      });
      self.sendJson(PAYLOAD_TYPE.handshakeComplete, { HandshakeTimeToComplete: 1 });
      self.send(PAYLOAD_TYPE.output, utf8("greeting"));
    },
  });
  const channel = new DataChannel({
    clock: new FakeClock(),
    openTransport: new FakeNetwork(agent).openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  const { signal } = new AbortController();
  await channel.connect(GRANT, signal);
  await performPortHandshake(channel, signal);
  const payloads: string[] = [];
  channel.handlePayloads((_type, payload) => payloads.push(new TextDecoder().decode(payload)));
  for (let turn = 0; turn < 20; turn++) await undefined;
  // Behind it comes the complete message that the scripted agent sends for the response.
  assert.equal(payloads[0], "greeting");
  channel.close();
});

Deno.test("performPortHandshake() answers an unknown action as unsupported and fails", async () => {
  const kms = { ActionType: "KMSEncryption", ActionParameters: { KMSKeyId: "k" } };
  const ran = await run(requesting([PORT_ACTION, kms]));
  assert.match(refusalOf(ran).why!, /KMSEncryption/);
  const [response] = ran.responses;
  const processed = response!["ProcessedClientActions"] as Record<string, unknown>[];
  assert.deepEqual(processed.map((action) => action["ActionStatus"]), [1, 3]);
  assert.deepEqual(response!["Errors"], ["Unsupported action KMSEncryption"]);
});

Deno.test("performPortHandshake() refuses sessions that forward no port", async () => {
  const shell = await run({ sessionType: "Standard_Stream" });
  assert.match(refusalOf(shell).why!, /Standard_Stream/);
  const unknown = await run({ sessionType: "Holodeck" });
  assert.match(refusalOf(unknown).why!, /Unknown session type Holodeck/);
  const [response] = unknown.responses;
  assert.equal(
    (response!["ProcessedClientActions"] as { ActionStatus: number }[])[0]!.ActionStatus,
    2,
  );
  const none = await run(requesting([]));
  assert.match(refusalOf(none).why!, /session type is not set/);
});

Deno.test("performPortHandshake() sees a shell that starts without a handshake", async () => {
  const ran = await run({ onStart: (agent) => agent.send(PAYLOAD_TYPE.output, utf8("sh-5.1$ ")) });
  assert.match(refusalOf(ran).message, /started a shell/);
});

Deno.test("performPortHandshake() refuses what is not a handshake", async () => {
  const texts = ["{", "null", "[]", "7", '{"RequestedClientActions":7}'];
  for (const text of texts) {
    const ran = await run({
      onStart: (agent) => agent.send(PAYLOAD_TYPE.handshakeRequest, utf8(text)),
    });
    refusalOf(ran);
  }
  refusalOf(await run({ onStart: (agent) => agent.completeHandshake() }));
  refusalOf(await run(requesting(Array(17).fill(PORT_ACTION))));
  refusalOf(
    await run({
      onStart: (agent) => {
        agent.sendJson(PAYLOAD_TYPE.handshakeRequest, {
          AgentVersion: NEW_AGENT,
          RequestedClientActions: [PORT_ACTION],
        });
        agent.send(PAYLOAD_TYPE.handshakeComplete, utf8("not JSON"));
      },
    }),
  );
});

Deno.test("performPortHandshake() passes over payloads that belong to no port session", async () => {
  const { outcome, agent } = await run({
    onStart: (self) => {
      self.sendJson(PAYLOAD_TYPE.size, { cols: 80, rows: 24 });
      self.send(PAYLOAD_TYPE.stdErr, utf8("noise"));
      self.send(99, utf8("from the future"));
      self.requestHandshake();
    },
  });
  assert.equal(outcome.status, "fulfilled");
  assert.equal(agent.unacknowledged, 0);
});

Deno.test("performPortHandshake() ends with the reason of its signal", async () => {
  const agent = new ScriptedAgent({ onStart: () => {} });
  const clock = new FakeClock();
  const channel = new DataChannel({
    clock,
    openTransport: new FakeNetwork(agent).openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  const controller = new AbortController();
  const reason = new Error("stop");
  await channel.connect(GRANT, controller.signal);
  const running = performPortHandshake(channel, controller.signal);
  controller.abort(reason);
  await assert.rejects(running, (error) => error === reason);
  const again = performPortHandshake(channel, controller.signal);
  await assert.rejects(again, (error) => error === reason);
  channel.close();
});
