/**
 * The stand-in for session-manager-plugin does on the wire what docs/protocol.md says the plugin does,
 * faults included. Checked against a scripted gateway, because tests with the sandbox say something
 * about the sandbox only if this is so.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AgentMessage,
  encodeFlag,
  encodeMessage,
  FLAG,
  MESSAGE_TYPE,
  OFFSET,
  PAYLOAD_TYPE,
} from "../../src/protocol/mod.ts";
import {
  AwsSession,
  buildProgram,
  jsonBytes,
  missingAwsCli,
  missingGoTools,
  type OutputText,
  ScriptedGateway,
  testWithTools,
  TWIN_SESSION_ID,
  TWIN_TOKEN,
  TwinProcess,
} from "../support/plugin_twin.ts";

const MUX_AGENT = "3.3.987.0";
const BASIC_AGENT = "3.0.196.0";
const PORT_PROPERTIES = {
  portNumber: "80",
  localPortNumber: "0",
  type: "LocalPortForwarding",
};

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);

interface Fixture {
  gateway: ScriptedGateway;
  twin: TwinProcess;
}

function test(
  name: string,
  fn: (fixture: Fixture) => Promise<void>,
  options: { env?: Record<string, string> } = {},
): void {
  testWithTools(`plugin stand-in: ${name}`, missingGoTools(), async () => {
    const gateway = new ScriptedGateway();
    const twin = await TwinProcess.start(gateway.port, options);
    try {
      await fn({ gateway, twin });
    } catch (error) {
      throw new Error(`${error}\n${twin.stdout.text}\n${twin.stderr.text}`, { cause: error });
    } finally {
      await twin.stop();
      await gateway.close();
    }
  });
}

async function takeOpening(gateway: ScriptedGateway): Promise<Record<string, string>> {
  await gateway.take("opened");
  await gateway.take("ping");
  return JSON.parse((await gateway.take("text")).text);
}

/** Expects the acknowledgement of `message` next. */
async function takeAcknowledgement(gateway: ScriptedGateway, message: AgentMessage): Promise<void> {
  const { message: found } = await gateway.takeNew();
  assert.deepEqual(
    { type: found.messageType, flags: found.flags, sequence: found.sequenceNumber },
    { type: MESSAGE_TYPE.acknowledge, flags: 3, sequence: 0 },
  );
  assert.deepEqual(JSON.parse(text(found.payload)), {
    AcknowledgedMessageType: message.messageType,
    AcknowledgedMessageId: message.messageId,
    AcknowledgedMessageSequenceNumber: message.sequenceNumber,
    IsSequentialMessage: true,
  });
}

/** Runs the handshake of a port session; the agent's next number is 2, the client's 1. */
async function handshake(
  { gateway, twin }: { gateway: ScriptedGateway; twin: { stdout: OutputText } },
  options: { agentVersion?: string; properties?: Record<string, string> } = {},
): Promise<{ response: string; port: number }> {
  const { agentVersion = MUX_AGENT, properties = PORT_PROPERTIES } = options;
  await takeOpening(gateway);
  const request = gateway.send({
    payloadType: PAYLOAD_TYPE.handshakeRequest,
    payload: jsonBytes({
      AgentVersion: agentVersion,
      RequestedClientActions: [{
        ActionType: "SessionType",
        ActionParameters: { SessionType: "Port", Properties: properties },
      }],
    }),
  });
  await takeAcknowledgement(gateway, request);
  const response = await gateway.takeData();
  assert.equal(response.payloadType, PAYLOAD_TYPE.handshakeResponse);
  gateway.acknowledge(response);
  const complete = gateway.send({
    sequenceNumber: 1,
    payloadType: PAYLOAD_TYPE.handshakeComplete,
    payload: jsonBytes({ HandshakeTimeToComplete: 1_000_000, CustomerMessage: "" }),
  });
  await takeAcknowledgement(gateway, complete);
  let port = 0;
  if (properties["type"] !== undefined) {
    const opened = await twin.stdout.waitFor(/^Port (\d+) opened for sessionId (\S+)\.$/m);
    assert.equal(opened[2], TWIN_SESSION_ID);
    port = Number(opened[1]);
  }
  return { response: text(response.payload), port };
}

