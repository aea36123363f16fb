import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { AppError } from "../../../src/errors/mod.ts";
import { PAYLOAD_TYPE } from "../../../src/protocol/mod.ts";
import { DataChannel } from "../../../src/session/data_channel.ts";
import {
  performShellHandshake,
  type ShellHandshake,
} from "../../../src/session/shell_handshake.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeNetwork, GRANT } from "../../support/fake_transport.ts";
import { utf8 } from "../../support/hex.ts";
import { type AgentScript, NEW_AGENT, ScriptedAgent } from "../../support/scripted_agent.ts";
import { agentCipher, encryptedShell, FakeKms, requestShell } from "../../support/shell_agent.ts";

const SESSION = { sessionId: "me-0123", instanceId: "i-0123456789abcdef0" };
const CONTEXT = { "aws:ssm:SessionId": "me-0123", "aws:ssm:TargetId": "i-0123456789abcdef0" };

async function run(script: AgentScript, kms = new FakeKms()) {
  const agent = new ScriptedAgent(script);
  const clock = new FakeClock();
  const channel = new DataChannel({
    clock,
    openTransport: new FakeNetwork(agent).openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  const { signal } = new AbortController();
  await channel.connect(GRANT, signal);
  const handshake = performShellHandshake({ ...SESSION, channel }, kms.newDataKey, signal);
  const [outcome] = await Promise.allSettled([handshake]);
  // What was sent last is on its way to the agent.
  for (let turn = 0; turn < 20; turn++) await undefined;
  const [response] = agent.taken
    .filter(({ payloadType }) => payloadType === PAYLOAD_TYPE.handshakeResponse)
    .map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)));
  return { agent, channel, kms, outcome: outcome!, response };
}

