/**
 * The sandbox's agent: handshake, acknowledgements, the end. Each message is written by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { utf8 } from "../support/hex.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { ScriptedClient } from "../support/scripted_client.ts";
import {
  acknowledgedNumbers,
  closingText,
  flag,
  handshakeResponse,
  openPortClient,
  PAYLOAD,
} from "../support/port_client.ts";

function test(
  name: string,
  fn: (test: TestSandbox) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox agent: ${name}`, async () => {
    await using test = await openSandbox(options);
    await fn(test);
  });
}

const json = (payload: Uint8Array) => JSON.parse(new TextDecoder().decode(payload));

test("the handshake request carries version, session type and properties", async (test) => {
  const grant = await test.startSession({ parameters: { portNumber: ["8080"] } });
  await using client = await ScriptedClient.open(grant);
  const request = await client.data(PAYLOAD.handshakeRequest);
  assert.deepEqual([request.sequenceNumber, request.flags], [0, 1]);
  assert.deepEqual(json(request.payload), {
    AgentVersion: "3.3.1142.0",
    RequestedClientActions: [{
      ActionType: "SessionType",
      ActionParameters: {
        SessionType: "Port",
        Properties: { portNumber: "8080", localPortNumber: "0", type: "LocalPortForwarding" },
      },
    }],
  });
});

test("the response is acknowledged before HandshakeComplete comes", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  const order = client.heard.flatMap((heard) =>
    heard.kind === "message" ? [`${heard.message.messageType} ${heard.message.payloadType}`] : []
  );
  assert.deepEqual(order, ["output_stream_data 5", "acknowledge 0", "output_stream_data 7"]);
  const complete = client.heard.at(-1)!;
  assert.ok(complete.kind === "message");
  const { HandshakeTimeToComplete, CustomerMessage } = json(complete.message.payload);
  assert.ok(Number.isInteger(HandshakeTimeToComplete) && HandshakeTimeToComplete > 0);
  assert.equal(CustomerMessage, "");
  assert.deepEqual([complete.message.sequenceNumber, complete.message.flags], [1, 0]);
});

test("data before the end of the handshake is acknowledged, counted and lost", async (test) => {
  const grant = await test.startSession();
  await using client = await ScriptedClient.open(grant);
  await client.data(PAYLOAD.handshakeRequest);
  await client.sendData(PAYLOAD.size, utf8('{"cols":80,"rows":24}'));
  await client.sendData(PAYLOAD.output, utf8("too early"));
  await client.sendData(PAYLOAD.handshakeResponse, handshakeResponse());
  await client.data(PAYLOAD.handshakeComplete);
  assert.deepEqual(acknowledgedNumbers(client.heard), [0, 1, 2]);
  assert.equal(test.session().counters.thrownAway, 2);
});

for (
  const [what, status, error] of [
    ["failed", 2, "Unknown session type"],
    ["unsupported", 3, "Unsupported action"],
    ["left at 0", 0, ""],
  ] as const
) {
  test(`an action that is ${what} ends the session, naming it`, async (test) => {
    const grant = await test.startSession();
    await using client = await ScriptedClient.open(grant);
    await client.data(PAYLOAD.handshakeRequest);
    await client.sendData(
      PAYLOAD.handshakeResponse,
      handshakeResponse("1.2.677.0", status, error),
    );
    const text = await closingText(client);
    assert.match(
      text,
      /^\n----------ERROR-------\nEncountered error while initiating handshake\. /,
    );
    assert.match(
      text,
      new RegExp(`SessionType failed on client with status ${status} error: ${error}`),
    );
    assert.equal(test.session().status, "Failed");
    assert.equal((await client.closed()).code, 1000);
  }, { timing: { closeDelayMs: 10 } });
}

test("an empty list of actions passes", async (test) => {
  const grant = await test.startSession();
  await using client = await ScriptedClient.open(grant);
  await client.data(PAYLOAD.handshakeRequest);
  await client.sendData(
    PAYLOAD.handshakeResponse,
    utf8('{"ClientVersion":"1.2.677.0","ProcessedClientActions":[],"Errors":null}'),
  );
  await client.data(PAYLOAD.handshakeComplete);
});

test("a response that is no answer is not acknowledged; a good one with its number is", async (test) => {
  const grant = await test.startSession();
  await using client = await ScriptedClient.open(grant);
  await client.data(PAYLOAD.handshakeRequest);
  await client.sendData(PAYLOAD.handshakeResponse, utf8("not JSON"), 0);
  assert.deepEqual(acknowledgedNumbers(await client.settled()), []);
  await client.sendData(PAYLOAD.handshakeResponse, handshakeResponse(), 0);
  await client.data(PAYLOAD.handshakeComplete);
});

test("without a response the session fails after the agent's limit", async (test) => {
  const grant = await test.startSession();
  await using client = await ScriptedClient.open(grant);
  assert.match(
    await closingText(client),
    /initiating handshake\. Handshake timed out\. Please ensure/,
  );
}, { timing: { handshakeTimeoutMs: 50 } });

test("the handshake survives a new connection", async (test) => {
  const grant = await test.startSession();
  {
    await using client = await ScriptedClient.open(grant);
    await client.data(PAYLOAD.handshakeRequest);
    await client.settled();
  }
  const resumed = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
  await using client = await ScriptedClient.open(resumed.json);
  await client.sendData(PAYLOAD.handshakeResponse, handshakeResponse());
  await client.data(PAYLOAD.handshakeComplete);
  assert.ok(
    client.heard.every((heard) =>
      heard.kind !== "message" || heard.message.payloadType !== PAYLOAD.handshakeRequest
    ),
  );
});

test("the TerminateSession flag ends the session with an empty text", async (test) => {
  const { client } = await openPortClient(test);
  await using _client = client;
  await client.sendData(PAYLOAD.flag, flag(2));
  const closed = await client.message("channel_closed");
  assert.deepEqual(acknowledgedNumbers(client.heard), [0, 1]);
  const { MessageId, CreatedDate, ...rest } = json(closed.payload);
  assert.deepEqual(rest, {
    DestinationId: test.instance("healthy").instanceId,
    SessionId: test.session().sessionId,
    MessageType: "channel_closed",
    SchemaVersion: 1,
    Output: "",
  });
  assert.equal(MessageId, closed.messageId);
  assert.equal(CreatedDate, String(closed.createdDateMs));
  assert.equal(test.session().status, "Terminated");
});

test("at the end the agent waits for acknowledgements, but not for ever", async (test) => {
  const { client } = await openPortClient(test, { acknowledges: false });
  await using _client = client;
  const startMs = performance.now();
  await client.sendData(PAYLOAD.flag, flag(2));
  await client.message("channel_closed");
  assert.ok(performance.now() - startMs >= 140);
}, { timing: { drainMs: 150 } });

test("TerminateSession over the API ends it too, and a later client hears so", async (test) => {
  const { client, grant } = await openPortClient(test);
  await using _client = client;
  const { SessionId } = grant;
  const resumed = await test.ssm("ResumeSession", { SessionId });
  await test.ssm("TerminateSession", { SessionId });
  assert.equal(await closingText(client), "");
  await using late = await ScriptedClient.open(resumed.json);
  assert.equal(await closingText(late), "");
}, { timing: { closeDelayMs: 10 } });

test(
  "after HandshakeComplete a multiplexed session is quiet until the client speaks",
  async (test) => {
    const { client } = await openPortClient(test);
    await using _client = client;
    // The response again, as a client that missed its acknowledgement would send it.
    await client.sendData(PAYLOAD.handshakeResponse, handshakeResponse(), 0);
    assert.deepEqual(await client.settled(), []);
    // New data (a smux NOP) ends the quiet: first what was held back, then its own acknowledgement.
    await client.sendData(PAYLOAD.output, Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 0));
    assert.deepEqual(acknowledgedNumbers(await client.settled()), [0, 1]);
  },
  { timing: { quietMs: 60_000 } },
);

test("an idle session ends, says why and cannot be resumed", async (test) => {
  const { client, grant } = await openPortClient(test);
  await using _client = client;
  assert.match(await closingText(client), /idle for 0\.002 minutes/);
  const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
  assert.equal(json.TokenValue, undefined);
}, { timing: { idleTimeoutMs: 120 } });