test("opens with a ping and the token, and answers the handshake", async (fixture) => {
  const { gateway, twin } = fixture;
  const opened = await gateway.take("opened");
  assert.equal(
    opened.target,
    `/v1/data-channel/${TWIN_SESSION_ID}?role=publish_subscribe&cell-number=AA+/BB==`,
  );
  assert.equal((await gateway.take("ping")).text, "keepalive");
  const request = JSON.parse((await gateway.take("text")).text);
  assert.deepEqual(Object.keys(request).sort(), [
    "ClientId",
    "ClientVersion",
    "MessageSchemaVersion",
    "RequestId",
    "TokenValue",
  ]);
  assert.equal(request.TokenValue, TWIN_TOKEN);
  assert.equal(request.ClientVersion, "1.2.677.0");
  await twin.stdout.waitFor(/Starting session with SessionId: user-0123456789abcdef0/);
});

test("writes the handshake response of the plugin, byte for byte", async (fixture) => {
  const { response } = await handshake(fixture);
  assert.equal(
    response,
    '{"ClientVersion":"1.2.677.0","ProcessedClientActions":[{"ActionType":"SessionType",' +
      '"ActionStatus":1,"ActionResult":null,"Error":""}],"Errors":null}',
  );
});

test("mux: a connection is SYN, bytes, FIN; an interrupt is a flag and a dropped connection", async (fixture) => {
  const { gateway, twin } = fixture;
  const { port } = await handshake(fixture);
  await twin.stdout.waitFor(/Waiting for connections\.\.\./);
  const local = await Deno.connect({ port });
  const syn = await gateway.takeData();
  assert.deepEqual([...syn.payload], [1, 0, 0, 0, 3, 0, 0, 0]);
  gateway.acknowledge(syn);
  await local.write(bytesOf("hello"));
  const push = await gateway.takeData();
  assert.deepEqual([...push.payload], [1, 2, 5, 0, 3, 0, 0, 0, ...bytesOf("hello")]);
  gateway.acknowledge(push);
  local.close();
  const fin = await gateway.takeData();
  assert.deepEqual([...fin.payload], [1, 1, 0, 0, 3, 0, 0, 0]);
  gateway.acknowledge(fin);
  twin.interrupt();
  const flag = await gateway.takeData();
  assert.equal(flag.payloadType, PAYLOAD_TYPE.flag);
  assert.deepEqual(flag.payload, encodeFlag(FLAG.terminateSession));
  await gateway.take("lost");
  assert.equal(await twin.exitCode(), 0);
});

test("mux: a frame before the handler is there is fatal", async (fixture) => {
  const { gateway, twin } = fixture;
  await takeOpening(gateway);
  gateway.send({
    payloadType: PAYLOAD_TYPE.handshakeRequest,
    payload: jsonBytes({
      AgentVersion: MUX_AGENT,
      RequestedClientActions: [{
        ActionType: "SessionType",
        ActionParameters: { SessionType: "Port", Properties: PORT_PROPERTIES },
      }],
    }),
  });
  gateway.send({
    sequenceNumber: 1,
    payloadType: PAYLOAD_TYPE.handshakeComplete,
    payload: jsonBytes({ HandshakeTimeToComplete: 1, CustomerMessage: "" }),
  });
  gateway.send({ messageType: MESSAGE_TYPE.pausePublication, payload: bytesOf("{}") });
  assert.equal(await twin.exitCode(), 97);
  assert.match(twin.stderr.text, /frame arrived before session handler was installed/);
});