function agreed({ outcome }: { outcome: PromiseSettledResult<ShellHandshake> }): ShellHandshake {
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

function refusalOf({ outcome }: { outcome: PromiseSettledResult<ShellHandshake> }): AppError {
  assert.equal(outcome.status, "rejected");
  const { reason } = outcome as PromiseRejectedResult;
  assert.ok(reason instanceof AppError, String(reason));
  return reason;
}

Deno.test("a plain shell begins with its first output, which is shown and not answered", async () => {
  const ran = await run({
    onStart: (agent) => {
      agent.send(PAYLOAD_TYPE.output, utf8("$ "));
      agent.send(PAYLOAD_TYPE.output, utf8("more"));
    },
  });
  const { firstOutput, ...others } = agreed(ran);
  assert.deepEqual(firstOutput, utf8("$ "));
  assert.deepEqual(others, { agentVersion: "", customerMessage: "", cipher: undefined });
  assert.deepEqual(ran.agent.taken, [], "nothing is sent before it is known what began");
  assert.equal(ran.agent.unacknowledged, 0);
  const rest: string[] = [];
  ran.channel.handlePayloads((_type, payload) => rest.push(new TextDecoder().decode(payload)));
  assert.deepEqual(rest, ["more"], "what follows waits for the next handler");
});

Deno.test("a command begins with a handshake, and nothing else is sent before its end", async () => {
  const ran = await run({
    customerMessage: "Welcome",
    onStart: (agent) => {
      requestShell(agent, { sessionType: "NonInteractiveCommands" });
    },
  });
  const { agentVersion, customerMessage, cipher, firstOutput } = agreed(ran);
  assert.deepEqual([agentVersion, customerMessage], [NEW_AGENT, "Welcome"]);
  assert.deepEqual([cipher, firstOutput], [undefined, undefined]);
  assert.deepEqual(ran.agent.taken.map(({ payloadType }) => payloadType), [
    PAYLOAD_TYPE.handshakeResponse,
  ]);
  assert.deepEqual(ran.response.ProcessedClientActions, [
    { ActionType: "SessionType", ActionStatus: 1, ActionResult: null, Error: "" },
  ]);
});

for (const challenge of ["", "q83vASNFZ4mrze8BI0VniQ=="]) {
  const which = challenge === "" ? "without" : "with";
  Deno.test(`an encrypted shell, by an agent ${which} the newer challenge`, async () => {
    const ran = await run(encryptedShell(challenge));
    const { cipher } = agreed(ran);
    assert.ok(cipher !== undefined);
    assert.deepEqual(ran.kms.asked, [{
      keyId: "arn:aws:kms:us-east-1:111122223333:key/1",
      bytes: 64,
      encryptionContext: challenge === ""
        ? CONTEXT
        : { ...CONTEXT, "aws:ssm:RandomChallenge": challenge },
    }]);
    assert.deepEqual(ran.response.ProcessedClientActions[1], {
      ActionType: "KMSEncryption",
      ActionStatus: 1,
      ActionResult: {
        KMSCipherTextKey: Buffer.from("the key, encrypted").toString("base64"),
        KMSCipherTextHash: null,
        ...(challenge === "" ? {} : { ChallengeAcknowledgement: true }),
      },
      Error: "",
    });
    const agent = agentCipher();
    assert.deepEqual(cipher.decrypt(agent.encrypt(utf8("$ "))), utf8("$ "));
    assert.deepEqual(agent.decrypt(cipher.encrypt(utf8("ls\r"))), utf8("ls\r"));
  });
}

Deno.test("a key that may not be used is KMS's error here, and told to the agent", async () => {
  const kms = new FakeKms();
  kms.failure = new AppError("auth", "Cannot encrypt the session: not allowed", { hint: "Ask" });
  const ran = await run(encryptedShell(), kms);
  assert.equal(refusalOf(ran), kms.failure);
  const [, encryption] = ran.response.ProcessedClientActions;
  assert.equal(encryption.ActionStatus, 2);
  assert.match(encryption.Error, /^Failed to process action KMSEncryption: Cannot encrypt/);
});

Deno.test("what breaks the rules of the handshake is refused", async () => {
  const garbage = { Challenge: "AAAA" };
  const cases: [what: string, onStart: AgentScript["onStart"]][] = [
    ["challenged without a key", (agent) => {
      requestShell(agent);
      agent.sendJson(PAYLOAD_TYPE.encChallengeRequest, garbage);
    }],
    ["too short for nonce and tag", (agent) => {
      requestShell(agent, { challenge: "" });
      agent.sendJson(PAYLOAD_TYPE.encChallengeRequest, garbage);
    }],
    ["completed before it was requested", (agent) => agent.completeHandshake()],
    ["output before it was complete", (agent) => {
      requestShell(agent);
      agent.send(PAYLOAD_TYPE.output, utf8("$ "));
    }],
    ["not JSON", (agent) => agent.send(PAYLOAD_TYPE.handshakeRequest, utf8("{"))],
  ];
  for (const [what, onStart] of cases) {
    const error = refusalOf(await run({ onStart: onStart! }));
    assert.equal(error.kind, "protocol");
    assert.match(error.message, new RegExp(`^Handshake with the agent: .*${what}`));
  }
});

Deno.test("a document that forwards a port has no shell", async () => {
  const error = refusalOf(await run({}));
  assert.match(error.message, /the session is none of a shell$/);
  const unknown = await run({
    onStart: (agent) => requestShell(agent, { sessionType: "Graphics" }),
  });
  assert.equal(refusalOf(unknown).why, "Unknown session type Graphics");
});

Deno.test("the wait for the agent ends with the reason of its signal", async () => {
  const agent = new ScriptedAgent({ onStart: () => {} });
  const channel = new DataChannel({
    clock: new FakeClock(),
    openTransport: new FakeNetwork(agent).openTransport,
    events: { onLost: () => {}, onClosed: () => {} },
  });
  const controller = new AbortController();
  await channel.connect(GRANT, controller.signal);
  const perform = () =>
    performShellHandshake({ ...SESSION, channel }, new FakeKms().newDataKey, controller.signal);
  const running = perform();
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(running, reason);
  await assert.rejects(perform(), reason);
});