test("mux: a lone line feed is rewritten, also inside a connection", async (fixture) => {
  const { gateway } = fixture;
  const { port } = await handshake(fixture);
  const local = await Deno.connect({ port });
  gateway.acknowledge(await gateway.takeData());
  // 8 bytes of smux header and 1,017 of data: the second message holds the last byte alone.
  await local.write(bytesOf("x".repeat(1016) + "\n"));
  const first = await gateway.takeData();
  assert.equal(first.payload.byteLength, 1024);
  gateway.acknowledge(first);
  const second = await gateway.takeData();
  assert.deepEqual([...second.payload], [0x0d]);
  gateway.acknowledge(second);
  local.close();
});

test("repeats only the oldest message, on every tick, until it is acknowledged", async (fixture) => {
  const { gateway } = fixture;
  const { port } = await handshake(fixture);
  const connections = [await Deno.connect({ port })];
  const first = await gateway.takeNew();
  connections.push(await Deno.connect({ port }));
  const second = await gateway.takeNew();
  for (let i = 0; i < 3; i++) {
    assert.deepEqual((await gateway.take("message")).frame, first.frame);
  }
  gateway.acknowledge(first.message);
  let repeated = await gateway.take("message");
  while (repeated.message.messageId === first.message.messageId) {
    repeated = await gateway.take("message");
  }
  assert.deepEqual(repeated.frame, second.frame);
  gateway.acknowledge(second.message);
  for (const connection of connections) connection.close();
});

test("acknowledges what is buffered twice, and neither old nor damaged messages", async (fixture) => {
  const { gateway } = fixture;
  await handshake(fixture, { properties: { portNumber: "22" } });
  const ahead = gateway.send({ sequenceNumber: 3, payload: bytesOf("b") });
  await takeAcknowledgement(gateway, ahead);
  const again = gateway.send({ sequenceNumber: 3, payload: bytesOf("b") });
  await takeAcknowledgement(gateway, again);
  gateway.send({ sequenceNumber: 0, payload: bytesOf("old") });
  const damaged = encodeMessage({
    messageType: MESSAGE_TYPE.outputStreamData,
    schemaVersion: 1,
    createdDateMs: 1,
    sequenceNumber: 2,
    flags: 0,
    messageId: crypto.randomUUID(),
    payloadType: PAYLOAD_TYPE.output,
    payload: bytesOf("damaged"),
  });
  damaged[OFFSET.payloadDigest]! ^= 1;
  gateway.sendFrame(damaged);
  gateway.sendFrame(new Uint8Array(60));
  gateway.send({ messageType: "of_no_known_type", payload: bytesOf("{}") });
  const due = gateway.send({ sequenceNumber: 2, payload: bytesOf("a") });
  await takeAcknowledgement(gateway, due);
  await fixture.twin.stdout.waitFor(/ab$/);
});

test("a HeaderLength beyond the frame is fatal", async (fixture) => {
  const { gateway, twin } = fixture;
  await takeOpening(gateway);
  const frame = new Uint8Array(130);
  new DataView(frame.buffer).setUint32(0, 127);
  gateway.sendFrame(frame);
  assert.equal(await twin.exitCode(), 98);
});

test("stdio: carries standard input and output, and leaves silently at its end", async (fixture) => {
  const { gateway, twin } = fixture;
  await handshake(fixture, { properties: { portNumber: "22" } });
  const input = twin.stdin.getWriter();
  await input.write(bytesOf("SSH-2.0-client\r\n"));
  const sent = await gateway.takeData();
  assert.equal(text(sent.payload), "SSH-2.0-client\r\n");
  gateway.acknowledge(sent);
  const answer = gateway.send({ sequenceNumber: 2, payload: bytesOf("SSH-2.0-server\r\n") });
  await takeAcknowledgement(gateway, answer);
  await twin.stdout.waitFor(/SSH-2.0-server\r\n$/);
  await input.close();
  await gateway.take("lost");
  assert.equal(await twin.exitCode(), 0);
});

test("basic: ignores data until a connection is there, then tells when it ended", async (fixture) => {
  const { gateway, twin } = fixture;
  const { port } = await handshake(fixture, { agentVersion: BASIC_AGENT });
  gateway.send({ sequenceNumber: 2, payload: bytesOf("greeting") });
  gateway.ping();
  await gateway.take("pong");
  const local = await Deno.connect({ port });
  await twin.stdout.waitFor(/Connection accepted/);
  await local.write(bytesOf("plain"));
  // Nothing came for the ignored message, neither before nor now.
  const { message: sent } = await gateway.takeNew();
  assert.equal(text(sent.payload), "plain");
  gateway.acknowledge(sent);
  const repeated = gateway.send({ sequenceNumber: 2, payload: bytesOf("greeting") });
  await takeAcknowledgement(gateway, repeated);
  const buffer = new Uint8Array(100);
  assert.equal(text(buffer.subarray(0, (await local.read(buffer))!)), "greeting");
  local.close();
  const flag = await gateway.takeData();
  assert.deepEqual(flag.payload, encodeFlag(FLAG.disconnectToPort));
});

test("resumes a lost connection with a new token, and ends when there is none", async (fixture) => {
  const { gateway, twin } = fixture;
  const first = await takeOpening(gateway);
  gateway.callAnswer = { SessionId: TWIN_SESSION_ID, TokenValue: "second", StreamUrl: "ws://x" };
  await gateway.cut();
  await gateway.take("lost");
  const call = await gateway.take("call");
  assert.equal(call.operation, "ResumeSession");
  assert.deepEqual(JSON.parse(call.body), { SessionId: TWIN_SESSION_ID });
  assert.match(call.headers.get("authorization") ?? "", /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/);
  const second = await takeOpening(gateway);
  assert.equal(second["TokenValue"], "second");
  assert.equal(second["ClientId"], first["ClientId"]);
  assert.notEqual(second["RequestId"], first["RequestId"]);
  gateway.callAnswer = { SessionId: TWIN_SESSION_ID };
  await gateway.cut();
  assert.equal(await twin.exitCode(), 0);
  assert.match(twin.stdout.text, /Session: user-0123456789abcdef0 timed out\./);
});

test("prints why the channel was closed", async (fixture) => {
  const { gateway, twin } = fixture;
  await takeOpening(gateway);
  gateway.send({
    messageType: MESSAGE_TYPE.channelClosed,
    payload: jsonBytes({ SessionId: TWIN_SESSION_ID, Output: "no such port" }),
  });
  assert.equal(await twin.exitCode(), 0);
  assert.match(twin.stdout.text, /SessionId: user-0123456789abcdef0 : no such port/);
});

testWithTools(
  "plugin stand-in: the AWS CLI launches it, and a Ctrl-C ends both",
  missingAwsCli() ?? missingGoTools(),
  async () => {
    const { path } = await buildProgram("session-manager-plugin");
    const gateway = new ScriptedGateway();
    gateway.callAnswer = {
      SessionId: TWIN_SESSION_ID,
      TokenValue: TWIN_TOKEN,
      StreamUrl: `ws://127.0.0.1:${gateway.port}/v1/data-channel/${TWIN_SESSION_ID}`,
    };
    await using aws = new AwsSession({
      access: {
        endpointUrl: `http://127.0.0.1:${gateway.port}`,
        region: "eu-central-1",
        credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret-of-a-test" },
      },
      target: "i-0123456789abcdef0",
      documentName: "AWS-StartPortForwardingSession",
      parameters: { portNumber: "80" },
      pluginPath: path!,
    });
    const call = await gateway.take("call");
    assert.equal(call.operation, "StartSession");
    assert.deepEqual(JSON.parse(call.body), {
      Target: "i-0123456789abcdef0",
      DocumentName: "AWS-StartPortForwardingSession",
      Parameters: { portNumber: ["80"] },
    });
    await handshake({ gateway, twin: aws });
    aws.interrupt();
    assert.deepEqual((await gateway.takeData()).payload, encodeFlag(FLAG.terminateSession));
    assert.equal(await aws.exitCode(), 0);
    await gateway.close();
  },
);
